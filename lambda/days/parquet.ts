import { type AsyncBuffer, parquetMetadataAsync, parquetRead, parquetReadObjects } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { Scalar } from '../ledger/observation.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import {
  type Column,
  type ColumnKind,
  type FlatRow,
  listRowColumns,
  type Row,
  rowFormats,
} from './columns.ts';
import type { RowKind } from './rows.ts';

/**
 * Rows as Parquet files, and back without loss.
 *
 * A file is a function of its rows and of the writer's version. Its codec is Snappy, in JavaScript, because zlib's
 * output differs between builds.
 *
 * Decimals are text: carriers write any number of digits, so no DECIMAL with a fixed scale can hold them all, and many
 * readers, including the one used here, read DECIMAL as a binary fraction. SQL can cast: `CAST(cost AS DECIMAL(38,
 * 10))`.
 */

/** The bytes of a Parquet file, read on demand. */
export type ParquetSource = AsyncBuffer;

/** Rows per row group, which is what a reader can skip: about 80 always-on SIMs, 1 MB. */
const rowsPerGroup = 20_000;

/** How many bytes of a text are kept in the statistics by which readers skip row groups: a whole ICCID. */
const maxStatisticsBytes = 32;

/** How to write a kind of values. */
interface ParquetType {
  readonly element: Pick<SchemaElement, 'type' | 'converted_type'>;
  readonly encoding?: ColumnSource['encoding'];
  readonly encode: (value: Scalar) => unknown;
  readonly decode: (value: unknown) => Scalar;
}

const text: ParquetType = {
  element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  encode: (value) => value,
  decode: String,
};

const parquetTypes: Readonly<Record<ColumnKind, ParquetType>> = {
  text,
  decimal: text,
  time: {
    element: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
    encoding: 'DELTA_BINARY_PACKED',
    encode: (value) => BigInt(toMilliseconds(String(value))),
    decode: (value) => formatTime(Number(value)),
  },
  whole: {
    element: { type: 'INT64' },
    encoding: 'DELTA_BINARY_PACKED',
    // As a number, which is packed several times as fast as a BigInt, into the same bytes.
    encode: (value) => value,
    decode: Number,
  },
  degrees: { element: { type: 'DOUBLE' }, encode: (value) => value, decode: Number },
  flag: { element: { type: 'BOOLEAN' }, encode: (value) => value, decode: (value) => value === true },
};

/** Writes the rows of a kind to one file. Keeps the file and one row group in memory. */
export class RowFile<K extends RowKind> {
  readonly #columns: readonly FileColumn[];
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  #values: unknown[][];
  #pending = 0;
  #rows = 0;

  constructor(kind: K) {
    this.#columns = listFileColumns(kind);
    this.#values = this.#columns.map(() => []);
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: makeSchema(this.#columns),
      codec: 'SNAPPY',
      statisticsTruncateLength: maxStatisticsBytes,
      createdBy: 'simledger',
    });
  }

  /** Number of rows. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds rows, which must be in the order of SIM, time and id. */
  add(rows: readonly Row<K>[]): void {
    for (let from = 0; from < rows.length; ) {
      const part = rows.slice(from, from + rowsPerGroup - this.#pending);
      for (const [index, { read, type }] of this.#columns.entries()) {
        const values = this.#values[index];
        for (const row of part) {
          const value = read(row);
          values?.push(value === undefined ? undefined : type.encode(value));
        }
      }
      from += part.length;
      this.#pending += part.length;
      if (this.#pending === rowsPerGroup) this.#flush();
    }
    this.#rows += rows.length;
  }

  #flush(): void {
    if (this.#pending === 0) return;
    const columnData = this.#columns.map(
      ({ name, type: { encoding } }, index): ColumnSource => ({
        name,
        data: this.#values[index] ?? [],
        ...(encoding !== undefined && { encoding }),
      }),
    );
    this.#writer.write({ columnData, rowGroupSize: rowsPerGroup });
    this.#values = this.#columns.map(() => []);
    this.#pending = 0;
  }

  /** The file. Nothing can be added afterwards. */
  finish(): Uint8Array {
    this.#flush();
    this.#writer.finish();
    return this.#bytes.getBytes();
  }
}

/** A column of a file. */
interface FileColumn {
  readonly name: string;
  readonly type: ParquetType;
  readonly isRequired: boolean;
  /** The value that is stored for a row. */
  readonly read: (row: Row) => Scalar | undefined;
}

function listFileColumns(kind: RowKind): readonly FileColumn[] {
  const columns = listRowColumns(kind);
  const findReader = (name: string) => columns.find((column) => column.name === name)?.read;
  return columns.map((column) => {
    const { name, isRequired, read, derivedFrom } = column;
    const type = parquetTypes[column.kind];
    if (derivedFrom === undefined) return { name, type, isRequired, read };
    const [first, second] = derivedFrom.map(findReader);
    const readUnlessDerived = (row: Row): Scalar | undefined => {
      const value = read(row);
      return value === `${first?.(row)}#${second?.(row)}` ? undefined : value;
    };
    return { name, type, isRequired: false, read: readUnlessDerived };
  });
}

function makeSchema(columns: readonly FileColumn[]): SchemaElement[] {
  const root: SchemaElement = { name: 'simledger', num_children: columns.length };
  const elements = columns.map(({ name, type, isRequired }): SchemaElement => {
    return { name, ...type.element, repetition_type: isRequired ? 'REQUIRED' : 'OPTIONAL' };
  });
  return [root, ...elements];
}

// A text may begin with a byte order mark, which a decoder drops by default.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes),
  timestampFromMilliseconds: (milliseconds: bigint | undefined) => milliseconds,
};

/**
 * Reads the rows of a file, one row group after the other.
 *
 * @param sim if set, only this SIM's rows: row groups without it are not read.
 * @param wanted names of columns to read; others are absent from the rows.
 */
export async function* readRows<K extends RowKind>(
  kind: K,
  file: ParquetSource,
  sim?: string,
  wanted?: readonly string[],
): AsyncGenerator<Row<K>[]> {
  for (const readGroup of await openGroups(kind, file, sim, wanted)) yield await readGroup();
}

/** The same, with a function that reads each row group, so that a waiting group keeps nothing in memory. */
export async function openGroups<K extends RowKind>(
  kind: K,
  file: ParquetSource,
  sim?: string,
  wanted?: readonly string[],
): Promise<readonly (() => Promise<Row<K>[]>)[]> {
  const metadata = await parquetMetadataAsync(file);
  const columns = listRowColumns(kind).filter(({ name }) => wanted === undefined || wanted.includes(name));
  const known = new Set(metadata.schema.map(({ name }) => name));
  // A file may be older than a column.
  const names = columns.map(({ name }) => name).filter((name) => known.has(name));
  let rowEnd = 0;
  return metadata.row_groups.map((group) => {
    const rowStart = rowEnd;
    rowEnd += Number(group.num_rows);
    const options = { file, metadata, columns: names, rowStart, rowEnd, parsers };
    const filter = sim === undefined ? {} : { filter: { sim: { $eq: sim } } };
    return async () => {
      const objects = await parquetReadObjects({ ...options, ...filter });
      return objects.map((object) => rowFormats[kind].decode(readFlatRow(columns, object)) as Row<K>);
    };
  });
}

/** A column of a row group. It takes few bytes per value, and each value is made when it is read. */
export interface ColumnValues {
  /** @returns undefined if the row has no value. */
  readonly read: (row: number) => Scalar | undefined;
}

/** Some columns of a row group by name, without columns that have no value. */
export interface ColumnGroup {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnValues>;
}

/**
 * Opens some columns of a file, with a function that reads each row group. For few columns of many rows this avoids
 * making rows, which takes ten times as long and several times the memory.
 *
 * @param wanted names of columns to read.
 */
export async function openColumns(
  kind: RowKind,
  file: ParquetSource,
  wanted: readonly string[],
): Promise<readonly (() => Promise<ColumnGroup>)[]> {
  const metadata = await parquetMetadataAsync(file);
  const known = new Set(metadata.schema.map(({ name }) => name));
  const columns = listRowColumns(kind).filter(({ name }) => wanted.includes(name));
  const names = columns.map(({ name }) => name).filter((name) => known.has(name));
  let rowEnd = 0;
  return metadata.row_groups.map((group) => {
    const rowStart = rowEnd;
    const rows = Number(group.num_rows);
    rowEnd += rows;
    const options = { file, metadata, rowStart, rowEnd, parsers, columns: names };
    return () => readColumnGroup(options, columns, rows);
  });
}

async function readColumnGroup(
  options: Parameters<typeof parquetRead>[0] & { readonly rowStart: number },
  columns: readonly Column<Row>[],
  rows: number,
): Promise<ColumnGroup> {
  const kinds = new Map(columns.map(({ name, kind }) => [name, kind] as const));
  const read = new Map<string, HeldColumn>();
  await parquetRead({
    ...options,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const kind = kinds.get(columnName);
      if (kind === undefined) return;
      let row = rowStart - options.rowStart;
      for (const value of columnData) {
        if (value !== undefined && value !== null) {
          const column = read.get(columnName) ?? holdColumn(kind, rows);
          read.set(columnName, column);
          column.set(row, value);
        }
        row += 1;
      }
    },
  });
  for (const column of read.values()) column.finish?.();
  const values = new Map<string, ColumnValues>(read);
  for (const { name, derivedFrom } of columns) {
    if (derivedFrom !== undefined) values.set(name, deriveValues(values, name, derivedFrom));
  }
  return { rows, columns: values };
}

/** The values of a column that can usually be derived from two others, and is then not in the file. */
function deriveValues(
  values: ReadonlyMap<string, ColumnValues>,
  name: string,
  derivedFrom: readonly [string, string],
): ColumnValues {
  const stated = values.get(name);
  const [first, second] = derivedFrom.map((other) => values.get(other));
  return { read: (row) => stated?.read(row) ?? `${first?.read(row)}#${second?.read(row)}` };
}

/** A column while it is being filled. */
interface HeldColumn extends ColumnValues {
  readonly set: (row: number, value: unknown) => void;
  /** Releases what only filling needs. */
  readonly finish?: () => void;
}

function holdColumn(kind: ColumnKind, rows: number): HeldColumn {
  if (kind === 'text' || kind === 'decimal') return new HeldTexts(rows);
  const { decode } = parquetTypes[kind];
  if (kind === 'flag') {
    const flags = new Map<number, Scalar>();
    return { read: (row) => flags.get(row), set: (row, value) => void flags.set(row, decode(value)) };
  }
  const numbers = new Float64Array(rows).fill(Number.NaN);
  return {
    read: (row) => {
      const value = numbers[row];
      return value === undefined || Number.isNaN(value) ? undefined : decode(value);
    },
    set: (row, value) => {
      numbers[row] = Number(value);
    },
  };
}

/**
 * From this number of distinct texts on, a column is checked: if most of its texts are different, each is kept
 * separately.
 */
const minDistinctTexts = 1_000;

/** Texts that mostly repeat: each distinct one is kept once. */
class HeldTexts implements HeldColumn {
  #codes: Uint32Array | undefined;
  /** By code; without codes, by row. */
  #texts: (string | undefined)[] = [undefined];
  #known = new Map<string, number>();

  constructor(rows: number) {
    this.#codes = new Uint32Array(rows);
  }

  readonly read = (row: number): string | undefined =>
    this.#texts[this.#codes === undefined ? row : (this.#codes[row] ?? 0)];

  readonly set = (row: number, value: unknown): void => {
    const text = String(value);
    if (this.#codes === undefined) {
      this.#texts[row] = text;
      return;
    }
    let code = this.#known.get(text);
    if (code === undefined) {
      code = this.#texts.length;
      this.#texts.push(text);
      this.#known.set(text, code);
    }
    this.#codes[row] = code;
    if (code > minDistinctTexts && code > row / 2) this.#spread(this.#codes);
  };

  readonly finish = (): void => this.#known.clear();

  /** Keeps the text of each row separately. */
  #spread(codes: Uint32Array): void {
    const texts = this.#texts;
    this.#texts = Array.from(codes, (code) => texts[code]);
    this.#codes = undefined;
    this.#known.clear();
  }
}

function readFlatRow(columns: readonly Column<Row>[], object: Readonly<Record<string, unknown>>): FlatRow {
  const flat: Record<string, Scalar | undefined> = {};
  for (const { name, kind } of columns) {
    const value = object[name];
    flat[name] = value === undefined || value === null ? undefined : parquetTypes[kind].decode(value);
  }
  for (const { name, derivedFrom } of columns) {
    if (derivedFrom !== undefined) flat[name] ??= derivedFrom.map((other) => flat[other]).join('#');
  }
  return flat;
}
