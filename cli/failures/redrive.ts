import type { KinesisStreamRecord } from 'aws-lambda';
import { StreamNotes } from '../../lambda/alerts/progress/stream-notes.ts';
import { findArrival, readEntries } from '../../lambda/ingest/entries.ts';
import { importFile } from '../../lambda/ingest/files/import-file.ts';
import { type FileObject, formatObjectName } from '../../lambda/ingest/files/messages.ts';
import { type CommandContext, type ExitCode, exitCode, print, printJson, startProgress } from '../command.ts';
import { makeImportPorts, openLedgerPorts, takeIn } from '../ledger.ts';
import { removeObjects } from '../quarantine/objects.ts';
import { printReceipts, SourceReceipts } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import {
  type DeadLetter,
  giveBack,
  holdMessage,
  listFailedBatchObjects,
  readDeadLetters,
  readFailedBatch,
  remove,
} from './given-up.ts';

/**
 * `failures redrive`: stores what Lambda gave up: batches of streams, and files in the dead-letter queue. Unreadable
 * records go to the quarantine. A batch or notification is removed once all of it is stored.
 */
export interface FailuresRedriveOptions {
  readonly dryRun: boolean;
}

/** `failures redrive`: stores the batches that Lambda gave up, and imports the files of the dead-letter queue. */
export async function redriveFailures(
  context: CommandContext,
  { dryRun }: FailuresRedriveOptions,
): Promise<ExitCode> {
  const redrive = new FailureRedrive(context, dryRun);
  await redrive.takeBatches();
  await redrive.takeFiles();
  const { receipts, left, troubles } = redrive;
  const { total, entries: sources } = receipts;
  if (context.json) printJson(context, { dryRun, total, sources, removed: left, troubles: [...troubles] });
  else printResult(context, redrive, dryRun);
  for (const trouble of troubles) context.terminal.err.write(`! ${trouble}\n`);
  if (context.signal.aborted) return exitCode.interrupted;
  return troubles.size > 0 || total.failed > 0 ? exitCode.attention : exitCode.done;
}

class FailureRedrive {
  readonly receipts = new SourceReceipts();
  readonly troubles = new Set<string>();
  /** How many were removed, or would have been. */
  readonly left = { batches: 0, announcements: 0 };
  readonly #context: CommandContext;
  readonly #dryRun: boolean;
  readonly #ports: Parameters<typeof takeIn>[1];

  constructor(context: CommandContext, dryRun: boolean) {
    this.#context = context;
    this.#dryRun = dryRun;
    this.#ports = openLedgerPorts(context.deployment, { dryRun });
  }

  async takeBatches(): Promise<void> {
    const { deployment, signal } = this.#context;
    const progress = startProgress(this.#context, 'records');
    for await (const { key } of listFailedBatchObjects(deployment)) {
      if (signal.aborted) break;
      if (!(await this.#takeBatch(key))) continue;
      if (!this.#dryRun) await removeObjects(deployment, [key]);
      this.left.batches += 1;
      progress.show(this.receipts.total.received, undefined);
    }
    progress.end();
  }

  /** @returns whether all of it is stored. */
  async #takeBatch(key: string): Promise<boolean> {
    const { deployment, interpret } = this.#context;
    const { sources } = deployment.places;
    const batch = await readFailedBatch(deployment, key);
    const source = sources.all.find(({ streamArn }) => streamArn === batch?.streamArn);
    if (batch === undefined || source === undefined) {
      this.troubles.add(
        batch === undefined
          ? `${key} is not a batch that Lambda has given up`
          : `${key} comes from a stream that no configured source has: ${batch.streamArn}`,
      );
      return false;
    }
    const { receipt, errors } = await takeIn(
      () => readEntries(batch.records, sources, interpret),
      this.#ports,
    );
    this.receipts.add(source.name, receipt);
    for (const { name, message } of errors) this.troubles.add(`Not stored: ${name}: ${message}`);
    if (receipt.failed > 0) return false;
    if (!this.#dryRun) await this.#forgetNotes(source.name, batch.records);
    return true;
  }

  /** Removes the notes of a batch that is now in the ledger, so that it no longer delays alerts. */
  async #forgetNotes(source: string, records: readonly KinesisStreamRecord[]): Promise<void> {
    const { dynamoDb, places } = this.#context.deployment;
    const [first] = records;
    if (places.alertTables === undefined || first === undefined) return;
    const notes = new StreamNotes(dynamoDb, places.alertTables.state, Date.now);
    try {
      await notes.forget({
        source,
        shard: first.eventID.slice(0, first.eventID.indexOf(':')),
        records: records.map((record) => ({
          sequence: record.kinesis.sequenceNumber,
          arrival: findArrival(record),
        })),
      });
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      this.troubles.add(
        `A batch of ${source} is in the ledger, but holds back alerts for up to a day, because its progress note could not be removed: ${cause}`,
      );
    }
  }

  async takeFiles(): Promise<void> {
    const { deployment, signal } = this.#context;
    const kept: DeadLetter[] = [];
    for await (const message of readDeadLetters(deployment)) {
      const isIn =
        !signal.aborted && (await holdMessage(deployment, message, () => this.#takeMessage(message)));
      if (isIn) this.left.announcements += 1;
      if (isIn && !this.#dryRun) await remove(deployment, message);
      else kept.push(message);
      if (signal.aborted) break;
    }
    for (const message of kept) await giveBack(deployment, message);
  }

  async #takeMessage({ id, objects }: DeadLetter): Promise<boolean> {
    if (objects === undefined) {
      this.troubles.add(`The message ${id} of the dead-letter queue is not a file notification`);
      return false;
    }
    let areIn = true;
    for (const object of objects) areIn = (await this.#takeFile(object)) && areIn;
    return areIn;
  }

  async #takeFile(object: FileObject): Promise<boolean> {
    const { deployment, signal } = this.#context;
    const source = deployment.places.sources.all.find(({ bucket }) => bucket === object.bucket);
    if (source === undefined) {
      this.troubles.add(`${formatObjectName(object)} is in a bucket that no configured source has`);
      return false;
    }
    const ports = makeImportPorts(deployment, { dryRun: this.#dryRun, signal });
    try {
      const { outcome } = await importFile(object, source, {
        ...ports,
        count: (receipt) => this.receipts.add(source.name, receipt),
      });
      if (outcome === 'gone')
        this.troubles.add(
          `${formatObjectName(object)} no longer exists: the rows that were imported stay in the ledger`,
        );
      return outcome !== 'continue';
    } catch (error) {
      this.troubles.add(error instanceof Error ? error.message : String(error));
      return false;
    }
  }
}

function printResult(context: CommandContext, redrive: FailureRedrive, dryRun: boolean): void {
  const { receipts, left, troubles } = redrive;
  if (left.batches + left.announcements === 0 && troubles.size === 0) {
    print(context, 'Nothing was given up.');
    return;
  }
  const groups = receipts.entries.map(({ source, receipt }) => [[source], receipt] as const);
  printReceipts(context, dryRun, ['source'], groups);
  const verb = dryRun ? 'would be removed' : 'were removed';
  print(
    context,
    `\n${count(left.batches)} batches and ${count(left.announcements)} file notifications ${verb}.`,
  );
}
