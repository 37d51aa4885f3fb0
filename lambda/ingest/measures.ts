import { unknownNetwork } from '../aws/names.ts';
import type { Reading } from '../carriers/reading.ts';
import type { Changes } from '../ledger/fold.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../ledger/receipt.ts';
import { toMilliseconds } from '../ledger/time.ts';

/** The total usage on one operator's network. */
export interface Traffic {
  /** ISO 3166-1 alpha-2, or `unknown`. */
  readonly country: string;
  /** The operator's name, or `unknown`. */
  readonly operator: string;
  bytes: number;
  uploaded: number;
  downloaded: number;
  /** In the currency of the carrier's contract. */
  cost: number;
}

/** Part of a receipt. */
type Count = keyof Receipt;

/** Measurements of a source's batches, for people to watch. The ledger does not depend on them. */
export class Measures {
  readonly #receipts = new Map<string, Record<Count, number>>();
  readonly #traffic = new Map<string, Traffic>();
  readonly #lags: number[] = [];

  /** Receipts by kind: `usage`, `event`, `platform`, or the code of a reject. */
  get receipts(): ReadonlyMap<string, Receipt> {
    return this.#receipts;
  }

  get traffic(): readonly Traffic[] {
    return [...this.#traffic.values()];
  }

  /**
   * Seconds from the time that a record is about to its arrival. If there are more than `maxValues`, returns that
   * many quantiles, including the minimum and the maximum.
   */
  listLags(maxValues: number): readonly number[] {
    if (this.#lags.length <= maxValues) return this.#lags;
    const ascending = Float64Array.from(this.#lags).sort();
    const step = (ascending.length - 1) / (maxValues - 1);
    return Array.from({ length: maxValues }, (_, index) => ascending[Math.round(index * step)] ?? 0);
  }

  /** Counts records of a kind. */
  count(kind: string, count: Count, records = 1): void {
    const receipt = this.#receipts.get(kind) ?? { ...emptyReceipt };
    this.#receipts.set(kind, receipt);
    receipt[count] += records;
  }

  /** Notes how late a record arrived. A device's clock that is ahead does not make it negative. */
  noteLag(reading: Reading, arrivedAt: number): void {
    if (reading.kind !== 'observed') return;
    const { event, usage, session } = reading;
    const time = event?.time ?? usage?.end ?? session?.origin.at;
    if (time !== undefined) this.#lags.push(Math.max(0, (arrivedAt - toMilliseconds(time)) / 1000));
  }

  /**
   * Adds the usage of a batch.
   *
   * @param isNew whether the record with an index was stored; repeated and failed ones are not new.
   */
  addUsage(changes: Pick<Changes, 'usage'>, isNew: (index: number) => boolean): void {
    for (const { state, indexes } of changes.usage) {
      if (!indexes.every(isNew)) continue;
      const traffic = this.#findTraffic(
        state.country ?? unknownNetwork,
        state.operatorName ?? unknownNetwork,
      );
      traffic.bytes += state.dataTotal;
      traffic.uploaded += state.dataUploaded ?? 0;
      traffic.downloaded += state.dataDownloaded ?? 0;
      traffic.cost += Number(state.cost ?? 0);
    }
  }

  /** Adds the measurements of another batch. */
  add(other: Measures): void {
    for (const [kind, receipt] of other.#receipts) {
      this.#receipts.set(kind, addReceipts(this.#receipts.get(kind) ?? emptyReceipt, receipt));
    }
    for (const { country, operator, bytes, uploaded, downloaded, cost } of other.#traffic.values()) {
      const traffic = this.#findTraffic(country, operator);
      traffic.bytes += bytes;
      traffic.uploaded += uploaded;
      traffic.downloaded += downloaded;
      traffic.cost += cost;
    }
    for (const lag of other.#lags) this.#lags.push(lag);
  }

  #findTraffic(country: string, operator: string): Traffic {
    const key = `${country}\n${operator}`;
    const known = this.#traffic.get(key);
    if (known !== undefined) return known;
    const traffic = { country, operator, bytes: 0, uploaded: 0, downloaded: 0, cost: 0 };
    this.#traffic.set(key, traffic);
    return traffic;
  }
}

/** What a record is counted as: `usage`, `event`, `platform` for a platform's message, or the code of a reject. */
export function classifyReading(reading: Reading): string {
  switch (reading.kind) {
    case 'observed':
      return reading.usage === undefined ? 'event' : 'usage';
    case 'ignored':
      return 'platform';
    case 'fault':
      return reading.code;
  }
}
