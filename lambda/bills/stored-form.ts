import type { BillRow } from '../billing/bill.ts';
import { makeDecimal } from '../billing/decimal.ts';
import { makePlain } from '../billing/stored-tariff.ts';
import type { BillIndex, BillPlan, PartResult, StoredBill } from './stored-bill.ts';

/**
 * Bills as stored text, with exact decimals. Readers that only show a bill do not need this; for them decimals stay
 * text.
 */

/** Stored members whose texts are decimals. */
const decimalMembers: ReadonlySet<string> = new Set([
  ...['used', 'rounded', 'included', 'billed', 'exact', 'amount', 'usage'],
]);

/** Serialises what is stored: equal content gives equal text. */
export function printStored(content: object): string {
  return JSON.stringify(makePlain(content));
}

/** Parses what {@link printStored} wrote. */
export function parseStored<Content extends BillPlan | PartResult | StoredBill | BillIndex | BillRow>(
  text: string,
): Content {
  return JSON.parse(text, (key, value: unknown) =>
    typeof value === 'string' && decimalMembers.has(key) ? makeDecimal(value) : value,
  ) as Content;
}
