/** Where progress is shown: one line that is written over on a terminal, a line now and then elsewhere. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const lineEverySeconds = 5;
const redrawMilliseconds = 100;
const barWidth = 30;

/** Shows how much is done of what there is to do. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #unit: string;
  readonly #started = performance.now();
  #shown = 0;

  constructor(output: ProgressOutput, unit: string) {
    this.#output = output;
    this.#unit = unit;
  }

  /** @param total undefined while it is not known. */
  show(done: number, total: number | undefined): void {
    const now = performance.now();
    const pause = this.#output.isTTY === true ? redrawMilliseconds : lineEverySeconds * 1000;
    if (now - Math.max(this.#shown, this.#output.isTTY === true ? 0 : this.#started) < pause) return;
    this.#shown = now;
    const line = `  ${this.#bar(done, total)}${count(done)}${total === undefined ? '' : ` of ${count(total)}`} ${this.#unit}, ${count(this.#perSecond(done))}/s`;
    this.#output.write(this.#output.isTTY === true ? `\r\u001b[K${line}` : `${line}\n`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }

  #perSecond(done: number): number {
    return done / Math.max(0.001, (performance.now() - this.#started) / 1000);
  }

  #bar(done: number, total: number | undefined): string {
    if (total === undefined || total === 0) return '';
    const filled = Math.round(Math.min(1, done / total) * barWidth);
    return `[${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}] `;
  }
}

/** A count as people read it. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
