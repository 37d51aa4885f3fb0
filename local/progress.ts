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
    const share = total === undefined || total === 0 ? undefined : done / total;
    this.#draw(share, `${count(done)}${total === undefined ? '' : ` of ${count(total)}`}`, done);
  }

  /**
   * Shows how far it is where nobody knows how much there is in all.
   *
   * @param share from 0 to 1.
   */
  showShare(done: number, share: number): void {
    this.#draw(share, `${Math.floor(share * 100)} %, ${count(done)}`, done);
  }

  #draw(share: number | undefined, words: string, done: number): void {
    const now = performance.now();
    const pause = this.#output.isTTY === true ? redrawMilliseconds : lineEverySeconds * 1000;
    if (now - Math.max(this.#shown, this.#output.isTTY === true ? 0 : this.#started) < pause) return;
    this.#shown = now;
    const line = `  ${barOf(share)}${words} ${this.#unit}, ${count(this.#perSecond(done))}/s`;
    this.#output.write(this.#output.isTTY === true ? `\r\u001b[K${line}` : `${line}\n`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }

  #perSecond(done: number): number {
    return done / Math.max(0.001, (performance.now() - this.#started) / 1000);
  }
}

function barOf(share: number | undefined): string {
  if (share === undefined) return '';
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return `[${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}] `;
}

/** A count as people read it. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
