import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session, Totals } from '../../../lambda/ledger/observation.ts';
import { sumVolumes } from '../../../lambda/queries/session-totals.ts';
import type { StoredUsage } from '../../../lambda/store/records.ts';
import { decodeUsage } from '../../../lambda/store/records.ts';
import { runs } from '../../records/runs.ts';
import { session } from './sessions-in-memory.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 2, 6, minute)).toISOString();

function usage(start: number, bytes: number, sessionId?: string): StoredUsage {
  const item = decodeUsage({
    carrier: { S: 'emnify' },
    start: { S: at(start) },
    dataUploaded: { N: String(bytes) },
    dataDownloaded: { N: '0' },
    dataTotal: { N: String(bytes) },
  });
  return { ...item, sessionId };
}

function lasting(
  sessionId: string,
  start: number,
  end: number | undefined,
  totals?: [minute: number, bytes: number],
) {
  const last = end ?? Math.max(start, totals?.[0] ?? 0);
  return session(sessionId, at(start), {
    origin: { at: at(last), group: { source: 'emnify', carrier: 'emnify', iccid: undefined } },
    terminal: end === undefined ? undefined : { status: 'ended', end: at(end) },
    groups: {
      ...session('', '').groups,
      totals: totals && { at: at(totals[0]), group: totalsOf(totals[1]) },
    },
  });
}

function totalsOf(bytes: number): Totals {
  return { dataUploaded: bytes, dataDownloaded: 0, dataTotal: bytes };
}

/** The bytes of sessions, newest first, and the ranges of usage that were read for them. */
async function bytesOf(sessions: readonly Session[], records: readonly StoredUsage[]) {
  const ranges: [string, string][] = [];
  const starts = new Map(sessions.map(({ sessionId }, index) => [sessionId, sessions[index - 1]?.start]));
  const volumes = await sumVolumes(
    sessions,
    (sessionId) => starts.get(sessionId),
    async function* (from, to) {
      ranges.push([from, to]);
      yield records.filter(({ start }) => start >= from && start <= to);
    },
  );
  return { bytes: Object.fromEntries([...volumes].map(([id, { total }]) => [id, total])), ranges };
}

describe('a session’s bytes', () => {
  it('are its running totals, without reading usage, while they are as recent as the session', async () => {
    const { bytes, ranges } = await bytesOf([lasting('a', 0, 30, [30, 1_000])], [usage(1, 5_000, 'a')]);
    expect({ bytes, ranges }).toEqual({ bytes: { a: 1_000 }, ranges: [] });
  });

  it('are the sum of its usage if it states no totals', async () => {
    const records = [usage(1, 10, 'a'), usage(29, 20, 'a'), usage(15, 400, 'b')];
    expect((await bytesOf([lasting('a', 0, 30)], records)).bytes).toEqual({ a: 30 });
    expect((await bytesOf([lasting('a', 0, 30)], [])).bytes).toEqual({ a: 0 });
  });

  it('are the greater of both, never their sum, if it continues after its last totals', async () => {
    const stale = lasting('a', 0, 30, [20, 1_000]);
    expect((await bytesOf([stale], [usage(1, 900, 'a'), usage(25, 400, 'a')])).bytes).toEqual({ a: 1_300 });
    expect((await bytesOf([stale], [usage(25, 400, 'a')])).bytes).toEqual({ a: 1_000 });
  });

  it('include usage without a session that started during it, for the session that started last', async () => {
    const sessions = [lasting('c', 40, undefined), lasting('b', 20, 35), lasting('a', 0, 30)];
    const records = [usage(5, 1), usage(25, 20), usage(33, 300), usage(37, 4_000), usage(45, 50_000)];
    expect((await bytesOf(sessions, records)).bytes).toEqual({ a: 1, b: 320, c: 50_000 });
  });

  it('end where the next session starts if it has no end', async () => {
    const sessions = [lasting('b', 20, 30, [30, 7]), lasting('a', 0, undefined)];
    expect((await bytesOf(sessions, [usage(5, 1), usage(25, 20), usage(40, 300)])).bytes).toEqual({
      a: 1,
      b: 7,
    });
  });

  it('are read in one range for consecutive sessions, and not if totals are stated', async () => {
    const sessions = [
      lasting('e', 100, 110),
      lasting('d', 80, 90),
      lasting('c', 60, 70, [70, 5]),
      lasting('b', 20, 50, [50, 5]),
      lasting('a', 0, 10),
    ];
    const { ranges } = await bytesOf(sessions, []);
    expect(ranges).toEqual([
      [at(80 - 60), at(110)],
      [at(0 - 60), at(10)],
    ]);
  });

  it('have null for upload and download if a record states only their sum', async () => {
    const { dataUploaded, ...without } = usage(1, 10, 'a');
    const volumes = await sumVolumes(
      [lasting('a', 0, 30)],
      () => undefined,
      async function* () {
        yield [{ ...without, dataUploaded: undefined }];
      },
    );
    expect(volumes.get('a')).toEqual({ uploaded: null, downloaded: 0, total: 10 });
  });

  it('count each record at most once, however the sessions overlap', async () => {
    const span = fc.record({ start: fc.nat({ max: 50 }), length: fc.nat({ max: 30 }), isOpen: fc.boolean() });
    const record = fc.record({ start: fc.nat({ max: 90 }), named: fc.option(fc.nat({ max: 5 })) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(span, { maxLength: 6 }),
        fc.array(record, { maxLength: 20 }),
        async (spans, given) => {
          const sessions = spans
            .map(({ start, length, isOpen }, index) =>
              lasting(`s${index}`, start, isOpen ? undefined : start + length),
            )
            .sort((a, b) => (a.start < b.start ? 1 : -1));
          // Each record is a power of two, so a sum shows which were counted, and how often.
          const records = given.map(({ start, named }, index) =>
            usage(start, 2 ** index, named === null ? undefined : `s${named}`),
          );
          const { bytes } = await bytesOf(sessions, records);
          const sum = Object.values(bytes).reduce((total, part) => total + part, 0);
          expect(sum).toBeLessThan(2 ** records.length);
          for (const [id, total] of Object.entries(bytes)) {
            for (const [other, part] of Object.entries(bytes)) if (id !== other) expect(total & part).toBe(0);
          }
        },
      ),
      runs(300),
    );
  });
});
