import { describeEvent, describeUsage, type FiledRecord } from '../days/filed-records.ts';
import { isAccount } from '../ledger/accounts.ts';
import type { Observations } from '../ledger/observation.ts';
import type { Source } from '../ledger/source.ts';

/** Records that arrived in files. */

/** Notes records that arrived in a file although their source also has a stream. */
export type NoteFiled = (records: readonly FiledRecord[]) => Promise<void>;

/** How a record arrived. */
interface Arrival {
  readonly source: Source;
  /** Whether it is a row of a file. */
  readonly isRow?: boolean;
}

/** The data usage or SIM event in a row of a file, if a stream may deliver it too. */
export function findFiled(
  { usage, event }: Observations,
  { source, isRow = false }: Arrival,
): FiledRecord | undefined {
  if (!isRow || source.filesOnly === true) return undefined;
  if (event !== undefined && !isAccount(event.sim)) return describeEvent(event);
  return usage?.trafficType === 'data' ? describeUsage(usage) : undefined;
}
