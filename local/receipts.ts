import { parseEmbeddedMetrics } from '../emulators/lambda-runtime/embedded-metrics.ts';
import { metric, metricNamespace } from '../lambda/aws/names.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../lambda/ledger/receipt.ts';

const minuteMilliseconds = 60_000;
/** For how many minutes receipts are kept per minute: a day. */
const keptMinutes = 24 * 60;

/** Adds up the receipts that functions publish as metrics, by source. */
export class Receipts {
  readonly #bySource = new Map<string, Receipt>();
  /** By source and minute of arrival; latest minute last. */
  readonly #byMinute = new Map<string, Map<number, Receipt>>();
  readonly #lastRecord = new Map<string, number>();
  readonly #now: () => number;
  readonly #namespace: string;

  /**
   * @param now returns milliseconds since the epoch.
   * @param namespace the namespace of the functions' metrics.
   */
  constructor(now: () => number = Date.now, namespace: string = metricNamespace) {
    this.#now = now;
    this.#namespace = namespace;
  }

  /**
   * Reads a line of a function's log.
   *
   * @returns whether the line contained metrics.
   */
  takeLine(line: string): boolean {
    const metrics = parseEmbeddedMetrics(line);
    if (metrics === undefined) return false;
    for (const { namespace, name, value, dimensions } of metrics) {
      const source = dimensions['source'];
      if (namespace !== this.#namespace || source === undefined || !isCount(name)) continue;
      const one = { ...emptyReceipt, [name]: value };
      this.#bySource.set(source, addReceipts(this.#bySource.get(source) ?? emptyReceipt, one));
      this.#noteMinute(source, one);
    }
    return true;
  }

  /** A source's receipt of the last minutes, up to a day. */
  countLately(source: string, minutes: number): Receipt {
    const from = Math.floor(this.#now() / minuteMilliseconds) - minutes;
    return [...(this.#byMinute.get(source) ?? [])]
      .filter(([minute]) => minute > from)
      .reduce((sum, [, receipt]) => addReceipts(sum, receipt), emptyReceipt);
  }

  /** When a source's last record was processed, in milliseconds since the epoch; undefined if none was. */
  findLastRecord(source: string): number | undefined {
    return this.#lastRecord.get(source);
  }

  #noteMinute(source: string, one: Receipt): void {
    if (one.received > 0) this.#lastRecord.set(source, this.#now());
    const minute = Math.floor(this.#now() / minuteMilliseconds);
    const minutes = this.#byMinute.get(source) ?? new Map<number, Receipt>();
    this.#byMinute.set(source, minutes);
    minutes.set(minute, addReceipts(minutes.get(minute) ?? emptyReceipt, one));
    for (const old of minutes.keys()) {
      if (old > minute - keptMinutes) break;
      minutes.delete(old);
    }
  }

  /** Sources and receipts, in the order of their first receipts. */
  listEntries(): readonly (readonly [string, Receipt])[] {
    return [...this.#bySource].filter(([, { received, failed }]) => received + failed > 0);
  }

  addUp(): Receipt {
    return this.listEntries().reduce((sum, [, receipt]) => addReceipts(sum, receipt), emptyReceipt);
  }
}

function isCount(name: string): name is keyof Receipt {
  return Object.values<string>(metric).includes(name);
}
