import type { Sim } from '../../ledger/observation.ts';
import { epochMilliseconds } from '../../ledger/time.ts';
import { decideHeard, findHeardMark } from '../../queries/last-heard.ts';
import { mapConcurrently } from '../../store/concurrency.ts';
import type { LedgerReader } from '../../store/reader.ts';

/**
 * SIMs below which a source's are looked at one by one. Among so few, the marks of those that were heard last may be
 * older by most of a granule than their records; among more, some marks are always young.
 */
export const maxExactSims = 1_000;

/** SIMs that are looked at together; each takes up to two queries. */
const concurrency = 24;

/** When the SIMs of each source were last heard, from which it follows how far the carrier has delivered. */
export class HeardTimes {
  /** By source, in milliseconds since the epoch. */
  readonly #marks = new Map<string, number[]>();
  /** The SIMs of a source while there are few; undefined once there are more. */
  readonly #sims = new Map<string, Sim[] | undefined>();

  /** Takes a SIM's marks. */
  add(sim: Sim): void {
    const { source } = sim.origin.group;
    this.#keep(source, sim);
    const mark = findHeardMark(sim);
    if (mark === undefined) return;
    const marks = this.#marks.get(source);
    if (marks === undefined) this.#marks.set(source, [epochMilliseconds(mark)]);
    else marks.push(epochMilliseconds(mark));
  }

  /** The sources of the SIMs that were heard. */
  get sources(): Iterable<string> {
    return this.#marks.keys();
  }

  /**
   * When each SIM of the sources was last heard, in milliseconds since the epoch, by source: exactly where a source has
   * fewer SIMs than {@link maxExactSims} and its marks leave open whether it is late, else by the marks. SIMs that were
   * never heard are left out.
   *
   * @param mayBeLate whether a source may be late, by the marks of its SIMs.
   * @param onFailure told of a SIM that could not be looked at; its mark stands for it.
   */
  async find(
    reader: LedgerReader,
    mayBeLate: (source: string, marks: readonly number[]) => boolean,
    onFailure: (error: unknown) => void,
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const found = new Map<string, readonly number[]>(this.#marks);
    for (const [source, sims] of this.#sims) {
      if (sims === undefined || !mayBeLate(source, this.#marks.get(source) ?? [])) continue;
      const heard = await mapConcurrently(sims, concurrency, async (sim) => {
        try {
          return (await decideHeard(sim, reader)).at;
        } catch (error) {
          onFailure(error);
          return findHeardMark(sim);
        }
      });
      found.set(
        source,
        heard.flatMap((at) => (at === undefined ? [] : [epochMilliseconds(at)])),
      );
    }
    return found;
  }

  #keep(source: string, sim: Sim): void {
    const sims = this.#sims.get(source);
    if (sims === undefined) {
      if (!this.#sims.has(source)) this.#sims.set(source, [sim]);
    } else if (sims.length + 1 < maxExactSims) sims.push(sim);
    else this.#sims.set(source, undefined);
  }
}
