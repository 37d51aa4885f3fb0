import Table from 'cli-table3';

/** What was measured, and how to show it. */

/** The target of a figure. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** A measured figure. Names are stable, so that runs can be compared. */
export interface Figure {
  /** For example `handler-cpu.session.5.full`. */
  readonly name: string;
  /** A title for people. */
  readonly title: string;
  readonly median: number;
  /** The least and the greatest value. */
  readonly spread: readonly [number, number];
  /** `×`, `µs`, `rows/s`, … */
  readonly unit: string;
  readonly target?: Target;
}

/** The options of a benchmark. */
export interface BenchmarkOptions {
  /** Interleaved runs of each program. */
  readonly pairs: number;
  /** Fewer runs and records, for a quick look. */
  readonly quick: boolean;
  /** Measure completely what is otherwise sampled, which takes an hour. */
  readonly full: boolean;
}

/** Makes a figure from the results of several runs. */
export function makeFigure(
  name: string,
  title: string,
  values: readonly number[],
  unit: string,
  target?: Target,
): Figure {
  const ascending = values.toSorted((a, b) => a - b);
  const [least = Number.NaN] = ascending;
  const greatest = ascending.at(-1) ?? Number.NaN;
  return {
    name,
    title,
    median: findMedian(ascending),
    spread: [least, greatest],
    unit,
    ...(target && { target }),
  };
}

/** The quantile of some values for a part from 0 to 1. */
export function findQuantile(values: readonly number[], part: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[Math.floor((ascending.length - 1) * part)] ?? Number.NaN;
}

/** The median of an ascending list. */
function findMedian(ascending: readonly number[]): number {
  const middle = (ascending.length - 1) / 2;
  const [below = Number.NaN, above = Number.NaN] = [
    ascending[Math.floor(middle)],
    ascending[Math.ceil(middle)],
  ];
  return (below + above) / 2;
}

/** Whether a figure reaches its target; undefined if it has none. */
export function isReached({ median, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atLeast' in target ? median >= target.atLeast : median <= target.atMost;
}

/** Figures as a table for a terminal. */
export function formatFigures(figures: readonly Figure[]): string {
  const table = new Table({
    head: ['figure', 'median', 'spread', 'wanted', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const one of figures) {
    const [least, greatest] = one.spread;
    const spread = least === greatest ? '' : `${formatFigure(least)} – ${formatFigure(greatest)}`;
    const reached = isReached(one);
    const verdict = reached === undefined ? '' : reached ? 'yes' : 'no';
    table.push([one.title, `${formatFigure(one.median)} ${one.unit}`, spread, describeGoal(one), verdict]);
  }
  return table.toString();
}

function describeGoal({ target, unit }: Figure): string {
  if (target === undefined) return '';
  return 'atLeast' in target
    ? `≥ ${formatFigure(target.atLeast)} ${unit}`
    : `≤ ${formatFigure(target.atMost)} ${unit}`;
}

function formatFigure(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
