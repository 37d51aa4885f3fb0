import { findUsageTime, isHeardByEvent, isHeardByUsage } from '../ledger/heard.ts';
import type { LastEvent, Origin, Sim, SimGroups } from '../ledger/observation.ts';
import { carriers, carrierTraits } from '../ledger/source.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { readKeyTime } from '../store/counted-items.ts';
import { heardPageSize, type LedgerReader } from '../store/reader.ts';

/** When a SIM's device was last heard: to the granule according to its marks, exactly according to its records. */

/**
 * When a device was last heard. `exact`: according to a record. `granule`: at this time or less than a granule later;
 * the record has expired, or was not requested. `never`: no record of it is known. `unknown`: records were not read,
 * and the SIM has no marks.
 */
export type Heard =
  | { readonly precision: 'exact' | 'granule'; readonly at: string }
  | { readonly precision: 'never' | 'unknown'; readonly at: undefined };

/** The mark since which a device was heard at least; undefined if there are no marks. */
export function findHeardMark({
  groups: { signalled, bytes },
}: Pick<HeardSim, 'groups'>): string | undefined {
  return findLater(signalled?.at, bytes?.at);
}

/** When a device was last heard, according to its marks. */
export function readHeardMark(sim: Sim): Heard {
  const at = findHeardMark(sim);
  return at === undefined ? { precision: 'unknown', at } : { precision: 'granule', at };
}

/**
 * A file may have stored a record with its time, and the mark, rounded up; the rendering that counts is then before the
 * mark.
 */
export const roundingMilliseconds = 1_000;

/**
 * How much longer than a device's last usage record, in milliseconds, a record may be that began before it and ended
 * after it. Windows of a Super SIM take minutes; those of a data streamer last until enough bytes have accumulated.
 */
const maxOverlap = { superSim: 3_600_000, dataStreamer: 86_400_000 } as const;

const superSimCarriers: ReadonlySet<string> = new Set(
  carriers.filter((carrier) => carrierTraits[carrier].format === 'supersim'),
);

/** What decides where to look for a SIM's last records. */
export interface HeardSim {
  readonly sim: string;
  readonly origin: { readonly group: Pick<Origin, 'carrier'> };
  readonly groups: Pick<SimGroups, 'signalled' | 'bytes'> & {
    readonly lastEvent: { readonly group: Pick<LastEvent, 'lastEventTime'> } | undefined;
  };
}

/** When a device was last heard, according to its records: one query of its usage, and one of its events. */
export async function decideHeard(sim: HeardSim, reader: LedgerReader): Promise<Heard> {
  const mark = findHeardMark(sim);
  // The deciding record is at the mark or after it.
  const from = mark === undefined ? '0' : shiftTime(mark, -roundingMilliseconds);
  const [used, signalled] = await Promise.all([
    findLastUsage(sim, from, reader),
    findLastEvent(sim, from, reader),
  ]);
  const last = findLater(used, signalled);
  if (last !== undefined && last >= from) return { precision: 'exact', at: last };
  return mark === undefined ? { precision: 'never', at: undefined } : { precision: 'granule', at: mark };
}

async function findLastEvent(sim: HeardSim, from: string, reader: LedgerReader): Promise<string | undefined> {
  const last = sim.groups.lastEvent?.group.lastEventTime;
  if (last === undefined || last < from) return undefined;
  return reader.findLatestEventTime(sim.sim, from, isHeardByEvent);
}

/**
 * The end of the last usage that came from the device. Usage is ordered by its start, so records that began some time
 * before the last one found are read too; all of them, if the mark says that there were bytes and none are found yet.
 */
async function findLastUsage(sim: HeardSim, from: string, reader: LedgerReader): Promise<string | undefined> {
  const isSuperSim = superSimCarriers.has(sim.origin.group.carrier);
  const overlap = isSuperSim ? maxOverlap.superSim : maxOverlap.dataStreamer;
  const { bytes } = sim.groups;
  const isSought = bytes !== undefined && bytes.at >= from;
  let last: string | undefined;
  const range = { sim: sim.sim, from: '0', to: '9999' };
  for await (const records of reader.readUsage(range, { limit: heardPageSize })) {
    for (const record of records) {
      const isFound = last !== undefined && last >= from;
      const end = last !== undefined && isFound ? last : from;
      const isBeyond = end !== '0' && readKeyTime(record.usageId) < shiftTime(end, -overlap);
      if (isBeyond && (isFound || !isSought)) return last;
      if (isHeardByUsage(record)) last = findLater(last, findUsageTime(record));
    }
  }
  return last;
}

function findLater(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one > other ? one : other;
}

function shiftTime(time: string, milliseconds: number): string {
  return formatTime(toMilliseconds(time) + milliseconds);
}
