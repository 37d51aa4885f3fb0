import type { Parameters } from 'fast-check';

/** Multiplies how many values each property is tried with: 1 unless `PROPERTY_RUNS` says otherwise. */
const multiplier = Number(process.env['PROPERTY_RUNS'] ?? '1');

/** Parameters of a property that is tried this many times in an ordinary run. */
export function runs(numRuns: number): Parameters<unknown> & { readonly numRuns: number } {
  return { numRuns: Math.max(1, Math.round(numRuns * multiplier)) };
}

/** Some of a list, evenly: all of it in an ordinary run, a tenth where properties are tried a tenth as often. */
export function share<Entry>(list: readonly Entry[]): readonly Entry[] {
  const step = Math.max(1, Math.round(1 / multiplier));
  return list.filter((_, index) => index % step === 0);
}
