import type { Reading } from './carriers/reading.ts';
import { Fold } from './ledger/fold.ts';
import type { Receipt } from './ledger/receipt.ts';
import { kindOf, Measures } from './measures.ts';
import type { Source } from './sources.ts';
import { forEachConcurrently } from './store/concurrency.ts';
import type { Quarantine, Reject } from './store/quarantine.ts';
import type { LedgerWriter, WriteOptions } from './store/writer.ts';

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
  /** Name under which the batch's rejects are kept together; otherwise each is kept by itself. */
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

/** Rejects that are put at the same time. */
const concurrentRejects = 16;
/** Bytes of rejects that wait for the end of their batch; a few that were unpacked from gzip would fill the memory. */
const mostWaitingBytes = 8 * 1024 * 1024;

/**
 * Takes in a batch: folds what its records state into one change an item, writes the changes, keeps the rejects. The
 * one way into the ledger, whatever road a record came.
 *
 * Does not throw for what store or quarantine did not take: these deliveries are reported as failed.
 */
export async function ingest(
  entries: Iterable<Entry>,
  ports: LedgerPorts,
  options: IngestOptions,
): Promise<Ingested> {
  const batch = new Batch();
  const quarantined = new Quarantined();
  for (const entry of entries) {
    batch.add(entry);
    // Those of a group go into one object, at the end; a group's rows are never as large.
    if (batch.waitingBytes > mostWaitingBytes && options.rejectGroup === undefined) {
      await keepRejects(batch.takeRejects(), ports.quarantine, undefined, quarantined);
    }
  }
  const changes = batch.fold.changes();
  const [report] = await Promise.all([
    ports.writer.write(changes, options),
    keepRejects(batch.takeRejects(), ports.quarantine, options.rejectGroup, quarantined),
  ]);
  const failed = new Set([...report.failed, ...quarantined.failed]);
  const receipt = batch.receipt(report.repeated, failed);
  batch.measures.use(changes, (record) => !failed.has(record) && !report.repeated.has(record));
  ports.measure?.(batch.measures, receipt);
  return {
    receipt,
    failedDeliveries: new Set([...failed].map((record) => batch.deliveryOf(record))),
    testIds: batch.testIds,
    errors: [...report.errors, ...quarantined.errors.values()],
  };
}

type Verdict = 'stored' | 'repeated' | 'ignored' | 'rejected';

interface NumberedReject {
  readonly record: number;
  readonly reject: Reject;
}

/** A batch while it is read: records by number, what they turned out to be, and their changes. */
class Batch {
  readonly fold = new Fold();
  waitingBytes = 0;
  readonly testIds: string[] = [];
  readonly measures = new Measures();
  readonly #verdicts: Verdict[] = [];
  readonly #kinds: string[] = [];
  readonly #deliveries: number[] = [];
  #rejects: NumberedReject[] = [];

  add(entry: Entry): void {
    const record = this.#verdicts.length;
    this.#deliveries.push(entry.delivery);
    this.#verdicts.push(this.#judge(entry, record));
    this.#kinds.push(kindOf(entry.reading));
    this.measures.late(entry.reading, entry.arrivedAt);
  }

  /** The rejects since they were last taken. */
  takeRejects(): readonly NumberedReject[] {
    const rejects = this.#rejects;
    this.#rejects = [];
    this.waitingBytes = 0;
    return rejects;
  }

  deliveryOf(record: number): number {
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
        return this.fold.add(record, reading) ? 'repeated' : 'stored';
      case 'ignored':
        if (reading.testId !== undefined) this.testIds.push(reading.testId);
        return 'ignored';
      case 'fault': {
        const reject = rejectOf(entry, reading);
        this.#rejects.push({ record, reject });
        this.waitingBytes += reject.bytes.length;
        return 'rejected';
      }
    }
  }
}

function rejectOf(entry: Entry, { code, reason }: { code: Reject['code']; reason: string }): Reject {
  const { position, source, arrivedAt, header } = entry;
  return {
    ...{ code, reason, position, source: source.name, arrivedAt, bytes: entry.bytes() },
    ...(header !== undefined && { header }),
  };
}

/** What the quarantine did not take. */
class Quarantined {
  readonly failed = new Set<number>();
  /** One error a kind, by its name. */
  readonly errors = new Map<string, Error>();
}

async function keepRejects(
  rejects: readonly NumberedReject[],
  quarantine: Quarantine,
  group: string | undefined,
  { failed, errors }: Quarantined,
): Promise<void> {
  const portions = group === undefined ? rejects.map((reject) => [reject]) : groupedByCode(rejects);
  await forEachConcurrently(portions, concurrentRejects, async (portion) => {
    try {
      const [first] = portion;
      const name = group === undefined || first === undefined ? undefined : `${group}/${first.reject.code}`;
      await quarantine.keep(
        portion.map(({ reject }) => reject),
        name,
      );
    } catch (error) {
      for (const { record } of portion) failed.add(record);
      const known = error instanceof Error ? error : new Error(String(error));
      errors.set(known.name, known);
    }
  });
}

function groupedByCode(rejects: readonly NumberedReject[]): NumberedReject[][] {
  const groups = new Map<string, NumberedReject[]>();
  for (const numbered of rejects) {
    const ofCode = groups.get(numbered.reject.code) ?? [];
    groups.set(numbered.reject.code, ofCode);
    ofCode.push(numbered);
  }
  return [...groups.values()];
}
