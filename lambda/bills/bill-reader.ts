import type { BillRow } from '../billing/bill.ts';
import type { Month } from '../billing/calendar.ts';
import type { Decimal } from '../billing/decimal.ts';
import { findBucket } from '../days/buckets.ts';
import type { Lake, StoredObject } from '../days/pass/ports.ts';
import { readText } from './objects.ts';
import {
  type BillIndex,
  indexKey,
  type ListedBill,
  makeBillKey,
  makeLinesKey,
  type StoredBill,
} from './stored-bill.ts';

/** Reads stored bills to show them: decimals stay text. */

/** A stored value with its decimals as text, and without undefined members. */
export type AsText<Value> = Value extends Decimal
  ? string
  : Value extends readonly (infer Entry)[]
    ? readonly AsText<Entry>[]
    : Value extends object
      ? { readonly [Name in keyof Value]: AsText<Value[Name]> }
      : Value;

/** Where a list of lines continues. */
export interface LinesPosition {
  /** The part of the fleet. */
  readonly part: number;
  /** The byte after the last line, in the object with this tag. */
  readonly offset: number;
  readonly tag: string;
  /** The SIM of the last line, and how many of its lines were returned. */
  readonly sim: string;
  readonly given: number;
}

/** Some lines of a bill, and where the list continues; undefined at its end. */
export interface ReadLines {
  readonly lines: readonly AsText<BillRow>[];
  readonly next: LinesPosition | undefined;
}

/** Which lines to read. */
export interface LinesQuery {
  readonly bill: AsText<StoredBill>;
  /** Key of a SIM; undefined for all. */
  readonly sim: string | undefined;
  readonly size: number;
  readonly after: LinesPosition | undefined;
}

/** Bytes of lines that are read at a time. */
const blockBytes = 256 * 1024;

/** Parts of the fleet that one page opens in search of lines. */
const maxPartsPerPage = 32;

/** A line, and the position after it. */
interface FoundLine {
  readonly row: AsText<BillRow>;
  readonly end: number;
}

/** Reads stored bills and pages of their lines. */
export class BillReader {
  readonly #lake: Pick<Lake, 'open'>;

  constructor(lake: Pick<Lake, 'open'>) {
    this.#lake = lake;
  }

  /** All bills, newest month first. */
  async listBills(): Promise<readonly AsText<ListedBill>[]> {
    const read = await readText(this.#lake, indexKey);
    return read === undefined ? [] : (JSON.parse(read.text) as AsText<BillIndex>).bills;
  }

  /** A month's bill; undefined if none is stored. */
  async readBill(month: Month): Promise<AsText<StoredBill> | undefined> {
    const read = await readText(this.#lake, makeBillKey(month));
    return read && (JSON.parse(read.text) as AsText<StoredBill>);
  }

  /**
   * Lines of a bill, by part of the fleet and then in the order of SIMs. If a part is made again meanwhile, the list
   * continues after the SIM and the number of its lines that were returned. A page may be short although more lines
   * follow.
   */
  async readLines({ bill, sim, size, after }: LinesQuery): Promise<ReadLines> {
    const { month, parts } = bill.plan;
    const only = sim === undefined ? undefined : findBucket(sim, parts.length);
    const first = after?.part ?? only ?? 0;
    const last = only ?? parts.length - 1;
    const lines: AsText<BillRow>[] = [];
    for (let part = first; part <= last; part += 1) {
      // The position of the page before applies only to its own part.
      const start = after?.part === part ? after : { ...beginning, part };
      if (part - first === maxPartsPerPage) return { lines, next: start };
      const object = await this.#lake.open(makeLinesKey(month, part));
      if (object === undefined) continue;
      let position = { ...start, tag: object.tag };
      for await (const { row, end } of walkLines(object, start)) {
        const owner = row.groups.sim ?? '';
        if (sim !== undefined && owner > sim) break;
        if (lines.length === size) return { lines, next: position };
        const given = owner === position.sim ? position.given + 1 : 1;
        position = { ...position, offset: end, sim: owner, given };
        if (sim === undefined || owner === sim) lines.push(row);
      }
    }
    return { lines, next: undefined };
  }
}

const beginning = { offset: 0, tag: '', sim: '', given: 0 } as const;

/** The lines of an object after a position. */
async function* walkLines(object: StoredObject, after: LinesPosition): AsyncGenerator<FoundLine> {
  const isSame = after.tag === object.tag;
  let skipped = 0;
  for await (const found of readAll(object, isSame ? after.offset : 0)) {
    const owner = found.row.groups.sim ?? '';
    if (!isSame) {
      if (owner < after.sim) continue;
      if (owner === after.sim && skipped < after.given) {
        skipped += 1;
        continue;
      }
    }
    yield found;
  }
}

/** @throws ConflictError if the object is overwritten while it is read. */
async function* readAll(object: StoredObject, from: number): AsyncGenerator<FoundLine> {
  let rest: Uint8Array = new Uint8Array();
  let end = from;
  for (let start = from; start < object.byteLength; start += blockBytes) {
    const block = new Uint8Array(await object.slice(start, Math.min(start + blockBytes, object.byteLength)));
    let bytes: Uint8Array = Buffer.concat([rest, block]);
    for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed)) {
      end += at + 1;
      const text = new TextDecoder().decode(bytes.subarray(0, at));
      if (text !== '') yield { row: JSON.parse(text) as AsText<BillRow>, end };
      bytes = bytes.subarray(at + 1);
    }
    rest = bytes;
  }
}

const lineFeed = 0x0a;
