import { describe, expect, test } from 'vitest';
import { findBucket } from '../../../lambda/days/buckets.ts';
import { RowFile } from '../../../lambda/days/parquet.ts';
import { makeFileKey } from '../../../lambda/days/pass/lake-objects.ts';
import type { Lake } from '../../../lambda/days/pass/ports.ts';
import type { SessionRow } from '../../../lambda/days/rows.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { walkLakeSims } from '../../../lambda/store/lake-sims.ts';
import { makeUsage } from '../days/records.ts';

/** Files in memory. */
class MemoryFiles implements Pick<Lake, 'open'> {
  readonly #files = new Map<string, Uint8Array>();

  /** Writes the rows of a day, each SIM into its bucket. */
  write(
    day: string,
    buckets: number,
    rows: { usage: readonly Usage[]; sessions?: readonly SessionRow[] },
  ): void {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      for (const kind of ['usage', 'sessions'] as const) {
        const all: readonly (Usage | SessionRow)[] = rows[kind] ?? [];
        const own = all.filter(({ sim }) => findBucket(sim, buckets) === bucket);
        const file = new RowFile(kind);
        file.add(own.toSorted((a, b) => (a.sim < b.sim ? -1 : 1)) as never);
        this.#files.set(makeFileKey(kind, day, bucket, buckets), file.finish());
      }
    }
  }

  async open(key: string): ReturnType<Lake['open']> {
    const bytes = this.#files.get(key);
    if (bytes === undefined) return undefined;
    return {
      tag: key,
      byteLength: bytes.byteLength,
      slice: (start: number, end = bytes.byteLength) =>
        bytes.slice(start < 0 ? bytes.byteLength + start : start, end).buffer,
    };
  }
}

const sims = Array.from({ length: 40 }, (_, index) => `89883030000001${String(index).padStart(5, '0')}`);
const days = [
  { day: '2026-10-01', buckets: 1 },
  { day: '2026-10-02', buckets: 3 },
  { day: '2026-10-03', buckets: 2 },
] as const;

function makeRow(sim: string, day: string): Usage {
  return makeUsage({ sim, start: `${day}T10:00:00.000Z`, recordId: `${sim} ${day}`, volume: '0.5' });
}

describe('walking through closed days', () => {
  test('finds each SIM once with all its rows, whatever buckets the days have', async () => {
    const lake = new MemoryFiles();
    for (const { day, buckets } of days) {
      // On each day, another third of the fleet is silent.
      const heard = sims.filter((_, index) => index % 3 !== Number(day.slice(-1)) % 3);
      lake.write(day, buckets, { usage: heard.map((sim) => makeRow(sim, day)) });
    }
    const live = new Map([
      ['8988303000000199999', { usage: [makeRow('8988303000000199999', '2026-10-04')], sessions: [] }],
    ]);
    for (const some of [days, days.slice(1)]) {
      const found: (readonly [string, readonly string[]])[] = [];
      for await (const { sim, usage } of walkLakeSims(lake, {
        days: some,
        readsSessions: false,
        further: live,
      })) {
        found.push([sim, usage.map(({ start }) => start.slice(0, 10)).sort()]);
      }
      const expected = sims.map((sim, index) => [
        sim,
        some.map(({ day }) => day).filter((day) => index % 3 !== Number(day.slice(-1)) % 3),
      ]);
      expect(found.sort()).toEqual([
        ...expected.filter(([, list]) => list?.length !== 0),
        ['8988303000000199999', ['2026-10-04']],
      ]);
    }
  });

  test('reads what a bill needs of usage and sessions, and nothing else', async () => {
    const lake = new MemoryFiles();
    const [sim = ''] = sims;
    const row = {
      ...makeRow(sim, '2026-10-01'),
      sessionId: 's',
      imsi: '901430100000001',
      cost: '0.1',
      currency: 'EUR',
    };
    const origin = { source: row.source, carrier: row.carrier, iccid: undefined };
    const groups = {
      ...{ totals: undefined, network: undefined, cell: undefined, device: undefined, address: undefined },
      ...{ subscriber: undefined, ids: undefined, label: undefined, trouble: undefined },
    };
    const session: SessionRow = {
      ...{ sim, sessionId: 's', start: '2026-10-01T09:00:00.000Z', startStated: true, groups },
      origin: { at: '2026-10-01T11:00:00.000Z', group: origin },
      terminal: { status: 'ended', end: '2026-10-01T11:00:00.000Z' },
    };
    lake.write('2026-10-01', 1, { usage: [row], sessions: [session] });
    const walk = { days: days.slice(0, 1), readsSessions: true, further: new Map() };
    for await (const { usage, sessions } of walkLakeSims(lake, walk)) {
      const [read] = usage;
      expect(read).toMatchObject({ sim, usageId: row.usageId, sessionId: 's', volume: '0.5', cost: '0.1' });
      expect(JSON.stringify(read)).not.toContain('901430100000001');
      expect(sessions).toEqual([
        { sim, sessionId: 's', source: row.source, start: session.start, end: session.terminal.end },
      ]);
    }
  });
});
