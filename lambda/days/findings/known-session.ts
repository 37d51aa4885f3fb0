import type { Session, Usage } from '../../ledger/observation.ts';
import { carrierTraits } from '../../ledger/source.ts';
import type { SessionRow } from '../rows.ts';
import { dropDuplicates } from './duplicate.ts';

/** A session that has ended or failed, with all usage that may belong to it. */
export interface KnownSession {
  readonly session: SessionRow;
  /** Usage rows of its SIM that count, from the day of its start to that of its end, by time. */
  readonly usage: readonly Usage[];
  /**
   * Whether nothing shows that the ledger heard the SIM before the session's first usage: see `unknown-beginning.ts`.
   */
  readonly isUnheard?: boolean;
}

/** Whether a session's records are Super SIM's, which states windows and running totals. */
export function isSuperSim({ origin }: Pick<Session, 'origin'>): boolean {
  return carrierTraits[origin.group.carrier].format === 'supersim';
}

/** The data records that name a session, without duplicates under another id. */
export function listOwnUsage({ session, usage }: KnownSession): Usage[] {
  return dropDuplicates(
    usage.filter(({ sessionId, trafficType }) => sessionId === session.sessionId && trafficType === 'data'),
  );
}

/** The sum of the bytes of records. */
export function sumBytes(records: readonly Usage[]): bigint {
  return records.reduce((sum, { dataTotal }) => sum + BigInt(dataTotal), 0n);
}
