/** Mutes: what holds back the messages of alerts for a time. Episodes are written all the same. */

/** A mute as it is stored. */
export interface Mute {
  /** The rule that is muted; undefined for all. */
  readonly rule: string | undefined;
  /** The SIM that is muted; undefined for all. */
  readonly sim: string | undefined;
  /** When it ends, exclusively: milliseconds since the epoch, by the sweep's clock. What is open then is told. */
  readonly until: number;
}

/** Whether messages about a rule and a SIM are held back. */
export function isMuted(
  mutes: readonly Mute[],
  subject: { readonly rule: string; readonly sim: string },
  now: number,
): boolean {
  return mutes.some(
    ({ rule, sim, until }) =>
      now < until && (rule ?? subject.rule) === subject.rule && (sim ?? subject.sim) === subject.sim,
  );
}
