import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { usageTable } from '../lambda/store/tables.ts';
import { type LocalLedger, startLocalLedger } from '../local/local-ledger.ts';
import { type BenchmarkOptions, type Figure, figure } from './figures.ts';
import { makeRecords, type Workload } from './workloads.ts';

/**
 * The whole local run, stand-ins included: records put on the stream until all are in the tables, and for single records
 * the time from put to readable.
 */

const workload: Workload = { kind: 'session', perSession: 5 };
/** KORE's. */
const source = 'default';
const pauseMilliseconds = 50;
/** The records are of the last hours: they arrive by the machine's clock. */
const begin = Date.now() - 3 * 3_600_000;

export async function endToEnd({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const rates: number[] = [];
  const delays: number[] = [];
  for (let round = 0; round < pairs; round += 1) {
    const ledger = await startLocalLedger({
      ports: { kinesis: 0, s3: 0, dynamoDb: 0, api: 0 },
      apiCredentials: { account: 'ACmeasured', token: 'measured' },
      onLog: () => undefined,
      onTrouble: (sentence) => console.error(sentence),
    });
    try {
      // The functions' processes start, and the engine becomes as fast as it gets.
      await measureRate(ledger, quick ? 1_000 : 10_000, 0);
      rates.push(await measureRate(ledger, quick ? 4_000 : 25_000, 1));
      for (let number = 0; number < (quick ? 3 : 15); number += 1)
        delays.push(await measureDelay(ledger, number));
    } finally {
      await ledger.stop();
    }
  }
  const ascending = delays.toSorted((a, b) => a - b);
  const quantile = (part: number): number =>
    ascending[Math.floor((ascending.length - 1) * part)] ?? Number.NaN;
  return [
    figure('end-to-end.rate', 'Super SIM records, 5 a session', rates, 'records/s', { atLeast: 2_000 }),
    figure('end-to-end.p50', 'From put to readable, median', [quantile(0.5)], 'ms'),
    figure('end-to-end.p99', 'From put to readable, 99th percentile', [quantile(0.99)], 'ms'),
  ];
}

/** Records a second, from the first put until all are stored. */
async function measureRate(ledger: LocalLedger, count: number, round: number): Promise<number> {
  const records = makeRecords(workload, count, round, 0, begin);
  const started = performance.now();
  for (const [index, record] of records.entries()) {
    await ledger.putRecord(source, Buffer.from(record), String(index));
  }
  await ledger.idle();
  return count / ((performance.now() - started) / 1_000);
}

/** Milliseconds until a record that was put can be read. */
async function measureDelay(ledger: LocalLedger, number: number): Promise<number> {
  const [record = ''] = makeRecords({ kind: 'session', perSession: 1 }, 1, 10 + number, 0, begin);
  const { data }: { data: Record<string, string> } = JSON.parse(record);
  const start = String(data['data_session_update_start_time']).replace('Z', '.000Z');
  const key = {
    [usageTable.partitionKey]: { S: String(data['sim_iccid']).slice(0, 19) },
    [usageTable.sortKey]: { S: `${start}#${data['event_sid']}` },
  };
  // Not always at the same moment of the mapping's rounds.
  await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds * ((number * 7) % 20)));
  const started = performance.now();
  await ledger.putRecord(source, Buffer.from(record), String(number));
  for (;;) {
    const { Item } = await ledger.dynamoDb.send(
      new GetItemCommand({ TableName: usageTable.name, Key: key, ConsistentRead: true }),
    );
    if (Item !== undefined) return performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
