import type { ExploredPeriod } from '../../lambda/queries/explore/words.ts';

/** Values over time as lines of blocks: `▁▃█ ▂`. */

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One point of a series. */
export interface Point {
  /** Beginning of the period, ISO 8601. */
  readonly period: string;
  readonly value: number;
}

/** The beginnings of all periods between two, inclusive. */
export function listPeriods(every: ExploredPeriod, from: string, to: string): string[] {
  const periods: string[] = [];
  for (let at = new Date(from); at.toISOString() <= to; at = findNext(every, at))
    periods.push(at.toISOString());
  return periods;
}

const hours: Readonly<Record<Exclude<ExploredPeriod, 'month'>, number>> = { hour: 1, day: 24, week: 168 };

function findNext(every: ExploredPeriod, at: Date): Date {
  if (every === 'month') return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
  return new Date(at.getTime() + hours[every] * 3_600_000);
}

/**
 * Draws a series. A period without a value is blank, and a value of 0 or below is the lowest block. If there are more
 * periods than characters, each character shows the maximum of its periods.
 *
 * @param greatest the value of the highest block.
 */
export function drawSeries(
  points: readonly Point[],
  {
    periods,
    greatest,
    width,
  }: { readonly periods: readonly string[]; readonly greatest: number; readonly width: number },
): string {
  const values = new Map(points.map(({ period, value }) => [period, value]));
  const step = Math.ceil(periods.length / width);
  const characters: string[] = [];
  for (let from = 0; from < periods.length; from += step) {
    const found = periods.slice(from, from + step).flatMap((period) => values.get(period) ?? []);
    characters.push(found.length === 0 ? ' ' : drawBlock(Math.max(...found), greatest));
  }
  return characters.join('');
}

function drawBlock(value: number, greatest: number): string {
  const share = greatest <= 0 ? 0 : Math.max(0, value) / greatest;
  return blocks[Math.min(blocks.length - 1, Math.floor(share * blocks.length))] ?? blocks[0];
}
