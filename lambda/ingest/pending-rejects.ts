import { forEachConcurrently } from '../store/concurrency.ts';
import { type Quarantine, type Reject, rejectId } from '../store/quarantine.ts';
import type { BatchAccount } from './batch-account.ts';

/** Number of objects that are put concurrently. */
const concurrentObjects = 16;

/**
 * Bytes of rejects that may wait for the end of their batch: a few rejects that were unpacked from gzip could fill
 * the memory.
 */
const maxWaitingBytes = 8 * 1024 * 1024;

/**
 * Bytes of rejects after which a delivery begins another object. It is half of what may wait, so that an object's
 * content depends only on its delivery, never on the rest of the batch.
 */
const maxObjectBytes = 4 * 1024 * 1024;

/** Approximate bytes of a reject's line, without its body. */
const lineBytes = 400;

/** Distinct rejects that are kept as one object, and the indexes of their records. */
interface RejectObject {
  readonly indexes: number[];
  readonly rejects: Reject[];
  readonly ids: Set<string>;
  /** The name under which a file's rejects are kept; undefined if the object is named after its rejects. */
  readonly group: string | undefined;
  bytes: number;
}

/** The rejects of a batch that wait to be kept: one object per code, for each delivery or for the group. */
export class PendingRejects {
  readonly #quarantine: Quarantine;
  readonly #group: string | undefined;
  readonly #account: BatchAccount;
  /** Bytes of rejects that are not kept yet. */
  #waitingBytes = 0;
  /** Open objects, by code: those of the delivery that is being read, or of the group. */
  #open = new Map<string, RejectObject>();
  #openDelivery: number | undefined;
  /** Complete objects. */
  #closed: RejectObject[] = [];

  /**
   * @param group name under which all rejects of a code are kept together; by default those of each delivery are.
   * @param account receives the records that could not be kept.
   */
  constructor(quarantine: Quarantine, group: string | undefined, account: BatchAccount) {
    this.#quarantine = quarantine;
    this.#group = group;
    this.#account = account;
  }

  /** Whether more rejects would take too much memory. */
  get areFull(): boolean {
    return this.#waitingBytes > maxWaitingBytes;
  }

  /** Adds a rejected record by its index. The records of a delivery must be added consecutively. */
  add(index: number, delivery: number, reject: Reject): void {
    if (this.#group === undefined && delivery !== this.#openDelivery) {
      this.#closeOpen();
      this.#openDelivery = delivery;
    }
    const { code } = reject;
    const object = this.#open.get(code) ?? this.#makeObject(code);
    this.#open.set(code, object);
    object.indexes.push(index);
    if (this.#group === undefined) {
      const id = rejectId(reject);
      if (object.ids.has(id)) return;
      object.ids.add(id);
    }
    const bytes = reject.bytes.length + lineBytes;
    object.rejects.push(reject);
    object.bytes += bytes;
    this.#waitingBytes += bytes;
    // The rows of a group never reach the limit.
    if (this.#group !== undefined || object.bytes < maxObjectBytes) return;
    this.#open.delete(code);
    this.#closed.push(object);
  }

  /** Keeps the complete objects. Does not throw if the quarantine fails. */
  async keepClosed(): Promise<void> {
    const closed = this.#closed;
    this.#closed = [];
    for (const { bytes } of closed) this.#waitingBytes -= bytes;
    const objects = this.#group === undefined ? leaveOutContained(closed) : closed;
    await forEachConcurrently(objects, concurrentObjects, async ({ indexes, rejects, group }) => {
      try {
        await this.#quarantine.keep(rejects, group);
      } catch (error) {
        this.#account.noteUnkept(indexes, error);
      }
    });
  }

  /** Keeps all objects. Does not throw if the quarantine fails. */
  async keepAll(): Promise<void> {
    this.#closeOpen();
    await this.keepClosed();
  }

  #makeObject(code: string): RejectObject {
    const group = this.#group === undefined ? undefined : `${this.#group}/${code}`;
    return { indexes: [], rejects: [], ids: new Set<string>(), group, bytes: 0 };
  }

  #closeOpen(): void {
    this.#closed.push(...this.#open.values());
    this.#open = new Map();
    this.#openDelivery = undefined;
  }
}

/**
 * Drops objects whose rejects are all contained in another object, which then covers their records as well. An object
 * that shares only some rejects with others stays whole, because its content must depend only on its delivery.
 */
function leaveOutContained(objects: readonly RejectObject[]): readonly RejectObject[] {
  const holders = new Map<string, RejectObject>();
  return objects
    .toSorted((a, b) => b.ids.size - a.ids.size)
    .filter((object) => {
      const [first = ''] = object.ids;
      const holder = holders.get(first);
      if (holder !== undefined && [...object.ids].every((id) => holder.ids.has(id))) {
        for (const index of object.indexes) holder.indexes.push(index);
        return false;
      }
      for (const id of object.ids) if (!holders.has(id)) holders.set(id, object);
      return true;
    });
}
