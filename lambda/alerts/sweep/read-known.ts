import { findUsageTime } from '../../ledger/heard.ts';
import { type Carrier, carrierTraits, type FormatName } from '../../ledger/source.ts';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { readKeyTime } from '../../store/counted-items.ts';
import type { SessionKey } from '../../store/read-ranges.ts';
import { type LedgerReader, spareRecords } from '../../store/reader.ts';
import type { Known, KnownUsage } from '../known.ts';
import { isAboutPeriods, type Rule } from '../rules.ts';
import { addSigns } from '../signs.ts';

/** Reads what is known of a SIM from a time on. */

/** How much earlier than its end a usage record may have begun, in milliseconds. */
const maxWindow: Readonly<Record<FormatName, number>> = {
  supersim: 3_600_000,
  datastreamer: 86_400_000,
};

/**
 * Records in the first page, and in one that follows, at least and at most. The first one is enough for a device that is
 * silent; of one that is always on, it tells how many are needed.
 */
const pageSize = { first: 30, least: 20, most: 1_000 } as const;

/** Records that are read before the time. */
const earlierRecords = {
  /** In search of the latest earlier one of each kind. */
  each: 100,
  /** Where any will do: a silence begins with the record before it. */
  any: 10,
} as const;

/** What of a SIM is looked at. */
export interface NeededRecords {
  readonly usage: boolean;
  readonly events: boolean;
  readonly sessions: boolean;
  readonly earlier: keyof typeof earlierRecords;
}

/** All there is. */
const everything: NeededRecords = { usage: true, events: true, sessions: true, earlier: 'each' };

/** What rules about days and months look at, of days that are not sealed. */
export const usageOnly: NeededRecords = { usage: true, events: false, sessions: false, earlier: 'any' };

const signsOnly: NeededRecords = { usage: true, events: true, sessions: false, earlier: 'any' };
const eventsOnly: NeededRecords = { usage: false, events: true, sessions: false, earlier: 'any' };

/** What each kind of rule looks at. */
const neededByKind: Readonly<Record<Rule['kind'], NeededRecords>> = {
  silent: signsOnly,
  'attach-loop': eventsOnly,
  'session-failures': eventsOnly,
  'zero-byte-sessions': { usage: true, events: false, sessions: true, earlier: 'any' },
  'device-changed': { usage: true, events: false, sessions: true, earlier: 'each' },
  country: everything,
  usage: everything,
  blocked: everything,
  'stale-session': everything,
  // Its findings are read apart.
  finding: { usage: false, events: false, sessions: false, earlier: 'any' },
};

/** What all of some rules look at; for the marks of a SIM that has none, its signs of life besides. */
export function listNeeded(rules: readonly Rule[], isUnmarked: boolean): NeededRecords {
  const needed = rules.map((rule) => findNeeded(rule));
  if (isUnmarked) needed.push(signsOnly);
  return {
    usage: needed.some(({ usage }) => usage),
    events: needed.some(({ events }) => events),
    sessions: needed.some(({ sessions }) => sessions),
    earlier: needed.some(({ earlier }) => earlier === 'each') ? 'each' : 'any',
  };
}

/** The last session, or the last bytes, may lie far behind other signs of life. */
function findNeeded(rule: Rule): NeededRecords {
  if (isAboutPeriods(rule)) return signsOnly;
  const needed = neededByKind[rule.kind];
  return rule.kind === 'silent' && rule.missing !== 'everything' ? { ...needed, earlier: 'each' } : needed;
}

/** Sessions that began before the time and are read: those that were open then, and the last ones before. */
const earlierSessions = 5;

/** Keys of sessions in a page: enough for a device that begins some a day. */
const sessionPageSize = 40;

/** Sessions of one SIM that are read; more than a device begins in the longest window of a rule. */
const maxSessions = 10_000;

/** Beginning and end of time, as keys. */
const beginning = '0';
const end = '9999';

/** Records, and down to which time they are complete; minus infinity where there are no earlier ones. */
interface Complete<Item> {
  readonly items: readonly Item[];
  readonly downTo: number;
}

/** Which records are read. Times are milliseconds since the epoch. */
export interface KnownRange {
  /** All that tell of this time or a later one, and the latest earlier ones. */
  readonly from: number;
  /** Earlier ones are left out, since some of them may have expired: then it is not known what came between the others. */
  readonly keptSince: number;
}

/** Reads a SIM's sessions, usage and events, those that are needed. */
export async function readKnown(
  { sim, carrier }: { readonly sim: string; readonly carrier: Carrier },
  { from, keptSince }: KnownRange,
  reader: LedgerReader,
  needed: NeededRecords = everything,
): Promise<Known> {
  const window = maxWindow[carrierTraits[carrier].format];
  const earlier = earlierRecords[needed.earlier];
  const [usage, events, sessions] = await Promise.all([
    needed.usage ? readUsage(sim, { from: from - window, earlier }, reader) : nothing,
    needed.events ? readEvents(sim, { from, earlier }, reader) : nothing,
    needed.sessions ? readSessions(sim, from, reader) : [],
  ]);
  // A gap between records is one only where no other record can lie in it.
  const downTo = Math.max(usage.downTo + window, events.downTo, keptSince);
  const known = {
    usage: usage.items.filter((one) => toMilliseconds(findUsageTime(one)) >= downTo),
    events: events.items.filter(({ time }) => toMilliseconds(time) >= downTo),
  };
  return addSigns({ ...known, sessions });
}

const nothing: Complete<never> = { items: [], downTo: Number.NEGATIVE_INFINITY };

/** Down to which time records are read, and how many earlier ones. */
interface ReadLimits {
  readonly from: number;
  readonly earlier: number;
}

async function readUsage(sim: string, limits: ReadLimits, reader: LedgerReader) {
  const range = { sim, from: beginning, to: end };
  const readStart = ({ usageId }: KnownUsage): number => toMilliseconds(readKeyTime(usageId));
  async function* pages() {
    for await (const page of reader.readKnownUsage(range, { limit: pageSize.first })) {
      yield page;
      // What is not even half of a page is the end.
      if (page.length <= pageSize.first / 2) continue;
      const before = page.at(-1)?.usageId;
      yield* reader.readKnownUsage(range, { limit: estimateRecords(page.map(readStart), limits), before });
      return;
    }
  }
  return readDownTo(limits, pages(), readStart);
}

/** How many more records must be read, if they lie as close together as those that were read, the newest first. */
function estimateRecords(starts: readonly number[], { from, earlier }: ReadLimits): number {
  const [newest = from] = starts;
  const oldest = starts.at(-1) ?? from;
  const distance = Math.max(1, newest - oldest) / starts.length;
  const later = Math.max(0, oldest - from) / distance;
  const wanted = Math.ceil(later + earlier + spareRecords);
  return Math.min(pageSize.most, Math.max(pageSize.least, wanted));
}

async function readEvents(sim: string, limits: ReadLimits, reader: LedgerReader) {
  async function* pages() {
    let before: string | undefined;
    do {
      const page = await reader.readEvents({ sim, from: beginning, to: end }, pageSize.first, { before });
      yield page.events;
      before = page.next;
    } while (before !== undefined);
  }
  return readDownTo(limits, pages(), ({ time }) => toMilliseconds(time));
}

/** Reads pages, the newest first, until enough items lie before a time. */
async function readDownTo<Item>(
  { from, earlier: wanted }: ReadLimits,
  pages: AsyncIterable<readonly Item[]>,
  readStart: (item: Item) => number,
): Promise<Complete<Item>> {
  const items: Item[] = [];
  let earlier = 0;
  for await (const page of pages) {
    for (const item of page) {
      items.push(item);
      if (readStart(item) < from) earlier += 1;
      // Of items of one moment all are there, or it counts for none.
      if (earlier >= wanted) return { items, downTo: Math.min(from, readStart(item) + 1) };
    }
  }
  return { items, downTo: Number.NEGATIVE_INFINITY };
}

async function readSessions(sim: string, from: number, reader: LedgerReader): Promise<Known['sessions']> {
  const time = formatTime(Math.max(0, from));
  const range = { sim, from: beginning, to: end };
  const ids: string[] = [];
  let earlier = 0;
  let after: SessionKey | undefined;
  do {
    const keys = await reader.listSessionKeys(range, sessionPageSize, { after });
    for (const { sessionId, start } of keys) {
      if (start < time) earlier += 1;
      if (earlier <= earlierSessions) ids.push(sessionId);
    }
    after = keys.length === sessionPageSize ? keys.at(-1) : undefined;
  } while (after !== undefined && earlier < earlierSessions && ids.length < maxSessions);
  return reader.readSessions(sim, ids);
}
