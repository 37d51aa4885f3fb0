import type { Usage } from '../../ledger/observation.ts';
import { compareTexts } from '../rows.ts';
import { digest } from '../slots.ts';
import type { Check, Finding, Reason } from './finding.ts';

/** What a check states; the rest is derived. */
export interface Found extends Omit<Finding, 'findingId' | 'bytes' | 'cost' | 'currency' | 'records'> {
  /** What distinguishes it from other findings of the check and SIM. */
  readonly subject: readonly string[];
  readonly bytes: bigint | undefined;
  /** The record whose money it is about. */
  readonly charged?: Pick<Usage, 'cost' | 'currency'>;
  readonly records: readonly (string | undefined)[];
}

/** Hexadecimal digits of an id. */
const idLength = 32;

/** The finding of what a check says. */
export function makeFinding({ subject, bytes, charged, records, ...about }: Found): Finding {
  const { sim, check, source, reason } = about;
  return {
    ...about,
    findingId: digest(JSON.stringify([check, reason, source, sim, ...subject])).slice(0, idLength),
    bytes: bytes === undefined ? undefined : toExactNumber(bytes),
    cost: charged?.cost,
    currency: charged?.cost === undefined ? undefined : charged.currency,
    records: records.filter((id) => id !== undefined).join(' '),
  };
}

/** The finding of a record that is itself wrong. */
export function makeRecordFinding(record: Usage, check: Check, reason: Reason): Finding {
  const { sim, source, carrier, sessionId, start, end, recordId, dataTotal } = record;
  return makeFinding({
    ...{ sim, check, reason, source, carrier, sessionId, start, end },
    subject: [recordId],
    bytes: BigInt(dataTotal),
    charged: record,
    records: [recordId],
  });
}

/** Findings as rows are ordered: by start and id. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) => compareTexts(a.start, b.start) || compareTexts(a.findingId, b.findingId),
  );
}

/** A sum as a number; undefined if that is not exact, which does not occur in practice. */
function toExactNumber(sum: bigint): number | undefined {
  const number = Number(sum);
  return Number.isSafeInteger(number) ? number : undefined;
}
