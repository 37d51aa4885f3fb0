import { addReceipts, emptyReceipt, type Receipt } from '../lambda/ledger/receipt.ts';
import { metric, metricNamespace } from '../lambda/names.ts';
import { parseEmbeddedMetrics } from './lambda-runtime/embedded-metrics.ts';

/** The receipts that the functions publish as metrics, added up by source. */
export class Receipts {
  readonly #bySource = new Map<string, Receipt>();

  /**
   * Takes a line of a function's log.
   *
   * @returns whether it was one of metrics.
   */
  takeLine(line: string): boolean {
    const metrics = parseEmbeddedMetrics(line);
    if (metrics === undefined) return false;
    for (const { namespace, name, value, dimensions } of metrics) {
      const source = dimensions['source'];
      if (namespace !== metricNamespace || source === undefined || !isCount(name)) continue;
      const one = { ...emptyReceipt, [name]: value };
      this.#bySource.set(source, addReceipts(this.#bySource.get(source) ?? emptyReceipt, one));
    }
    return true;
  }

  /** Source and receipt, in the order in which the sources were first heard of. */
  entries(): readonly (readonly [string, Receipt])[] {
    return [...this.#bySource].filter(([, { received, failed }]) => received + failed > 0);
  }

  total(): Receipt {
    return this.entries().reduce((sum, [, receipt]) => addReceipts(sum, receipt), emptyReceipt);
  }
}

function isCount(name: string): name is keyof Receipt {
  return Object.values<string>(metric).includes(name);
}
