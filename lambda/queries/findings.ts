import { type Day, findDay, shiftDay } from '../days/day.ts';
import type { Check, Finding } from '../days/findings/finding.ts';
import { findMonth } from '../days/sim-days.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { type FindingsTable, makeEntry, type StoredFindings } from '../store/findings.ts';
import { isKey } from '../store/keys.ts';
import type { Page } from './page.ts';
import type { Period } from './period.ts';

/** Findings: what the day pass found to be missing or duplicated, without reading the lake. */

/** How often one page reads to find findings that pass the filters, and how many months it reads. */
const maxRounds = 14;

/** How many SIMs' days are read together. */
const maxKeys = 100;

/** What queries of findings need. */
export interface FindingsPorts {
  /** Undefined if no days are closed. */
  readonly findings: Pick<FindingsTable, 'read' | 'listKeys' | 'readKeys'> | undefined;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
}

/** Which findings to list. An undefined member allows all. */
export interface FindingsFilter {
  readonly check: Check | undefined;
  /** Key of a SIM. */
  readonly sim: string | undefined;
  readonly source: string | undefined;
}

/** Which page of the findings to return. */
export interface FindingsQuery extends FindingsFilter {
  /** Findings of all days that overlap it; its end is excluded. */
  readonly period: Period;
  /** The most findings of the page. */
  readonly size: number;
  readonly after: FindingsPosition | undefined;
}

/** Where a page continues: at a SIM's day, or at a text that no entry exceeds, and there after a finding. */
export interface FindingsPosition {
  /** As made by {@link makeEntry}. */
  readonly entry: string;
  readonly id?: string | undefined;
}

/** A finding as a resource. */
export type FindingFields = ReturnType<typeof renderFinding>;

/**
 * Lists findings, latest day first; within a day by SIM in descending order, and within a SIM's day by time. A page may
 * have fewer than requested although more follow.
 */
export async function listFindings(
  { period, size, after, ...filter }: FindingsQuery,
  { findings, now }: FindingsPorts,
): Promise<Page<FindingFields, FindingsPosition>> {
  if (findings === undefined) return { resources: [], next: undefined };
  const days = findDays(period, now());
  if (days.from > days.through) return { resources: [], next: undefined };
  const walk =
    filter.sim === undefined ? walkFleet(findings, days, after) : walkSim(findings, filter.sim, days, after);
  const found: FindingFields[] = [];
  let last: FindingsPosition | undefined;
  for await (const stored of walk) {
    if ('entry' in stored) return { resources: found, next: stored };
    for (const finding of pickFindings(stored, filter, after)) {
      if (found.length === size) return { resources: found, next: last };
      found.push(renderFinding(stored.day, finding));
      last = { entry: makeEntry(stored), id: finding.findingId };
    }
  }
  return { resources: found, next: undefined };
}

/** The days of a period. */
function findDays({ from, to }: Period, now: number): Days {
  // No day after now is closed, so a period of thousands of years also ends there.
  const latest = formatTime(now);
  const end = to !== undefined && to < latest ? to : latest;
  return { from: findDay(from), through: findDay(formatTime(toMilliseconds(end) - 1)) };
}

/** Days, both ends included. */
interface Days {
  readonly from: Day;
  readonly through: Day;
}

async function* walkSim(
  findings: NonNullable<FindingsPorts['findings']>,
  sim: string,
  { from, through }: Days,
  after: FindingsPosition | undefined,
): AsyncGenerator<StoredFindings> {
  const day = after === undefined ? through : findDay(after.entry);
  yield* (await findings.read(sim, from, day < through ? day : through)).reverse();
}

/** Goes through months, latest first. If there are many, it yields the position where the next page continues. */
async function* walkFleet(
  findings: NonNullable<FindingsPorts['findings']>,
  { from, through }: Days,
  after: FindingsPosition | undefined,
): AsyncGenerator<StoredFindings | FindingsPosition> {
  // The entries of a day are between `<day>#` and `<day>$`.
  let to = after?.entry ?? `${through}$`;
  for (let round = 0; to >= `${from}#`; round += 1) {
    if (round === maxRounds) {
      yield { entry: to };
      return;
    }
    const month = findMonth(to);
    const keys = await findings.listKeys(month, { from: `${from}#`, to }, maxKeys + 1);
    yield* await findings.readKeys(keys.slice(0, maxKeys));
    const next = keys[maxKeys];
    to = next === undefined ? `${shiftDay(`${month}-01`, -1)}$` : makeEntry(next);
  }
}

/** The findings of a SIM's day that pass a filter and come after a position. */
function pickFindings(
  stored: StoredFindings,
  { check, source }: FindingsFilter,
  after: FindingsPosition | undefined,
): readonly Finding[] {
  const { findings } = stored;
  const isPosition = after?.id !== undefined && makeEntry(stored) === after.entry;
  // If the finding no longer exists, all findings of the day are returned again.
  const from = isPosition ? findings.findIndex(({ findingId }) => findingId === after.id) + 1 : 0;
  return findings
    .slice(from)
    .filter(
      (finding) =>
        (check === undefined || finding.check === check) &&
        (source === undefined || finding.source === source),
    );
}

/** A position in a list of findings; undefined if the value is not one. */
export function readFindingsPosition(value: unknown): FindingsPosition | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { entry, id } = value as Readonly<Record<string, unknown>>;
  if (typeof entry !== 'string' || !/^\d{4}-\d\d-\d\d[#$]/.test(entry) || !isKey(entry, 'sort'))
    return undefined;
  if (id !== undefined && (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id))) return undefined;
  return { entry, id };
}

function renderFinding(day: Day, finding: Finding) {
  return {
    id: finding.findingId,
    check: finding.check,
    reason: finding.reason,
    day,
    sim: finding.sim,
    source: finding.source,
    carrier: finding.carrier,
    session_sid: finding.sessionId ?? null,
    start_time: finding.start,
    end_time: finding.end,
    bytes: finding.bytes ?? null,
    cost: finding.cost ?? null,
    currency: finding.currency ?? null,
    records: finding.records === '' ? [] : finding.records.split(' '),
  };
}
