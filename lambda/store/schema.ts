import type { SessionGroups, SimGroups } from '../ledger/observation.ts';

/** Which attributes hold the groups of sessions and SIMs, and of which DynamoDB type they are. */

export type AttributeType = 'S' | 'N' | 'BOOL';

/** One attribute of an item. */
export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
}

/** A group's attributes, and the one that holds when it was observed: a number, milliseconds since the epoch. */
export interface GroupSchema<Name extends string = string> {
  readonly name: Name;
  readonly stamp: string;
  readonly attributes: readonly Attribute[];
}

function group<Name extends string>(name: Name, ...attributes: readonly string[]): GroupSchema<Name> {
  return {
    name,
    stamp: `${name}At`,
    attributes: attributes.map((attribute) => {
      const [attributeName = '', type = 'S'] = attribute.split(':');
      return { name: attributeName, type: type as AttributeType };
    }),
  };
}

const network = group('network', 'radio', 'ratType', 'mcc', 'mnc', 'operatorName', 'country');
const cell = group('cell', 'cellId', 'lac', 'lat:N', 'lon:N');
const device = group('device', 'imei', 'writtenImei');
const subscriber = group('subscriber', 'imsi');
const ids = group('ids', 'simSid', 'simId', 'accountId', 'fleetSid', 'writtenIccid');
const label = group('label', 'simName');

export const sessionSchema: readonly GroupSchema<keyof SessionGroups>[] = [
  group('totals', 'dataUploaded:N', 'dataDownloaded:N', 'dataTotal:N'),
  network,
  cell,
  device,
  group('address', 'apn', 'ipAddress'),
  subscriber,
  ids,
  label,
  group('trouble', 'error'),
];

export const simSchema: readonly GroupSchema<keyof SimGroups>[] = [
  ids,
  label,
  group('phone', 'msisdn'),
  device,
  subscriber,
  network,
  cell,
  group('connection', 'online:BOOL', 'onlineChanged'),
  group('lifecycle', 'status'),
  group('lastEvent', 'lastEvent', 'lastEventTime'),
];

/** Attributes of the origin, which every observation states; the item's `lastUpdated` is when. */
export const originAttributes: readonly Attribute[] = [
  { name: 'source', type: 'S' },
  { name: 'carrier', type: 'S' },
  { name: 'iccid', type: 'S' },
];

/** The same of a session. */
export const sessionOriginAttributes: readonly Attribute[] = [
  ...originAttributes,
  { name: 'dataModifier', type: 'S' },
];

function attributesOf(schemas: readonly GroupSchema[]): string[] {
  return schemas.flatMap(({ stamp, attributes }) => [stamp, ...attributes.map(({ name }) => name)]);
}

/**
 * All attributes that the items of tables of registers may have besides their keys. Whoever replaces such an item looks
 * at all of them: another writer may have added one that neither the item read nor the item to be written has.
 */
export const possibleAttributes = {
  sessions: [
    ...['status', 'start', 'startStated', 'end', 'lastUpdated'],
    ...sessionOriginAttributes.map(({ name }) => name),
    ...attributesOf(sessionSchema),
  ],
  sims: ['lastUpdated', ...originAttributes.map(({ name }) => name), ...attributesOf(simSchema)],
} as const;

/** Names that DynamoDB's expressions reserve, among ours. Aliased wherever they stand in an expression. */
export const reservedNames: ReadonlySet<string> = new Set([
  'start',
  'end',
  'status',
  'error',
  'source',
  'online',
]);
