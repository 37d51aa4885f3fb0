import { makeDecimal } from '../../lambda/billing/decimal.ts';
import type { OpeningBalance, RosterEntry } from '../../lambda/billing/sim-records.ts';
import type { Tariff } from '../../lambda/billing/tariff.ts';
import { makeSimKey, readIdentifier } from '../../lambda/carriers/identifier.ts';
import { UsageError } from '../../lambda/errors.ts';
import { parseDecimal } from '../../lambda/json/decimal.ts';
import { parseTime } from '../../lambda/ledger/time.ts';
import { type CsvRow, openCsv } from './csv-file.ts';

/** Files with facts that the ledger cannot know: the roster, and opening balances. Both are CSV with a header. */

/**
 * Reads a roster: the column `sim`, and any of `from`, `to`, `tariff` and `activated`.
 *
 * @throws UsageError naming each wrong value.
 */
export async function readRoster(
  file: string,
  tariffs: readonly Tariff[],
): Promise<ReadonlyMap<string, readonly RosterEntry[]>> {
  const names = tariffs.map(({ name }) => name);
  return readBySim(file, ['sim'], ['from', 'to', 'tariff', 'activated'], (row) => {
    const tariff = row.read('tariff');
    if (tariff !== undefined && !names.includes(tariff)) row.refuse('tariff', `one of ${names.join(', ')}`);
    const [from, to] = [row.readDay('from'), row.readDay('to')];
    if (from !== undefined && to !== undefined && to <= from)
      row.refuse('to', `the first day without it, after ${from}`);
    return { ...{ sim: row.sim, tariff, from, to }, activated: row.readDay('activated') };
  });
}

/**
 * Reads opening balances: columns `sim`, `name`, `used`, `at`, and optionally `network`.
 *
 * @throws UsageError naming each wrong value.
 */
export async function readBalances(
  file: string,
  tariffs: readonly Tariff[],
): Promise<ReadonlyMap<string, readonly OpeningBalance[]>> {
  const names = tariffs.flatMap(({ charges, allowances }) => [
    ...charges.filter(({ increment }) => increment.per === 'year').map(({ name }) => name),
    ...allowances.filter(({ lasts }) => lasts === 'lifetime').map(({ name }) => name),
  ]);
  const accepted = `a charge that counts by the year, or an allowance that lasts a lifetime (${names.join(', ') || 'the tariffs have none'})`;
  return readBySim(file, ['sim', 'name', 'used', 'at'], ['network'], (row) => {
    const name = row.read('name') ?? '';
    if (!names.includes(name)) row.refuse('name', accepted);
    const used = parseDecimal(row.read('used') ?? '');
    if (used === undefined || used.startsWith('-')) row.refuse('used', 'a decimal that is not negative');
    const at = row.readDay('at') ?? row.refuse('at', 'a day such as 2026-10-01');
    return {
      ...{ sim: row.sim, name, network: row.read('network') },
      ...{ used: makeDecimal(used ?? '0'), at: at ?? '' },
    };
  });
}

/** A row that collects its errors while it is read. */
class CheckedRow {
  readonly sim: string;
  readonly #file: string;
  readonly #row: CsvRow;
  readonly #complaints: string[];

  constructor(file: string, row: CsvRow, complaints: string[]) {
    this.#file = file;
    this.#row = row;
    this.#complaints = complaints;
    const written = this.read('sim') ?? '';
    if (written === '') this.refuse('sim', 'an ICCID, or the id by which the ledger names the SIM');
    this.sim = readSim(written);
  }

  /** A cell; undefined if it is empty. */
  read(column: string): string | undefined {
    const text = this.#row.cells[column];
    return text === '' ? undefined : text;
  }

  readDay(column: string): string | undefined {
    const text = this.read(column);
    if (text === undefined) return undefined;
    if (/^\d{4}-\d{2}-\d{2}$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined) return text;
    this.refuse(column, 'a day such as 2026-10-01');
    return undefined;
  }

  refuse(column: string, accepted: string): undefined {
    const given = JSON.stringify(this.#row.cells[column] ?? '');
    this.#complaints.push(
      `${this.#file}: line ${this.#row.line}, ${column}: ${given} given; accepted is ${accepted}`,
    );
    return undefined;
  }
}

/** The key of a SIM that a file names by its ICCID or by its id in the ledger. */
export function readSim(written: string): string {
  const text = readIdentifier(written) ?? written;
  return makeSimKey(text) ?? text;
}

/** The most complaints that are shown for one file. */
const maxComplaints = 20;

async function readBySim<Entry extends { readonly sim: string }>(
  file: string,
  required: readonly string[],
  optional: readonly string[],
  read: (row: CheckedRow) => Entry,
): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const csv = await openCsv(file);
  requireColumns(file, csv.header, required, optional);
  const complaints: string[] = [];
  const entries = new Map<string, Entry[]>();
  for await (const row of csv.walk()) {
    if (row.isShort)
      complaints.push(`${file}: line ${row.line} has fewer cells than the header: complete it`);
    const entry = read(new CheckedRow(file, row, complaints));
    const known = entries.get(entry.sim);
    if (known === undefined) entries.set(entry.sim, [entry]);
    else known.push(entry);
  }
  if (complaints.length === 0) return entries;
  const more = complaints.length - maxComplaints;
  throw new UsageError(
    [...complaints.slice(0, maxComplaints), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
  );
}

function requireColumns(
  file: string,
  found: readonly string[],
  required: readonly string[],
  optional: readonly string[],
): void {
  const missing = required.filter((name) => !found.includes(name));
  const unknown = found.filter((name) => ![...required, ...optional].includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  throw new UsageError(
    `${file} has the columns ${found.join(', ') || '(none)'}: give ${required.join(', ')}, and optionally ${optional.join(', ')}`,
  );
}
