import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { GivenFiles } from '../given-files.ts';
import { simOf, threeDays, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();
const given = new GivenFiles();

beforeAll(() => ledger.put('1nce', ...threeDays.map((record) => JSON.stringify(record))));

describe('export', () => {
  test.skipIf(!existsSync('/dev/full')).each(['sessions', 'sims'])(
    'reports a full disk when %s are written, and leaves no partial file',
    async (table) => {
      const out = await mkdtemp(join(given.folder, 'full-'));
      await symlink('/dev/full', join(out, `${table}.csv.part`));
      const { code, errors } = await ledger.run(['export', '--out', out]);
      expect({ code, errors }).toEqual({
        code: 1,
        errors: expect.stringMatching(/^ENOSPC: no space left on device, write\n/),
      });
      const left = await readdir(out);
      expect(left.filter((name) => name.endsWith('.part') || name.startsWith(table))).toEqual([]);
    },
  );

  test('writes every item once, with numbers as stored, and formulas as text', async () => {
    await ledger.put(
      '1nce',
      JSON.stringify(usageOf(3, { endpoint: { name: '=HYPERLINK("http://x")', id: 3 }, cost: 0.1234567891 })),
    );
    await ledger.put('emnify', JSON.stringify(usageOf(5, { cost: 0.1234567891 })));
    const out = join(given.folder, 'export');
    const exported = await ledger.json<{ file: string; items: number }[]>([
      'export',
      '--out',
      out,
      '--reveal',
    ]);
    const items = await ledger.items();
    expect(exported.map(({ items: count }) => count)).toEqual(
      ['Sessions', 'Usage', 'Events', 'Sims'].map((table) => items[table]?.length),
    );
    const usage = parse(await readFile(join(out, 'usage.csv')), { columns: true }) as Record<
      string,
      string
    >[];
    const sims = parse(await readFile(join(out, 'sims.csv')), { columns: true }) as Record<string, string>[];
    expect(usage.find(({ sim }) => sim === simOf(5))).toMatchObject({
      cost: '0.1234567891',
      currency: 'EUR',
      dataTotal: '3000',
    });
    // 1NCE's cost repeats the volume and is not money.
    expect(usage.find(({ sim }) => sim === simOf(3))).toMatchObject({
      costVolume: '0.1234567891',
      cost: '',
      currency: '',
      dataTotal: '3000',
    });
    expect(sims.find(({ sim }) => sim === simOf(3))?.['simName']).toBe(`'=HYPERLINK("http://x")`);
    // Every attribute of an item is a column, except stamps and completeness.
    const columns = new Set(Object.keys(usage[0] ?? {}));
    const attributes = (items['Usage'] ?? []).flatMap((item) => Object.keys(item));
    expect(attributes.filter((name) => !columns.has(name) && name !== 'fullness')).toEqual([]);
  });

  test('writes JSON lines of a time range, masked', async () => {
    const out = join(given.folder, 'lines');
    const command = [
      'export',
      '--out',
      out,
      '--format',
      'jsonl',
      '--from',
      '2026-11-02',
      '--to',
      '2026-11-03',
    ];
    expect((await ledger.run(command)).code).toBe(0);
    const lines = (await readFile(join(out, 'usage.jsonl'), 'utf8')).trimEnd().split('\n');
    const usage = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const ofSim = usage.filter(({ sim }) => sim === simOf(1));
    expect(ofSim).toEqual([
      expect.objectContaining({
        recordId: '101',
        dataTotal: 2000,
        imsi: '…0101',
        start: '2026-11-02T12:00:00.000Z',
      }),
    ]);
    expect(usage.every(({ start }) => String(start) >= '2026-11-02' && String(start) < '2026-11-03')).toBe(
      true,
    );
    expect((await readdir(out)).sort()).toEqual([
      'events.jsonl',
      'sessions.jsonl',
      'sims.jsonl',
      'usage.jsonl',
    ]);
  });

  test('writes the more complete of two versions of a record if a file rounds its time across midnight', async () => {
    const rounded = usageOf(4, { start_timestamp: '2026-11-02T00:00:00Z', tariff: null });
    const exact = usageOf(4, { start_timestamp: '2026-11-01T23:59:59.700Z' });
    await ledger.put('1nce', JSON.stringify(rounded), JSON.stringify(exact));
    expect((await ledger.recordIds(simOf(4))).length).toBe(2);
    const startsIn = async (...range: readonly string[]): Promise<string[]> => {
      const out = join(given.folder, 'rounded');
      const command = ['export', '--out', out, '--format', 'jsonl', ...range];
      expect((await ledger.run(command)).code).toBe(0);
      const lines = (await readFile(join(out, 'usage.jsonl'), 'utf8')).split('\n').slice(0, -1);
      const usage = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      return usage.filter(({ sim }) => sim === simOf(4)).map(({ start }) => String(start));
    };
    expect(await startsIn()).toEqual(['2026-11-01T23:59:59.700Z']);
    expect(await startsIn('--to', '2026-11-02')).toEqual(['2026-11-01T23:59:59.700Z']);
    expect(await startsIn('--from', '2026-11-02')).toEqual([]);
  });
});
