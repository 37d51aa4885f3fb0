import type { Fault, Reading } from '../carriers/reading.ts';
import { type Changes, Fold } from '../ledger/fold.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { Source } from '../ledger/source.ts';
import { forEachConcurrently } from '../store/concurrency.ts';
import type { WriteOptions } from '../store/ledger-tables.ts';
import { type Quarantine, type Reject, rejectFault, rejectId } from '../store/quarantine.ts';
import type { LedgerWriter } from '../store/writer.ts';
import { classifyReading, Measures } from './measures.ts';

/** One record of a batch, read. */
export interface Entry {
  readonly reading: Reading;
  /** Number of the delivery within the batch that brought it; one delivery may bring several records. */
  readonly delivery: number;
  /** `stream/shard/sequence`, or `bucket/key@version#row`. */
  readonly position: string;
  readonly source: Source;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** The record's original bytes. Asked for only when it is rejected. */
  readonly bytes: () => Uint8Array;
  /** Of a row of a file: the header before it, where that is not the file's first. */
  readonly header?: string;
}

/** Where what was read goes to. */
export interface LedgerPorts {
  readonly writer: Pick<LedgerWriter, 'write'>;
  readonly quarantine: Quarantine;
  /** Takes what was measured of a batch, with its receipt. */
  readonly measure?: (measures: Measures, receipt: Receipt) => void;
}

/** How a batch is taken in. */
export interface IngestOptions extends WriteOptions {
  /** Name under which the batch's rejects are kept together, by code; otherwise those of each delivery are. */
  readonly rejectGroup?: string;
}

/** What became of a batch. */
export interface Ingested {
  readonly receipt: Receipt;
  /** Numbers of the deliveries that were not, or not wholly, taken in and have to come again. */
  readonly failedDeliveries: ReadonlySet<number>;
  /** Ids that owners of Twilio and KORE sinks hand back to validate them. */
  readonly testIds: readonly string[];
  /** Why deliveries failed, one error a kind. */
  readonly errors: readonly Error[];
}

/** Objects of rejects that are put at the same time. */
const concurrentRejects = 16;
/** Bytes of rejects that wait for the end of their batch; a few that were unpacked from gzip would fill the memory. */
const maxWaitingBytes = 8 * 1024 * 1024;
/**
 * Bytes of rejects after which an object of one delivery ends and another begins. Half of what may wait, so that what is
 * in an object depends on its delivery alone, never on what else is in the batch.
 */
const maxObjectBytes = 4 * 1024 * 1024;
/** Bytes of a reject's line besides its body, about. */
const lineBytes = 400;
/**
 * Records whose changes wait to be written together. Far more than a batch of ordinary deliveries has; small records in
 * gzip can be a hundred times as many, and their changes would not fit the memory.
 */
const maxFolded = 20_000;

/**
 * Takes in a batch: folds what its records state into one change an item, writes the changes, keeps the rejects. The
 * one way into the ledger, whatever path a record came.
 *
 * Does not throw for what store or quarantine did not take: these deliveries are reported as failed.
 */
export async function ingest(
  entries: Iterable<Entry>,
  ports: LedgerPorts,
  options: IngestOptions,
): Promise<Ingested> {
  const batch = new Batch(options.rejectGroup);
  const outcome = new BatchOutcome();
  for (const entry of entries) {
    batch.add(entry);
    if (batch.waitingBytes > maxWaitingBytes) {
      await keepRejects(batch.takeClosed(), ports.quarantine, outcome);
    }
    if (batch.folded >= maxFolded) await write(batch, ports, options, outcome);
  }
  await Promise.all([
    write(batch, ports, options, outcome),
    keepRejects(batch.takeAll(), ports.quarantine, outcome),
  ]);
  const { failed } = outcome;
  const receipt = batch.receipt(outcome.repeated, failed);
  ports.measure?.(batch.measures, receipt);
  return {
    receipt,
    failedDeliveries: new Set([...failed].map((record) => batch.findDelivery(record))),
    testIds: [...batch.testIds],
    errors: [...outcome.writeErrors.values(), ...outcome.rejectErrors.values()],
  };
}

/** Writes what has been folded so far. */
async function write(
  batch: Batch,
  { writer }: LedgerPorts,
  options: IngestOptions,
  outcome: BatchOutcome,
): Promise<void> {
  const changes = batch.takeChanges();
  const report = await writer.write(changes, options);
  const { failed, repeated, writeErrors } = outcome;
  for (const record of report.failed) failed.add(record);
  for (const record of report.repeated) repeated.add(record);
  for (const error of report.errors) {
    if (!writeErrors.has(error.name)) writeErrors.set(error.name, error);
  }
  batch.measures.use(changes, (record) => !failed.has(record) && !repeated.has(record));
}

/** What store and quarantine made of a batch. Records by their index in it. */
class BatchOutcome {
  readonly failed = new Set<number>();
  readonly repeated = new Set<number>();
  /** One error a kind, by its name. */
  readonly writeErrors = new Map<string, Error>();
  readonly rejectErrors = new Map<string, Error>();
}

type Verdict = 'stored' | 'repeated' | 'ignored' | 'rejected';

/** Rejects that are kept as one object, each once, and the records that they are. */
interface RejectObject {
  readonly records: number[];
  readonly rejects: Reject[];
  readonly ids: Set<string>;
  /** As a group of a file; without a name the rejects name it themselves. */
  readonly group: string | undefined;
  bytes: number;
}

/**
 * Leaves out objects whose rejects are all in another one, which then is that of their records as well. An object that
 * has only some in common with others stays whole: what is in it depends on its delivery alone.
 */
function withoutContained(objects: readonly RejectObject[]): readonly RejectObject[] {
  const holders = new Map<string, RejectObject>();
  return objects
    .toSorted((a, b) => b.ids.size - a.ids.size)
    .filter((object) => {
      const [first = ''] = object.ids;
      const holder = holders.get(first);
      if (holder !== undefined && [...object.ids].every((id) => holder.ids.has(id))) {
        for (const record of object.records) holder.records.push(record);
        return false;
      }
      for (const id of object.ids) if (!holders.has(id)) holders.set(id, object);
      return true;
    });
}

/** A batch while it is read: records by index, what they turned out to be, and their changes. */
class Batch {
  readonly testIds = new Set<string>();
  readonly measures = new Measures();
  /** Bytes of rejects that have not been taken. */
  waitingBytes = 0;
  /** Records in the changes that have not been taken. */
  folded = 0;
  #fold = new Fold();
  readonly #group: string | undefined;
  readonly #verdicts: Verdict[] = [];
  readonly #kinds: string[] = [];
  readonly #deliveries: number[] = [];
  /** Objects that more may come to, by code: those of the delivery that is being read, or of the group. */
  #open = new Map<string, RejectObject>();
  #openDelivery: number | undefined;
  /** Objects that nothing more comes to. */
  #closed: RejectObject[] = [];

  /** @param group name under which all rejects of a code are kept together; else it is those of a delivery. */
  constructor(group: string | undefined) {
    this.#group = group;
  }

  add(entry: Entry): void {
    const record = this.#verdicts.length;
    this.#deliveries.push(entry.delivery);
    this.#verdicts.push(this.#judge(entry, record));
    this.#kinds.push(classifyReading(entry.reading));
    this.measures.late(entry.reading, entry.arrivedAt);
  }

  /** The changes since they were last taken. */
  takeChanges(): Changes {
    const changes = this.#fold.changes();
    this.#fold = new Fold();
    this.folded = 0;
    return changes;
  }

  /** The objects of rejects that nothing more comes to, since they were last taken. */
  takeClosed(): readonly RejectObject[] {
    const objects = this.#closed;
    this.#closed = [];
    for (const { bytes } of objects) this.waitingBytes -= bytes;
    return this.#group === undefined ? withoutContained(objects) : objects;
  }

  /** All objects of rejects since they were last taken. */
  takeAll(): readonly RejectObject[] {
    this.#closeOpen();
    return this.takeClosed();
  }

  findDelivery(record: number): number {
    return this.#deliveries[record] ?? 0;
  }

  /** Counts the records by what became of them, and each kind's in the measures. */
  receipt(repeated: ReadonlySet<number>, failed: ReadonlySet<number>): Receipt {
    const counts = { stored: 0, repeated: 0, ignored: 0, rejected: 0 };
    this.#verdicts.forEach((verdict, record) => {
      const kind = this.#kinds[record] ?? '';
      if (failed.has(record)) {
        this.measures.count(kind, 'failed');
        return;
      }
      const count = verdict === 'stored' && repeated.has(record) ? 'repeated' : verdict;
      counts[count] += 1;
      this.measures.count(kind, 'received');
      this.measures.count(kind, count);
    });
    return { received: this.#verdicts.length - failed.size, ...counts, failed: failed.size };
  }

  #judge(entry: Entry, record: number): Verdict {
    const { reading } = entry;
    switch (reading.kind) {
      case 'observed':
        this.folded += 1;
        return this.#fold.add(record, reading) ? 'repeated' : 'stored';
      case 'ignored':
        if (reading.testId !== undefined) this.testIds.add(reading.testId);
        return 'ignored';
      case 'fault':
        this.#reject(entry, record, makeReject(entry, reading));
        return 'rejected';
    }
  }

  #reject({ delivery }: Entry, record: number, reject: Reject): void {
    if (this.#group === undefined && delivery !== this.#openDelivery) {
      this.#closeOpen();
      this.#openDelivery = delivery;
    }
    const { code } = reject;
    const object = this.#open.get(code) ?? {
      ...{ records: [], rejects: [], ids: new Set<string>(), bytes: 0 },
      group: this.#group === undefined ? undefined : `${this.#group}/${code}`,
    };
    this.#open.set(code, object);
    object.records.push(record);
    if (this.#group === undefined) {
      const id = rejectId(reject);
      if (object.ids.has(id)) return;
      object.ids.add(id);
    }
    const bytes = reject.bytes.length + lineBytes;
    object.rejects.push(reject);
    object.bytes += bytes;
    this.waitingBytes += bytes;
    // A group's rows are never as many.
    if (this.#group !== undefined || object.bytes < maxObjectBytes) return;
    this.#open.delete(code);
    this.#closed.push(object);
  }

  #closeOpen(): void {
    this.#closed.push(...this.#open.values());
    this.#open = new Map();
    this.#openDelivery = undefined;
  }
}

function makeReject(entry: Entry, wrong: Fault): Reject {
  const { position, source, arrivedAt, header } = entry;
  return {
    ...rejectFault(wrong),
    ...{ position, source: source.name, arrivedAt, bytes: entry.bytes() },
    ...(header !== undefined && { header }),
  };
}

async function keepRejects(
  objects: readonly RejectObject[],
  quarantine: Quarantine,
  { failed, rejectErrors }: BatchOutcome,
): Promise<void> {
  await forEachConcurrently(objects, concurrentRejects, async ({ records, rejects, group }) => {
    try {
      await quarantine.keep(rejects, group);
    } catch (error) {
      for (const record of records) failed.add(record);
      const known = error instanceof Error ? error : new Error(String(error));
      rejectErrors.set(known.name, known);
    }
  });
}
