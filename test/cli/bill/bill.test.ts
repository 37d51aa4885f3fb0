import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runningLedger } from '../running-ledger.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const emnify = join(project, 'docs/tariffs/emnify.json');
const generic = join(project, 'docs/invoice-maps/generic.json');
const sim = '8988303000000100002';

const ledger = runningLedger();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-bill-'));
  const history = await readFile(join(project, 'local/examples/emnify.history.jsonl'), 'utf8');
  await ledger.put('emnify', history);
});

afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

interface ShownBill {
  readonly rows: readonly { readonly name: string; readonly line: string; readonly amount: string }[];
  readonly totals: readonly unknown[];
  readonly not_rated: readonly { readonly reason: string }[];
}

describe('bill', () => {
  test('shows what a month should cost, by a session rounded up once it has ended', async () => {
    const { code, output } = await ledger.run(
      `bill --month 2026-10 --tariff ${emnify} --by sim,country --csv`,
    );
    const [head = '', ...rows] = output.trim().split('\r\n');
    expect(code).toBe(0);
    expect(head).toBe(
      'sim,country,tariff,kind,name,lines,records,unit,used,rounded,included,billed,exact,amount,currency,line',
    );
    expect(rows.map((row) => row.split(',').slice(0, -1).join())).toEqual([
      `${sim},,emnify,fee,active SIM,1,0,,,,,,0.2,0.2,EUR`,
      `${sim},FR,emnify,usage,data,1,2,KB,11,11,0,11,0.00055,0,EUR`,
    ]);
  });

  test('adds up the costs that records state if no tariff is given', async () => {
    const bill = await ledger.json<ShownBill>('bill --month 2026-10');
    expect(bill.totals).toEqual([{ currency: 'EUR', amount: '0.011' }]);
  });

  test('opens a line down to its records', async () => {
    const bill = await ledger.json<ShownBill>(`bill --month 2026-10 --tariff ${emnify} --by sim`);
    const line = bill.rows.find(({ name }) => name === 'data')?.line;
    const { code, output } = await ledger.run(`bill --month 2026-10 --tariff ${emnify} --explain ${line}`);
    expect(code).toBe(0);
    expect(output).toContain('3. increment: rounded up to steps of 1 KB per session: 1 times, 11 KB');
    expect(output).toContain('4. price: 11 KB x 0.00005 EUR = 0.00055 EUR');
    expect(output).toContain('671000003');
    const unknown = await ledger.run(`bill --month 2026-10 --tariff ${emnify} --explain 000000000000`);
    expect([unknown.code, unknown.errors]).toEqual([1, expect.stringContaining('No line of 2026-10')]);
  });

  test('writes a page that loads no other files', async () => {
    const file = join(folder, 'bill.html');
    await ledger.run(`bill --month 2026-10 --tariff ${emnify} --html ${file}`);
    const page = await readFile(file, 'utf8');
    expect(page).toContain('<p class="total">0.2 EUR</p>');
    expect(page).not.toMatch(/<script|src=|href=|url\(/);
  });

  test('charges fees for SIMs from a roster, including those without records', async () => {
    const tariff = await write(
      'listed.json',
      JSON.stringify({
        ...{ name: 'listed', currency: 'EUR', match: { carriers: ['emnify'] } },
        charges: [{ name: 'data', prices: [{ price: 1 }] }],
        fees: [{ name: 'SIM', per: 'sim', of: 'listed', prices: [{ price: '0.5' }] }],
      }),
    );
    const roster = await write(
      'roster.csv',
      `sim,from,to\n${sim}0,,\n8988303000000100009,2026-10-31,\n1,,2026-10-01\n`,
    );
    const bill = await ledger.json<ShownBill>(`bill --month 2026-10 --tariff ${tariff} --roster ${roster}`);
    expect(bill.rows.map(({ name, amount }) => [name, amount])).toEqual([
      ['data', '0.01'],
      ['SIM', '1'],
    ]);
  });

  test('says what is wrong with a file, and what is accepted', async () => {
    const tariff = await write(
      'wrong.json',
      '{"name": "wrong", "currency": "euro", "charges": [{"name": "data", "unit": "kB", "prices": []}], "tax": 19}',
    );
    const { code, errors } = await ledger.run(`bill --month 2026-10 --tariff ${tariff}`);
    expect(code).toBe(2);
    expect(errors.split('\n').slice(0, 4)).toEqual([
      `${tariff}: tariff.currency: "euro" given; accepted is 3 capital letters of a currency, such as EUR`,
      `${tariff}: tariff.charges[0].unit: "kB" given; accepted is one of B, KB, MB, GB, message, unit`,
      `${tariff}: tariff.charges[0].prices: [] given; accepted is a list of at least one price`,
      `${tariff}: tariff.tax: 19 given; accepted is an object with the keys name, percent`,
    ]);
    const roster = await write('wrong.csv', 'sim,from,to\n1,yesterday,\n2,2026-10-02,2026-10-02\n');
    const other = await ledger.run(`bill --month 2026-10 --tariff ${emnify} --roster ${roster}`);
    expect([other.code, ...other.errors.trim().split('\n')]).toEqual([
      2,
      `${roster}: line 2, from: "yesterday" given; accepted is a day such as 2026-10-01`,
      `${roster}: line 3, to: "2026-10-02" given; accepted is the first day without it, after 2026-10-02`,
    ]);
  });
});

describe('bill check', () => {
  const check = async (text: string, ...options: string[]) =>
    ledger.run([
      ...['bill', 'check', await write('invoice.csv', text), '--month', '2026-10', '--tariff', emnify],
      ...['--map', generic, ...options],
    ]);
  const head = 'sim,name,country,quantity,amount,currency\n';

  test('finds nothing wrong with a correct invoice', async () => {
    const { code, output } = await check(
      `${head}${sim},data,FR,11,0.00,EUR\n${sim},active SIM,,,0.20,EUR\n,VAT,,,0.04,EUR\n,licence,,,7.50,USD\n`,
    );
    expect(output).toContain('In another currency, not compared and in no sum: 1 line, 7.5 USD');
    expect(output).toContain('equal: 2');
    expect(output).toContain('Invoice 0.24 = ours 0.2 + differences 0 + not rated 0.04');
    expect(code).toBe(0);
  });

  test('names causes with amounts that add up', async () => {
    const { code, output } = await check(
      `${head}${sim},data,FR,11,0.01,EUR\n${sim},active SIM,,,0.20,EUR\n${sim},active SIM,,,0.20,EUR\n8988303000000177777,data,DE,5,1.00,EUR\n`,
    );
    expect(code).toBe(1);
    expect(output).toContain('1, 82.6 % (1): no record of the SIM in the period');
    expect(output).toContain('0.2, 16.5 % (1): a line appears twice');
    expect(output).toContain('0.01, 0.8 % (1): rounding of the last digit');
    expect(output).toContain('Invoice 1.41 = ours 0.2 + differences 1.21 + not rated 0');
  });

  test('shows the first line if a column of the map does not exist', async () => {
    const { code, errors } = await check('ICCID,Sum\n1,2\n');
    expect(code).toBe(2);
    expect(errors).toContain('does not have the columns sim, amount, quantity, currency, country, name');
    expect(errors).toContain('  ICCID: 1\n  Sum: 2');
  });
});
