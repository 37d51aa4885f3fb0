/** Where to show progress: one line that is overwritten on a terminal, otherwise a new line every few seconds. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const lineEverySeconds = 5;
const redrawMilliseconds = 100;
const barWidth = 30;

/** Shows how much of the work is done. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #unit: string;
  readonly #firstLineSeconds: number;
  readonly #started = performance.now();
  #shown: number | undefined;

  /** @param firstLineSeconds seconds before the first line, if the output is not a terminal. */
  constructor(output: ProgressOutput, unit: string, firstLineSeconds = lineEverySeconds) {
    this.#firstLineSeconds = firstLineSeconds;
    this.#output = output;
    this.#unit = unit;
  }

  /** @param total undefined until it is known. */
  show(done: number, total: number | undefined): void {
    const share = total === undefined || total === 0 ? undefined : done / total;
    this.#draw(share, `${count(done)}${total === undefined ? '' : ` of ${count(total)}`}`, done);
  }

  /**
   * Shows progress when the total is not known.
   *
   * @param share from 0 to 1.
   */
  showShare(done: number, share: number): void {
    this.#draw(share, `${Math.floor(share * 100)} %, ${count(done)}`, done);
  }

  #draw(share: number | undefined, words: string, done: number): void {
    const now = performance.now();
    if (now < this.#findNextUpdate()) return;
    this.#shown = now;
    const line = `  ${drawBar(share)}${words} ${this.#unit}, ${count(this.#computeRate(done))}/s${this.#formatTimeLeft(share)}`;
    this.#output.write(this.#output.isTTY === true ? `\r\u001b[K${line}` : `${line}\n`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }

  /** When the next line is due. */
  #findNextUpdate(): number {
    if (this.#output.isTTY === true) return (this.#shown ?? Number.NEGATIVE_INFINITY) + redrawMilliseconds;
    if (this.#shown === undefined) return this.#started + this.#firstLineSeconds * 1000;
    return this.#shown + lineEverySeconds * 1000;
  }

  /** The remaining time, at the speed so far. */
  #formatTimeLeft(share = 0): string {
    if (share <= 0 || share >= 1) return '';
    const seconds = (((performance.now() - this.#started) / 1000) * (1 - share)) / share;
    return `, ${formatDuration(Math.max(1, Math.round(seconds)))} left`;
  }

  #computeRate(done: number): number {
    return done / Math.max(0.001, (performance.now() - this.#started) / 1000);
  }
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function drawBar(share: number | undefined): string {
  if (share === undefined) return '';
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return `[${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}] `;
}

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A count for people. */
export function count(value: number): string {
  return counts.format(Math.round(value));
}
