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

/** The attributes of the tables' items, derived from those of the ledger's states. */

/** DynamoDB's type of a value: text, number or boolean. */
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

/** A group's attributes, and `stamp`, the attribute that holds when it was observed in milliseconds since the epoch. */
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

/** The origin, which every observation states; `lastUpdated` holds its time. */
export const originCodec = compileCodec<Origin>(origin);

/** A session's origin. */
export const sessionOriginCodec = compileCodec<SessionOrigin>(sessionOrigin);

/** A session without its origin and groups. */
export const sessionCodec = compileCodec<Omit<Session, 'origin' | 'groups'>>(session);

/** A SIM without its origin and groups. */
export const simCodec = compileCodec<Omit<Sim, 'origin' | 'groups'>>(sim);

/** A usage record. */
export const usageCodec = compileCodec<UsageContent>(usage);

/** An event. */
export const eventCodec = compileCodec<EventContent>(event);

/** A file and the progress of its import. */
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

/** An attribute of an item, and its DynamoDB type. */
export interface ItemAttribute {
  readonly name: string;
  readonly type: AttributeType;
}

const lastUpdated: ItemAttribute = { name: 'lastUpdated', type: 'S' };
const completeness: ItemAttribute = { name: 'fullness', type: 'N' };
const expiresAt: ItemAttribute = { name: 'expiresAt', type: 'N' };

/** All attributes that items may have, including keys. */
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
 * The names of all attributes that sessions and SIMs may have. A writer that replaces an item must check all of them:
 * another writer may have added one that neither the item that was read nor the new item has.
 */
export const possibleAttributes = {
  sessions: itemAttributes.sessions.map(({ name }) => name),
  sims: itemAttributes.sims.map(({ name }) => name),
} as const;

/** Attributes of sessions and SIMs whose names DynamoDB reserves. Expressions use aliases for them. */
export const reservedNames: ReadonlySet<string> = new Set([
  'start',
  'end',
  'status',
  'error',
  'source',
  'online',
]);
