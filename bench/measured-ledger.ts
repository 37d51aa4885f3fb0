import type { LocalLedger } from '../local/ledger-interface.ts';
import { startLocalLedger } from '../local/local-ledger.ts';

/** The local run in this process, and how the benchmarks put records into it. */

/** The source to put them into. KORE's records count as KORE's there. */
export const measuredSource = 'default';

/** When the first record was made. The records are from the last hours, because they arrive by the machine's clock. */
export const begin = Date.now() - 3 * 3_600_000;

/** A local run with an empty ledger, on free ports. */
export function startMeasuredLedger(): Promise<LocalLedger> {
  return startLocalLedger({
    ports: { kinesis: 0, s3: 0, dynamoDb: 0, api: 0 },
    apiCredentials: { account: 'ACmeasured', token: 'measured' },
    onLog: () => undefined,
    onTrouble: (sentence) => console.error(sentence),
  });
}

/**
 * Puts records.
 *
 * @returns records per second, from the first put until all are stored.
 */
export async function measureIntake(ledger: LocalLedger, records: readonly string[]): Promise<number> {
  const started = performance.now();
  for (const [index, record] of records.entries()) {
    await ledger.putRecord(measuredSource, Buffer.from(record), String(index));
  }
  await ledger.waitUntilIdle();
  return records.length / ((performance.now() - started) / 1_000);
}
