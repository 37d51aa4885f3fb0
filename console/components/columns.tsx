import { type Count, formatBytes, formatCount } from '../format.ts';
import type { Column } from './table.tsx';
import { Name, Time } from './values.tsx';

/** Columns for each kind of value, the same in all tables. Null is a dash on the page and empty in CSV. */

/** A column of names that a carrier or a customer chose. */
export function nameColumn<Row>(title: string, read: (row: Row) => string | null): Column<Row> {
  return { title, text: (row) => read(row) ?? '', show: (row) => <Name text={read(row)} /> };
}

/** A column of times, in ISO 8601. */
export function timeColumn<Row>(title: string, read: (row: Row) => string | null): Column<Row> {
  return { title, text: (row) => read(row) ?? '', show: (row) => <Time at={read(row)} /> };
}

/** A column of counts. */
export function countColumn<Row>(title: string, read: (row: Row) => Count): Column<Row> {
  return numberColumn(title, read, formatCount);
}

/** A column of bytes. */
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
