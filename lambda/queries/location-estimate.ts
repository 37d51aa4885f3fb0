import type { Cell } from '../ledger/observation.ts';

/**
 * Where a cell's tower is estimated to stand, as `cell_location_estimate` has it: `{}` where that is not known. Items
 * that older versions wrote may hold half a position, which is ignored.
 */
export function locationEstimate(cell: Cell | undefined): { lat?: number; lon?: number } {
  const { lat, lon } = cell ?? {};
  return lat === undefined || lon === undefined ? {} : { lat, lon };
}
