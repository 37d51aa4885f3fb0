import type { WriteReport } from '../../../lambda/store/report.ts';

/** Writes as they arrive, without reading what is stored. */
export const asTheyCome = { readBeforeWrite: false };

/** What a report says of a write: the records that failed, those that were stored already, and the names of errors. */
export function outcome({ failed, repeated, errors }: WriteReport) {
  const inOrder = (records: ReadonlySet<number>) => [...records].sort((a, b) => a - b);
  return { failed: inOrder(failed), repeated: inOrder(repeated), errors: errors.map(({ name }) => name) };
}

/** Everything was stored, and was new. */
export const nothingSpecial = { failed: [], repeated: [], errors: [] };
