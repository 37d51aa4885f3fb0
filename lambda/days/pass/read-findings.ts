import { isAccount, readFilesKey } from '../../ledger/accounts.ts';
import type { Session, Usage } from '../../ledger/observation.ts';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { type Day, findDay, findReadSpan, listDays, shiftDay } from '../day.ts';
import type { LateSubject } from '../fence/late-changes.ts';
import { describeEvent, describeUsage, type FiledRecord, type FiledRecords } from '../filed-records.ts';
import {
  checkFileSequence,
  listEarlierDays,
  listNearDays,
  needEarlierFiles,
} from '../findings/file-sequence.ts';
import { findFindings, listUnknownBeginnings, needsFormerUsage } from '../findings/find-findings.ts';
import type { Finding } from '../findings/finding.ts';
import { findWaitingDay, lacksEnd, orphanDays } from '../findings/orphan.ts';
import { mayComeTwice } from '../findings/path.ts';
import { type UnknownBeginning, wasHeard } from '../findings/unknown-beginning.ts';
import { LakeReader } from '../lake-reader.ts';
import { type EventRow, makeRows, mergeItems, noItems, type SimRows } from '../rows.ts';
import type { DayPorts } from './ports.ts';
import { readBucketCount, readSimRows } from './sim-rows.ts';

/** After how many days events of a day are also read from the lake, because they may have expired. */
const eventDays = 7;

/** What the findings of a SIM's day are derived from, after its rows are known. */
export interface FindingsReading {
  readonly sim: string;
  readonly day: Day;
  /** The last closed day. */
  readonly closedThrough: Day;
  readonly rows: SimRows;
  /** All sessions that were read, completely. */
  readonly sessions: readonly Session[];
  /** Which records of the bucket arrived in files. */
  readonly filed: Pick<FiledRecords, 'pick'>;
}

/**
 * Finds what is missing on a SIM's day. A session is judged on the day of its end, so if it began earlier, usage of the
 * days before is read: each usage item is read at most twice, however long sessions are.
 */
export async function readFindings(
  ports: Pick<DayPorts, 'tables' | 'lake'>,
  { sim, day, closedThrough, rows, sessions, filed }: FindingsReading,
): Promise<Finding[]> {
  if (isAccount(sim)) return [];
  const files = readFilesKey(sim);
  if (files !== undefined) return readFileFindings(ports, day, files);
  const { usage, events } = rows;
  const [from] = rows.sessions
    .filter((session) => needsFormerUsage(day, session, usage))
    .map(({ start }) => findDay(start))
    .sort();
  const formerUsage =
    from === undefined
      ? []
      : await readFormerUsage(ports, { sim, closedThrough, days: listDays(from, shiftDay(day, -1)) });
  const openSessions = sessions.filter(({ terminal }) => terminal === undefined);
  const known = { day, usage, events, sessions: rows.sessions, openSessions, formerUsage };
  const unheard = new Set<string>();
  for (const beginning of listUnknownBeginnings(known)) {
    const isHeard =
      wasHeard(beginning, { usage: [...(formerUsage ?? []), ...usage], events }) ||
      (await readHeard(ports, { sim, closedThrough, beginning }));
    if (!isHeard) unheard.add(beginning.session.sessionId);
  }
  return findFindings({
    ...known,
    unheard,
    filed: {
      usage: await pickFiled(usage, describeUsage, filed),
      events: await pickFiled(events, describeEvent, filed),
    },
  });
}

/** Which time before a session's first usage is looked at. */
interface BeginningReading {
  readonly sim: string;
  readonly closedThrough: Day;
  readonly beginning: UnknownBeginning;
}

/**
 * Whether tables or lake have a record of the SIM before a session's first usage. This is done for few sessions, except
 * those that were open when the ledger began: for these the lake is read only if records may have expired.
 */
async function readHeard(
  { tables, lake }: Pick<DayPorts, 'tables' | 'lake'>,
  { sim, closedThrough, beginning }: BeginningReading,
): Promise<boolean> {
  const { from, to } = beginning;
  // The end of a span is excluded.
  const stored = await tables.readRecords(sim, { from, to: formatTime(toMilliseconds(to) + 1) });
  if (wasHeard(beginning, stored)) return true;
  const day = findDay(from);
  const mayLack = tables.mayLackUsage(day, closedThrough) || shiftDay(day, eventDays) <= closedThrough;
  const buckets = mayLack ? await readBucketCount(lake, day) : undefined;
  if (buckets === undefined) return false;
  const place = { sim, day, buckets };
  const [usage, events, usageRenderings, eventRenderings] = await Promise.all([
    readSimRows(lake, 'usage', place),
    readSimRows(lake, 'events', place),
    readSimRows(lake, 'usageRenderings', place),
    readSimRows(lake, 'eventRenderings', place),
  ]);
  return wasHeard(beginning, {
    usage: [...usage, ...usageRenderings],
    events: [...events, ...eventRenderings],
  });
}

/** Those of rows that arrived in a file. Rows of a stream whose dialect is never complete are not compared. */
function pickFiled<Row extends Usage | EventRow>(
  rows: readonly Row[],
  describe: (row: Row) => FiledRecord,
  filed: FindingsReading['filed'],
): Promise<ReadonlySet<Row>> {
  return filed.pick(mayComeTwice(rows) ? rows : [], describe);
}

async function readFileFindings(
  { tables }: Pick<DayPorts, 'tables'>,
  day: Day,
  source: string,
): Promise<Finding[]> {
  const readFiles = async (days: readonly Day[]) => {
    const files = await Promise.all(days.map((one) => tables.readNamedFiles(one)));
    return files.flat().filter((file) => file.source === source);
  };
  const near = await readFiles(listNearDays(day));
  const earlier = needEarlierFiles(near) ? await readFiles(listEarlierDays(day)) : [];
  return checkFileSequence(day, [...earlier, ...near]);
}

interface FormerDays {
  readonly sim: string;
  readonly closedThrough: Day;
  /** In order. */
  readonly days: readonly Day[];
}

/** The usage rows of days; undefined if those of one day are no longer known. */
async function readFormerUsage(
  { tables, lake }: Pick<DayPorts, 'tables' | 'lake'>,
  { sim, closedThrough, days }: FormerDays,
): Promise<Usage[] | undefined> {
  const [first = '', last = first] = [days[0], days.at(-1)];
  const span = { from: findReadSpan(first).from, to: findReadSpan(last).to };
  let items = { ...noItems, usage: await tables.readUsage(sim, span) };
  const reader = new LakeReader(lake);
  for (const day of days.filter((one) => tables.mayLackUsage(one, closedThrough))) {
    const usage = await reader.readUsageIfThere(sim, day);
    if (usage === undefined) return undefined;
    items = { ...noItems, usage: mergeItems(items, { ...noItems, usage }).usage };
  }
  return days.flatMap((day) => makeRows(day, items).usage);
}

/** A SIM's day, after reading. */
export interface ReadDay extends Omit<FindingsReading, 'rows' | 'filed'> {
  /** Whether the day has a marker other than those of sessions. */
  readonly isMarked: boolean;
}

/**
 * Other days whose findings may change because of what was read on a day, each for a session.
 *
 * - The end of a session that lasted beyond the day, if late records of the day arrived, because they may be its usage.
 *   The marker of a session leads no further, so that days do not order each other endlessly.
 * - The day on which an open session will have waited for its end, if the day is its last one, because it is judged
 *   there. A marker of a day that is not closed waits until the day is read.
 * - The day on which the end of a session was missing, if it has arrived or the session continues.
 */
export async function listFindingsRedo(
  { findings }: Pick<DayPorts, 'findings'>,
  { sim, day, closedThrough, sessions, isMarked }: ReadDay,
): Promise<LateSubject[]> {
  if (isAccount(sim)) return [];
  const redo = sessions.flatMap((session): LateSubject[] => {
    const { sessionId, terminal, origin } = session;
    if (terminal === undefined) {
      return findDay(origin.at) === day ? [{ sim, day: findWaitingDay(session), sessionId }] : [];
    }
    const end = findDay(terminal.end);
    const lasts = findDay(session.start) <= day && end > day && end <= closedThrough;
    return isMarked && lasts ? [{ sim, day: end, sessionId }] : [];
  });
  return [...redo, ...(await listEndedOrphans(findings, { sim, day, closedThrough, sessions }))];
}

async function listEndedOrphans(
  findings: DayPorts['findings'],
  { sim, day, closedThrough, sessions }: Omit<ReadDay, 'isMarked'>,
): Promise<LateSubject[]> {
  const [from] = sessions.map(({ start }) => shiftDay(findDay(start), orphanDays)).sort();
  if (from === undefined || from > closedThrough) return [];
  const byId = new Map(sessions.map((session) => [session.sessionId, session]));
  const stored = await findings.read(sim, from, closedThrough);
  return stored.flatMap(({ day: other, findings: found }) =>
    found.flatMap(({ reason, sessionId }) => {
      const session = reason === 'no-end' && other !== day ? byId.get(sessionId ?? '') : undefined;
      return session === undefined || lacksEnd(session, other) ? [] : [{ sim, day: other, sessionId }];
    }),
  );
}
