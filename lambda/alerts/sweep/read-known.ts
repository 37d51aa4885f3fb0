import { findUsageTime } from '../../ledger/heard.ts';
import { type Carrier, carrierTraits, type FormatName } from '../../ledger/source.ts';
import { epochMilliseconds, formatTime } from '../../ledger/time.ts';
import { timeOfKey } from '../../store/counted-items.ts';
import type { LedgerReader } from '../../store/reader.ts';
import type { Known } from '../known.ts';
import { addSigns } from '../signs.ts';

/** Reads what is known of a SIM from a time on. */

/** How much earlier than its end a usage record may have begun, in milliseconds. */
const maxWindow: Readonly<Record<FormatName, number>> = { supersim: 3_600_000, datastreamer: 86_400_000 };

/** Records that are read in a page; as many are read before the time, in search of the latest earlier ones. */
const pageSize = 100;

/** Sessions that began before the time and are read: those that were open then, and the last ones before. */
const earlierSessions = 5;

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

/** Reads a SIM's sessions, usage and events. */
export async function readKnown(
  { sim, carrier }: { readonly sim: string; readonly carrier: Carrier },
  { from, keptSince }: KnownRange,
  reader: LedgerReader,
): Promise<Known> {
  const window = maxWindow[carrierTraits[carrier].format];
  const [usage, events, sessions] = await Promise.all([
    readUsage(sim, from - window, reader),
    readEvents(sim, from, reader),
    readSessions(sim, from, reader),
  ]);
  // A gap between records is one only where no other record can lie in it.
  const downTo = Math.max(usage.downTo + window, events.downTo, keptSince);
  const known = {
    usage: usage.items.filter((one) => epochMilliseconds(findUsageTime(one)) >= downTo),
    events: events.items.filter(({ time }) => epochMilliseconds(time) >= downTo),
  };
  return addSigns({ ...known, sessions });
}

async function readUsage(sim: string, from: number, reader: LedgerReader) {
  const range = { sim, from: beginning, to: end };
  return readDownTo(from, reader.usage(range, { limit: pageSize }), ({ usageId }) =>
    epochMilliseconds(timeOfKey(usageId)),
  );
}

async function readEvents(sim: string, from: number, reader: LedgerReader) {
  async function* pages() {
    let before: string | undefined;
    do {
      const page = await reader.events({ sim, from: beginning, to: end }, pageSize, { before });
      yield page.events;
      before = page.next;
    } while (before !== undefined);
  }
  return readDownTo(from, pages(), ({ time }) => epochMilliseconds(time));
}

/** Reads pages, the newest first, until a page's worth of items lies before a time. */
async function readDownTo<Item>(
  from: number,
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
      if (earlier >= pageSize) return { items, downTo: Math.min(from, readStart(item) + 1) };
    }
  }
  return { items, downTo: Number.NEGATIVE_INFINITY };
}

async function readSessions(sim: string, from: number, reader: LedgerReader): Promise<Known['sessions']> {
  const time = formatTime(Math.max(0, from));
  const [later, earlier] = await Promise.all([
    reader.sessionKeys({ sim, from: time, to: end }, maxSessions),
    reader.sessionKeys({ sim, from: beginning, to: time }, earlierSessions),
  ]);
  const ids = new Set([...later, ...earlier].map(({ sessionId }) => sessionId));
  return reader.sessions(sim, [...ids]);
}
