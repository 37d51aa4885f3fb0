import { createReadStream } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Progress, type ProgressOutput } from '../cli/terminal/progress.ts';
import { localRegion } from '../emulators/aws-json-protocol.ts';
import type { Rule } from '../lambda/alerts/rules.ts';
import { orphanDays } from '../lambda/days/findings/orphan.ts';
import type { SessionRefresh } from '../lambda/ledger/source.ts';
import { formatTime } from '../lambda/ledger/time.ts';
import { type FindingsPosition, listFindings } from '../lambda/queries/findings.ts';
import { maxPageSize } from '../lambda/queries/page.ts';
import { FindingsTable } from '../lambda/store/findings.ts';
import { findingsTable } from '../lambda/store/tables.ts';
import {
  type AnswerComparison,
  type Comparison,
  compareAnswers,
  compareLedger,
} from '../simulator/compare.ts';
import {
  type AlertComparison,
  compareAlerts,
  compareIncidents,
  type ToldIncident,
} from '../simulator/compare-alerts.ts';
import { compareFindings, type FindingComparison, type FoundLoss } from '../simulator/compare-findings.ts';
import { readLedgerTables } from '../simulator/dynamodb-tables.ts';
import { type FleetOptions, fleetStart, simulateFleet } from '../simulator/fleet.ts';
import { hour } from '../simulator/records.ts';
import { readSessionAnswers } from '../simulator/session-answers.ts';
import type { FleetTruth } from '../simulator/truth.ts';
import type { LocalAlerts, LocalSweep } from './alerts.ts';
import { readExampleDeliveries } from './examples/index.ts';
import type { FileRead, LocalLedger } from './ledger-interface.ts';
import type { ApiCredentials } from './options.ts';
import { findPlace } from './places.ts';
import { readBodies, type UserFile } from './user-files.ts';

/** Puts records and files where carriers would, and waits until they are in the ledger. */

const pollMilliseconds = 100;

/** How long a replay took, from the first put until everything was in the ledger. */
export interface Replayed {
  readonly seconds: number;
}

/** Replays the bundled examples. */
export function replayExamples(ledger: LocalLedger, output: ProgressOutput): Promise<Replayed> {
  return replayCounted(ledger, output, async () => {
    const { stream, files } = await readExampleDeliveries();
    for (const { source, data, partitionKey } of stream) await ledger.putRecord(source, data, partitionKey);
    for (const { source, key, bytes } of files) await ledger.putFile(source, key, bytes);
  });
}

/** Imports the user's own files. */
export function replayFiles(
  ledger: LocalLedger,
  files: readonly UserFile[],
  source: string,
  output: ProgressOutput,
): Promise<Replayed> {
  const watched = new FilesProgress(ledger, files, source);
  const put = async (): Promise<void> => {
    const s3 = new S3Client({
      endpoint: ledger.endpoints.s3,
      region: localRegion,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    for (const file of files) {
      if (file.kind === 'csv') {
        await s3.send(
          new PutObjectCommand({
            Bucket: findPlace(source).bucket,
            Key: file.name,
            Body: createReadStream(file.path),
            ContentLength: file.bytes,
          }),
        );
      } else {
        let number = 0;
        for await (const body of readBodies(file)) {
          number += 1;
          await ledger.putRecord(source, body, `${file.name}-${number}`);
          watched.put(body.length + 1);
        }
        watched.putAll(file);
      }
    }
    s3.destroy();
  };
  const progress = new Progress(output, 'rows', 1);
  return replay(ledger, progress, put, () => {
    const { rows, share } = watched.measure();
    progress.showShare(rows, share);
  });
}

/** For so long after the first bytes, what is read of a file only fills buffers on the way to the importer. */
const bufferMilliseconds = 500;

/**
 * Progress of the user's files. The importer counts rows only every few seconds. In between, and before its first
 * count, progress is estimated from the bytes that it has read, without those in buffers.
 */
class FilesProgress {
  readonly #ledger: LocalLedger;
  readonly #source: string;
  readonly #csvNames: ReadonlySet<string>;
  readonly #totalBytes: number;
  readonly #receivedBefore: number;
  /** By name of a CSV file: when its first bytes were read, and what was read while buffers filled. */
  readonly #buffered = new Map<string, FileRead & { readonly since: number }>();
  /** Bytes of JSON files. */
  #bytesPut = 0;
  #recordsPut = 0;
  #bytesOfWholeFiles = 0;

  constructor(ledger: LocalLedger, files: readonly UserFile[], source: string) {
    this.#ledger = ledger;
    this.#source = source;
    this.#csvNames = new Set(files.filter(({ kind }) => kind === 'csv').map(({ name }) => name));
    this.#totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#receivedBefore = ledger.receipts.addUp().received;
  }

  /** Notes that a record was put, with its size in bytes. */
  put(bytes: number): void {
    this.#bytesPut += bytes;
    this.#recordsPut += 1;
  }

  /** Notes that all records of a file were put. The bytes between the records count as well. */
  putAll({ bytes }: UserFile): void {
    this.#bytesOfWholeFiles += bytes;
    this.#bytesPut = this.#bytesOfWholeFiles;
  }

  /** Rows and records in the ledger, and their share of all bytes, from 0 to 1. */
  measure(): { readonly rows: number; readonly share: number } {
    const records = Math.max(0, this.#recordsPut - this.#ledger.countPendingRecords(this.#source));
    const counted = Math.max(0, this.#ledger.receipts.addUp().received - this.#receivedBefore - records);
    const read = sumReads([...this.#csvNames].map((name) => this.#ledger.fileRead(this.#source, name)));
    const consumed = sumReads([...this.#csvNames].map((name) => this.#readConsumed(name)));
    const rows = Math.max(counted, consumed.rows);
    const bytesOfRows = read.rows === 0 ? 0 : (rows * read.bytes) / read.rows;
    const bytesOfRecords = this.#recordsPut === 0 ? 0 : (records * this.#bytesPut) / this.#recordsPut;
    const share = this.#totalBytes === 0 ? 1 : (bytesOfRows + bytesOfRecords) / this.#totalBytes;
    return { rows: records + rows, share: Math.min(1, share) };
  }

  /** What the importer has read of a file, without what is in buffers. */
  #readConsumed(name: string): FileRead {
    const { bytes, rows } = this.#ledger.fileRead(this.#source, name);
    if (bytes === 0) return { bytes, rows };
    const now = performance.now();
    const known = this.#buffered.get(name);
    const filling = known === undefined || now - known.since < bufferMilliseconds;
    const buffered = filling ? { bytes, rows, since: known?.since ?? now } : known;
    if (filling) this.#buffered.set(name, buffered);
    return { bytes: bytes - buffered.bytes, rows: rows - buffered.rows };
  }
}

function sumReads(reads: readonly FileRead[]): FileRead {
  return reads.reduce((sum, { bytes, rows }) => ({ bytes: sum.bytes + bytes, rows: sum.rows + rows }), {
    bytes: 0,
    rows: 0,
  });
}

/** The result of a simulated fleet. */
export interface Simulated extends Replayed {
  readonly comparison: Comparison;
  /** How the query API's answers about Super SIM sessions compare. */
  readonly answers: AnswerComparison;
  readonly alerts: AlertComparison;
  /** Undefined if it is not known what carriers have lost. */
  readonly findings: FindingComparison | undefined;
  /** Whether a message still waits for the receiver of `--notify`. */
  readonly isUndelivered: boolean;
  /** Sentences about counts that are not what the simulator expects. */
  readonly miscounts: readonly string[];
}

/** The simulated fleet, and the options of its ledger. */
export interface SimulationOptions {
  readonly sims: number;
  readonly hours: number;
  readonly seed: number;
  readonly losses?: FleetOptions['losses'];
  readonly sessionRefresh: SessionRefresh;
  readonly apiCredentials: ApiCredentials;
  /** The rules to judge. */
  readonly rules: readonly Rule[];
}

/** How many sentences about incidents are shown. */
const maxIncidentSentences = 20;

/** Hours of a fleet's life between two sweeps. Its alerts do not depend on how often the ledger is swept. */
export const sweepHours = 12;

/** Hours from the end of a fleet's life until every session without an end is reported as such. */
const missingKnownHours = 24 * (orphanDays + 2);

/**
 * Runs a simulated fleet, and compares the ledger, the API's answers and the alerts with the simulator's truth.
 *
 * Sweeps are events of the fleet's life, whose clock ends with its hours: the last sweep judges all records at that
 * time. If it is known what carriers have lost, days are then closed until all of it must be found.
 *
 * @param onSweep called after each sweep.
 */
export async function replaySimulation(
  ledger: LocalLedger,
  alerts: LocalAlerts,
  { apiCredentials, rules, ...options }: SimulationOptions,
  output: ProgressOutput,
  onSweep: (sweep: LocalSweep) => void,
): Promise<Simulated> {
  // Incidents change what carriers send, so with them it is not known which losses must be found.
  const hasIncidents = options.losses === undefined;
  const { deliveries, truth, now } = simulateFleet({ ...options, hasIncidents });
  const end = Date.parse(fleetStart) + options.hours * hour;
  let nextSweep = Date.parse(fleetStart) + sweepHours * hour;
  let sweepSeconds = 0;
  let isUndelivered = false;
  /** The latest message of each incident, by episode. */
  const incidents = new Map<string, ToldIncident>();
  const sweep = async (progress: Progress, isWhole: boolean): Promise<void> => {
    await ledger.waitUntilIdle();
    const started = performance.now();
    const swept = await alerts.sweep(now(), isWhole);
    await ledger.closeDays(now());
    sweepSeconds += (performance.now() - started) / 1000;
    isUndelivered = swept.isUndelivered;
    for (const { episode, rule, state, subject } of swept.told) {
      incidents.set(episode, { rule: rule.name, state, subject });
    }
    progress.end();
    onSweep(swept);
  };
  const { seconds } = await replayCounted(ledger, output, async (progress) => {
    for (const batch of deliveries) {
      for (const delivery of batch) {
        if (delivery.kind === 'stream')
          await ledger.putRecord(delivery.source, delivery.data, delivery.partitionKey);
        else await ledger.putFile(delivery.source, delivery.key, delivery.bytes);
      }
      // Gives the mappings a turn, because generating records never waits.
      await new Promise((resolve) => setImmediate(resolve));
      if (now() < nextSweep || now() >= end) continue;
      await sweep(progress, false);
      nextSweep += sweepHours * hour;
    }
    await sweep(progress, true);
  });
  const comparison = await compareLedger(truth, readLedgerTables(ledger.dynamoDb));
  const answers = await askAbout(ledger, truth, options.hours, apiCredentials);
  const { delivered, ignored, rejected } = truth.counts;
  const receipt = ledger.receipts.addUp();
  const { stored, repeated } = receipt;
  const miscounts = [
    describeMiscount('received', receipt.received, stored + repeated + receipt.ignored + receipt.rejected),
    // After a partial failure, the whole batch was delivered and counted again.
    ...(receipt.failed > 0
      ? []
      : [
          describeMiscount('received', delivered, receipt.received),
          describeMiscount('ignored', ignored, receipt.ignored),
          describeMiscount('rejected', rejected, receipt.rejected),
        ]),
  ].filter((sentence) => sentence !== undefined);
  const compared = hasIncidents ? rules : [];
  const found = compareAlerts(truth, compared, await alerts.list(), end);
  const told = hasIncidents ? compareIncidents(truth, rules, [...incidents.values()], end) : [];
  const { missing } = truth;
  const allKnown = end + missingKnownHours * hour;
  if (missing !== undefined) await ledger.closeDays(allKnown);
  const findings = missing && compareFindings(missing, await listLosses(ledger.dynamoDb, allKnown));
  return {
    seconds: seconds - sweepSeconds,
    ...{ comparison, answers, miscounts, isUndelivered, findings },
    alerts: {
      ...found,
      differences: [...found.differences, ...told.slice(0, maxIncidentSentences)],
      differing: found.differing + told.length,
    },
  };
}

/**
 * The findings of all closed days.
 *
 * @param now milliseconds since the epoch, by the clock that closed the days; later days are not listed.
 */
async function listLosses(client: DynamoDBClient, now: number): Promise<FoundLoss[]> {
  const period = { from: fleetStart, to: formatTime(now) };
  const findings = new FindingsTable(client, findingsTable.name);
  const ports = { findings, now: () => now };
  const found: FoundLoss[] = [];
  const all = { check: undefined, sim: undefined, source: undefined };
  let after: FindingsPosition | undefined;
  do {
    const page = await listFindings({ ...all, period, size: maxPageSize, after }, ports);
    for (const { session_sid: session, bytes, ...finding } of page.resources)
      found.push({ ...finding, sessionId: session ?? undefined, bytes: bytes ?? undefined });
    after = page.next;
  } while (after !== undefined);
  return found;
}

/** Queries the API about the sessions of each SIM that the truth has answers for. */
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
  return compareAnswers(truth, readSessionAnswers(api, asked, { from, to: from + hours * hour }));
}

function describeMiscount(name: string, expected: number, found: number): string | undefined {
  return expected === found ? undefined : `Records ${name}: expected ${expected}, found ${found}`;
}

/** Replays records whose number is unknown: the progress shows how many were received. */
function replayCounted(
  ledger: LocalLedger,
  output: ProgressOutput,
  put: (progress: Progress) => Promise<void>,
): Promise<Replayed> {
  const progress = new Progress(output, 'records');
  const before = ledger.receipts.addUp().received;
  const show = (): void => progress.show(ledger.receipts.addUp().received - before, undefined);
  return replay(ledger, progress, () => put(progress), show);
}

async function replay(
  ledger: LocalLedger,
  progress: Progress,
  put: () => Promise<void>,
  show: () => void,
): Promise<Replayed> {
  const timer = setInterval(show, pollMilliseconds);
  const started = performance.now();
  try {
    await put();
    await ledger.waitUntilIdle();
    return { seconds: (performance.now() - started) / 1000 };
  } finally {
    clearInterval(timer);
    progress.end();
  }
}
