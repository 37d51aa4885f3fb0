import { createReadStream } from 'node:fs';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { SessionRefresh } from '../lambda/ledger/session-refresh.ts';
import { localRegion } from './aws-json-protocol.ts';
import { exampleDeliveries } from './examples/index.ts';
import type { LocalLedger } from './local-ledger.ts';
import type { ApiCredentials } from './options.ts';
import { placeOf } from './places.ts';
import { Progress, type ProgressOutput } from './progress.ts';
import {
  type AnswerComparison,
  type Comparison,
  compareAnswers,
  compareLedger,
} from './simulation/compare.ts';
import { ledgerTables } from './simulation/dynamodb-tables.ts';
import { fleetStart, simulateFleet } from './simulation/fleet.ts';
import { hour } from './simulation/records.ts';
import { sessionAnswers } from './simulation/session-answers.ts';
import type { FleetTruth } from './simulation/truth.ts';
import { bodiesOf, type UserFile } from './user-files.ts';

/** Puts what is to be replayed where carriers would, and waits until it is in the ledger. */

const pollMilliseconds = 100;

/** How long a replay took: from the first put until all was in the ledger. */
export interface Replayed {
  readonly seconds: number;
}

/** Replays the bundled examples. */
export function replayExamples(ledger: LocalLedger, output: ProgressOutput): Promise<Replayed> {
  return replay(ledger, output, async () => {
    const { stream, files } = await exampleDeliveries();
    for (const { source, data, partitionKey } of stream) await ledger.putRecord(source, data, partitionKey);
    for (const { source, key, bytes } of files) await ledger.putFile(source, key, bytes);
  });
}

/** Takes in the user's own files. */
export function replayFiles(
  ledger: LocalLedger,
  files: readonly UserFile[],
  source: string,
  output: ProgressOutput,
): Promise<Replayed> {
  return replay(ledger, output, async () => {
    const s3 = new S3Client({
      endpoint: ledger.endpoints.s3,
      region: localRegion,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    for (const file of files) {
      if (file.kind === 'csv') {
        await s3.send(
          new PutObjectCommand({
            Bucket: placeOf(source).bucket,
            Key: file.name,
            Body: createReadStream(file.path),
            ContentLength: file.bytes,
          }),
        );
      } else {
        let number = 0;
        for await (const body of bodiesOf(file)) {
          number += 1;
          await ledger.putRecord(source, body, `${file.name}-${number}`);
        }
      }
    }
    s3.destroy();
  });
}

/** What a simulated fleet came to. */
export interface Simulated extends Replayed {
  readonly comparison: Comparison;
  /** What the query API answers about the sessions of Super SIMs. */
  readonly answers: AnswerComparison;
  /** Sentences about counts that are not what the simulator expects. */
  readonly miscounts: readonly string[];
}

/** What fleet is run, and how the ledger that takes it was started. */
export interface SimulationOptions {
  readonly sims: number;
  readonly hours: number;
  readonly seed: number;
  readonly sessionRefresh: SessionRefresh;
  readonly apiCredentials: ApiCredentials;
}

/** Runs a simulated fleet and compares the ledger, and what its API answers, with what the simulator knows. */
export async function replaySimulation(
  ledger: LocalLedger,
  { apiCredentials, ...fleet }: SimulationOptions,
  output: ProgressOutput,
): Promise<Simulated> {
  const { deliveries, truth } = simulateFleet(fleet);
  const { seconds } = await replay(ledger, output, async () => {
    for (const batch of deliveries) {
      for (const delivery of batch) {
        if (delivery.kind === 'stream')
          await ledger.putRecord(delivery.source, delivery.data, delivery.partitionKey);
        else await ledger.putFile(delivery.source, delivery.key, delivery.bytes);
      }
      // Lets the mappings have their turn: generating never waits by itself.
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const comparison = await compareLedger(truth, ledgerTables(ledger.dynamoDb));
  const answers = await askAbout(ledger, truth, fleet.hours, apiCredentials);
  const { delivered, ignored, rejected } = truth.counts;
  const receipt = ledger.receipts.total();
  const { stored, repeated } = receipt;
  const miscounts = [
    miscount('received', receipt.received, stored + repeated + receipt.ignored + receipt.rejected),
    // Where a delivery failed in part, the whole of it came again, and was counted again.
    ...(receipt.failed > 0
      ? []
      : [
          miscount('received', delivered, receipt.received),
          miscount('ignored', ignored, receipt.ignored),
          miscount('rejected', rejected, receipt.rejected),
        ]),
  ].filter((sentence) => sentence !== undefined);
  return { seconds, comparison, answers, miscounts };
}

/** Asks the query API about the sessions of each SIM that the truth has answers about. */
function askAbout(
  { endpoints }: LocalLedger,
  truth: FleetTruth,
  hours: number,
  credentials: ApiCredentials,
): Promise<AnswerComparison> {
  const sims = [...truth.partitions].filter(([, partition]) => partition.answers().size > 0);
  const from = Date.parse(fleetStart);
  const api = { endpoint: endpoints.api, credentials };
  const asked = sims.map(([sim]) => sim);
  return compareAnswers(truth, sessionAnswers(api, asked, { from, to: from + hours * hour }));
}

function miscount(name: string, expected: number, found: number): string | undefined {
  return expected === found ? undefined : `Records ${name}: expected ${expected}, found ${found}`;
}

async function replay(
  ledger: LocalLedger,
  output: ProgressOutput,
  put: () => Promise<void>,
): Promise<Replayed> {
  const progress = new Progress(output, 'records');
  const before = ledger.receipts.total().received;
  const timer = setInterval(
    () => progress.show(ledger.receipts.total().received - before, undefined),
    pollMilliseconds,
  );
  const started = performance.now();
  try {
    await put();
    await ledger.idle();
    return { seconds: (performance.now() - started) / 1000 };
  } finally {
    clearInterval(timer);
    progress.end();
  }
}
