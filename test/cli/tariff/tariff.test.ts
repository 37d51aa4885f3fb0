import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runningLedger } from '../running-ledger.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const emnify = join(project, 'docs/tariffs/emnify.json');
const telekom = join(project, 'docs/tariffs/telekom.json');
const now = (): number => Date.parse('2026-11-02T12:00:00Z');

const ledger = runningLedger();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-tariff-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

/** The file of emnify's tariff with a change. */
async function change(name: string, edit: (tariff: Record<string, never>) => object): Promise<string> {
  return write(name, JSON.stringify(edit(JSON.parse(await readFile(emnify, 'utf8')))));
}

describe('tariff', () => {
  test('check says what is assumed in a valid file, and names each wrong key', async () => {
    const valid = await ledger.run(`tariff check ${emnify}`);
    expect([valid.code, valid.output]).toEqual([0, expect.stringContaining('the tariff emnify is valid')]);
    expect(valid.output).toContain('assumed: 1 KB is 1,000 bytes.');
    const wrong = await write('wrong.json', '{"name": "wrong", "currency": "euro"}');
    const refused = await ledger.run(`tariff check ${emnify} ${wrong}`);
    expect([refused.code, refused.errors.trim()]).toEqual([
      2,
      `${wrong}: tariff.currency: "euro" given; accepted is 3 capital letters of a currency, such as EUR`,
    ]);
    expect(await ledger.json('tariff list')).toMatchObject({ version: 0, tariffs: [] });
  });

  test('put says what changes from which day, and stores nothing in a dry run', async () => {
    const tried = await ledger.run(`tariff put ${emnify} --dry-run`);
    expect(tried.output).toContain('Dry run: nothing is stored. Bills would change for all time.');
    expect(await ledger.json('tariff list')).toMatchObject({ version: 0 });
    await ledger.run(`tariff put ${emnify} ${telekom}`, { now });
    const dearer = await change('dearer.json', (tariff) => ({
      ...tariff,
      fees: [
        {
          ...{ name: 'active SIM', per: 'sim', of: 'active' },
          prices: [{ price: '0.20' }, { from: '2026-11-15', price: '0.25' }],
        },
      ],
    }));
    const { output } = await ledger.run(`tariff put ${dearer}`, { now });
    expect(output.trim().split('\n')).toEqual([
      'emnify: fees.active SIM.prices.2026-11-15: nothing becomes {"from":"2026-11-15","price":"0.25"}, from 2026-11-15 on',
      'Stored. Bills change from 2026-11-15 on.',
      'Bills are made for 2026-10, 2026-11, each once its days are sealed. See: simledger bill list',
    ]);
    expect((await ledger.run(`tariff put ${dearer}`)).output).toBe(
      'All of it is stored already: nothing changes.\n',
    );
    expect(await ledger.json('tariff list')).toMatchObject({
      version: 2,
      tariffs: [
        { name: 'emnify', currency: 'EUR', put_at: '2026-11-02T12:00:00.000Z' },
        { name: 'telekom', time_zone: 'Europe/Berlin' },
      ],
      roster: null,
    });
  });

  test('put stores a roster, and does not remove a tariff that the roster names', async () => {
    const roster = await write(
      'roster.csv',
      'sim,from,tariff\n89883030000001000020,2026-11-10,emnify\n89490200000000000018,,telekom\n',
    );
    const { output } = await ledger.run(`tariff put --roster ${roster}`, { now });
    expect(output).toContain('Roster: 2 SIMs added, 0 removed, 0 changed, for all time');
    const refused = await ledger.run('tariff put --remove telekom');
    expect([refused.code, refused.errors]).toEqual([
      2,
      expect.stringContaining('gives SIM 8949020000000000001 the tariff telekom, which --remove names'),
    ]);
    const unknown = await ledger.run('tariff put --remove nobody');
    expect([unknown.code, unknown.errors]).toEqual([
      2,
      expect.stringContaining('accepted is the name of a stored tariff: emnify, telekom'),
    ]);
    expect(await ledger.json('tariff list')).toMatchObject({ roster: { sims: 2, entries: 2 } });
  });

  test('bill uses the stored tariffs if no file is given', async () => {
    const history = await readFile(join(project, 'local/examples/emnify.history.jsonl'), 'utf8');
    await ledger.put('emnify', history);
    expect(await ledger.json('bill --month 2026-10')).toMatchObject({
      tariffs: ['emnify', 'telekom'],
      totals: [{ currency: 'EUR', amount: '0.2' }],
    });
  });

  test('stores the bill of a month once its days are sealed, and again after a change of tariff', async () => {
    await ledger.local.closeDays(now());
    const stored = await ledger.json<ShownBill>('bill --month 2026-10 --stored');
    const computed = await ledger.json<ShownBill>('bill --month 2026-10 --by country,network');
    expect(stored.rows.map(pickAmount)).toEqual(computed.rows.map(pickAmount));
    expect(stored.totals).toEqual(computed.totals);
    expect(await ledger.json('bill list')).toMatchObject([
      { month: '2026-10', version: 1, totals: [{ amount: '0.2', currency: 'EUR' }] },
    ]);
    const dearer = await change('other.json', (tariff) => ({
      ...tariff,
      fees: [{ name: 'active SIM', per: 'sim', of: 'active', prices: [{ price: '0.30' }] }],
    }));
    await ledger.run(`tariff put ${dearer}`, { now });
    await ledger.local.closeDays(now());
    expect(await ledger.json('bill list')).toMatchObject([
      { month: '2026-10', version: 2, totals: [{ amount: '0.3', currency: 'EUR' }] },
    ]);
    const table = await ledger.run('bill --month 2026-10 --stored');
    expect(table.output).toContain('2026-10, 1 SIM: 0.3 EUR');
    expect(table.output).toContain('Version 2, made at 2026-11-02 12:00');
    expect((await ledger.run('bill list')).output).toContain('0.3 EUR');
    const none = await ledger.run('bill --month 2026-08 --stored');
    expect([none.code, none.errors.trim()]).toEqual([1, 'A bill of the month "2026-08" was not found']);
    const both = await ledger.run(`bill --month 2026-10 --stored --tariff ${dearer}`);
    expect(both.code).toBe(2);
  });

  test('a running month is forecast from its sealed days', async () => {
    const { output } = await ledger.run(`bill --month 2026-11 --forecast --tariff ${emnify}`, { now });
    expect(output).toMatch(/EUR +0 +0\.2/);
    expect(output).toContain(
      'Days are known up to 2026-11-01, with 29 days of 2026-11 left, and 1 day after it, for sessions that continue: fewer than 7 days are known, so they are repeated.',
    );
    expect(await ledger.json(`bill --month 2026-11 --forecast --tariff ${emnify}`, { now })).toEqual({
      ...{ month: '2026-11', known_through: '2026-11-01', days_left: 30, weeks: 1, knows_weekdays: false },
      totals: [{ currency: 'EUR', so_far: '0', expected: '0.2', low: null, high: null }],
    });
    const early = await ledger.run(`bill --month 2026-12 --forecast --tariff ${emnify}`, { now });
    expect([early.code, early.errors]).toEqual([
      1,
      expect.stringContaining('No day of 2026-12 is sealed yet'),
    ]);
  });

  test('two months are compared, with causes that add up', async () => {
    const command = `bill --month 2026-10 --against 2026-09 --tariff ${emnify}`;
    expect(await ledger.json(command, { now })).toEqual({
      ...{ month: '2026-10', against: '2026-09' },
      currencies: [
        {
          ...{ currency: 'EUR', before: '0', after: '0.2', difference: '0.2' },
          causes: [{ cause: 'sims', money: '0.2' }],
        },
      ],
    });
    const { output } = await ledger.run(command, { now });
    expect(output).toMatch(/SIMs that are in one of the months only +\+0\.2/);
    expect((await ledger.run(`${command} --csv`)).code).toBe(2);
  });
});

interface ShownBill {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly totals: readonly unknown[];
}

/** The members that a row of a stored bill shares with a computed one. */
function pickAmount({ country, network, name, used, billed, amount, line }: ShownBill['rows'][number]) {
  return { country, network, name, used, billed, amount, line };
}
