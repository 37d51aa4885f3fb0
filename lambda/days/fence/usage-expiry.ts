/**
 * Usage may expire only if it is sealed in time. While a day is unsealed at three quarters of the age at which its
 * usage expires, nothing in the table may expire. Expiry continues when the day is sealed.
 */

/** What decides whether usage may expire. */
export interface SealingState {
  /** Days that usage is kept; 0 means forever. */
  readonly usageDays: number;
  /**
   * Since when, at the latest, there has been unsealed usage, in milliseconds since the epoch; undefined if all is
   * sealed.
   */
  readonly unsealedSince: number | undefined;
  /** The schedule's time, in milliseconds since the epoch. */
  readonly now: number;
}

/** The share of its age at which usage must be sealed. */
const latestSeal = 0.75;

/** Whether usage may expire now. */
export function mayUsageExpire({ usageDays, unsealedSince, now }: SealingState): boolean {
  if (usageDays === 0) return false;
  return unsealedSince === undefined || now < unsealedSince + latestSeal * usageDays * 86_400_000;
}

/** The expiry of a table. */
export interface ExpirySwitch {
  /** Whether items expire, or are about to. */
  isOn(): Promise<boolean>;
  turn(on: boolean): Promise<void>;
}

/**
 * Switches the expiry of usage on or off, depending on which days are sealed. Each scheduled run calls it.
 *
 * @returns whether expiry is held back although usage is not kept forever: the alarm is then on.
 */
export async function guardUsageExpiry(state: SealingState, expiry: ExpirySwitch): Promise<boolean> {
  const mayExpire = mayUsageExpire(state);
  if ((await expiry.isOn()) !== mayExpire) await expiry.turn(mayExpire);
  return state.usageDays > 0 && !mayExpire;
}
