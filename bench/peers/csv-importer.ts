import { createReadStream } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { parse } from 'csv-parse';
import { z } from 'zod';

/** The usual importer: csv-parse with objects, zod, and batches of 25 through lib-dynamodb, several concurrently. */

const putsInRequest = 25;
const requestsAtOnce = 16;

const decimal = z.string().regex(/^\d+(?:\.\d+)?$/);
const usageRow = z.object({
  id: z.string().min(1),
  event_start_timestamp: z.string().transform((time) => new Date(`${time.replace(' ', 'T')}Z`).toISOString()),
  event_stop_timestamp: z.string().transform((time) => new Date(`${time.replace(' ', 'T')}Z`).toISOString()),
  iccid: z.string().min(18),
  imsi: z.string(),
  organisation_id: z.string(),
  operator_name: z.string(),
  operator_country_name: z.string(),
  operator_mncs: z.string(),
  country_mcc: z.string(),
  traffic_type_description: z.string(),
  volume: decimal,
  volume_tx: decimal,
  volume_rx: decimal,
  cost: decimal,
  currency_code: z.string(),
  ratezone_tariff_name: z.string(),
  ratezone_name: z.string(),
  endpoint_name: z.string(),
  endpoint_imei: z.string(),
});

/**
 * Imports a file.
 *
 * @returns how many rows it has.
 */
export async function importCsv(path: string): Promise<number> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const open = new Set<Promise<unknown>>();
  let rows = 0;
  let batch: Record<string, unknown>[] = [];
  const send = async (): Promise<void> => {
    const items = batch;
    batch = [];
    const sent = client
      .send(
        new BatchWriteCommand({ RequestItems: { Usage: items.map((Item) => ({ PutRequest: { Item } })) } }),
      )
      .finally(() => open.delete(sent));
    open.add(sent);
    if (open.size >= requestsAtOnce) await Promise.race(open);
  };
  for await (const record of createReadStream(path).pipe(parse({ columns: true }))) {
    rows += 1;
    batch.push(toItem(usageRow.parse(record)));
    if (batch.length === putsInRequest) await send();
  }
  if (batch.length > 0) await send();
  await Promise.all(open);
  return rows;
}

function toItem(row: z.infer<typeof usageRow>): Record<string, unknown> {
  return {
    sim: row.iccid.slice(0, 19),
    usageId: `${row.event_start_timestamp}#${row.id}`,
    iccid: row.iccid,
    imsi: row.imsi,
    start: row.event_start_timestamp,
    end: row.event_stop_timestamp,
    recordId: row.id,
    trafficType: row.traffic_type_description.toLowerCase(),
    volume: row.volume,
    dataTotal: Math.round(Number(row.volume) * 1_000_000),
    dataUploaded: Math.round(Number(row.volume_tx) * 1_000_000),
    dataDownloaded: Math.round(Number(row.volume_rx) * 1_000_000),
    cost: Number(row.cost),
    currency: row.currency_code,
    operatorName: row.operator_name,
    country: row.operator_country_name,
    mcc: row.country_mcc,
    mnc: row.operator_mncs,
    tariff: row.ratezone_tariff_name,
    rateZone: row.ratezone_name,
    simName: row.endpoint_name,
    imei: row.endpoint_imei,
  };
}
