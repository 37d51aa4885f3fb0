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
  /** Index, within the batch, of the delivery that brought it; one delivery may bring several records. */
  readonly delivery: number;
  /** `stream/shard/sequence`, or `bucket/key@version#row`. */
  readonly position: string;
  readonly source: Source;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** The record's original bytes. Asked for only when it is rejected. */
  readonly readBytes: () => Uint8Array;
  /** Whether it is a row of a file. */
  readonly isRow?: boolean;
  /** Of a row of a file: the header before it, where that is not the file's first. */
  readonly header?: string;
}

/** Where what was read goes to. */
export interface LedgerPorts {
  readonly writer: Pick<LedgerWriter, 'write'>;
  readonly quarantine: Quarantine;
  /** Tells which days are closed. Each chunk enters by it. */
  readonly fence: ChunkFence;
  /** Notes records that come late. Absent where no alerts are judged. */
  readonly noteLate?: NoteLate;
  /** Notes which records came in files. Absent in dry runs. */
  readonly noteFiled?: NoteFiled;
  /**
   * Tells what usage gained by a chunk. Never rejects, and settles within a second: what cannot be told is left out. Absent
   * where no metrics are exported.
   */
  readonly tellVolumes?: (groups: readonly VolumeGroup[]) => Promise<void>;
  /**
   * Begins a chunk, before the first of its records is read. A chunk is what one call of {@link ingest} takes in: a batch
   * of a stream, a block of a file, some rejects.
   */
  readonly beginChunk?: () => Promise<EndChunk>;
}

/** Ends a chunk, once the store and the quarantine have answered for all of its records. */
export type EndChunk = (outcome: ChunkOutcome) => Promise<void>;

/** How a batch is taken in. */
export interface IngestOptions extends StoringOptions {
  /** Name under which the batch's rejects are kept together, by code; otherwise those of each delivery are. */
  readonly rejectGroup?: string;
}

/** The outcome of a batch. */
export interface Ingested {
  readonly receipt: Receipt;
  /** Indexes of the deliveries that were not, or not wholly, taken in and must be delivered again. */
  readonly failedDeliveries: ReadonlySet<number>;
  /** Ids that owners of Twilio and KORE sinks hand back to validate them. */
  readonly testIds: readonly string[];
  /** Why deliveries failed, one error a kind. */
  readonly errors: readonly Error[];
}

/** The outcome of a chunk. */
export interface ChunkOutcome extends Ingested {
  readonly measures: Measures;
}

/**
 * Takes in a batch: decode -> interpret -> fold -> store. The one way into the ledger, whatever path a record came.
 *
 * Does not throw for what store or quarantine did not take: these deliveries are reported as failed.
 *
 * @throws what the beginning or the end of the chunk throws; where it could not begin, no record was read.
 * @param entries the batch's records. Each is decoded and interpreted when the loop reaches it, so that not all are in
 *   memory at once.
 */
export async function ingest(
  entries: Iterable<Entry>,
  { fence, beginChunk, tellVolumes, ...ports }: LedgerPorts,
  options: IngestOptions,
): Promise<ChunkOutcome> {
  const endChunk = await beginChunk?.();
  const passage = await fence.enter();
  try {
    const { volumes, ...outcome } = await takeIn(entries, passage, ports, options);
    await Promise.all([endChunk?.(outcome), tellVolumes?.(volumes)]);
    return outcome;
  } finally {
    passage.leave();
  }
}

async function takeIn(
  entries: Iterable<Entry>,
  passage: Passage,
  { writer, quarantine, noteLate, noteFiled }: Omit<LedgerPorts, 'fence' | 'beginChunk' | 'tellVolumes'>,
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
