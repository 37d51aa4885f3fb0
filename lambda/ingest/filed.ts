import { describeEvent, describeUsage, type FiledRecord } from '../days/filed-records.ts';
import { isAccount } from '../ledger/accounts.ts';
import type { Observations } from '../ledger/observation.ts';
import type { Source } from '../ledger/source.ts';

/** Records that came in files. */

/** Notes records that came in a file, in a source that has a stream as well. */
export type NoteFiled = (records: readonly FiledRecord[]) => Promise<void>;

/** How a record came. */
interface Arrival {
  readonly source: Source;
  /** Whether it is a row of a file. */
  readonly isRow?: boolean;
}

/** The data usage or the event of a SIM that a row of a file states, where a stream may bring the same. */
export function findFiled(
  { usage, event }: Observations,
  { source, isRow = false }: Arrival,
): FiledRecord | undefined {
  if (!isRow || source.filesOnly === true) return undefined;
  if (event !== undefined && !isAccount(event.sim)) return describeEvent(event);
  return usage?.trafficType === 'data' ? describeUsage(usage) : undefined;
}
