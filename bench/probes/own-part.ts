import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisStreamEvent } from 'aws-lambda';
import { readSources } from '../../lambda/aws/sources.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import { ingest } from '../../lambda/ingest/ingest.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { makeBatch, type Workload } from '../workloads.ts';

/**
 * Measures the part that is simledger's own, in this process: decode, interpret, fold and encode, with a client that
 * sends nothing. Or measures its lower bound: base64 and `JSON.parse` alone.
 *
 *   node probes/own-part.ts '{"workload":{"kind":"session","perSession":5},"what":"own","seconds":2}'
 */

/** What to measure. */
export interface OwnPartTask {
  readonly workload: Workload;
  readonly what: 'own' | 'floor';
  /** For approximately how long to measure. */
  readonly seconds: number;
}

/** The cost. */
export interface OwnPartCost {
  /** Microseconds of CPU per record, user and system. */
  readonly micros: number;
}

const [, , json = '{}'] = process.argv;
const { workload, what, seconds }: OwnPartTask = JSON.parse(json);

const writer = new LedgerWriter({
  // Statements are encoded before they get here. Each must be answered, or the writer would send it again.
  client: {
    send: async ({ input }: { input: { Statements?: readonly object[] } }) => ({
      Responses: input.Statements?.map(() => ({})) ?? {},
    }),
  } as unknown as DynamoDBClient,
  ...{ sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims' },
  eventRetentionDays: 90,
  usageRetentionDays: 0,
  writes: 'batched',
});
const sources = readSources();

async function measureOwnPart(event: KinesisStreamEvent): Promise<void> {
  const ports = { writer, quarantine: { keep: async () => undefined }, fence: noDaysClosed };
  await ingest(readEntries(event.Records, sources), ports, { readBeforeWrite: false });
}

let parsed: unknown;
function measureFloor(event: KinesisStreamEvent): void {
  for (const { kinesis } of event.Records) {
    parsed = JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8'));
  }
}

const run = what === 'own' ? measureOwnPart : measureFloor;
const events = Array.from({ length: 4 }, (_, round) => makeBatch(workload, round));
const [first] = events;
if (first === undefined) throw new Error('There are no records');
const records = first.Records.length;

async function runRounds(until: number): Promise<number> {
  let count = 0;
  while (performance.now() < until) {
    const event = events[count % events.length];
    if (event !== undefined) await run(event);
    count += 1;
  }
  return count;
}

await runRounds(performance.now() + (seconds * 1000) / 2);
const before = process.cpuUsage();
const count = await runRounds(performance.now() + seconds * 1000);
const { user, system } = process.cpuUsage(before);
if (what === 'floor' && parsed === undefined) throw new Error('Nothing was parsed');
process.send?.({ micros: (user + system) / count / records } satisfies OwnPartCost);
