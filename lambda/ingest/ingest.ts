import type { Fault, Reading } from '../carriers/reading.ts';
import type { ChunkFence, Passage } from '../days/fence/chunk-fence.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { Source } from '../ledger/source.ts';
import type { VolumeGroup } from '../metrics/volumes.ts';
import { type Quarantine, type Reject, rejectFault } from '../store/quarantine.ts';
import type { LedgerWriter } from '../store/writer.ts';
import { BatchAccount } from './batch-account.ts';
import type { NoteFiled } from './filed.ts';
import type { NoteLate } from './late.ts';
import type { Measures } from './measures.ts';
import { PendingChanges, type StoringOptions } from './pending-changes.ts';
import { PendingRejects } from './pending-rejects.ts';

/** One record of a batch, interpreted. */
export interface Entry {
  readonly reading: Reading;
  /** Index, within the batch, of the delivery that contained it; a delivery may contain several records. */
  readonly delivery: number;
  /** `stream/shard/sequence`, or `bucket/key@version#row`. */
  readonly position: string;
  readonly source: Source;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Reads the record's original bytes. Called only if it is rejected. */
  readonly readBytes: () => Uint8Array;
  /** Whether it is a row of a file. */
  readonly isRow?: boolean;
  /** For a row of a file: the header before it, unless that is the file's first. */
  readonly header?: string;
}

/** The destinations of records and notes. */
export interface LedgerPorts {
  readonly writer: Pick<LedgerWriter, 'write'>;
  readonly quarantine: Quarantine;
  /** Says which days are closed. Every chunk passes through it. */
  readonly fence: ChunkFence;
  /** Notes records that arrive late. Undefined if no alerts are judged. */
  readonly noteLate?: NoteLate;
  /** Notes which records arrived in files. Undefined in dry runs. */
  readonly noteFiled?: NoteFiled;
  /**
   * Reports what usage gained in a chunk. Never rejects, and settles within a second: what it cannot report by then
   * is dropped. Undefined if no metrics are exported.
   */
  readonly reportVolumes?: (groups: readonly VolumeGroup[]) => Promise<void>;
  /**
   * Begins a chunk, before its first record is read. A chunk is what one call of {@link ingest} processes: a batch of
   * a stream, a block of a file, or some rejects.
   */
  readonly beginChunk?: () => Promise<EndChunk>;
}

/** Ends a chunk, after the store and the quarantine have answered for all of its records. */
export type EndChunk = (outcome: ChunkOutcome) => Promise<void>;

/** How to ingest a batch. */
export interface IngestOptions extends StoringOptions {
  /** Keeps rejects together by code under this name; by default they are kept per delivery. */
  readonly rejectGroup?: string;
}

/** The outcome of a batch. */
export interface Ingested {
  readonly receipt: Receipt;
  /** Indexes of the deliveries that failed in whole or in part and must be delivered again. */
  readonly failedDeliveries: ReadonlySet<number>;
  /** Ids of test events, which owners of Twilio and KORE sinks return to validate the sink. */
  readonly testIds: readonly string[];
  /** Why deliveries failed, one error per kind. */
  readonly errors: readonly Error[];
}

/** The outcome of a chunk. */
export interface ChunkOutcome extends Ingested {
  readonly measures: Measures;
}

/**
 * Ingests a batch: decode -> interpret -> fold -> store. This is the only way into the ledger, for every source and
 * path.
 *
 * Does not throw if the store or the quarantine fails: the affected deliveries are reported as failed.
 *
 * @throws what the beginning or the end of the chunk throws. If it could not begin, no record was read.
 * @param entries the batch's records. Each is decoded and interpreted when the loop reaches it, so that they are not
 *   all in memory at the same time.
 */
export async function ingest(
  entries: Iterable<Entry>,
  { fence, beginChunk, reportVolumes, ...ports }: LedgerPorts,
  options: IngestOptions,
): Promise<ChunkOutcome> {
  const endChunk = await beginChunk?.();
  const passage = await fence.enter();
  try {
    const { volumes, ...outcome } = await takeIn(entries, passage, ports, options);
    await Promise.all([endChunk?.(outcome), reportVolumes?.(volumes)]);
    return outcome;
  } finally {
    passage.leave();
  }
}

async function takeIn(
  entries: Iterable<Entry>,
  passage: Passage,
  { writer, quarantine, noteLate, noteFiled }: Omit<LedgerPorts, 'fence' | 'beginChunk' | 'reportVolumes'>,
  options: IngestOptions,
): Promise<ChunkOutcome & { readonly volumes: readonly VolumeGroup[] }> {
  const account = new BatchAccount();
  const changes = new PendingChanges({ writer, passage, noteLate, noteFiled, options, account });
  const rejects = new PendingRejects(quarantine, options.rejectGroup, account);
  for (const entry of entries) {
    const { reading, delivery, arrivedAt } = entry;
    const index = account.add(reading, delivery, arrivedAt);
    if (reading.kind === 'observed') changes.fold(index, reading, entry);
    if (reading.kind === 'fault') rejects.add(index, delivery, makeReject(entry, reading));
    if (rejects.areFull) await rejects.keepClosed();
    if (changes.areFull) await changes.store();
  }
  await Promise.all([changes.store(), rejects.keepAll()]);
  const receipt = account.makeReceipt();
  const { failedDeliveries, testIds, errors, measures, volumes } = account;
  return { receipt, failedDeliveries, testIds: [...testIds], errors, measures, volumes: volumes.list() };
}

function makeReject(entry: Entry, fault: Fault): Reject {
  const { position, source, arrivedAt, header } = entry;
  return {
    ...rejectFault(fault),
    ...{ position, source: source.name, arrivedAt, bytes: entry.readBytes() },
    ...(header !== undefined && { header }),
  };
}
