import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { usageTable } from '../lambda/store/tables.ts';
import type { LocalLedger } from '../local/ledger-interface.ts';
import { type BenchmarkOptions, type Figure, findQuantile, makeFigure } from './figures.ts';
import { begin, measuredSource, measureIntake, startMeasuredLedger } from './measured-ledger.ts';
import { makeRecords, type Workload } from './workloads.ts';

/**
 * The whole local run, including emulators: records per second from the stream to the tables, and the time from put to
 * readable for single records.
 */

const workload: Workload = { kind: 'session', perSession: 5 };
const pauseMilliseconds = 50;

export async function endToEnd({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const rates: number[] = [];
  const delays: number[] = [];
  for (let round = 0; round < pairs; round += 1) {
    const ledger = await startMeasuredLedger();
    try {
      // Warm-up: the functions' processes start, and the engine reaches its full speed.
      await measureIntake(ledger, makeRecords(workload, quick ? 1_000 : 10_000, 0, 0, begin));
      // Enough records that the second for which the last batch waits does not matter.
      rates.push(await measureIntake(ledger, makeRecords(workload, quick ? 4_000 : 60_000, 1, 0, begin)));
      for (let number = 0; number < (quick ? 3 : 15); number += 1)
        delays.push(await measureDelay(ledger, number));
    } finally {
      await ledger.stop();
    }
  }
  return [
    makeFigure('end-to-end.rate', 'Super SIM records, 5 per session', rates, 'records/s', { atLeast: 4_000 }),
    makeFigure('end-to-end.p50', 'From put to readable, median', [findQuantile(delays, 0.5)], 'ms'),
    makeFigure('end-to-end.p99', 'From put to readable, 99th percentile', [findQuantile(delays, 0.99)], 'ms'),
  ];
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
  // Puts at different moments of the mapping's polling interval.
  await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds * ((number * 7) % 20)));
  const started = performance.now();
  await ledger.putRecord(measuredSource, Buffer.from(record), String(number));
  for (;;) {
    const { Item } = await ledger.dynamoDb.send(
      new GetItemCommand({ TableName: usageTable.name, Key: key, ConsistentRead: true }),
    );
    if (Item !== undefined) return performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
