import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readTariffs } from '../cli/bill/tariff-files.ts';
import { LakeBucket } from '../lambda/aws/lake-bucket.ts';
import { BillReader } from '../lambda/bills/bill-reader.ts';
import { readBook, storeTariff, writeBook } from '../lambda/bills/book.ts';
import { formatTime } from '../lambda/ledger/time.ts';
import { type BillSummary, listBills } from '../lambda/queries/bills.ts';
import type { LocalLedger } from './ledger-interface.ts';
import { accountLakeBucket, lakeBucket } from './places.ts';

/** The example tariffs of docs/tariffs, with which the local run makes bills of the example records. */

const folder = new URL('../docs/tariffs/', import.meta.url);

function openLake({ dynamoDb, endpoints }: LocalLedger): LakeBucket {
  const { region, credentials } = dynamoDb.config;
  return new LakeBucket(
    { region, credentials, s3Endpoint: endpoints.s3 },
    { lake: lakeBucket, accounts: accountLakeBucket },
  );
}

/** Puts the example tariffs, unless there are tariffs already. */
export async function putExampleTariffs(ledger: LocalLedger): Promise<void> {
  const lake = openLake(ledger);
  const before = await readBook(lake);
  if (before.tag !== undefined) return;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const tariffs = await readTariffs(names.map((name) => fileURLToPath(new URL(name, folder))));
  const putAt = formatTime(Date.now());
  const stored = [];
  for (const tariff of tariffs) stored.push(await storeTariff(lake, tariff, putAt));
  await writeBook(lake, { tariffs: stored, roster: undefined, balances: undefined }, before);
}

/** How many bills the report shows. */
const maxBills = 12;

/** The stored bills, latest month first. */
export async function listLocalBills(ledger: LocalLedger): Promise<readonly BillSummary[]> {
  const { resources } = await listBills(
    { size: maxBills, after: undefined },
    { bills: new BillReader(openLake(ledger)) },
  );
  return resources;
}
