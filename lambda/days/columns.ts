import {
  type Attribute,
  event,
  type Kind,
  listAttributes,
  readAttribute,
  session,
  sessionGroups,
  sessionOrigin,
  usage,
} from '../ledger/attributes.ts';
import type { Group, Scalar, SessionGroups, Stated, Usage } from '../ledger/observation.ts';
import { type Finding, finding } from './findings/finding.ts';
import type { EventRow, RowKind, SessionRow, SimRows } from './rows.ts';

/**
 * The columns of each kind of rows, derived from the ledger's attributes: those of the tables' items with the same
 * names, including stamps and completeness, so that rows can be merged again.
 */

/**
 * The type of a column's values.
 *
 * - `text`, `flag`: as in the ledger.
 * - `time`: text in the ledger, in UTC with milliseconds.
 * - `whole`: bytes, messages and other exact numbers.
 * - `degrees`: a coordinate.
 * - `decimal`: text in the ledger, exact.
 */
export type ColumnKind = 'text' | 'time' | 'whole' | 'degrees' | 'decimal' | 'flag';

/** One column. */
export interface Column<Row> {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Whether every row has a value. */
  readonly isRequired: boolean;
  /** The row's value; undefined if it has none. */
  readonly read: (row: Row) => Scalar | undefined;
  /**
   * Two columns that usually determine the value: `<first>#<second>`. Files then omit it, because a key repeats an id
   * that cannot be compressed: a third of a file.
   */
  readonly derivedFrom?: readonly [string, string];
}

/** The values of a row, by column name. */
export type FlatRow = { readonly [name: string]: Scalar | undefined };

/** A row of a kind. */
export type Row<K extends RowKind = RowKind> = SimRows[K][number];

/** How to write and read a kind of rows. */
export interface RowFormat<R> {
  readonly columns: readonly Column<R>[];
  /** Makes the row from the values of its columns. */
  readonly decode: (flat: FlatRow) => R;
}

const columnKinds: Readonly<Record<Kind, ColumnKind>> = {
  text: 'text',
  number: 'whole',
  decimal: 'decimal',
  stamp: 'time',
  flag: 'flag',
  mark: 'flag',
};

/** Attributes that are text in the ledger and contain times. */
const times: ReadonlySet<string> = new Set(['start', 'end', 'time', 'lastUpdated']);

/** Attributes that are text in the ledger and contain decimals. */
const decimals: ReadonlySet<string> = new Set(['volume', 'cost', 'costVolume']);

/** Numbers that are not whole. */
const coordinates: ReadonlySet<string> = new Set(['lat', 'lon']);

function findKind({ name, kind }: Attribute): ColumnKind {
  if (times.has(name)) return 'time';
  if (coordinates.has(name)) return 'degrees';
  return decimals.has(name) ? 'decimal' : columnKinds[kind];
}

/** Columns of a row's own attributes, or of those in a part of it. */
function listColumns<R extends object>(
  attributes: readonly Attribute[],
  readPart: (row: R) => object | undefined = (row) => row,
  isAlwaysThere = true,
): Column<R>[] {
  return attributes.map((attribute) => ({
    name: attribute.name,
    kind: findKind(attribute),
    isRequired: isAlwaysThere && attribute.isRequired && attribute.kind !== 'mark',
    read: makeReader(attribute, readPart),
  }));
}

function makeReader<R extends object>(
  attribute: Attribute,
  readPart: (row: R) => object | undefined,
): (row: R) => Scalar | undefined {
  return (row) => {
    const part = readPart(row);
    const value = part === undefined ? undefined : readAttribute(part, attribute);
    return attribute.kind === 'mark' && value === false ? undefined : value;
  };
}

/** Reads a state from the columns of its attributes. */
function readState(attributes: readonly Attribute[], flat: FlatRow): object {
  const state: Record<string, Scalar | undefined | Record<string, Scalar | undefined>> = {};
  for (const { name, member, kind } of attributes) {
    const value = kind === 'mark' ? flat[name] === true : flat[name];
    if (member === undefined) state[name] = value;
    else {
      state[member] ??= {};
      (state[member] as Record<string, Scalar | undefined>)[name] = value;
    }
  }
  return state;
}

/** The same columns, one of which can be derived from two others. */
function deriveColumn<R>(
  columns: readonly Column<R>[],
  derived: string,
  derivedFrom: readonly [string, string],
): Column<R>[] {
  return columns.map((column) => (column.name === derived ? { ...column, derivedFrom } : column));
}

/** The completeness of a statement, with the name that it has in the tables. */
function makeCompletenessColumn<R extends { readonly completeness: number }>(): Column<R> {
  return { name: 'fullness', kind: 'whole', isRequired: true, read: ({ completeness }) => completeness };
}

const usageAttributes = listAttributes(usage);
const eventAttributes = listAttributes(event);
const sessionAttributes = listAttributes(session);
const findingAttributes = listAttributes(finding);
const originAttributes = listAttributes(sessionOrigin);
const groups = (Object.keys(sessionGroups) as (keyof SessionGroups)[]).map((name) => ({
  name,
  stamp: `${name}At`,
  attributes: listAttributes(sessionGroups[name]),
}));

const usageFormat: RowFormat<Usage> = {
  columns: [
    ...deriveColumn(listColumns<Usage>(usageAttributes), 'usageId', ['start', 'recordId']),
    makeCompletenessColumn(),
  ],
  decode: (flat) => decodeRecord<Usage>(usageAttributes, flat),
};

const eventFormat: RowFormat<EventRow> = {
  columns: [
    ...deriveColumn(listColumns<EventRow>(eventAttributes), 'eventKey', ['time', 'eventId']),
    makeCompletenessColumn(),
  ],
  decode: (flat) => decodeRecord<EventRow>(eventAttributes, flat),
};

function decodeRecord<R extends Usage | EventRow>(attributes: readonly Attribute[], flat: FlatRow): R {
  // The compiler has compared the attributes with the type of the state.
  return { ...readState(attributes, flat), completeness: flat['fullness'] } as unknown as R;
}

const sessionFormat: RowFormat<SessionRow> = {
  columns: [
    ...listColumns<SessionRow>(sessionAttributes),
    { name: 'lastUpdated', kind: 'time', isRequired: true, read: ({ origin }) => origin.at },
    ...listColumns<SessionRow>(originAttributes, ({ origin }) => origin.group),
    ...groups.flatMap(({ name, stamp, attributes }) => [
      {
        name: stamp,
        kind: 'time',
        isRequired: false,
        read: (row: SessionRow) => row.groups[name]?.at,
      } as const,
      ...listColumns<SessionRow>(attributes, (row) => row.groups[name]?.group, false),
    ]),
  ],
  decode: (flat) => {
    const stated = groups.map(({ name, stamp, attributes }): [string, Stated | undefined] => {
      const at = flat[stamp];
      return [name, typeof at === 'string' ? { at, group: readState(attributes, flat) as Group } : undefined];
    });
    return {
      ...readState(sessionAttributes, flat),
      origin: { at: flat['lastUpdated'], group: readState(originAttributes, flat) },
      groups: Object.fromEntries(stated),
    } as unknown as SessionRow;
  },
};

const findingFormat: RowFormat<Finding> = {
  columns: listColumns<Finding>(findingAttributes),
  decode: (flat) => readState(findingAttributes, flat) as Finding,
};

/** How to write and read each kind of rows. */
export const rowFormats: { readonly [K in RowKind]: RowFormat<Row<K>> } = {
  usage: usageFormat,
  events: eventFormat,
  sessions: sessionFormat,
  usageRenderings: usageFormat,
  eventRenderings: eventFormat,
  findings: findingFormat,
};

/** The kinds of rows, sorted by name. */
export const rowKinds = (Object.keys(rowFormats) as RowKind[]).sort();

/** The columns of a kind that is not known at compile time. */
export function listRowColumns(kind: RowKind): readonly Column<Row>[] {
  return rowFormats[kind].columns as readonly Column<Row>[];
}
