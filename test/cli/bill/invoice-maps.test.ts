import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInvoice } from '../../../cli/bill/invoice-file.ts';
import { invoiceMap } from '../../../lib/invoice-maps.ts';
import { makeTariff, readLines } from '../../lambda/billing/billed-usage.ts';

/** The maps of docs/invoice-maps, with small files as carriers write them, as far as their layouts are published. */

const tariff = makeTariff({
  charges: [
    { name: 'data', unit: 'KB', prices: [{ price: '0.01' }] },
    { name: 'sms', traffic: 'sms', unit: 'message', prices: [{ price: '0.05' }] },
  ],
  fees: [{ name: 'active SIM', per: 'sim', prices: [{ price: '0.2' }] }],
});

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-maps-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Reads a file with a map: line, SIM, name or why it is not rated, place, quantity and amount. */
async function read(name: string, ...rows: readonly string[]): Promise<string[]> {
  const url = new URL(`../../../docs/invoice-maps/${name}.json`, import.meta.url);
  const map = invoiceMap.parse(JSON.parse(await readFile(url, 'utf8')));
  const file = join(folder, `${name}.csv`);
  await writeFile(file, `${rows.join('\n')}\n`);
  const lines = await readLines(await openInvoice(file, map, [tariff]));
  return lines.map((line) => {
    const where = Object.values(line.dimensions).filter((value) => value !== undefined);
    return [
      ...[line.line, line.sim ?? 'account', line.notRated ?? line.name, where.join('+')],
      ...[line.quantity?.toFixed() ?? '', line.amount.toFixed()],
    ].join('|');
  });
}

describe('the map of', () => {
  test('BICS reads its billing file', async () => {
    expect(
      await read(
        'bics',
        'DATE,AccountId,CustomerName,iccid,msisdn,ServiceName,TariffName,RatezoneName,DynamicBenefitName,ChargedCount,ChargedVolume,ChargedAmount,CostCurrency,CategoryName,FeeCategory,FeeType',
        '2026-10-31,7,Demo,89883030000001000021,,Data,Flex,Zone 1,,3,12000,0.12,EUR,Traffic,,',
        '2026-10-31,7,Demo,8988303000000100002,,SMS,Flex,Zone 1,,2,,0.10,EUR,Traffic,,',
        '2026-10-31,7,Demo,8988303000000100002,,,Flex,,,1,,0.20,EUR,Fees,Recurring,Active SIM',
        '2026-10-31,7,Demo,,,,,,,1,,9.99,EUR,Fees,One-time,Shipping',
        '2026-10-31,7,Demo,,,,,,,1,,0.08,EUR,Tax,Tax,VAT',
        '2026-10-31,7,Demo,8988303000000100002,,Data,Flex,Zone 1,,1,1000,0.01,USD,Traffic,,',
      ),
    ).toEqual([
      '2|8988303000000100002|data|Zone 1|12|0.12',
      '3|8988303000000100002|sms|Zone 1||0.1',
      '4|8988303000000100002|active SIM|||0.2',
      '5|account|one-off|||9.99',
      '6|account|tax|||0.08',
      // Another currency is not compared.
      '7|8988303000000100002|exchange|Zone 1|1|0.01',
    ]);
  });

  test('Eseye adds what the bundle covers to the overage', async () => {
    expect(
      await read(
        'eseye',
        'ICCID,Type,Quantity,InBundleQuantity,Amount,Currency',
        '8944538523000000001,Data,1000,24000,0.01,EUR',
        '8944538523000000001,Set-up,,,5,EUR',
      ),
    ).toEqual(['2|8944538523000000001|data||25|0.01', '3|8944538523000000001|one-off|||5']);
  });

  test('KORE reads countries by name or code', async () => {
    expect(
      await read(
        'kore',
        'ICCID,Country,Bytes,Amount',
        '8988307000000000001,Germany,"1,500,000",15.00',
        '8988307000000000001,FR,1000,0.01',
      ),
    ).toEqual(['2|8988307000000000001|data|DE|1500|15', '3|8988307000000000001|data|FR|1|0.01']);
  });

  test.each(['bics', 'eseye', 'kore'])('%s says what is assumed', async (name) => {
    const url = new URL(`../../../docs/invoice-maps/${name}.json`, import.meta.url);
    const { facts } = invoiceMap.parse(JSON.parse(await readFile(url, 'utf8')));
    expect(facts.some(({ basis }) => basis === 'assumed')).toBe(true);
  });
});
