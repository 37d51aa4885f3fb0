import { LakeReader } from '../../lambda/days/lake-reader.ts';
import { LedgerReader } from '../../lambda/store/reader.ts';
import { SimDayStore } from '../../lambda/store/sim-days.ts';
import { StoredDays } from '../../lambda/store/stored-days.ts';
import { openLake } from '../days/lake.ts';
import type { Deployment } from './deployment.ts';

/** Opens a deployment's ledger for queries, including its closed days. */
export function openLedgerReader(
  deployment: Deployment,
  now: () => number,
): { readonly reader: LedgerReader; readonly days: StoredDays } {
  const { dynamoDb: client, places } = deployment;
  const simDays = new SimDayStore(client, places.dayTables.simDays);
  const days = new StoredDays(simDays, new LakeReader(openLake(deployment)), now);
  return { reader: new LedgerReader({ client, ...places.tables, archive: days }), days };
}
