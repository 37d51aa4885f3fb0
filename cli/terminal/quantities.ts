import { count } from './progress.ts';

/** Quantities for people, in the terminal and in the console. */

/** A number of things: `1 SIM`, `2,000 SIMs`. */
export function countNoun(number: number, one: string, several = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : several}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes with three digits and a decimal unit. */
export function printBytes(bytes: number): string {
  if (bytes < 0) return `-${printBytes(-bytes)}`;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

const timeUnits = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
] as const;

/** A number of seconds, in the largest unit that makes at least two. */
export function formatDuration(seconds: number): string {
  const unit = timeUnits.find((one) => seconds >= 2 * one.seconds);
  return unit === undefined
    ? `${Math.floor(seconds)} s`
    : `${Math.floor(seconds / unit.seconds)} ${unit.name}`;
}
