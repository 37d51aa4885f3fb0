import type { Cell } from '../ledger/observation.ts';

/**
 * The estimated position of a cell's tower, in the form of `cell_location_estimate`: `{}` if unknown. Items of older
 * versions may have half a position, which is ignored.
 */
export function estimateLocation(cell: Cell | undefined): { lat?: number; lon?: number } {
  const { lat, lon } = cell ?? {};
  return lat === undefined || lon === undefined ? {} : { lat, lon };
}
