import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInvoice } from '../../../cli/bill/invoice-file.ts';
import { UsageError } from '../../../lambda/errors.ts';
import { invoiceMap } from '../../../lib/invoice-maps.ts';
import { makeTariff, readLines } from '../../lambda/billing/billed-usage.ts';

/** Invoices as spreadsheets and carriers write them, and the messages about those that cannot be read. */

const tariff = makeTariff({ charges: [{ name: 'data', unit: 'KB', prices: [{ price: '0.01' }] }] });

const columns = { sim: 'sim', amount: 'amount', quantity: ['quantity'], day: 'day', currency: 'currency' };
const map = { columns, unit: 'KB', rules: [{ name: 'data' }] };

const sim = '8988303000000100002';
const head = 'sim,day,quantity,amount,currency';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-invoice-file-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function open(content: string | Uint8Array, given: object = map) {
  const file = join(folder, 'invoice.csv');
  await writeFile(file, content);
  return openInvoice(file, invoiceMap.parse(given), [tariff]);
}

/** Lines as texts: number, SIM, day, quantity, amount. */
async function read(content: string | Uint8Array, given: object = map): Promise<string[]> {
  const lines = await readLines(await open(content, given));
  return lines.map(({ line, sim: of, day, quantity, amount, notRated }) =>
    [line, of ?? 'account', day ?? '', quantity?.toFixed() ?? '', amount.toFixed(), notRated ?? ''].join('|'),
  );
}

/** The error message about a file, without its path. */
async function refuse(content: string | Uint8Array, given: object = map): Promise<string> {
  const error = await open(content, given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  return String((error as UsageError).message).replaceAll(join(folder, 'invoice.csv'), 'FILE');
}

const expected = [`2|${sim}|2026-10-05|1234.5|12.3|`];

describe('an invoice is read', () => {
  test.each<[string, string | Uint8Array]>([
    ['as it should be', `${head}\n${sim},2026-10-05,1234.5,12.30,EUR\n`],
    [
      'with semicolons and a decimal comma',
      `${head.replaceAll(',', ';')}\r\n${sim};05.10.2026;1.234,5;12,30;EUR\r\n`,
    ],
    [
      'with tabs, in UTF-16',
      Buffer.from(`\ufeff${head.replaceAll(',', '\t')}\n${sim}\t20261005\t1,234.5\t12.30\teur\n`, 'utf16le'),
    ],
    ['in UTF-16 without a mark', Buffer.from(`${head}\n${sim},2026/10/05,1234.5,12.30,EUR\n`, 'utf16le')],
    ['with a byte order mark', `\ufeff${head}\n${sim},2026-10-05T10:00:00Z,1234.5,12.30,EUR\n`],
    ['with apostrophes between thousands', `${head}\n="${sim}",2026-10-05,1'234.5,12.30,EUR\n`],
    ['with blanks between thousands', `${head}\n"${sim}",2026-10-05,1\u00a0234.5,12.30,EUR\n`],
  ])('%s', async (_, content) => {
    expect(await read(content)).toEqual(expected);
  });

  test('with lines above the header, empty rows, its header again, and totals that are left out', async () => {
    const invoice = await open(
      [
        'sep=,',
        'Carrier Ltd,,',
        '',
        head,
        `${sim},2026-10-05,1,2.50,EUR`,
        ',,,,',
        head,
        `,,,"(0.50)",EUR`,
        'Subtotal,,,2.00,',
        `${sim},2026-10-06,1,1.00-,EUR`,
        'Total:,,,1.00',
      ].join('\n'),
    );
    const lines = await readLines(invoice);
    expect(lines.map(({ line, amount }) => [line, amount.toFixed()])).toEqual([
      [5, '2.5'],
      [8, '-0.5'],
      [10, '-1'],
    ]);
    expect([invoice.total?.line, invoice.total?.amount?.toFixed()]).toEqual([11, '1']);
  });

  test('in other currencies, which are not compared', async () => {
    expect(await read(`${head}\n${sim},,1,2.50,USD\n`)).toEqual([`2|${sim}||1|2.5|exchange`]);
  });

  test('with three decimals, if other numbers show the decimal sign', async () => {
    expect(await read(`${head}\n${sim},,1,1.234,EUR\n${sim},,1,0.125,EUR\n`)).toEqual([
      `2|${sim}||1|1.234|`,
      `3|${sim}||1|0.125|`,
    ]);
    const signed = { ...map, decimal: ',' };
    expect(await read(`${head}\n${sim},,1,1.234,EUR\n`, signed)).toEqual([`2|${sim}||1|1234|`]);
  });
});

describe('an invoice is refused', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'FILE is empty: give a file with a header'],
    ['a file of blanks', '\n\n', 'does not have the columns sim, amount, quantity, currency, day'],
    ['only a header', `${head}\n`, "FILE has only a header: give the invoice's own file"],
    [
      'a spreadsheet',
      Buffer.from('504b0304140006', 'hex'),
      'FILE is a spreadsheet or archive: save it as CSV',
    ],
    ['a PDF', '%PDF-1.7', 'FILE is a PDF: save it as CSV'],
    [
      'a column that is there twice',
      `${head},amount\n${sim},,1,1,EUR,2\n`,
      'FILE has several columns with the name amount: rename all but the one that counts',
    ],
    [
      'a number that could be two',
      `${head}\n${sim},,1,"1,234",EUR\n`,
      'line 2, amount: "1,234" may be a decimal, or have thousands: set "decimal" in the map to the decimal sign',
    ],
    [
      'points and commas',
      `${head}\n${sim},,1,1.5,EUR\n${sim},,1,"2,5",EUR\n`,
      'a decimal point (line 2, amount: "1.5") and with a decimal comma (line 3, amount: "2,5"): correct it',
    ],
    [
      'text that is not a number',
      `${head}\n${sim},,1,free,EUR\n`,
      'FILE: line 2, amount: "free" given; accepted is a number, such as 1234.56 or 1.234,56',
    ],
    [
      'an ICCID without its digits',
      `${head}\n8.98830E+18,,1,1,EUR\n`,
      'FILE: line 2, sim: "8.98830E+18" given; accepted is an ICCID with all its digits',
    ],
    [
      'a day that could be two',
      `${head}\n${sim},10/05/2026,1,1,EUR\n`,
      'accepted is a day such as 2026-10-15 or 15.10.2026',
    ],
    [
      'a sign of a currency',
      `${head}\n${sim},,1,1,€\n`,
      'accepted is the 3 letters of a currency, such as EUR',
    ],
    [
      'a row that ends early',
      `${head}\n${sim},,1\n`,
      'FILE: line 2 has fewer cells than the header: complete it, or take it out',
    ],
    [
      'a row that continues',
      `${head}\n${sim},,1,2,5,EUR\n`,
      'line 2 has 6 cells, and the header 5: put quotes around cells',
    ],
    ['a quote that does not end', `${head}\n"${sim},,1,1,EUR\n`, 'FILE is not CSV with a header'],
  ])('%s', async (_, content, sentence) => {
    expect(await refuse(content)).toContain(sentence);
  });

  test('with at most 20 messages, and the number of others', async () => {
    const rows = Array.from({ length: 25 }, () => `${sim},,1,free,EUR`);
    expect((await refuse(`${head}\n${rows.join('\n')}\n`)).split('\n').slice(19)).toEqual([
      'FILE: line 21, amount: "free" given; accepted is a number, such as 1234.56 or 1.234,56',
      'and 5 more',
    ]);
  });
});
