import { epochMilliseconds } from '../../ledger/time.ts';

/**
 * Usage expires only where it is sealed in time. While a day is still unsealed at three quarters of the age at which its
 * usage expires, nothing of the table may; once it is sealed, the rest goes on expiring.
 */

/** What decides whether usage may expire. */
export interface SealingState {
  /** Days that usage is kept; 0 for ever. */
  readonly usageDays: number;
  /** The oldest UTC day with records that is not sealed; undefined where all are. */
  readonly oldestUnsealedDay: string | undefined;
  /** Milliseconds since the epoch, of the schedule that asks. */
  readonly now: number;
}

/** The share of its age at which a day must be sealed. */
const latestSeal = 0.75;

/** Whether usage may expire now. */
export function mayUsageExpire({ usageDays, oldestUnsealedDay, now }: SealingState): boolean {
  if (usageDays === 0) return false;
  if (oldestUnsealedDay === undefined) return true;
  // The first of a day's items expires first.
  const begins = epochMilliseconds(`${oldestUnsealedDay}T00:00:00.000Z`);
  return now < begins + latestSeal * usageDays * 86_400_000;
}

/** The expiry of a table. */
export interface ExpirySwitch {
  /** Whether items expire, or are about to. */
  isOn(): Promise<boolean>;
  turn(on: boolean): Promise<void>;
}

/**
 * Switches the expiry of usage on or off, as the days are sealed: by each scheduled pass, and by the one that seals a day.
 *
 * @returns whether expiry is held back although usage is not to be kept for ever: then the alarm is on.
 */
export async function guardUsageExpiry(state: SealingState, expiry: ExpirySwitch): Promise<boolean> {
  const mayExpire = mayUsageExpire(state);
  if ((await expiry.isOn()) !== mayExpire) await expiry.turn(mayExpire);
  return state.usageDays > 0 && !mayExpire;
}
