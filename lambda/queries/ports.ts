import type { SessionRefresh } from '../ledger/session-refresh.ts';
import type { LedgerReader } from '../store/reader.ts';
import type { PersonalData } from './disclosure.ts';

/** What the operations work with. */
export interface ApiPorts {
  readonly reader: LedgerReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly personalData: PersonalData;
  /** Whether sessions may be behind their usage. */
  readonly sessionRefresh: SessionRefresh;
  /** How long one answer may add up usage; undefined for as long as it takes. */
  readonly maxSumSeconds?: number;
  /** Names of the configured sources, whose files are listed. */
  readonly sources: readonly string[];
}
