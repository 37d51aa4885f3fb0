import type { Row } from '../../../../lambda/days/columns.ts';
import type { ParquetSource } from '../../../../lambda/days/parquet.ts';
import type { RowKind } from '../../../../lambda/days/rows.ts';

/**
 * Rows as JSON instead of `lambda/days/parquet.ts`. A file is a function of its rows here too, and is written and read a
 * hundred times faster. `test/lambda/days/parquet.test.ts` tests the same of Parquet.
 */

/** The rows of a file. */
export class RowFile<K extends RowKind> {
  readonly #rows: Row<K>[] = [];

  /** Number of rows. */
  get rows(): number {
    return this.#rows.length;
  }

  add(rows: readonly Row<K>[]): void {
    this.#rows.push(...rows);
  }

  finish(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.#rows));
  }
}

/** Reads the rows of a file. */
export async function* readRows<K extends RowKind>(_: K, file: ParquetSource): AsyncGenerator<Row<K>[]> {
  yield JSON.parse(new TextDecoder().decode(await file.slice(0, file.byteLength)));
}
