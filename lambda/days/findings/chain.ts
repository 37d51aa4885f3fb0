import type { Usage } from '../../ledger/observation.ts';
import { toMilliseconds } from '../../ledger/time.ts';
import { compareTexts } from '../rows.ts';
import type { Finding } from './finding.ts';
import { isSuperSim, type KnownSession, listOwnUsage } from './known-session.ts';
import { makeFinding } from './make-finding.ts';

/** How far apart two consecutive windows may be, in milliseconds. */
const touchMilliseconds = 1_000;

/** A time between two windows that no window covers. */
interface Gap {
  readonly from: string;
  readonly to: string;
  /** The window after it. */
  readonly record: string;
}

/** The last window that states the session's running total: at first the session's start, where it is 0. */
interface Reference {
  readonly end: string;
  readonly total: bigint;
  readonly record: string | undefined;
}

/**
 * Finds missing windows of a Super SIM session.
 *
 * Each window states its bytes, and the session's running total at its end. So the bytes that are missing between two
 * windows that state the total are proven: the difference of the totals, minus what the windows state. If they are not
 * 0, or if two windows are more than a second apart, records are missing.
 *
 * - Before the first window only the total decides, because a session may begin before its first window. If the ledger
 *   may have begun later than the session, nothing is missing there.
 * - A window without a beginning cannot be apart from its predecessor, so only the totals decide.
 * - After the last window that states a total, bytes are unknown.
 * - A session whose windows state no total is not judged: schema 1 has no totals.
 * - A session that failed has no window up to its end, so nothing is missing there.
 */
export function checkChain(known: KnownSession): Finding[] {
  const { session, isUnheard = false } = known;
  if (!isSuperSim(session)) return [];
  const windows = listOwnUsage(known).sort(compareWindows);
  if (windows.every(({ sessionTotal }) => sessionTotal === undefined)) return [];
  const findings: Finding[] = [];
  let reference: Reference = { end: session.start, total: 0n, record: undefined };
  let lastEnd: string | undefined;
  let stated = 0n;
  let gaps: Gap[] = [];
  for (const window of windows) {
    if (lastEnd !== undefined && isApart(lastEnd, window))
      gaps.push({ from: lastEnd, to: window.start, record: window.recordId });
    lastEnd = lastEnd === undefined || window.end > lastEnd ? window.end : lastEnd;
    stated += BigInt(window.dataTotal);
    if (window.sessionTotal === undefined) continue;
    const total = BigInt(window.sessionTotal);
    const isProven = !isUnheard || reference.record !== undefined;
    const bytes = isProven ? total - reference.total - stated : undefined;
    if ((bytes ?? 0n) !== 0n || gaps.length > 0)
      findings.push(describe(known, { reference, gaps, record: window.recordId, end: window.end, bytes }));
    reference = { end: window.end, total, record: window.recordId };
    stated = 0n;
    gaps = [];
  }
  const [first] = gaps;
  if (first !== undefined)
    findings.push(
      describe(known, { reference, gaps, record: first.record, end: first.to, bytes: undefined }),
    );
  return findings;
}

interface MissingWindows {
  readonly reference: Reference;
  readonly gaps: readonly Gap[];
  /** The window that proves it. */
  readonly record: string;
  /** Its end, up to which something is missing if there is no gap. */
  readonly end: string;
  readonly bytes: bigint | undefined;
}

function describe({ session }: KnownSession, missing: MissingWindows): Finding {
  const { reference, gaps, record, end, bytes } = missing;
  const { source, carrier } = session.origin.group;
  return makeFinding({
    sim: session.sim,
    check: 'chain',
    reason: 'missing-windows',
    ...{ source, carrier },
    sessionId: session.sessionId,
    start: gaps[0]?.from ?? reference.end,
    end: gaps.at(-1)?.to ?? end,
    subject: [session.sessionId, record],
    bytes,
    records: [reference.record, record],
  });
}

/** Whether a window begins more than a second after an end. One without a beginning does not. */
function isApart(end: string, window: Usage): boolean {
  if (window.start >= window.end) return false;
  return toMilliseconds(window.start) - toMilliseconds(end) > touchMilliseconds;
}

/** By end, then by total. */
function compareWindows(a: Usage, b: Usage): number {
  return (
    compareTexts(a.end, b.end) ||
    (a.sessionTotal ?? 0) - (b.sessionTotal ?? 0) ||
    compareTexts(a.start, b.start) ||
    compareTexts(a.recordId, b.recordId)
  );
}
