import { createHash, type Hash } from 'node:crypto';
import type { Scalar } from '../ledger/observation.ts';
import { listRowColumns, type Row, rowKinds } from './columns.ts';
import { compareTexts, type RowKind, type SimRows } from './rows.ts';
import { digest, findSlot } from './slots.ts';

/**
 * The root of a day: a text of 64 digits that represents its rows.
 *
 * The root depends only on the rows, not on buckets, files, compression or library. SIMs are divided into 4,096 slots
 * by their hash; accounts have their own slot. The rows of a slot are hashed by kind, in the order of SIM, time and id.
 * A kind's root is derived from its slots, the day's root from its kinds. So buckets, which are ranges of slots, can be
 * hashed separately, and sealing needs a limited number of digests for a fleet of any size.
 */

/** The rows of one slot and kind. */
export interface SlotDigest {
  readonly rows: number;
  /** SHA-256 of the rows' canonical texts, each followed by a newline. */
  readonly digest: string;
}

/** Digests by slot, without slots that have no rows. */
export type SlotDigests = Readonly<Record<string, SlotDigest>>;

/** The digests of a day's rows, by kind and slot. */
export type DayDigests = Readonly<Record<RowKind, SlotDigests>>;

/** The rows of a kind. */
export interface KindRoot {
  readonly rows: number;
  readonly root: string;
}

/** The root of a day, and the roots of its kinds. */
export interface DayRoot {
  readonly root: string;
  readonly kinds: Readonly<Record<RowKind, KindRoot>>;
}

/** A row as text: JSON with the attributes that it has, sorted by name. */
export function printRow(kind: RowKind, row: Row): string {
  let text = '';
  for (const { print, read } of sortedColumns[kind]) {
    const value = read(row);
    if (value !== undefined) text += text === '' ? print(value) : `,${print(value)}`;
  }
  return `{${text}}`;
}

const sortedColumns = mapKinds((kind) =>
  listRowColumns(kind)
    .toSorted((a, b) => compareTexts(a.name, b.name))
    .map(({ name, read }) => ({ read, print: makeMemberPrinter(name) })),
);

/** Prints a member of an object. Cached, because most rows of a SIM repeat most values of the previous row. */
function makeMemberPrinter(name: string): (value: Scalar) => string {
  const beginning = `${JSON.stringify(name)}:`;
  let last: Scalar | undefined;
  let printed = '';
  return (value) => {
    if (value === last) return printed;
    last = value;
    printed = `${beginning}${JSON.stringify(value)}`;
    return printed;
  };
}

/** How many characters are hashed at a time: some dozens of rows, because each call costs as much as a row. */
const hashedLength = 65_536;

/** Hashes the rows of SIMs, which must be added in the order of their keys. */
export class RowDigests {
  readonly #slots = mapKinds(() => new Map<string, { rows: number; hash: Hash }>());
  #lastSim = '';

  /** @throws Error if a SIM is added after a greater one, or twice. */
  add(sim: string, rows: SimRows): void {
    if (sim <= this.#lastSim) throw new Error('The SIMs of a bucket are not in the order of their keys');
    this.#lastSim = sim;
    const slot = findSlot(sim);
    for (const kind of rowKinds) {
      if (rows[kind].length === 0) continue;
      const slots = this.#slots[kind];
      const known = slots.get(slot) ?? { rows: 0, hash: createHash('sha256') };
      let text = '';
      for (const row of rows[kind]) {
        text += `${printRow(kind, row)}\n`;
        if (text.length < hashedLength) continue;
        known.hash.update(text);
        text = '';
      }
      known.hash.update(text);
      known.rows += rows[kind].length;
      slots.set(slot, known);
    }
  }

  /** The digests of everything that was added. Nothing can be added afterwards. */
  finish(): DayDigests {
    return mapKinds((kind) =>
      Object.fromEntries(
        [...this.#slots[kind]].map(([slot, { rows, hash }]) => [slot, { rows, digest: hash.digest('hex') }]),
      ),
    );
  }
}

/** Combines the digests of buckets, which have no slot in common. */
export function joinDigests(parts: readonly DayDigests[]): DayDigests {
  return mapKinds((kind) => Object.assign({}, ...parts.map((part) => part[kind])) as SlotDigests);
}

/**
 * The root of a day's rows.
 *
 * @param covered the kinds that it covers: an older version had fewer.
 */
export function computeRoot(digests: DayDigests, covered: readonly RowKind[] = rowKinds): DayRoot {
  const kinds = mapKinds((kind): KindRoot => {
    const slots = Object.entries(digests[kind]).sort(([a], [b]) => compareTexts(a, b));
    const lines = slots.map(([slot, { rows, digest: each }]) => `${slot} ${rows} ${each}\n`);
    return { rows: slots.reduce((sum, [, { rows }]) => sum + rows, 0), root: digest(lines.join('')) };
  });
  const lines = covered.map((kind) => `${kind} ${kinds[kind].rows} ${kinds[kind].root}\n`);
  return { root: digest(lines.join('')), kinds };
}

/** An object with a value for each kind. */
export function mapKinds<Value>(make: (kind: RowKind) => Value): Record<RowKind, Value> {
  return {
    usage: make('usage'),
    events: make('events'),
    sessions: make('sessions'),
    usageRenderings: make('usageRenderings'),
    eventRenderings: make('eventRenderings'),
    findings: make('findings'),
  };
}
