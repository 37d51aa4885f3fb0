import type { SessionRefresh } from '../ledger/source.ts';
import type { LedgerReader } from '../store/reader.ts';

/** What queries work with. */
export interface QueryPorts {
  readonly reader: LedgerReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether sessions may be behind their usage. */
  readonly sessionRefresh: SessionRefresh;
}
