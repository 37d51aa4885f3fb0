import { toMilliseconds } from '../ledger/time.ts';
import { digest } from './digest.ts';

/** Mutes hold back messages, not episodes. Episodes that are still open when a mute ends are sent. */

/** The scope of a mute. An episode must have each value that is stated; at least one is. */
export interface MuteScope {
  /** Name of a rule. */
  readonly rule: string | undefined;
  /** Key of a SIM. */
  readonly sim: string | undefined;
  /** Name of a source. */
  readonly source: string | undefined;
}

/** A stored mute. Times are ISO 8601, by the clock of the person who muted. */
export interface Mute extends MuteScope {
  /** A hash of the scope: muting the same scope again changes the existing mute. */
  readonly id: string;
  /** When it ends, exclusively. */
  readonly until: string;
  /** Why, in the words of the person who muted. */
  readonly reason: string | undefined;
  readonly createdAt: string;
}

/** The most characters of a reason. */
export const maxReasonLength = 500;

/** The id of a mute: 12 hexadecimal digits. */
export function identifyMute({ rule, sim, source }: MuteScope): string {
  return digest(JSON.stringify([rule ?? null, sim ?? null, source ?? null])).slice(0, 12);
}

/** The parts of an episode that decide whether a mute applies to it. */
export interface MutedEpisode {
  readonly rule: string;
  readonly sim: string;
  readonly source: string;
}

/**
 * The mute that holds back an episode's messages; of several, the one that ends last.
 *
 * @param now milliseconds since the epoch.
 */
export function findMute(mutes: readonly Mute[], episode: MutedEpisode, now: number): Mute | undefined {
  return mutes
    .filter((mute) => isInForce(mute, now) && isAbout(mute, episode))
    .toSorted((a, b) => (a.until === b.until ? (a.id < b.id ? -1 : 1) : a.until > b.until ? -1 : 1))[0];
}

/** Whether a mute has not ended. */
export function isInForce({ until }: Mute, now: number): boolean {
  return toMilliseconds(until) > now;
}

function isAbout(scope: MuteScope, episode: MutedEpisode): boolean {
  return (['rule', 'sim', 'source'] as const).every(
    (name) => scope[name] === undefined || scope[name] === episode[name],
  );
}
