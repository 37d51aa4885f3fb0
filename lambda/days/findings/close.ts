import type { Usage } from '../../ledger/observation.ts';
import { toMilliseconds } from '../../ledger/time.ts';
import type { Finding } from './finding.ts';
import { isSuperSim, type KnownSession, listOwnUsage, sumBytes } from './known-session.ts';
import { makeFinding } from './make-finding.ts';

/** How far a record's time may be from the end that it states, in milliseconds. */
const endMilliseconds = 1_000;

/** By how much the data streamer's volumes may differ: 1 kB, or their rounding if that is more. */
const toleratedBytes = 1_000n;

/** The error that the last decimal of a volume, and its conversion to whole bytes, may cause. */
const roundedBytesPerRecord = 2n;

/**
 * Finds a session whose usage does not add up to its final total.
 *
 * - Super SIM: exactly. The total is final if the record of the end states it.
 * - Data streamer: within 1 kB, or two bytes per record, of the volume in the event that deletes the PDP context. Only
 *   if the SIM's usage names sessions. Records without a session that are within the session may belong to it, because
 *   a file has no session. Gaps between records mean nothing, because records are made by volume.
 *
 * Not if the ledger may have begun later than the session.
 */
export function checkClose(known: KnownSession): Finding[] {
  const { session, isUnheard = false } = known;
  const total = findFinalTotal(known);
  if (total === undefined || isUnheard) return [];
  const records = isSuperSim(session) ? listOwnUsage(known) : listStreamedUsage(known);
  if (records === undefined) return [];
  const bytes = total - sumBytes(records);
  if (makeAbsolute(bytes) <= findTolerance(known, records)) return [];
  const { source, carrier } = session.origin.group;
  return [
    makeFinding({
      sim: session.sim,
      check: 'close',
      reason: 'total-differs',
      ...{ source, carrier },
      sessionId: session.sessionId,
      start: session.start,
      end: session.terminal.end,
      subject: [session.sessionId],
      bytes,
      records: [records[0]?.recordId, records.length > 1 ? records.at(-1)?.recordId : undefined],
    }),
  ];
}

/** The session's total at its end; undefined if the record of its end states none. */
function findFinalTotal({ session: { groups, terminal } }: KnownSession): bigint | undefined {
  const { totals } = groups;
  if (totals?.group.dataTotal === undefined) return undefined;
  const isFinal = toMilliseconds(totals.at) + endMilliseconds >= toMilliseconds(terminal.end);
  return isFinal ? BigInt(totals.group.dataTotal) : undefined;
}

/** A data streamer's usage records of a session; undefined if the records name no sessions. */
function listStreamedUsage(known: KnownSession): readonly Usage[] | undefined {
  const { session, usage } = known;
  const { source } = session.origin.group;
  const data = usage.filter((record) => record.source === source && record.trafficType === 'data');
  if (data.every(({ sessionId }) => sessionId === undefined)) return undefined;
  const { start, terminal } = session;
  const unnamed = data.filter(
    (record) => record.sessionId === undefined && record.start >= start && record.start <= terminal.end,
  );
  return [...listOwnUsage(known), ...unnamed];
}

function findTolerance({ session }: KnownSession, { length }: readonly Usage[]): bigint {
  if (isSuperSim(session)) return 0n;
  const rounded = roundedBytesPerRecord * BigInt(length);
  return rounded > toleratedBytes ? rounded : toleratedBytes;
}

function makeAbsolute(number: bigint): bigint {
  return number < 0n ? -number : number;
}
