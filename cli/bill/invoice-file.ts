import type { CompareBy } from '../../lambda/billing/compare.ts';
import { type Decimal, makeDecimal, zero } from '../../lambda/billing/decimal.ts';
import type { InvoiceLine } from '../../lambda/billing/invoice.ts';
import { type Charge, convertUnit, type LineDimension, type Tariff } from '../../lambda/billing/tariff.ts';
import { readCountry } from '../../lambda/carriers/country.ts';
import { findIdentifierFault } from '../../lambda/carriers/identifier.ts';
import type { Day } from '../../lambda/days/day.ts';
import { UsageError } from '../../lambda/errors.ts';
import { parseTime } from '../../lambda/ledger/time.ts';
import type { InvoiceMap } from '../../lib/invoice-maps.ts';
import { type CsvFile, type CsvRow, openCsv } from './csv-file.ts';
import { readSim } from './roster-files.ts';
import { countDecimals, type DecimalSign, findReading, parseWritten } from './written-numbers.ts';

/** An invoice that is read line by line. */
export interface Invoice {
  readonly by: CompareBy;
  /** The last row with a total. Such rows are left out. */
  readonly total: InvoiceTotal | undefined;
  /** All lines, in file order. */
  walk(): AsyncGenerator<InvoiceLine>;
}

/** A row with a total. */
export interface InvoiceTotal {
  readonly line: number;
  /** Undefined if the column of amounts is empty. */
  readonly amount: Decimal | undefined;
}

const mappedDimensions = [
  'country',
  'network',
  'zone',
  'day',
  'session',
] as const satisfies readonly LineDimension[];

/** The most complaints that are shown for one file. */
const maxComplaints = 20;

/**
 * Opens an invoice by its column map, and reads it once to check that every line can be read.
 *
 * @throws UsageError naming missing columns, with the first row, and each value that cannot be read.
 */
export async function openInvoice(
  file: string,
  map: InvoiceMap,
  tariffs: readonly Tariff[],
): Promise<Invoice> {
  const { columns, rules, delimiter } = map;
  const named = Object.values(columns)
    .flat()
    .filter((name) => name !== undefined);
  const wanted = [...new Set([...named, ...rules.flatMap(({ when }) => when?.column ?? [])])];
  const csv = await openCsv(file, { columns: wanted, delimiter });
  const check = new InvoiceCheck(file, map);
  for await (const row of csv.walk()) check.add(row);
  const sign = check.finish();
  const reader = new LineReader(map, tariffs, sign);
  return {
    by: {
      hasNames: rules.some(({ name }) => name !== undefined),
      dimensions: mappedDimensions.filter((name) => columns[name] !== undefined),
    },
    total: check.total && { line: check.total.line, amount: reader.readAmount(check.total) },
    walk: () => walkLines(csv, reader, map),
  };
}

async function* walkLines(csv: CsvFile, reader: LineReader, map: InvoiceMap): AsyncGenerator<InvoiceLine> {
  for await (const row of csv.walk()) {
    if (!isTotal(row, map)) yield reader.read(row);
  }
}

/** How the first cell of a total begins, in the languages of carriers. */
const totalWords =
  /^(?:(?:grand|invoice|sub)[ -]?total|sous-total|total(?:e|en)?|totaal|summa?|somme|suma|gesamt|(?:gesamt|zwischen|end)?(?:summe|betrag))(?: (?:amount|due|charges|général|general|geral))?\s*:?$/i;

/** Whether a row is a total: its first cell, or that of the SIM, says so. */
function isTotal({ cells }: CsvRow, { columns }: InvoiceMap): boolean {
  const first = Object.values(cells).find((cell) => cell !== '');
  return [cells[columns.sim], first].some((cell) => cell !== undefined && totalWords.test(cell));
}

/** Cells that mean that there is no number. */
const noNumber: ReadonlySet<string> = new Set(['', '-', '\u2013', '\u2014']);

function readCell({ cells }: CsvRow, column: string | undefined): string | undefined {
  const value = column === undefined ? undefined : cells[column];
  return value === '' ? undefined : value;
}

function readNumberCell({ cells }: CsvRow, column: string): string | undefined {
  const written = cells[column] ?? '';
  return noNumber.has(written) ? undefined : written;
}

/** Checks that all rows can be read, and finds the file's decimal sign. */
class InvoiceCheck {
  readonly #file: string;
  readonly #map: InvoiceMap;
  readonly #complaints: string[] = [];
  #complained = 0;
  /** The first unambiguous number, by its sign. */
  readonly #certain: Partial<Record<DecimalSign, string>> = {};
  /** The first ambiguous number. */
  #ambiguous: string | undefined;
  #lines = 0;
  total: CsvRow | undefined;

  constructor(file: string, map: InvoiceMap) {
    this.#file = file;
    this.#map = map;
  }

  add(row: CsvRow): void {
    const { columns, decimal } = this.#map;
    if (isTotal(row, this.#map)) {
      this.total = row;
      return;
    }
    this.#lines += 1;
    if (row.isShort) {
      this.#complain(
        `${this.#file}: line ${row.line} has fewer cells than the header: complete it, or take it out`,
      );
      return;
    }
    for (const column of [...columns.quantity, columns.amount]) this.#checkNumber(row, column, decimal);
    const sim = readCell(row, columns.sim);
    if (sim !== undefined && findIdentifierFault(readSim(sim)) !== undefined)
      this.#refuse(
        row,
        columns.sim,
        'an ICCID with all its digits: spreadsheets cut them, where the column is not text',
      );
    const day = readCell(row, columns.day);
    if (columns.day !== undefined && day !== undefined && parseDay(day) === undefined)
      this.#refuse(row, columns.day, 'a day such as 2026-10-15 or 15.10.2026');
    const currency = readCell(row, columns.currency);
    if (columns.currency !== undefined && currency !== undefined && !/^[A-Za-z]{3}$/.test(currency))
      this.#refuse(row, columns.currency, 'the 3 letters of a currency, such as EUR');
  }

  #checkNumber(row: CsvRow, column: string, decimal: DecimalSign | undefined): void {
    const written = readNumberCell(row, column);
    if (written === undefined) return;
    if (decimal !== undefined) {
      if (parseWritten(written, decimal) === undefined)
        this.#refuse(row, column, `a decimal with ${decimal === '.' ? 'a point' : 'a comma'}`);
      return;
    }
    const reading = findReading(written);
    const where = `line ${row.line}, ${column}: ${JSON.stringify(written)}`;
    if (reading === 'none') this.#refuse(row, column, 'a number, such as 1234.56 or 1.234,56');
    else if (reading === 'either') this.#ambiguous ??= where;
    else if (reading !== 'both') this.#certain[reading] ??= where;
  }

  #refuse({ line, cells }: CsvRow, column: string, accepted: string): void {
    this.#complain(
      `${this.#file}: line ${line}, ${column}: ${JSON.stringify(cells[column] ?? '')} given; accepted is ${accepted}`,
    );
  }

  #complain(text: string): void {
    this.#complained += 1;
    if (this.#complaints.length < maxComplaints) this.#complaints.push(text);
  }

  /**
   * The decimal sign.
   *
   * @throws UsageError naming what cannot be read.
   */
  finish(): DecimalSign {
    if (this.#lines === 0)
      throw new UsageError(`${this.#file} has only a header: give the invoice's own file`);
    if (this.#complained > 0) {
      const more = this.#complained - this.#complaints.length;
      throw new UsageError([...this.#complaints, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
    }
    const { decimal } = this.#map;
    if (decimal !== undefined) return decimal;
    const { '.': point, ',': comma } = this.#certain;
    if (point !== undefined && comma !== undefined)
      throw new UsageError(
        `${this.#file} has numbers with a decimal point (${point}) and with a decimal comma (${comma}): correct it`,
      );
    if (point === undefined && comma === undefined && this.#ambiguous !== undefined)
      throw new UsageError(
        `${this.#file}: ${this.#ambiguous} may be a decimal, or have thousands: set "decimal" in the map to the decimal sign`,
      );
    return comma === undefined ? '.' : ',';
  }
}

/** Reads checked lines. */
class LineReader {
  readonly #map: InvoiceMap;
  readonly #tariffs: readonly Tariff[];
  readonly #sign: DecimalSign;
  readonly #charges = new Map<string, { readonly tariff: Tariff; readonly charge: Charge }>();

  constructor(map: InvoiceMap, tariffs: readonly Tariff[], sign: DecimalSign) {
    this.#map = map;
    this.#tariffs = tariffs;
    this.#sign = sign;
    for (const tariff of tariffs) {
      for (const charge of tariff.charges) {
        if (!this.#charges.has(charge.name)) this.#charges.set(charge.name, { tariff, charge });
      }
    }
  }

  /** @returns undefined if there is no number. */
  readAmount(row: CsvRow): Decimal | undefined {
    const written = readNumberCell(row, this.#map.columns.amount);
    const text = written === undefined ? undefined : parseWritten(written, this.#sign);
    return text === undefined ? undefined : makeDecimal(text);
  }

  read(row: CsvRow): InvoiceLine {
    const { columns, rules } = this.#map;
    const { line, cells } = row;
    const rule = rules.find(({ when }) => when === undefined || (cells[when.column] ?? '') === when.is);
    const currency = readCell(row, columns.currency)?.toUpperCase();
    const isForeign = currency !== undefined && this.#tariffs.every((one) => one.currency !== currency);
    const sim = readCell(row, columns.sim);
    const day = readCell(row, columns.day);
    return {
      ...{ line, sim: sim === undefined ? undefined : readSim(sim), name: rule?.name },
      dimensions: this.#readDimensions(row),
      ...this.#readQuantity(row, rule?.name),
      amount: this.readAmount(row) ?? zero,
      notRated: isForeign ? 'exchange' : rule?.notRated,
      foreignCurrency: isForeign ? currency : undefined,
      day: day === undefined ? undefined : parseDay(day),
    };
  }

  #readDimensions(row: CsvRow): InvoiceLine['dimensions'] {
    const { columns } = this.#map;
    const country = readCell(row, columns.country);
    const network = readCell(row, columns.network);
    const day = readCell(row, columns.day);
    return {
      country:
        country === undefined ? undefined : (readCountry({ name: country, isoCode: country }) ?? country),
      network: network === undefined ? undefined : parseNetwork(network),
      zone: readCell(row, columns.zone),
      day: day === undefined ? undefined : parseDay(day),
      session: readCell(row, columns.session),
    };
  }

  /** The quantity in the unit of its charge. */
  #readQuantity(row: CsvRow, name: string | undefined): Pick<InvoiceLine, 'quantity' | 'quantityDigit'> {
    const { columns, unit } = this.#map;
    const written = columns.quantity.flatMap((column) => readNumberCell(row, column) ?? []);
    const texts = written.map((one) => parseWritten(one, this.#sign) ?? '0');
    const target = this.#charges.get(name ?? '') ?? [...this.#charges.values()][0];
    if (texts.length === 0 || target === undefined) return { quantity: undefined, quantityDigit: undefined };
    const convert = (value: Decimal): Decimal =>
      convertUnit(value, unit, target.charge.unit, target.tariff.kilobyte);
    const decimals = Math.max(...written.map((one) => countDecimals(one, this.#sign)));
    return {
      quantity: convert(texts.reduce((sum, text) => sum.plus(makeDecimal(text)), zero)),
      quantityDigit: convert(makeDecimal(`1e-${decimals}`)),
    };
  }
}

/** A day in ISO 8601, alone or before a time, or in the European notation; undefined for anything else. */
function parseDay(written: string): Day | undefined {
  const [, year, month, date] = /^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:$|[T ])/.exec(written) ?? [];
  const [, dayOfMonth, monthOfYear, yearAtEnd] =
    /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:$|[T ])/.exec(written) ?? [];
  const day =
    year === undefined
      ? `${yearAtEnd}-${monthOfYear?.padStart(2, '0')}-${dayOfMonth?.padStart(2, '0')}`
      : `${year}-${month}-${date}`;
  return parseTime(`${day}T00:00:00Z`) === undefined ? undefined : day;
}

/** `26201` as `262-01`; anything else as it is. */
function parseNetwork(written: string): string {
  return /^\d{5,6}$/.test(written) ? `${written.slice(0, 3)}-${written.slice(3)}` : written;
}
