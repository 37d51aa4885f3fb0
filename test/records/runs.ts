import type { Parameters } from 'fast-check';

/** Multiplies how many values each property is tried with: 1 unless `PROPERTY_RUNS` says otherwise. */
const multiplier = Number(process.env['PROPERTY_RUNS'] ?? '1');

/** Parameters of a property that is tried this many times in an ordinary run. */
export function runs(numRuns: number): Parameters<unknown> {
  return { numRuns: Math.max(1, Math.round(numRuns * multiplier)) };
}
