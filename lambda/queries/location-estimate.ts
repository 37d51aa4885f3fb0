import type { Cell } from '../ledger/observation.ts';

/**
 * The estimated position of a cell's tower, as `cell_location_estimate` has it: `{}` if it is not known. Items that older
 * versions wrote may hold half a position, which is ignored.
 */
export function estimateLocation(cell: Cell | undefined): { lat?: number; lon?: number } {
  const { lat, lon } = cell ?? {};
  return lat === undefined || lon === undefined ? {} : { lat, lon };
}
