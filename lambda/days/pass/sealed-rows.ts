import { type Row, rowKinds } from '../columns.ts';
import type { Day } from '../day.ts';
import { mapKinds } from '../digests.ts';
import { readRows } from '../parquet.ts';
import { compareTexts, type RowKind, type SimRows } from '../rows.ts';
import { makeFileKey } from './lake-objects.ts';
import type { Lake, StoredObject } from './ports.ts';
import { SimRowReader } from './sim-row-reader.ts';

/** A SIM of a bucket, with its rows in the lake. */
export interface WalkedSim {
  readonly sim: string;
  readonly rows: SimRows;
  /** Whether it was requested, rather than only found in the lake. */
  readonly isListed: boolean;
}

/** The rows of a bucket in the lake, SIM by SIM. Keeps one row group of each kind in memory. */
export class SealedRows {
  readonly #objects: Readonly<Record<RowKind, StoredObject | undefined>>;
  readonly #readers: readonly { readonly kind: RowKind; readonly rows: SimRowReader<Row> }[];

  private constructor(objects: Readonly<Record<RowKind, StoredObject | undefined>>) {
    this.#objects = objects;
    this.#readers = rowKinds.map((kind) => {
      const object = objects[kind];
      return { kind, rows: new SimRowReader<Row>(object && readRows(kind, object)) };
    });
  }

  /** Opens the objects of a bucket; there may be none. */
  static async open(
    lake: Pick<Lake, 'open'>,
    day: Day,
    bucket: number,
    buckets: number,
  ): Promise<SealedRows> {
    const opened = await Promise.all(
      rowKinds.map(async (kind) => [kind, await lake.open(makeFileKey(kind, day, bucket, buckets))] as const),
    );
    const objects = new Map(opened);
    return new SealedRows(mapKinds((kind) => objects.get(kind)));
  }

  /** The tag of a kind's object when it was opened; undefined if the object does not exist. */
  findTag(kind: RowKind): string | undefined {
    return this.#objects[kind]?.tag;
  }

  /** The next SIM that has rows; undefined at the end. */
  async peekSim(): Promise<string | undefined> {
    const sims = await Promise.all(this.#readers.map(({ rows }) => rows.peekSim()));
    return sims.filter((sim) => sim !== undefined).sort(compareTexts)[0];
  }

  /** The rows of a SIM. SIMs must be requested in the order of their keys. */
  async take(sim: string): Promise<SimRows> {
    const rows = new Map<RowKind, Row[]>();
    for (const reader of this.#readers) rows.set(reader.kind, await reader.rows.take(sim));
    // Each reader yields rows of its own kind.
    return mapKinds((kind) => rows.get(kind) ?? []) as unknown as SimRows;
  }

  /** Yields the SIMs that are in the lake or requested, each once, in the order of their keys. */
  async *walk(sims: Iterable<string>): AsyncGenerator<WalkedSim> {
    const listed = [...sims].sort(compareTexts);
    let next = 0;
    for (;;) {
      const stored = await this.peekSim();
      const wanted = listed[next];
      const sim = stored === undefined || (wanted !== undefined && wanted < stored) ? wanted : stored;
      if (sim === undefined) return;
      if (sim === wanted) next += 1;
      yield { sim, rows: await this.take(sim), isListed: sim === wanted };
    }
  }
}
