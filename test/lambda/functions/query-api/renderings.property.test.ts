import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../../lambda/carriers/reading.ts';
import type { LedgerEvent, Usage } from '../../../../lambda/ledger/observation.ts';
import { observationsOf } from '../../../records/arrival.ts';
import { csvOf, readCsv, readStreamer, streamerSim, usageRecord } from '../../../records/datastreamer.ts';
import { runs } from '../../../records/runs.ts';
import { changesOf, eventAt, simAt, usageAt } from '../../store/observations.ts';
import { runningTables } from '../../store/running-tables.ts';
import { apiOver, send } from './api-under-test.ts';

/** One record in two renderings, as a carrier's file rounds the time. Every answer counts the more complete one. */

const tables = runningTables();
const begin = Date.parse('2026-11-02T23:59:56.000Z');
const at = (milliseconds: number): string => new Date(begin + milliseconds).toISOString();
/** A range that contains all renderings, and more than a second around them. */
const whole = { from: -3_000, to: 12_000 };

/** A rendering of a record. Of one record, only one is complete. */
interface Rendering {
  readonly id: number;
  readonly source: string;
  /** Milliseconds after {@link begin}. */
  readonly at: number;
  readonly completeness: number;
  readonly bytes: number;
}

const rendering = fc.record({
  id: fc.integer({ min: 1, max: 3 }),
  source: fc.constantFrom('main', 'main', 'main', 'other'),
  at: fc.oneof(
    fc.nat({ max: 8_000 }),
    fc.nat({ max: 8 }).map((second) => second * 1_000),
  ),
  completeness: fc.constantFrom(2, 2, 5, 8),
});

/** The bytes are powers of two, so that a sum shows what was added. */
const renderings = fc.array(rendering, { minLength: 1, maxLength: 10 }).map((some): Rendering[] =>
  some.map((one, index) => ({
    ...one,
    completeness: some.findIndex(({ id }) => id === one.id) === index ? 9 : one.completeness,
    bytes: 2 ** index,
  })),
);

function keyOf({ at: milliseconds, id }: Rendering): string {
  return `${at(milliseconds).slice(0, 19)}.000Z#${id}`;
}

let partitions = 0;

/** Stores renderings sequentially, under a separate SIM. */
async function takeIn(some: readonly Rendering[]): Promise<string> {
  partitions += 1;
  const sim = `896${String(partitions).padStart(16, '0')}`;
  const writer = tables.newWriter();
  await writer.write(changesOf({ sims: [simAt(at(0), sim)] }), { readBeforeWrite: false });
  for (const one of some) {
    const { id, source, completeness, bytes } = one;
    const time = at(one.at);
    const usage: Usage = usageAt(time, sim, String(id), {
      usageId: keyOf(one),
      source,
      completeness,
      dataUploaded: 0,
      dataDownloaded: bytes,
      dataTotal: bytes,
    });
    const event: LedgerEvent = eventAt(time, sim, String(id), {
      eventKey: keyOf(one),
      source,
      completeness,
      description: String(bytes),
      type: bytes > 4 ? 'location.updated' : 'sim.activated',
    });
    const report = await writer.write(changesOf({ usage: [usage], events: [event] }), {
      readBeforeWrite: source === 'other',
    });
    expect(report.failed.size).toBe(0);
  }
  return sim;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

async function resources(path: string, key: string): Promise<Record<string, unknown>[]> {
  const api = apiOver(tables.client, { now: () => begin + 86_400_000 });
  const found: Record<string, unknown>[] = [];
  for (let next: string | null = path; next !== null; ) {
    const { status, body } = await send(api, next);
    expect(status).toBe(200);
    found.push(...(body[key] as Record<string, unknown>[]));
    const { next_page_url: url } = body['meta'] as { next_page_url: string | null };
    next = url === null ? null : url.slice('https://api.example.com'.length);
  }
  return found;
}

type Answer = readonly (readonly [time: string, value: unknown])[];

async function usageOf(sim: string, granularity: string, { from, to }: Range, size = 50): Promise<Answer> {
  if (from === to) return [];
  const query = `Granularity=${granularity}&StartTime=${at(from)}&EndTime=${at(to)}&PageSize=${size}`;
  const records = await resources(`/v1/Sims/${sim}/UsageRecords?${query}`, 'usage_records');
  return records.map(({ period, data_total: bytes }) => [
    (period as { start_time: string }).start_time,
    bytes,
  ]);
}

/** Events of a range without its end, so that consecutive ranges have each event once. */
async function eventsOf(sim: string, { from, to }: Range, size = 50, type = ''): Promise<Answer> {
  if (from === to) return [];
  const query = `StartTime=${at(from)}&EndTime=${at(to - 1)}&PageSize=${size}${type && `&EventType=${type}`}`;
  const events = await resources(`/v1/Sims/${sim}/ConnectionEvents?${query}`, 'connection_events');
  return events.map(({ timestamp, description }) => [String(timestamp), Number(description)]);
}

/** The expected tables: of a record's renderings within a second, the one that wins. */
async function standing(sim: string): Promise<(Rendering & { readonly time: string })[]> {
  return (await tables.items('Usage', sim)).map((item) => ({
    id: Number(item['recordId']?.S),
    source: item['source']?.S ?? '',
    at: Date.parse(item['start']?.S ?? '') - begin,
    time: item['start']?.S ?? '',
    completeness: Number(item['fullness']?.N ?? 9),
    bytes: Number(item['dataTotal']?.N),
  }));
}

/** The renderings that must count, newest first; undefined if the content decides, which this model does not cover. */
function expected(stored: readonly (Rendering & { readonly time: string })[]): Answer | undefined {
  const rivals = (one: Rendering): Rendering[] =>
    stored.filter(
      (other) =>
        other !== one &&
        other.id === one.id &&
        other.source === one.source &&
        Math.abs(other.at - one.at) <= 1_000,
    );
  if (stored.some((one) => rivals(one).some(({ completeness }) => completeness === one.completeness)))
    return undefined;
  return stored
    .filter((one) => rivals(one).every(({ completeness }) => completeness < one.completeness))
    .map(({ time, bytes }) => [time, bytes] as const)
    .reverse();
}

const totalOf = (answer: Answer): number => answer.reduce((sum, [, bytes]) => sum + Number(bytes), 0);

describe('deliveries of one record whose times differ by at most a second', () => {
  it('are counted once, in any order, on pages of any size and in ranges of any length', async () => {
    await fc.assert(
      fc.asyncProperty(
        renderings,
        fc.array(
          fc.oneof(
            fc.nat({ max: 8_000 }),
            fc.nat({ max: 16 }).map((half) => half * 500),
          ),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        fc.integer({ min: 1, max: 4 }),
        async (some, cuts, size) => {
          const sim = await takeIn(some);
          const other = await takeIn(some.toReversed());
          const raw = await usageOf(sim, 'raw', whole);
          const events = await eventsOf(sim, whole);
          expect(raw).toEqual(expected(await standing(sim)) ?? raw);
          expect(events).toEqual(raw);

          // Both orders of arrival.
          expect(await usageOf(other, 'raw', whole)).toEqual(raw);
          expect(await eventsOf(other, whole)).toEqual(events);

          // Pages, and events of a type.
          expect(await usageOf(sim, 'raw', whole, size)).toEqual(raw);
          expect(await eventsOf(sim, whole, size)).toEqual(events);
          expect(await eventsOf(sim, whole, size, 'sim.activated')).toEqual(
            events.filter(([, bytes]) => Number(bytes) <= 4),
          );

          // Sums, and the parts of a range.
          const edges = [whole.from, ...cuts.sort((a, b) => a - b), whole.to];
          const ranges = edges.slice(1).map((to, index): Range => ({ from: edges[index] ?? to, to }));
          const parts = await Promise.all(
            ranges.reverse().map(async (range) => ({
              raw: await usageOf(sim, 'raw', range, size),
              all: await usageOf(sim, 'all', range),
              hour: await usageOf(sim, 'hour', range, size),
              day: await usageOf(sim, 'day', range, size),
              events: await eventsOf(sim, range, size),
            })),
          );
          expect(parts.flatMap((part) => part.raw).sort()).toEqual([...raw].sort());
          expect(parts.flatMap((part) => part.events).sort()).toEqual([...events].sort());
          for (const part of parts) {
            const sum = totalOf(part.raw);
            expect([part.all, part.hour, part.day].map(totalOf)).toEqual([sum, sum, sum]);
          }
          const days = (await usageOf(sim, 'day', whole)).map(([time, bytes]) => [time.slice(0, 10), bytes]);
          const sums = new Map<string, number>();
          for (const [time, bytes] of raw) {
            sums.set(time.slice(0, 10), (sums.get(time.slice(0, 10)) ?? 0) + Number(bytes));
          }
          expect(days).toEqual([...sums]);
        },
      ),
      runs(40),
    );
  });

  const time = '2026-11-02T09:59:59.700Z';
  const stated = {
    ...usageRecord,
    start_timestamp: time,
    session_id: 'b2c5a9de',
    volume: { total: 0.5, tx: 0.5, rx: 0 },
  };
  /** The same record as in a file: its start is rounded up into the next hour. */
  const file = csvOf(
    ['id', 'iccid', 'event_start_timestamp', 'event_stop_timestamp', 'volume', 'volume_tx', 'volume_rx'],
    [String(usageRecord.id), streamerSim, '2026-11-02 10:00:00', '2026-11-02 10:15:00', '0.5', '0.5', '0'],
  );
  const readings = { json: readStreamer(stated), file: readCsv(file, 'cdr_20261102_120000.csv')[0] };

  it.each([
    ['the stream', ['json', 'file']],
    ['the file', ['file', 'json']],
  ] as const)(
    'are counted once if a file rounds up the stream’s exact times, and %s is first',
    async (_, order) => {
      await tables.clear();
      const writer = tables.newWriter();
      for (const path of order) {
        const { usage, session, sim } = observationsOf(readings[path] as Reading);
        const states = {
          usage: usage === undefined ? [] : [usage],
          sessions: session === undefined ? [] : [session],
          sims: sim === undefined ? [] : [sim],
        };
        await writer.write(changesOf(states), { readBeforeWrite: path === 'file' });
      }
      expect((await tables.items('Usage')).map(({ usageId }) => usageId?.S)).toEqual([
        '2026-11-02T09:59:59.000Z#1234567890',
        '2026-11-02T10:00:00.000Z#1234567890',
      ]);
      const range = '&StartTime=2026-11-02T09:00:00Z&EndTime=2026-11-02T11:00:00Z';
      const path = `/v1/Sims/${streamerSim}`;
      const api = apiOver(tables.client);
      const usage = (granularity: string) =>
        resources(`${path}/UsageRecords?Granularity=${granularity}${range}`, 'usage_records');
      expect((await usage('all')).map(({ data_total: bytes }) => bytes)).toEqual([500_000]);
      expect((await usage('hour')).map(({ period, data_total: bytes }) => [period, bytes])).toEqual([
        [{ start_time: '2026-11-02T09:00:00.000Z', end_time: '2026-11-02T10:00:00.000Z' }, 500_000],
      ]);
      expect((await usage('raw')).map(({ sid, data_session_sid: session }) => [sid, session])).toEqual([
        ['1234567890', 'b2c5a9de'],
      ]);
      const sessions = await resources(`${path}/DataSessions?${range}`, 'data_sessions');
      expect(sessions.map(({ sid, data_total: bytes }) => [sid, bytes])).toEqual([['b2c5a9de', 500_000]]);
      const { body } = await send(api, path);
      expect(body['usage_this_month']).toMatchObject({ data_total: 500_000 });
    },
  );
});
