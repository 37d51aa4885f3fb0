import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import { InvalidArgumentError } from 'commander';
import type { BillGroup } from '../lambda/billing/bill.ts';
import { formatRecordTime } from '../lambda/ledger/time.ts';
import { granularities, type ParameterKind, timeParameter } from '../lambda/queries/parameters.ts';

/** Parsers of option and argument values. Every error shows the given value and says what is accepted. */

const unitMilliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time or an age, returned as ISO 8601 in UTC with milliseconds. */
export function makeTimeParser(now: () => number): (text: string) => string {
  return (text) => {
    const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
    if (unit === 'm' || unit === 'h' || unit === 'd') {
      return formatRecordTime(now() - Number(amount) * unitMilliseconds[unit]);
    }
    const { parse, accepted } = timeParameter;
    const time = parse(text);
    if (time === undefined) throw makeRefusal(`${accepted}, or an age such as 90m, 36h or 7d`);
    return time;
  };
}

/** A query parameter's value. */
export function queryArgument<Value>({ accepted, parse }: ParameterKind<Value>): (text: string) => Value {
  return (text) => {
    const value = parse(text);
    if (value === undefined) throw makeRefusal(accepted);
    return value;
  };
}

/** A whole number in a range. */
export function makeWholeNumberParser(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw makeRefusal(`a whole number from ${min} to ${max}`);
  };
}

/** `--limit`: how many lines or rows to list. */
const limitArgument = makeWholeNumberParser(1, 1_000_000);

/** Adds the options of every list: how many rows, and in which format. */
export function addListOptions<
  Arguments extends unknown[],
  Options extends OptionValues,
  Global extends OptionValues,
>(command: Command<Arguments, Options, Global>, limited = 'Maximum number to list') {
  return command
    .option('--limit <n>', `${limited} (default: 50 in a table, else all)`, limitArgument)
    .option('--jsonl', 'Print one JSON object per line', false)
    .option('--csv', 'Print CSV', false);
}

/** Adds `--from` and `--to`, which default to the last 30 days. */
export function addRangeOptions<
  Arguments extends unknown[],
  Options extends OptionValues,
  Global extends OptionValues,
>(command: Command<Arguments, Options, Global>, now: () => number) {
  const time = makeTimeParser(now);
  return command
    .option('--from <time>', 'Start of the range (default: 30 days before its end)', time)
    .option('--to <time>', 'End of the range (default: now)', time);
}

/** A calendar month instead of a range. */
export function makeMonthOption() {
  return new Option('--month <month>', 'A calendar month such as 2026-10, in UTC')
    .argParser(parseMonthArgument)
    .conflicts(['from', 'to']);
}

/** Accepts one of several words. */
export function makeWordParser<const Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw makeRefusal(`one of ${words.join(', ')}`);
    return word;
  };
}

/** An option that accepts one of several words. */
export function makeWordOption<Flags extends string, const Words extends readonly string[]>(
  flags: Flags,
  description: string,
  words: Words,
) {
  return new Option(flags, description).choices(words).argParser(makeWordParser<Words[number]>(words));
}

/** A UTC day: `2026-11-02`. */
export function parseDayArgument(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && timeParameter.parse(text) !== undefined) return text;
  throw makeRefusal('a UTC day such as 2026-11-02');
}

/** The `--by` words that group the fleet's usage. */
export const fleetUsageWords = [
  'sim',
  'fleet',
  'network',
  'country',
  'source',
  'tariff',
  'zone',
  'type',
] as const;
export type FleetUsageWord = (typeof fleetUsageWords)[number];

/** The words of `usage --by`: periods, and groups of the fleet's usage. */
export const usageWords = [...granularities, ...fleetUsageWords] as const;
export type UsageWord = (typeof usageWords)[number];

/** A calendar month: `2026-10`. */
export function parseMonthArgument(text: string): string {
  if (/^\d{4}-\d{2}$/.test(text) && timeParameter.parse(`${text}-01`) !== undefined) return text;
  throw makeRefusal('a month such as 2026-10');
}

function makeRefusal(accepted: string): InvalidArgumentError {
  return new InvalidArgumentError(`Give ${accepted}.`);
}

/** What the rows of a bill are grouped by. */
export const billGroups = [
  'sim',
  'fleet',
  'country',
  'network',
  'zone',
  'day',
  'session',
  'tariff',
] as const satisfies readonly BillGroup[];

/** Export formats, named by their file extensions. */
export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormatName = (typeof exportFormats)[number];

/** Shells that can complete simledger commands. */
export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];
