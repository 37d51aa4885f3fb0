import type { AttributeTable } from '../../ledger/attributes.ts';
import type { Carrier } from '../../ledger/source.ts';

/** Findings: what a carrier did not deliver, or delivered twice, according to the records of a SIM's day. */

/**
 * The checks. Each is a function of the records, in its own file.
 *
 * - `chain`: the windows of a Super SIM session are consecutive and add up to its running totals.
 * - `close`: the usage of a session adds up to its final total.
 * - `orphan`: a session lacks its start or its end, or usage lacks its session.
 * - `duplicate`: one window of a session arrived under two ids.
 * - `path`: a record arrived by only one of two paths, or a file is missing from a sequence.
 */
export const checks = ['chain', 'close', 'orphan', 'duplicate', 'path'] as const;
export type Check = (typeof checks)[number];

/** What a check found. */
export const reasons = {
  chain: ['missing-windows'],
  close: ['total-differs'],
  orphan: ['no-start', 'no-end', 'no-session'],
  duplicate: ['same-window'],
  path: ['not-by-stream', 'not-by-file', 'file-missing'],
} as const satisfies Readonly<Record<Check, readonly string[]>>;
export type Reason = (typeof reasons)[Check][number];

/** One finding. */
export interface Finding {
  readonly sim: string;
  /** Hash of check and subject, which identifies the finding across repetitions. */
  readonly findingId: string;
  readonly check: Check;
  readonly reason: Reason;
  readonly source: string;
  readonly carrier: Carrier;
  readonly sessionId: string | undefined;
  /** The time of what is missing, or of the duplicate record. */
  readonly start: string;
  readonly end: string;
  /**
   * Bytes that are missing; for a duplicate, bytes that are counted twice. Negative if records state more than the
   * session's totals. Undefined if nothing proves how many.
   */
  readonly bytes: number | undefined;
  /** Money of the records that the finding is about: a decimal as text. Undefined if the carrier states none. */
  readonly cost: string | undefined;
  readonly currency: string | undefined;
  /** Ids of the records that prove it, separated by spaces, by time. */
  readonly records: string;
}

/** The attributes of a finding. */
export const finding = {
  sim: 'text',
  findingId: 'text',
  check: 'text',
  reason: 'text',
  source: 'text',
  carrier: 'text',
  sessionId: 'text?',
  start: 'text',
  end: 'text',
  bytes: 'number?',
  cost: 'text?',
  currency: 'text?',
  records: 'text',
} as const satisfies AttributeTable<Finding>;
