import type { Interpret } from '../../lambda/ingest/entries.ts';
import { type Entry, ingest } from '../../lambda/ingest/ingest.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../../lambda/ledger/receipt.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import type { Quarantine, RejectLine } from '../../lambda/store/quarantine.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { openLedgerPorts } from '../ledger.ts';
import {
  keepOnly,
  type RejectFilter,
  type RejectObject,
  readRejects,
  rejectObjects,
  removeObjects,
  UnreadableRejectsError,
} from './objects.ts';
import { RefusedFiles, RejectReader } from './rereading.ts';

/**
 * Reads rejects again with the current code, and stores the valid records through `ingest`. An object leaves the
 * quarantine only after its records are stored; records that are rejected again stay. A redrive that is interrupted and
 * run again has the same result.
 *
 * A dry run does the same with a writer that writes nothing, and removes nothing.
 */

/** How to redrive rejects. */
export interface RedriveOptions extends RejectFilter {
  readonly dryRun: boolean;
  readonly interpret: Interpret;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Called with the number of finished objects. */
  readonly onProgress: (objects: number) => void;
}

/** The result for the rejects with one source and reason. */
export interface RedrivenGroup {
  readonly source: string;
  readonly reason: string;
  readonly receipt: Receipt;
}

/** The result of a redrive. */
export interface Redriven {
  readonly groups: readonly RedrivenGroup[];
  readonly total: Receipt;
  /** Why records are still rejected: sentences, with their numbers of records. */
  readonly stillRejected: ReadonlyMap<string, number>;
  /** Objects that left the quarantine, or would have. */
  readonly removed: number;
  /** Sentences about rejects that could not be tried, or failed. */
  readonly troubles: readonly string[];
  /** Whether it was interrupted. */
  readonly interrupted: boolean;
}

/** The most objects, and the most bytes, that are read and stored together. */
const maxObjects = 500;
const maxBytes = 4 * 1024 * 1024;
const concurrentReads = 48;
/** Maximum number of different sentences. */
const maxSentences = 200;

/** Redrives a deployment's quarantine. */
export async function redriveRejects(deployment: Deployment, options: RedriveOptions): Promise<Redriven> {
  const redrive = new Redrive(deployment, options);
  let reading: Promise<readonly HeldObject[]> | undefined;
  for await (const chunk of splitIntoChunks(rejectObjects(deployment, options))) {
    if (options.signal.aborted) return redrive.summarise(true);
    // The next ones are read while these are written.
    const next = redrive.read(chunk);
    next.catch(() => undefined);
    if (reading !== undefined) await redrive.take(await reading);
    reading = next;
  }
  if (reading !== undefined) await redrive.take(await reading);
  return redrive.summarise(options.signal.aborted);
}

/** An object of the quarantine and its rejects. */
interface HeldObject {
  readonly object: RejectObject;
  readonly lines: readonly RejectLine[];
}

/** A reject during a redrive: its records, and its outcome. */
interface Attempt {
  readonly held: HeldObject;
  readonly line: RejectLine;
  readonly entries: readonly Entry[];
  /** Whether nothing in it could be read. */
  readonly isRejected: boolean;
}

/** Objects of one source and reason, in chunks. */
async function* splitIntoChunks(
  pages: AsyncIterable<readonly RejectObject[]>,
): AsyncGenerator<RejectObject[]> {
  let chunk: RejectObject[] = [];
  let bytes = 0;
  for await (const page of pages) {
    for (const object of page) {
      const [first] = chunk;
      const isOther = first !== undefined && (first.source !== object.source || first.code !== object.code);
      if (isOther || chunk.length === maxObjects || (bytes > 0 && bytes + object.bytes > maxBytes)) {
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      chunk.push(object);
      bytes += object.bytes;
    }
  }
  if (chunk.length > 0) yield chunk;
}

class Redrive {
  readonly #deployment: Deployment;
  readonly #options: RedriveOptions;
  readonly #reader: RejectReader;
  readonly #files: RefusedFiles;
  readonly #ports: ReturnType<typeof openLedgerPorts>;
  readonly #groups = new Map<string, RedrivenGroup>();
  readonly #stillRejected = new Map<string, number>();
  readonly #troubles = new Set<string>();
  #removed = 0;
  #objects = 0;

  constructor(deployment: Deployment, options: RedriveOptions) {
    this.#deployment = deployment;
    this.#options = options;
    this.#reader = new RejectReader(deployment, options.interpret);
    this.#ports = openLedgerPorts(deployment, options);
    this.#files = new RefusedFiles(deployment, { ...options, writer: this.#ports.writer });
  }

  summarise(interrupted: boolean): Redriven {
    const groups = [...this.#groups.values()];
    return {
      groups,
      total: groups.reduce((sum, { receipt }) => addReceipts(sum, receipt), emptyReceipt),
      stillRejected: this.#stillRejected,
      removed: this.#removed,
      troubles: [...this.#troubles],
      interrupted,
    };
  }

  async read(objects: readonly RejectObject[]): Promise<HeldObject[]> {
    const held = await mapConcurrently(objects, concurrentReads, async (object) => {
      try {
        const lines = await readRejects(this.#deployment, object.key);
        return lines && { object, lines };
      } catch (error) {
        if (!(error instanceof UnreadableRejectsError)) throw error;
        this.#troubles.add(error.message);
        return undefined;
      }
    });
    return held.filter((one) => one !== undefined);
  }

  async take(held: readonly HeldObject[]): Promise<void> {
    const whole = held.filter(({ lines }) => lines.some(({ object }) => object !== undefined));
    await this.#takeLines(held.filter((one) => !whole.includes(one)));
    for (const { object, lines } of whole) await this.#takeFile(object, lines);
    this.#objects += held.length;
    this.#options.onProgress(this.#objects);
  }

  async #takeLines(held: readonly HeldObject[]): Promise<void> {
    const attempts = await this.#readAttempts(held);
    const [first] = held;
    if (first === undefined) return;
    const entries = attempts.flatMap((attempt) => attempt.entries);
    const { receipt, failedDeliveries, errors } = await ingest(
      entries,
      { ...this.#ports, quarantine: this.#collectParts(attempts) },
      // An earlier run may have been interrupted.
      { readBeforeWrite: true, writtenAt: this.#options.now(), isRetry: true },
    );
    this.#count(first.object, receipt);
    for (const { name, message } of errors) this.#troubles.add(`Not stored: ${name}: ${message}`);
    const leaving = new Set(
      attempts
        .filter(({ isRejected }, number) => !isRejected && !failedDeliveries.has(number))
        .map(({ line }) => line),
    );
    await this.#settle(held, leaving);
  }

  /** Reads each reject again. A reject that cannot be tried is left out, and stays. */
  async #readAttempts(held: readonly HeldObject[]): Promise<Attempt[]> {
    const attempts: Attempt[] = [];
    for (const one of held) {
      for (const line of one.lines) {
        const again = await this.#reader.read(line, attempts.length, this.#options.now());
        if ('trouble' in again) {
          this.#troubles.add(again.trouble);
          this.#reject(one.object, again.trouble);
          continue;
        }
        const { entries } = again;
        const isRejected = entries.every(({ reading }) => reading.kind === 'fault');
        for (const { reading } of entries) {
          if (reading.kind === 'fault') this.#note(`${reading.code}: ${reading.problem}`);
        }
        attempts.push({ held: one, line, entries, isRejected });
      }
    }
    return attempts;
  }

  /**
   * Collects new rejects: if the current code finds several records in one reject, and some of them are invalid, these
   * become rejects of their own before the old one is removed.
   */
  #collectParts(attempts: readonly Attempt[]): Quarantine {
    const parts = new Set(
      attempts
        .filter(({ isRejected }) => !isRejected)
        .flatMap(({ entries }) => entries)
        .filter(({ reading }) => reading.kind === 'fault')
        .map(({ position }) => position),
    );
    return {
      keep: async (rejects) => {
        await this.#ports.quarantine.keep(rejects.filter(({ position }) => parts.has(position)));
      },
    };
  }

  /** Removes rejects that are now in the ledger. */
  async #settle(held: readonly HeldObject[], leaving: ReadonlySet<RejectLine>): Promise<void> {
    const gone: string[] = [];
    for (const { object, lines } of held) {
      const staying = lines.filter((line) => !leaving.has(line));
      if (staying.length === 0) gone.push(object.key);
      else if (staying.length < lines.length && !this.#options.dryRun) {
        await keepOnly(this.#deployment, object.key, staying);
      }
    }
    if (!this.#options.dryRun) await removeObjects(this.#deployment, gone);
    this.#removed += gone.length;
  }

  async #takeFile(object: RejectObject, [line]: readonly RejectLine[]): Promise<void> {
    if (line === undefined || this.#options.signal.aborted) return;
    const { receipt, isTakenIn, trouble } = await this.#files.redrive(line);
    this.#count(object, receipt);
    if (trouble !== undefined) this.#troubles.add(trouble);
    if (!isTakenIn) {
      if (trouble === undefined) this.#note(`${line.code}: ${readProblem(line)}`);
      return;
    }
    const keys = [object.key, ...(line.object === undefined ? [] : [line.object])];
    // The line goes first: a copy without its line is not a reject.
    if (!this.#options.dryRun) await removeObjects(this.#deployment, keys);
    this.#removed += 1;
  }

  #count({ source, code }: RejectObject, receipt: Receipt): void {
    const key = `${source}/${code}`;
    const known = this.#groups.get(key)?.receipt ?? emptyReceipt;
    this.#groups.set(key, { source, reason: code, receipt: addReceipts(known, receipt) });
  }

  #reject(object: RejectObject, sentence: string): void {
    this.#count(object, { ...emptyReceipt, received: 1, rejected: 1 });
    this.#note(`${object.code}: ${sentence}`);
  }

  /** @param problem a sentence without the wrong value, which differs from record to record. */
  #note(problem: string): void {
    const known = this.#stillRejected.get(problem);
    if (known === undefined && this.#stillRejected.size >= maxSentences) return;
    this.#stillRejected.set(problem, (known ?? 0) + 1);
  }
}

/** The reason of a reject without the value at its end. */
function readProblem({ reason, value }: RejectLine): string {
  return value === undefined ? reason : reason.slice(0, -`: ${value}`.length);
}
