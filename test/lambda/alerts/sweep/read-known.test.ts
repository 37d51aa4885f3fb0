import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Known } from '../../../../lambda/alerts/known.ts';
import { findSpans } from '../../../../lambda/alerts/spans.ts';
import { listNeeded, type NeededRecords, readKnown } from '../../../../lambda/alerts/sweep/read-known.ts';
import type { UsageContent } from '../../../../lambda/ledger/contents.ts';
import { formatTime, toMilliseconds } from '../../../../lambda/ledger/time.ts';
import type { PageOptions, RecordRange } from '../../../../lambda/store/read-ranges.ts';
import type { LedgerReader } from '../../../../lambda/store/reader.ts';
import { runs } from '../../../records/runs.ts';
import { known as anyKnown, rule as anyRules } from '../arbitraries.ts';
import { makeUsage } from '../records.ts';

/** The records of a SIM that are read to judge it. */

const minute = 60_000;

/** The records that are read; signs come from usage and events. */
function restrict(known: Known, { usage, events, sessions }: NeededRecords): Known {
  return {
    usage: usage ? known.usage : [],
    events: events ? known.events : [],
    sessions: sessions ? known.sessions : [],
    signs: usage && events ? known.signs : [],
  };
}

test('a rule finds the same with the records that are read for it as with all records', () => {
  fc.assert(
    fc.property(anyRules, anyKnown, (rule, known) => {
      const watermark = toMilliseconds(makeUsage(100).end);
      const read = restrict(known, listNeeded([rule], false));
      expect(findSpans(rule, read, watermark)).toEqual(findSpans(rule, known, watermark));
    }),
    runs(500),
  );
});

/** The usage of a SIM with a record at a regular interval in minutes, and the pages that were requested. */
class DenseUsage {
  readonly limits: number[] = [];
  /** Newest first. */
  readonly #records: readonly UsageContent[];

  constructor(count: number) {
    this.#records = Array.from({ length: count }, (_, index) =>
      makeUsage(6 * index, { id: `${index}` }),
    ).toReversed();
  }

  get reader(): LedgerReader {
    return {
      readKnownUsage: (_range: RecordRange, options: PageOptions) => this.#read(options),
      readEvents: async () => ({ events: [], next: undefined }),
    } as unknown as LedgerReader;
  }

  async *#read({ limit = 1, before = '9999' }: PageOptions) {
    const records = this.#records.filter(({ usageId }) => usageId < before);
    for (let from = 0; from < records.length; from += limit) {
      this.limits.push(limit);
      yield records.slice(from, from + limit);
    }
  }
}

describe('the usage of a SIM', () => {
  const needed: NeededRecords = { usage: true, events: true, sessions: false, earlier: 'any' };
  const sim = { sim: makeUsage(0).sim, carrier: 'kore' } as const;

  it.each([
    [20, 300, [30]],
    [50, 300, [30, 26]],
    [95, 300, [30, 72]],
    [300, 1_000, [30, 284]],
    [2_000, 4_000, [30, 1_000, 1_000]],
  ])('of %i records is read in as many pages as it takes, of %i', async (wanted, count, limits) => {
    const usage = new DenseUsage(count);
    const newest = toMilliseconds(makeUsage(6 * (count - 1)).start);
    // A window may be an hour long, so 10 more records are read, and a few earlier ones.
    const from = newest - 6 * minute * (wanted - 10 - 10);
    const { usage: read } = await readKnown(sim, { from, keptSince: 0 }, usage.reader, needed);
    expect(usage.limits).toEqual(limits);
    const starts = read.map(({ start }) => start);
    expect(starts).toEqual(
      Array.from({ length: starts.length }, (_, index) => formatTime(newest - index * 6 * minute)),
    );
    expect(starts.length).toBeGreaterThan(wanted - 20);
  });
});

describe('the sessions of a SIM', () => {
  const needed: NeededRecords = { usage: false, events: false, sessions: true, earlier: 'any' };
  const sim = { sim: makeUsage(0).sim, carrier: 'kore' } as const;
  const newest = Date.UTC(2026, 10, 20);
  const hour = 60 * minute;

  /** Reads the sessions of a SIM with one session an hour, some of which began after a time. */
  async function read(count: number, later: number) {
    const keys = Array.from({ length: count }, (_, index) => {
      return { sessionId: `s${index}`, start: formatTime(newest - index * hour) };
    });
    const pages: (string | undefined)[] = [];
    const reader = {
      listSessionKeys: async (_: unknown, limit: number, { after }: { after?: { sessionId: string } }) => {
        pages.push(after?.sessionId);
        const from = keys.findIndex(({ sessionId }) => sessionId === after?.sessionId) + 1;
        return keys.slice(from, from + limit);
      },
      readSessions: async (_: string, ids: readonly string[]) => ids,
    } as unknown as LedgerReader;
    const from = newest - later * hour + minute;
    const { sessions } = await readKnown(sim, { from, keptSince: 0 }, reader, needed);
    return { ids: sessions as unknown as string[], pages };
  }

  it.each([
    ['none', 0, 0, 0, [undefined]],
    ['those that began later, and five before', 50, 10, 15, [undefined]],
    ['all of them', 12, 10, 12, [undefined]],
    ['those of the second page', 90, 50, 55, [undefined, 's39']],
    ['five before of which the first page has some', 90, 38, 43, [undefined, 's39']],
    ['none beyond the last page', 80, 100, 80, [undefined, 's39', 's79']],
  ] as const)('are %s', async (_, count, later, wanted, asked) => {
    const { ids, pages } = await read(count, later);
    expect(ids).toEqual(Array.from({ length: wanted }, (__, index) => `s${index}`));
    expect(pages).toEqual(asked);
  });
});
