import type { CauseKind } from '../../../lambda/billing/compare.ts';
import type { Check } from '../../../lambda/days/findings/finding.ts';

/** What causes and findings mean, for readers who do not know simledger. */

/** What a cause means, and what the customer requests. */
export const causeMeanings: Readonly<Record<CauseKind, string>> = {
  rounding: 'The amounts differ by less than the last digit.',
  duplicate: 'The same line is on the invoice more than once. It should be billed once.',
  'session-twice':
    'The invoice is higher by exactly one session, or one other unit that is rounded up. It should be billed once.',
  increment: 'Rounding quantities up in this way gives the invoiced amounts. The tariff rounds differently.',
  unit: 'Another size of a kilobyte than the tariff’s gives the invoiced amounts.',
  'price-in-time': 'A price that was not in force on the days of the usage gives the invoiced amounts.',
  'price-of-other': 'The price of another zone or charge of the tariff gives the invoiced amounts.',
  allowance: 'Not subtracting the included volume gives the invoiced amounts.',
  attribution: 'Billing usage near the ends of the period in another one gives the invoiced amounts.',
  'time-zone': 'Days that begin at midnight UTC give the invoiced amounts.',
  price: 'The quantity is the same, and the price is not in the tariff.',
  quantity: 'The price is the same, and the quantity is not what the delivered usage records add up to.',
  'unknown-sim':
    'No usage record of this SIM was ever delivered in the period. It may belong to another customer.',
  'no-usage': 'The SIM is known, but no usage record of this kind was delivered in the period.',
  'not-billed': 'The tariff has this amount, and the invoice does not.',
  discount: 'The tariff has this discount, and the invoice does not give it.',
  follows: 'The discount is the agreed percentage of invoiced amounts that differ, and changes with them.',
  unexplained: 'Nothing that was tried gives the invoiced amount. Please explain how it was computed.',
};

/** What a check found, in words. */
export const checkMeanings: Readonly<Record<Check, string>> = {
  chain: 'usage records of the session are missing: its running total grew by more than the records state',
  close: 'the usage records of the session do not add up to its final total',
  orphan: 'the start, the end or the session of a record was not delivered',
  duplicate: 'the same window of a session was delivered under two record ids',
  path: 'the record came by file and not by stream',
};
