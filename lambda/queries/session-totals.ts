import type { Session } from '../ledger/observation.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import type { StoredUsage } from '../store/records.ts';

/** Bytes of a session. Up and down are null if a record states only their sum. */
export interface Volumes {
  readonly uploaded: number | null;
  readonly downloaded: number | null;
  readonly total: number;
}

/** Reads usage: the records that started within a range, both ends included. */
export type UsageBetween = (from: string, to: string) => AsyncIterable<readonly StoredUsage[]>;

/** How long before a session's stated start usage is looked for, because clocks of network and accounting differ. */
const slackMilliseconds = 3_600_000;

const nothing: Volumes = { uploaded: 0, downloaded: 0, total: 0 };
const endOfTime = '9999';

/**
 * The bytes of sessions of one SIM.
 *
 * If the carrier states running totals, these count. If not, a session's bytes are the sum of its usage. If the totals
 * are older than the session's last record (an `ended` without totals), the greater of both counts. The two measure the
 * same bytes and are never added.
 *
 * Usage belongs to the session that it names. Usage that names no session belongs to the session during which it
 * started, or to the latest of several.
 *
 * @param sessions newest first.
 * @param nextStart when the SIM's next session after one of them started; undefined for the last.
 */
export async function sumVolumes(
  sessions: readonly Session[],
  nextStart: (sessionId: string) => string | undefined,
  usageBetween: UsageBetween,
): Promise<ReadonlyMap<string, Volumes>> {
  const spans = sessions.map((session) => findSpan(session, nextStart(session.sessionId)));
  const sums = new Map<string, Volumes>();
  await Promise.all(
    joinSpans(spans).map(async (run) => {
      for await (const records of usageBetween(run.from, run.to)) {
        for (const usage of records) addTo(sums, run.spans, findOwner(usage, spans), usage);
      }
    }),
  );
  return new Map(
    sessions.map((session) => [session.sessionId, settleTotals(session, sums.get(session.sessionId))]),
  );
}

/** A session's time, and whether its usage must be summed. */
interface Span {
  readonly sessionId: string;
  readonly start: string;
  /** Until when usage that names no session may belong to it. */
  readonly end: string;
  /** The latest time of usage that names it. */
  readonly lastRecord: string;
  readonly isSummed: boolean;
}

function findSpan(session: Session, nextStart: string | undefined): Span {
  const { sessionId, start, terminal, origin, groups } = session;
  const { totals } = groups;
  return {
    sessionId,
    start,
    // A session whose end is unknown counts as ended when the next one starts.
    end: terminal?.end ?? nextStart ?? endOfTime,
    lastRecord: origin.at,
    isSummed: totals === undefined || totals.at < origin.at,
  };
}

/** A range of usage to read for consecutive sessions. */
interface Run {
  readonly from: string;
  readonly to: string;
  readonly spans: ReadonlySet<string>;
}

/** One range for each run of summed sessions: usage between such runs belongs to other sessions and is not read. */
function joinSpans(spans: readonly Span[]): Run[] {
  const runs: Span[][] = [];
  let open: Span[] | undefined;
  for (const span of spans) {
    if (!span.isSummed) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      runs.push(open);
    }
    open.push(span);
  }
  return runs.map((run) => {
    const starts = run.map(({ start }) => start).sort();
    const ends = run.flatMap(({ end, lastRecord }) => [end, lastRecord]).sort();
    return {
      from: formatTime(toMilliseconds(starts[0] ?? '') - slackMilliseconds),
      to: ends.at(-1) ?? endOfTime,
      spans: new Set(run.map(({ sessionId }) => sessionId)),
    };
  });
}

/** The session of a usage record: the one that it names, else the latest of those during which it started. */
function findOwner(usage: StoredUsage, spans: readonly Span[]): string | undefined {
  if (usage.sessionId !== undefined) return usage.sessionId;
  return spans.find(({ start, end }) => start <= usage.start && usage.start <= end)?.sessionId;
}

function addTo(
  sums: Map<string, Volumes>,
  wanted: ReadonlySet<string>,
  owner: string | undefined,
  usage: StoredUsage,
): void {
  if (owner === undefined || !wanted.has(owner)) return;
  sums.set(owner, addVolumes(sums.get(owner) ?? nothing, usage));
}

/** Adds the bytes of a usage record. */
export function addVolumes(volumes: Volumes, usage: StoredUsage): Volumes {
  return {
    uploaded: addPart(volumes.uploaded, usage.dataUploaded),
    downloaded: addPart(volumes.downloaded, usage.dataDownloaded),
    total: requireExact(volumes.total + usage.dataTotal),
  };
}

/** The start value of a sum. */
export const noVolumes = nothing;

function addPart(sum: number | null, part: number | undefined): number | null {
  return sum === null || part === undefined ? null : requireExact(sum + part);
}

/** A sum, if it is an exact whole number of bytes; no SIM has nine petabytes in one list. */
function requireExact(sum: number): number {
  if (!Number.isSafeInteger(sum)) throw new RangeError('The sum of volumes is beyond exact numbers');
  return sum;
}

function settleTotals({ groups, origin }: Session, sum: Volumes | undefined): Volumes {
  const { totals } = groups;
  if (totals === undefined) return sum ?? nothing;
  const { dataUploaded, dataDownloaded, dataTotal } = totals.group;
  const stated: Volumes = {
    uploaded: dataUploaded ?? null,
    downloaded: dataDownloaded ?? null,
    total: dataTotal ?? (dataUploaded ?? 0) + (dataDownloaded ?? 0),
  };
  if (totals.at === origin.at || sum === undefined) return stated;
  return sum.total > stated.total ? sum : stated;
}
