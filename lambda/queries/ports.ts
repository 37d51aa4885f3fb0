import type { SessionRefresh } from '../ledger/source.ts';
import type { LedgerReader } from '../store/reader.ts';

/** What queries need. */
export interface QueryPorts {
  readonly reader: LedgerReader;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether sessions may lag behind their usage. */
  readonly sessionRefresh: SessionRefresh;
}
