import { type Day, listDays, shiftDay } from '../../lambda/days/day.ts';
import type { Marker } from '../../lambda/days/fence/markers.ts';
import type { Manifest } from '../../lambda/days/manifest.ts';
import type { OpenDay } from '../../lambda/days/open-days.ts';
import { makeManifestKey, readJson } from '../../lambda/days/pass/lake-objects.ts';
import type { Lake } from '../../lambda/days/pass/ports.ts';
import type { PageRequest } from '../../lambda/queries/page.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { type CommandContext, type ExitCode, exitCode } from '../command.ts';
import type { Column } from '../lists/columns.ts';
import { type ListOptions, showList } from '../lists/listing.ts';
import { formatMinute } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { printBytes } from '../terminal/quantities.ts';
import { listLakeDays, listOpenDays, openLake, readClosedThrough, readMarkers } from './lake.ts';
import { type DaysOptions, findToday, isIn, requireOrder } from './range.ts';

/** Options of `days list`. */
export interface ListDaysOptions extends ListOptions, DaysOptions {}

/**
 * - `open`: its records go only to the tables.
 * - `unread`: it is history whose usage may expire, and nobody requested to read it.
 * - `closing`: it is closed and being read.
 * - `sealed`: its rows are in the lake.
 * - `redo`: it is sealed, and late records wait to be read.
 */
export type DayState = 'open' | 'unread' | 'closing' | 'sealed' | 'redo';

/** A day of the list. Values from the seal are null without one. */
export type ListedDay = {
  readonly day: Day;
  readonly state: DayState;
  readonly version: number | null;
  readonly sealed_at: string | null;
  readonly sims: number | null;
  readonly usage_records: number | null;
  readonly sessions: number | null;
  readonly events: number | null;
  /** Bytes that were used. */
  readonly data_total: number | null;
  /** SIMs and sessions that late records marked. */
  readonly late: number;
  readonly files: number | null;
  readonly file_bytes: number | null;
  readonly root: string | null;
};

/** CSV columns. */
export const dayColumns = [
  ...['day', 'state', 'version', 'sealed_at', 'sims', 'usage_records', 'sessions', 'events'],
  ...['data_total', 'late', 'files', 'file_bytes', 'root'],
] as const satisfies readonly (keyof ListedDay)[];

/** Manifests that are read concurrently. */
const concurrentReads = 16;

/** If there are more open days, a sentence summarizes them. */
const maxOpenDays = 7;

/** `days list`: days and their seals, the latest first. */
export async function showDays(context: CommandContext, options: ListDaysOptions): Promise<ExitCode> {
  requireOrder(options);
  const { deployment, terminal } = context;
  const [closedThrough, openDays, stored, markers] = await Promise.all([
    readClosedThrough(deployment),
    listOpenDays(deployment),
    listLakeDays(deployment),
    readMarkers(deployment),
  ]);
  const today = findToday(terminal.now());
  const days = findDays({ closedThrough, openDays, stored, today }).filter((day) => isIn(options, day));
  const lake = openLake(deployment);
  await showList<ListedDay, number>(context, options, {
    open:
      async () =>
      async ({ size, after = 0 }: PageRequest<number>) => {
        const shown = days.slice(after, after + size);
        const resources = await mapConcurrently(shown, concurrentReads, (day) =>
          readDay(day, { lake, openDays, late: markers.get(day) ?? [] }),
        );
        return { resources, next: after + size < days.length ? after + size : undefined };
      },
    schema: dayColumns,
    columns: () => columns,
    below: () => [
      closedThrough === undefined
        ? 'No day is closed.'
        : `Days up to ${closedThrough} are closed; records of later days are in the tables only.`,
    ],
    nothing:
      closedThrough === undefined
        ? 'No day is closed yet: a day is closed once it is over and its records have been read.'
        : `No day of that range is closed or open; days up to ${closedThrough} are closed.`,
  });
  return exitCode.done;
}

const columns: readonly Column<ListedDay>[] = [
  ['day', ({ day }) => day],
  ['state', ({ state }) => state],
  ['version', ({ version }) => makeTextCell(version)],
  ['SIMs', ({ sims }) => makeNumberCell(sims)],
  ['usage', ({ usage_records: rows }) => makeNumberCell(rows)],
  ['sessions', ({ sessions }) => makeNumberCell(sessions)],
  ['events', ({ events }) => makeNumberCell(events)],
  ['data', ({ data_total: bytes }) => (bytes === null ? '' : printBytes(bytes))],
  ['files', ({ file_bytes: bytes }) => (bytes === null ? '' : printBytes(bytes))],
  ['late', ({ late }) => (late === 0 ? '' : count(late))],
  ['sealed at', ({ sealed_at: time }) => formatMinute(time)],
  ['root', ({ root }) => (root ?? '').slice(0, 12)],
];

function makeTextCell(value: number | null): string {
  return value === null ? '' : String(value);
}

function makeNumberCell(value: number | null): string {
  return value === null ? '' : count(value);
}

/** Everything known about days. */
interface KnownDays {
  readonly closedThrough: Day | undefined;
  /** Days that are closed and not sealed. */
  readonly openDays: readonly OpenDay[];
  /** Days in the lake, oldest first. */
  readonly stored: readonly Day[];
  readonly today: Day;
}

/**
 * The days to list, latest first: those in the lake, closed days, and open days. History is listed only once its
 * reading is requested. Without a closed day, no open day is listed, because nobody knows when the records begin.
 */
export function findDays({ closedThrough, openDays, stored, today }: KnownDays): Day[] {
  const open = closedThrough === undefined ? [] : listDays(shiftDay(closedThrough, 1), today);
  const closed = openDays.map(({ day }) => day);
  const days = new Set([...stored, ...closed, ...(open.length > maxOpenDays ? [] : open)]);
  return [...days].sort().reverse();
}

async function readDay(
  day: Day,
  known: { lake: Pick<Lake, 'open'>; openDays: readonly OpenDay[]; late: readonly Marker[] },
): Promise<ListedDay> {
  const { lake, openDays, late } = known;
  const { content: manifest } = await readJson<Manifest>(lake, makeManifestKey(day));
  if (manifest === undefined) {
    return {
      ...unsealed,
      day,
      state: findOpenState(openDays.find((one) => one.day === day)),
      late: late.length,
    };
  }
  const { version, sealedAt, kinds, fleet, files, root } = manifest;
  return {
    day,
    state: late.length === 0 ? 'sealed' : 'redo',
    version,
    sealed_at: sealedAt,
    sims: fleet.sims,
    usage_records: kinds.usage.rows,
    sessions: kinds.sessions.rows,
    events: kinds.events.rows,
    data_total: Number(fleet.usage.reduce((sum, { dataTotal }) => sum + BigInt(dataTotal), 0n)),
    late: late.length,
    files: files.length,
    file_bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    root,
  };
}

function findOpenState(openDay: OpenDay | undefined): DayState {
  if (openDay === undefined) return 'open';
  return openDay.orderedAt === undefined ? 'unread' : 'closing';
}

const unsealed = {
  ...{ version: null, sealed_at: null, sims: null, usage_records: null, sessions: null, events: null },
  ...{ data_total: null, files: null, file_bytes: null, root: null },
} as const;
