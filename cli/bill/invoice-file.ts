import type { CompareBy } from '../../lambda/billing/compare.ts';
import { makeDecimal } from '../../lambda/billing/decimal.ts';
import type { InvoiceLine } from '../../lambda/billing/invoice.ts';
import { convertUnit, type LineDimension, type Tariff } from '../../lambda/billing/tariff.ts';
import { readCountry } from '../../lambda/carriers/country.ts';
import { UsageError } from '../../lambda/errors.ts';
import { parseDecimal } from '../../lambda/json/decimal.ts';
import type { InvoiceMap } from '../../lib/invoice-maps.ts';
import { type CsvRecord, readCsv, readSim } from './roster-files.ts';

/** An invoice as it is compared. */
export interface Invoice {
  readonly lines: readonly InvoiceLine[];
  readonly by: CompareBy;
}

const mappedDimensions = [
  'country',
  'network',
  'zone',
  'day',
  'session',
] as const satisfies readonly LineDimension[];

/** Complaints that are shown of one file. */
const maxComplaints = 20;

/**
 * Reads an invoice by the map of its columns.
 *
 * @throws UsageError naming columns that are not there, with the first row, and each value that cannot be read.
 */
export async function readInvoice(
  file: string,
  map: InvoiceMap,
  tariffs: readonly Tariff[],
): Promise<Invoice> {
  const rows = await readCsv(file, map.delimiter);
  requireMapped(file, map, rows[0]);
  const complaints: string[] = [];
  const lines = rows.map((row) => readLine(file, map, tariffs, row, complaints));
  if (complaints.length > 0) {
    const more = complaints.length - maxComplaints;
    throw new UsageError(
      [...complaints.slice(0, maxComplaints), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
    );
  }
  return {
    lines,
    by: {
      hasNames: map.rules.some(({ name }) => name !== undefined),
      dimensions: mappedDimensions.filter((name) => map.columns[name] !== undefined),
    },
  };
}

/** Shows the first row where a column of the map is not in the header. */
function requireMapped(file: string, { columns, rules }: InvoiceMap, first: CsvRecord | undefined): void {
  if (first === undefined) throw new UsageError(`${file} has only a header: give the invoice's own file`);
  const found = Object.keys(first.cells);
  const wanted = [
    ...Object.values(columns)
      .flat()
      .filter((name) => name !== undefined),
    ...rules.flatMap(({ when }) => when?.column ?? []),
  ];
  const missing = [...new Set(wanted)].filter((name) => !found.includes(name));
  if (missing.length === 0) return;
  const preview = found.map((name) => `  ${name}: ${first.cells[name]}`);
  throw new UsageError(
    [
      `${file} does not have the columns ${missing.join(', ')}, which the map names: correct its columns. The first line has`,
      ...preview,
    ].join('\n'),
  );
}

function readLine(
  file: string,
  { columns, decimal, unit, rules }: InvoiceMap,
  tariffs: readonly Tariff[],
  { line, cells }: CsvRecord,
  complaints: string[],
): InvoiceLine {
  const read = (column: string | undefined): string | undefined => {
    const value = column === undefined ? undefined : cells[column];
    return value === '' ? undefined : value;
  };
  const readNumber = (column: string): ReturnType<typeof makeDecimal> => {
    const written = read(column) ?? '0';
    const parsed = parseDecimal(
      decimal === '.' ? written.replaceAll(',', '') : written.replaceAll('.', '').replace(',', '.'),
    );
    if (parsed === undefined) {
      complaints.push(
        `${file}: line ${line}, ${column}: ${JSON.stringify(written)} given; accepted is a decimal with ${decimal === '.' ? 'a point' : 'a comma'}`,
      );
    }
    return makeDecimal(parsed ?? '0');
  };
  const rule = rules.find(({ when }) => when === undefined || (cells[when.column] ?? '') === when.is);
  const charge = tariffs.flatMap((tariff) =>
    tariff.charges.flatMap((one) => (one.name === rule?.name ? [{ tariff, charge: one }] : [])),
  )[0];
  const currency = read(columns.currency);
  const isForeign = currency !== undefined && tariffs.every((tariff) => tariff.currency !== currency);
  const quantities = columns.quantity.filter((column) => read(column) !== undefined).map(readNumber);
  const target =
    charge ?? tariffs.flatMap((tariff) => tariff.charges.map((one) => ({ tariff, charge: one })))[0];
  const quantity = quantities.reduce((sum, one) => sum.plus(one), makeDecimal('0'));
  const country = read(columns.country);
  const sim = read(columns.sim);
  return {
    ...{ line, sim: sim === undefined ? undefined : readSim(sim), name: rule?.name },
    dimensions: {
      country:
        country === undefined ? undefined : (readCountry({ name: country, isoCode: country }) ?? country),
      network: read(columns.network),
      zone: read(columns.zone),
      day: read(columns.day)?.slice(0, 10),
      session: read(columns.session),
    } as InvoiceLine['dimensions'],
    quantity:
      quantities.length === 0 || target === undefined
        ? undefined
        : convertUnit(quantity, unit, target.charge.unit, target.tariff.kilobyte),
    amount: readNumber(columns.amount),
    notRated: isForeign ? 'exchange' : rule?.notRated,
    foreignCurrency: isForeign ? currency : undefined,
    day: read(columns.day)?.slice(0, 10),
  };
}
