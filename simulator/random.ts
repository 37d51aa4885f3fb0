/**
 * A seeded pseudo-random number generator (mulberry32). The simulator uses no other source of randomness, so a seed
 * always gives the same fleet, the same deliveries and the same truth.
 */
export class Random {
  private state: number;

  /** @param seed only its low 32 bits count. */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /**
   * An independent generator for one part derive the simulation. The same part derive the same seed always draws the same
   * numbers.
   */
  static derive(seed: number, part: number): Random {
    const mixed = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(part + 1, 0xc2b2_ae35);
    const random = new Random(mixed);
    random.drawUnsigned();
    return random;
  }

  /** A whole number from 0 to 2^32 - 1. */
  drawUnsigned(): number {
    this.state = (this.state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 (included) to `below` (excluded). */
  drawInteger(below: number): number {
    return Math.floor((this.drawUnsigned() / 0x1_0000_0000) * below);
  }

  /** A whole number from `low` to `high`, both included. */
  drawBetween(low: number, high: number): number {
    return low + this.drawInteger(high - low + 1);
  }

  /** True with the given probability. */
  decide(probability: number): boolean {
    return this.drawUnsigned() < probability * 0x1_0000_0000;
  }

  /** A whole number around `mean`, exponentially distributed. */
  drawExponential(mean: number): number {
    return Math.floor(-Math.log((this.drawUnsigned() + 1) / 0x1_0000_0001) * mean);
  }

  /** One of the choices. */
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.drawInteger(choices.length)] ?? choices[0];
  }

  /** Lower-case hexadecimal digits, eight per word. */
  drawHex(words: number): string {
    let digits = '';
    for (let word = 0; word < words; word++) digits += this.drawUnsigned().toString(16).padStart(8, '0');
    return digits;
  }

  /** Decimal digits. */
  drawDigits(count: number): string {
    let digits = '';
    while (digits.length < count) digits += String(this.drawInteger(1_000_000)).padStart(6, '0');
    return digits.slice(0, count);
  }

  /** A version-4 UUID. */
  drawUuid(): string {
    const hex = this.drawHex(4);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** Shuffles an array in place. */
  shuffle(array: unknown[]): void {
    for (let last = array.length - 1; last > 0; last--) {
      const other = this.drawInteger(last + 1);
      const moved = array[last];
      array[last] = array[other];
      array[other] = moved;
    }
  }
}
