import type { components } from '../api/schema.ts';

type FleetUsage = components['schemas']['FleetUsageRecord'];

/** Usage over time for a chart. */
export interface UsageSeries {
  /** Seconds since 1970, in order. */
  readonly times: readonly number[];
  /** Each line has a value in bytes for each time. */
  readonly lines: readonly { readonly name: string; readonly bytes: readonly number[] }[];
}

/** The maximum groups with a line of their own. The others share one line. */
export const maxLines = 6;

/** The range of a chart, and its steps. */
export interface ShownTime {
  /** ISO 8601. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  readonly step: 'hour' | 'day';
}

const stepMilliseconds = { hour: 3_600_000, day: 86_400_000 } as const;

/**
 * Adds up usage by time and group. If a group has no usage at a time, the API leaves the row out and this returns 0.
 *
 * @param nameGroup returns the name of a record's group.
 */
export function makeSeries(
  rows: readonly FleetUsage[],
  nameGroup: (row: FleetUsage) => string,
  shown: ShownTime,
): UsageSeries {
  const totals = new Map<string, number>();
  const cells = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const name = nameGroup(row);
    const bytes = Number(row.data_total);
    totals.set(name, (totals.get(name) ?? 0) + bytes);
    const line = cells.get(name) ?? new Map<string, number>();
    cells.set(name, line.set(row.period.start_time, (line.get(row.period.start_time) ?? 0) + bytes));
  }
  const times = listTimes(rows, shown);
  const names = [...totals].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
  const own = names.length > maxLines ? names.slice(0, maxLines - 1) : names;
  const rest = names.slice(own.length);
  const sum = (among: readonly string[]): number[] =>
    times.map((time) => among.reduce((bytes, name) => bytes + (cells.get(name)?.get(time) ?? 0), 0));
  return {
    times: times.map((time) => Date.parse(time) / 1000),
    lines: [
      ...own.map((name) => ({ name, bytes: sum([name]) })),
      ...(rest.length === 0
        ? []
        : [{ name: rest.length === 1 ? '1 other' : `${rest.length} others`, bytes: sum(rest) }]),
    ],
  };
}

/** Lists the start times of all steps in a range, and of the rows, as the first row may start within a step. */
function listTimes(rows: readonly FleetUsage[], { from, to, step }: ShownTime): string[] {
  const times = new Set(rows.map(({ period }) => period.start_time));
  const length = stepMilliseconds[step];
  for (let at = Math.ceil(Date.parse(from) / length) * length; at < Date.parse(to); at += length) {
    times.add(new Date(at).toISOString());
  }
  return [...times].sort();
}
