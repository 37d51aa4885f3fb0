import type { Sim } from '../../ledger/observation.ts';
import type { Carrier } from '../../ledger/source.ts';
import { toMilliseconds } from '../../ledger/time.ts';
import { encodeSimItem } from '../../store/items.ts';
import { type StoredWatchedSim, watchedSimCodec } from '../../store/watched-sims.ts';
import { findWindow, type MatchedSim, matchesSim, type Rule } from '../rules.ts';
import type { SharedValues } from './alive.ts';
import { findPlace, type JudgedMarks } from './order.ts';

/** What a sweep keeps of a SIM that it scans. Times are milliseconds since the epoch. */
export interface WatchedSim extends MatchedSim {
  readonly sim: string;
  /** Its place in the order of judging. */
  readonly place: number;
  readonly carrier: Carrier;
  /** MCC and MNC of the last visited network. */
  readonly network: string | undefined;
  /** Type allocation code of its device: the first 8 digits of the IMEI. */
  readonly model: string | undefined;
  /** Marks, which are never later than the record that stated them. */
  readonly signalledAt: number | undefined;
  readonly bytesAt: number | undefined;
  readonly sessionAt: number | undefined;
  /** Whether its last event about a session opened one; undefined if there was none. */
  readonly isOnline: boolean | undefined;
  /** When its latest event was. */
  readonly lastEventAt: number | undefined;
  /** The time of its latest event, or of its item's latest observation. */
  readonly changedAt: number;
}

/** What a sweep keeps of a SIM. */
export function describeWatchedSim(sim: Sim): WatchedSim {
  return readWatchedSim(watchedSimCodec.decode(encodeSimItem(sim)));
}

/** What a sweep keeps of a stored SIM. */
export function readWatchedSim(stored: StoredWatchedSim): WatchedSim {
  const { sim, source, carrier, lastUpdated, mcc, mnc, country, imei } = stored;
  const lastEventAt = readTime(stored.lastEventTime);
  const updatedAt = toMilliseconds(lastUpdated);
  return {
    sim,
    place: findPlace(sim),
    source,
    carrier,
    fleet: stored.fleetSid,
    name: stored.simName,
    country,
    network: mcc === undefined ? undefined : `${mcc}-${mnc ?? ''}`,
    model: imei?.slice(0, typeAllocationDigits),
    signalledAt: stored.signalledAt,
    bytesAt: stored.bytesAt,
    sessionAt: stored.sessionAt,
    isOnline: stored.online,
    lastEventAt,
    changedAt: Math.max(
      updatedAt,
      ...[stored.deviceAt, stored.networkAt, stored.connectionAt, lastEventAt].filter(
        (at) => at !== undefined,
      ),
    ),
  };
}

/** The digits of an IMEI that identify the model of the device. */
const typeAllocationDigits = 8;

/** What a SIM may share with others that fall silent at the same time. */
export function listSharedValues({ network, model, country, source }: WatchedSim): SharedValues {
  return {
    ...(network !== undefined && { network }),
    ...(model !== undefined && { model }),
    ...(country !== undefined && { country }),
    source,
  };
}

/** When the device was heard, at least; undefined if there are no marks. */
export function readHeardMark({ signalledAt, bytesAt }: WatchedSim): number | undefined {
  return findLater(signalledAt, bytesAt);
}

/** Whether it is unknown when the device was heard: it never was, or before marks existed. */
export function isUnmarked({ signalledAt, bytesAt, sessionAt }: WatchedSim): boolean {
  return signalledAt === undefined && bytesAt === undefined && sessionAt === undefined;
}

/** Up to when a SIM was judged, and what decides whether it is judged now. */
export interface SourceTimes extends JudgedMarks {
  /** The watermark is not later than this. */
  readonly upTo: number;
  /** How much later than their own time records may arrive. */
  readonly lateness: number;
  readonly now: number;
}

const hour = 3_600_000;
const day = 24 * hour;

/** A file rounds times up, and so the mark: see docs/last-heard.md. */
export const rounding = 1_000;

/** The longest granule of marks. */
const maxGranule = 12 * hour;

/**
 * Whether a rule's condition may hold for a SIM, or its spans may have changed, so that its records must be read.
 *
 * - `silent` and `stale-session`: the marks are old enough. Without marks: in the first sweep, which writes them.
 * - Kinds about events: the SIM has had an event since the last sweep, less the lateness and the pending time.
 * - `finding`: not decided by its item: the sweep lists the SIMs that have findings.
 * - `usage`: at most hourly; for more than X only if bytes came within the window. For a day: when it has ended. For a
 *   month: once a day, as for all SIMs.
 * - Each SIM once a day, whatever its item says, so that what arrived later than the lateness is found within a day.
 */
export function nominatesSim(rule: Rule, sim: WatchedSim, times: SourceTimes): boolean {
  if (!matchesSim(rule.match, sim)) return false;
  if (isDue(sim, times)) return true;
  const { upTo, lateness } = times;
  if ('after' in rule && isUnmarked(sim)) return times.sweptAt === undefined;
  // Before the first sweep: the last day. Older alerts are found within a day, spread over that time.
  const judgedThrough = times.judgedThrough ?? upTo - day;
  const isOld = (mark: number | undefined, after: number): boolean =>
    mark === undefined || mark + after <= upTo + rounding;
  switch (rule.kind) {
    case 'silent':
      return isOld(findMark(rule.missing, sim), rule.after);
    case 'finding':
      return false;
    case 'stale-session':
      return sim.isOnline !== false && isOld(findLater(sim.sessionAt, sim.bytesAt), rule.after);
    case 'usage':
      // A day counts when it has ended. A month is looked at once a day, when the SIM is due.
      if ('per' in rule) return rule.per === 'day' && isDayOver(judgedThrough, upTo);
      if (!isHourly(times)) return false;
      return rule.compare === 'less' || (sim.bytesAt ?? 0) + maxGranule >= upTo - rule.within - rule.pending;
    default:
      return sim.changedAt >= judgedThrough - lateness - rule.pending;
  }
}

function findMark(missing: 'everything' | 'session' | 'bytes', sim: WatchedSim): number | undefined {
  if (missing === 'bytes') return sim.bytesAt;
  return missing === 'session' ? findLater(sim.sessionAt, sim.bytesAt) : readHeardMark(sim);
}

/** Whether a UTC day has ended between two times. */
function isDayOver(from: number, to: number): boolean {
  return Math.floor(from / day) !== Math.floor(to / day);
}

/** Whether an hour has begun since the last sweep. */
export function isHourly({ sweptAt = 0, now }: Pick<SourceTimes, 'sweptAt' | 'now'>): boolean {
  return Math.floor(sweptAt / hour) !== Math.floor(now / hour);
}

/** Whether the time of day at which a SIM is always judged has come since it was last judged. */
export function isDue(
  { place }: WatchedSim,
  { sweptAt, now }: Pick<SourceTimes, 'sweptAt' | 'now'>,
): boolean {
  if (sweptAt === undefined) return false;
  const moment = place % day;
  return Math.floor((now - moment) / day) !== Math.floor((sweptAt - moment) / day);
}

/**
 * How long before the watermark records are read, so that everything is complete that a rule may detect because of what
 * came since the SIM was last judged, or in the last day.
 */
export function findLookback(rule: Rule, lateness: number, of: 'recent' | 'last-day' = 'last-day'): number {
  return findWindow(rule) + rule.pending + rule.recovery + lateness + (of === 'recent' ? 0 : day);
}

function findLater(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}

function readTime(time: string | undefined): number | undefined {
  return time === undefined ? undefined : toMilliseconds(time);
}
