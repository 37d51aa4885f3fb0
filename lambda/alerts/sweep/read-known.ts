import { findUsageTime } from '../../ledger/heard.ts';
import { type Carrier, carrierTraits, type FormatName } from '../../ledger/source.ts';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { readKeyTime } from '../../store/counted-items.ts';
import type { SessionKey } from '../../store/read-ranges.ts';
import { type LedgerReader, spareRecords } from '../../store/reader.ts';
import type { Known, KnownUsage } from '../known.ts';
import { isAboutPeriods, type Rule } from '../rules.ts';
import { addSigns } from '../signs.ts';

/** Reads what is known about a SIM from a time on. */

/** How much earlier than its end a usage record may have begun, in milliseconds. */
const maxWindow: Readonly<Record<FormatName, number>> = {
  supersim: 3_600_000,
  datastreamer: 86_400_000,
};

/**
 * How many records the first page has, and the fewest and the most of a later page. The first page is enough for a
 * silent device; for an always-on one, it shows how many are needed.
 */
const pageSize = { first: 30, least: 20, most: 1_000 } as const;

/** How many records before the time are read. */
const earlierRecords = {
  /** To find the latest earlier one of each kind. */
  each: 100,
  /** If any kind will do: a silence begins with the record before it. */
  any: 10,
} as const;

/** What must be read of a SIM. */
export interface NeededRecords {
  readonly usage: boolean;
  readonly events: boolean;
  readonly sessions: boolean;
  readonly earlier: keyof typeof earlierRecords;
}

/** Everything. */
const everything: NeededRecords = { usage: true, events: true, sessions: true, earlier: 'each' };

/** What rules about days and months need for unsealed days. */
export const usageOnly: NeededRecords = { usage: true, events: false, sessions: false, earlier: 'any' };

const signsOnly: NeededRecords = { usage: true, events: true, sessions: false, earlier: 'any' };
const eventsOnly: NeededRecords = { usage: false, events: true, sessions: false, earlier: 'any' };

/** What each kind of rule needs. */
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
  // Findings are read separately.
  finding: { usage: false, events: false, sessions: false, earlier: 'any' },
};

/** What some rules need together. If the SIM has no marks, signs of life are also needed to make them. */
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

/** The last session, or the last bytes, may be much older than other signs of life. */
function findNeeded(rule: Rule): NeededRecords {
  if (isAboutPeriods(rule)) return signsOnly;
  const needed = neededByKind[rule.kind];
  return rule.kind === 'silent' && rule.missing !== 'everything' ? { ...needed, earlier: 'each' } : needed;
}

/** How many sessions are read that began before the time: those that were open then, and the last ones before. */
const earlierSessions = 5;

/** Session keys per page: enough for a device that begins several sessions a day. */
const sessionPageSize = 40;

/** The most sessions of one SIM that are read: more than a device begins in the longest window of a rule. */
const maxSessions = 10_000;

/** Beginning and end of time, as keys. */
const beginning = '0';
const end = '9999';

/** Records, and down to which time they are complete; minus infinity if there are no earlier ones. */
interface Complete<Item> {
  readonly items: readonly Item[];
  readonly downTo: number;
}

/** Which records to read. Times are milliseconds since the epoch. */
export interface KnownRange {
  /** All that are about this time or a later one, and the latest earlier ones. */
  readonly from: number;
  /**
   * Earlier records are left out, because some may have expired, and it would be unknown what came between the others.
   */
  readonly keptSince: number;
}

/** Reads those of a SIM's sessions, usage and events that are needed. */
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
  // A gap between records counts only if no other record can be in it.
  const downTo = Math.max(usage.downTo + window, events.downTo, keptSince);
  const known = {
    usage: usage.items.filter((one) => toMilliseconds(findUsageTime(one)) >= downTo),
    events: events.items.filter(({ time }) => toMilliseconds(time) >= downTo),
  };
  return addSigns({ ...known, sessions });
}

const nothing: Complete<never> = { items: [], downTo: Number.NEGATIVE_INFINITY };

/** Down to which time to read records, and how many earlier ones. */
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
      // A page that is less than half full is the last one.
      if (page.length <= pageSize.first / 2) continue;
      const before = page.at(-1)?.usageId;
      yield* reader.readKnownUsage(range, { limit: estimateRecords(page.map(readStart), limits), before });
      return;
    }
  }
  return readDownTo(limits, pages(), readStart);
}

/** How many more records must be read, if they are as dense as those that were read, newest first. */
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

/** Reads pages, newest first, until enough items precede a time. */
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
      // Items of the same time count only if all of them were read.
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
