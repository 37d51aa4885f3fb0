import {
  type Attribute,
  type AttributeTable,
  event,
  type Kind,
  origin,
  session,
  sessionGroups,
  sessionOrigin,
  sim,
  simGroups,
  usage,
} from '../ledger/attributes.ts';
import type { EventContent, UsageContent } from '../ledger/contents.ts';
import type {
  Group,
  Origin,
  Session,
  SessionGroups,
  SessionOrigin,
  Sim,
  SimGroups,
} from '../ledger/observation.ts';
import { type Codec, compileCodec } from './codec.ts';
import type { Manifest } from './manifest.ts';

/** The attributes of the tables' items, made from those of the ledger's states. */

/** How DynamoDB holds a value: text, a number, true or false. */
export type AttributeType = 'S' | 'N' | 'BOOL';

/** The DynamoDB type of each kind of value. */
const attributeTypes = {
  text: 'S',
  number: 'N',
  decimal: 'N',
  stamp: 'N',
  flag: 'BOOL',
  mark: 'BOOL',
} as const satisfies Readonly<Record<Kind, AttributeType>>;

/** A group's attributes, and the one that holds when it was observed: a number, milliseconds since the epoch. */
export interface GroupSchema<Name extends string = string> extends Codec<Group> {
  readonly name: Name;
  readonly stamp: string;
}

function listGroups<Name extends string>(
  tables: Readonly<Record<Name, object>>,
): readonly GroupSchema<Name>[] {
  return (Object.keys(tables) as Name[]).map((name) => ({
    name,
    stamp: `${name}At`,
    ...compileCodec<Group>(tables[name] as AttributeTable<Group>),
  }));
}

/** The groups of a session. */
export const sessionSchema: readonly GroupSchema<keyof SessionGroups>[] = listGroups(sessionGroups);

/** The groups of a SIM. */
export const simSchema: readonly GroupSchema<keyof SimGroups>[] = listGroups(simGroups);

/** The origin, which every observation states; the item's `lastUpdated` is when. */
export const originCodec = compileCodec<Origin>(origin);

/** The same of a session. */
export const sessionOriginCodec = compileCodec<SessionOrigin>(sessionOrigin);

/** A session besides its origin and its groups. */
export const sessionCodec = compileCodec<Omit<Session, 'origin' | 'groups'>>(session);

/** A SIM besides its origin and its groups. */
export const simCodec = compileCodec<Omit<Sim, 'origin' | 'groups'>>(sim);

/** A usage record. */
export const usageCodec = compileCodec<UsageContent>(usage);

/** An event. */
export const eventCodec = compileCodec<EventContent>(event);

/** A file and how far its import is. */
export const fileCodec = compileCodec<Manifest>({
  object: 'text',
  source: 'text',
  carrier: 'text',
  state: 'text',
  rows: 'number',
  accepted: 'number',
  rejected: 'number',
  position: 'number',
  size: 'number',
  delivered: 'text',
  noted: 'text?',
  packed: 'flag?',
  header: 'text?',
  headers: 'number?',
  reason: 'text?',
});

/** An attribute of an item, and how DynamoDB holds it. */
export interface ItemAttribute {
  readonly name: string;
  readonly type: AttributeType;
}

const lastUpdated: ItemAttribute = { name: 'lastUpdated', type: 'S' };
const completeness: ItemAttribute = { name: 'fullness', type: 'N' };
const expiresAt: ItemAttribute = { name: 'expiresAt', type: 'N' };

/** All attributes that items may have, keys included. */
export const itemAttributes = {
  sessions: [
    ...makeTyped(sessionCodec.attributes),
    lastUpdated,
    ...makeTyped(sessionOriginCodec.attributes),
    ...makeStamped(sessionSchema),
  ],
  usage: [...makeTyped(usageCodec.attributes), completeness, expiresAt],
  events: [...makeTyped(eventCodec.attributes), completeness, expiresAt],
  files: makeTyped(fileCodec.attributes),
  sims: [
    ...makeTyped(simCodec.attributes),
    lastUpdated,
    ...makeTyped(originCodec.attributes),
    ...makeStamped(simSchema),
  ],
} as const satisfies Readonly<Record<string, readonly ItemAttribute[]>>;

function makeTyped(attributes: readonly Attribute[]): ItemAttribute[] {
  return attributes.map(({ name, kind }) => ({ name, type: attributeTypes[kind] }));
}

function makeStamped(schemas: readonly GroupSchema[]): ItemAttribute[] {
  return schemas.flatMap(({ stamp, attributes }) => [{ name: stamp, type: 'N' }, ...makeTyped(attributes)]);
}

/**
 * The names of all attributes that the items of tables of registers may have. A writer that replaces such an item looks at
 * all of them: another writer may have added one that neither the item read nor the item to be written has.
 */
export const possibleAttributes = {
  sessions: itemAttributes.sessions.map(({ name }) => name),
  sims: itemAttributes.sims.map(({ name }) => name),
} as const;

/** Attributes of sessions and SIMs whose names DynamoDB reserves. Expressions alias them. */
export const reservedNames: ReadonlySet<string> = new Set([
  'start',
  'end',
  'status',
  'error',
  'source',
  'online',
]);
