import type { ChangeKind, RowChange } from '../../lambda/days/changes.ts';
import type { Day } from '../../lambda/days/day.ts';
import { compareTables, type TableComparison } from '../../lambda/days/pass/compare-tables.ts';
import type { Lake } from '../../lambda/days/pass/ports.ts';
import { type VerifiedDay, verifyDay } from '../../lambda/days/pass/verify-day.ts';
import { UsageError } from '../../lambda/errors.ts';
import type { PageRequest } from '../../lambda/queries/page.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, startProgress } from '../command.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { Column } from '../lists/columns.ts';
import { type ListOptions, showList } from '../lists/listing.ts';
import { count } from '../terminal/progress.ts';
import { printBytes } from '../terminal/quantities.ts';
import { listLakeDays, openDayTables, openLake, readClosedThrough, readMarkers } from './lake.ts';
import { type DaysOptions, describeRange, isIn, requireOrder } from './range.ts';

/** Options of `days verify`. */
export interface VerifyDaysOptions extends DaysOptions, Pick<ListOptions, 'csv' | 'jsonl'> {
  /** One day, instead of a range. */
  readonly day?: Day | undefined;
  /** Also compare with the tables. */
  readonly full: boolean;
}

/** The most differing rows that the output names. */
const maxDifferences = 100;

/** A day of the list. */
type ListedVerification = {
  readonly day: Day;
  readonly outcome: VerifiedDay['outcome'];
  readonly version: number | null;
  readonly rows: number;
  readonly files: number;
  readonly file_bytes: number;
  readonly root: string | null;
  readonly faults: readonly string[];
  /** How many rows differ from the tables; null if the tables were not read. */
  readonly differing_rows: number | null;
  /** Some of these rows. */
  readonly differences: readonly RowChange[];
};

const csvColumns = [
  ...['day', 'outcome', 'version', 'rows', 'files', 'file_bytes', 'root', 'differing_rows', 'faults'],
] as const;

/** `days verify`: whether sealed days match their seals. */
export async function verifyDays(context: CommandContext, options: VerifyDaysOptions): Promise<ExitCode> {
  const { deployment } = context;
  const range = readRange(options);
  const stored = (await listLakeDays(deployment)).filter((day) => isIn(range, day));
  // A day that was named must exist.
  const days = options.day === undefined ? stored : [options.day];
  const lake = openLake(deployment);
  const compare = options.full ? await openComparison(deployment, lake) : () => undefined;
  let isWell = days.length > 0;
  const verify = async (day: Day): Promise<ListedVerification> => {
    const progress = startProgress(context, 'buckets');
    const verified = await verifyDay(day, {
      lake,
      tables: compare(day),
      onBucket: (bucket, buckets) => progress.show(bucket + 1, buckets + 1),
    });
    progress.end();
    isWell &&= verified.outcome === 'verified';
    return render(verified, options.full);
  };
  await showList<ListedVerification, number>(
    context,
    { ...options, limit: maxDays },
    {
      open:
        async () =>
        async ({ after = 0 }: PageRequest<number>) => {
          const day = days[after];
          const resources = day === undefined ? [] : [await verify(day)];
          return { resources, next: after + 1 < days.length ? after + 1 : undefined };
        },
      schema: csvColumns,
      columns: () => listColumns(context, options.full),
      below: (verified) => verified.flatMap(describeFaults),
      nothing: `The lake has no day ${describeOpenRange(range)}.`,
    },
  );
  return isWell ? exitCode.done : exitCode.attention;
}

/**
 * Makes the function that compares a day with the tables. A day that is not closed has no seal, and is not compared.
 */
async function openComparison(
  deployment: Deployment,
  lake: Lake,
): Promise<(day: Day) => TableComparison | undefined> {
  const ports = { ...openDayTables(deployment), lake };
  const [closedThrough, markers] = await Promise.all([
    readClosedThrough(deployment),
    readMarkers(deployment),
  ]);
  if (closedThrough === undefined) return () => undefined;
  const sims: string[] = [];
  for await (const some of ports.tables.listSims()) sims.push(...some);
  return (day) => {
    const marked = new Set((markers.get(day) ?? []).map(({ sim }) => sim));
    return compareTables(day, ports, { sims, marked, closedThrough });
  };
}

/** More than all days of calendar years with four digits. */
const maxDays = 4_000_000;

function readRange(options: VerifyDaysOptions): DaysOptions {
  const { day, from, to } = options;
  if (day !== undefined && (from ?? to) !== undefined) {
    throw new UsageError('--day cannot be used with --from and --to: give one day, or a range');
  }
  requireOrder(options);
  return day === undefined ? { from, to } : { from: day, to: day };
}

function render(
  { day, outcome, manifest, faults, changes }: VerifiedDay,
  isFull: boolean,
): ListedVerification {
  const { version = null, root = null, files = [], kinds } = manifest ?? {};
  return {
    ...{ day, outcome, version, root, faults },
    rows: Object.values(kinds ?? {}).reduce((sum, { rows }) => sum + rows, 0),
    files: files.length,
    file_bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    differing_rows: isFull ? changes.length : null,
    differences: changes.slice(0, maxDifferences),
  };
}

function listColumns(context: CommandContext, isFull: boolean): readonly Column<ListedVerification>[] {
  const { green, red } = pickColours(context);
  return [
    ['day', ({ day }) => day],
    ['outcome', ({ outcome }) => (outcome === 'verified' ? green : red)(outcome)],
    ['version', ({ version }) => (version === null ? '' : String(version))],
    ['rows', ({ rows }) => count(rows)],
    ['files', ({ file_bytes: bytes }) => printBytes(bytes)],
    ...(isFull ? [differing] : []),
    ['root', ({ root }) => (root ?? '').slice(0, 12)],
  ];
}

const differing: Column<ListedVerification> = ['differ', ({ differing_rows: rows }) => count(rows ?? 0)];

/** What is wrong with a day, and what to do. */
function describeFaults(verified: ListedVerification): string[] {
  const { day, outcome, faults, differences, differing_rows: differing } = verified;
  if (outcome === 'unsealed')
    return [`${day} has no seal: see days list for its state, or close it by days close`];
  if (outcome === 'changing')
    return [`${day} is being read again: verify it once days list shows it as sealed`];
  const more = (differing ?? 0) - differences.length;
  const sentences = [...faults, ...differences.map(describeDifference)];
  if (more > 0) sentences.push(`and ${count(more)} more rows`);
  return sentences.map((sentence) => `${day}: ${sentence}`);
}

/** What reading a row again would change. */
function describeDifference({ kind, sim, id, change }: RowChange): string {
  return `${kind} ${id} of ${sim} ${differenceWords[change]}`;
}

const differenceWords: Readonly<Record<ChangeKind, string>> = {
  added: 'is in the tables and not in the lake',
  changed: 'differs in the tables',
  moved: 'is not a row of the day according to the tables',
};

function describeOpenRange({ from, to }: DaysOptions): string {
  if (from !== undefined && to !== undefined) return describeRange({ from, to });
  return [from && `from ${from}`, to && `to ${to}`].filter((part) => part !== undefined).join(' ');
}
