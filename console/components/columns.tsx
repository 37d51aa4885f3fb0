import { type Count, formatBytes, formatCount } from '../format.ts';
import type { Column } from './table.tsx';
import { Name, Time } from './values.tsx';

/** Columns of one kind of value, which are shown and saved alike in each table. What is null has a dash, and is empty in CSV. */

/** A column of texts that a carrier or a customer chose. */
export function nameColumn<Row>(title: string, read: (row: Row) => string | null): Column<Row> {
  return { title, text: (row) => read(row) ?? '', show: (row) => <Name text={read(row)} /> };
}

/** A column of times, in ISO 8601. */
export function timeColumn<Row>(title: string, read: (row: Row) => string | null): Column<Row> {
  return { title, text: (row) => read(row) ?? '', show: (row) => <Time at={read(row)} /> };
}

/** A column of numbers of things. */
export function countColumn<Row>(title: string, read: (row: Row) => Count): Column<Row> {
  return numberColumn(title, read, formatCount);
}

/** A column of numbers of bytes. */
export function bytesColumn<Row>(title: string, read: (row: Row) => Count): Column<Row> {
  return numberColumn(title, read, formatBytes);
}

function numberColumn<Row>(
  title: string,
  read: (row: Row) => Count,
  format: (number: Count) => string,
): Column<Row> {
  return {
    ...{ title, isNumeric: true },
    text: (row) => String(read(row) ?? ''),
    show: (row) => format(read(row)),
  };
}
