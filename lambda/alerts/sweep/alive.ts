import { minGranuleMilliseconds } from '../../ledger/heard.ts';
import { type GroupDimension, groupDimensions } from '../groups.ts';

/** What SIMs may share, according to their items. */
export type SharedValues = Readonly<Partial<Record<GroupDimension, string>>>;

/**
 * How many SIMs with a value were heard at or after a time, by their marks. A whole fleet is added; memory grows with
 * the numbers of values and times, not of SIMs.
 */
export class AliveSims {
  /**
   * By dimension and value: how many SIMs have their mark in each quarter of an hour, which is the shortest granule.
   */
  readonly #counts = new Map<GroupDimension, Map<string, Map<number, number>>>(
    groupDimensions.map((dimension) => [dimension, new Map()]),
  );

  add(values: SharedValues, heardAt: number): void {
    const time = Math.floor(heardAt / minGranuleMilliseconds);
    for (const dimension of groupDimensions) {
      const value = values[dimension];
      const ofDimension = this.#counts.get(dimension);
      if (value === undefined || ofDimension === undefined) continue;
      const times = ofDimension.get(value) ?? new Map<number, number>();
      times.set(time, (times.get(time) ?? 0) + 1);
      ofDimension.set(value, times);
    }
  }

  count(dimension: GroupDimension, value: string, since: number): number {
    const first = Math.floor(since / minGranuleMilliseconds);
    let count = 0;
    for (const [time, sims] of this.#counts.get(dimension)?.get(value) ?? [])
      if (time >= first) count += sims;
    return count;
  }
}
