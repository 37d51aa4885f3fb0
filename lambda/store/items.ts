import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { epochMilliseconds, timeOf } from '../carriers/time.ts';
import type {
  Group,
  LedgerEvent,
  Origin,
  Session,
  SessionOrigin,
  Sim,
  Stated,
  Terminal,
  Usage,
} from '../ledger/observation.ts';
import {
  type Attribute,
  type GroupSchema,
  originAttributes,
  sessionOriginAttributes,
  sessionSchema,
  simSchema,
} from './schema.ts';

/**
 * Items as DynamoDB holds them. The encoding is written out for our own items: a generic marshaller takes several
 * times as long, and this is the hot path.
 */

export type Item = Record<string, AttributeValue>;

/** A session as its item. */
export function sessionItem(session: Session): Item {
  const item: Item = {
    sim: { S: session.sim },
    sessionId: { S: session.sessionId },
    status: { S: session.terminal?.status ?? 'open' },
    start: { S: session.start },
    lastUpdated: { S: session.origin.at },
  };
  if (session.startStated) item['startStated'] = { BOOL: true };
  if (session.terminal !== undefined) item['end'] = { S: session.terminal.end };
  putGroup(item, sessionOriginAttributes, session.origin.group);
  for (const schema of sessionSchema) putStated(item, schema, session.groups[schema.name]);
  return item;
}

/** The session that an item holds. */
export function sessionOf(item: Item): Session {
  const end = item['end']?.S;
  const status = item['status']?.S;
  const terminal: Terminal | undefined =
    end === undefined ? undefined : { status: status === 'failed' ? 'failed' : 'ended', end };
  return {
    sim: item['sim']?.S ?? '',
    sessionId: item['sessionId']?.S ?? '',
    origin: originOf<SessionOrigin>(item, sessionOriginAttributes),
    start: item['start']?.S ?? '',
    startStated: item['startStated']?.BOOL ?? false,
    terminal,
    groups: groupsOf(item, sessionSchema),
  };
}

/** A SIM as its item. */
export function simItem(sim: Sim): Item {
  const item: Item = { sim: { S: sim.sim }, lastUpdated: { S: sim.origin.at } };
  putGroup(item, originAttributes, sim.origin.group);
  for (const schema of simSchema) putStated(item, schema, sim.groups[schema.name]);
  return item;
}

/** The SIM that an item holds. */
export function simOf(item: Item): Sim {
  return {
    sim: item['sim']?.S ?? '',
    origin: originOf<Origin>(item, originAttributes),
    groups: groupsOf(item, simSchema),
  };
}

/** A usage record as its item. */
export function usageItem(usage: Usage, complete: boolean): Item {
  const item: Item = {
    sim: { S: usage.sim },
    usageId: { S: usage.usageId },
    source: { S: usage.source },
    carrier: { S: usage.carrier },
    start: { S: usage.start },
    end: { S: usage.end },
    recordId: { S: usage.recordId },
    trafficType: { S: usage.trafficType },
    dataTotal: { N: String(usage.dataTotal) },
  };
  if (usage.iccid !== undefined) item['iccid'] = { S: usage.iccid };
  if (usage.imsi !== undefined) item['imsi'] = { S: usage.imsi };
  if (usage.sessionId !== undefined) item['sessionId'] = { S: usage.sessionId };
  if (usage.dataUploaded !== undefined) item['dataUploaded'] = { N: String(usage.dataUploaded) };
  if (usage.dataDownloaded !== undefined) item['dataDownloaded'] = { N: String(usage.dataDownloaded) };
  if (usage.messages !== undefined) item['messages'] = { N: String(usage.messages) };
  if (usage.messagesTx !== undefined) item['messagesTx'] = { N: String(usage.messagesTx) };
  if (usage.messagesRx !== undefined) item['messagesRx'] = { N: String(usage.messagesRx) };
  if (usage.volume !== undefined) item['volume'] = { S: usage.volume };
  if (usage.cost !== undefined) item['cost'] = { N: usage.cost };
  if (usage.currency !== undefined) item['currency'] = { S: usage.currency };
  if (usage.costVolume !== undefined) item['costVolume'] = { S: usage.costVolume };
  if (usage.operatorName !== undefined) item['operatorName'] = { S: usage.operatorName };
  if (usage.mcc !== undefined) item['mcc'] = { S: usage.mcc };
  if (usage.mnc !== undefined) item['mnc'] = { S: usage.mnc };
  if (usage.country !== undefined) item['country'] = { S: usage.country };
  if (usage.radio !== undefined) item['radio'] = { S: usage.radio };
  if (usage.apn !== undefined) item['apn'] = { S: usage.apn };
  if (usage.imei !== undefined) item['imei'] = { S: usage.imei };
  if (usage.writtenImei !== undefined) item['writtenImei'] = { S: usage.writtenImei };
  if (usage.tariff !== undefined) item['tariff'] = { S: usage.tariff };
  if (usage.rateZone !== undefined) item['rateZone'] = { S: usage.rateZone };
  if (usage.dataModifier !== undefined) item['dataModifier'] = { S: usage.dataModifier };
  if (usage.extra !== undefined) item['extra'] = { S: usage.extra };
  putSessionTotals(item, usage);
  if (usage.observedAt !== undefined) item['observedAt'] = stampValue(usage.observedAt);
  if (!complete) item['fullness'] = { N: String(usage.fullness) };
  return item;
}

function putSessionTotals(item: Item, { sessionUploaded, sessionDownloaded, sessionTotal }: Usage): void {
  if (sessionUploaded !== undefined) item['sessionUploaded'] = { N: String(sessionUploaded) };
  if (sessionDownloaded !== undefined) item['sessionDownloaded'] = { N: String(sessionDownloaded) };
  if (sessionTotal !== undefined) item['sessionTotal'] = { N: String(sessionTotal) };
}

/**
 * An event as its item.
 *
 * @param retentionDays how long the item is kept, counted from its arrival; 0 keeps it for ever.
 */
export function eventItem(event: LedgerEvent, complete: boolean, retentionDays: number): Item {
  const item: Item = {
    sim: { S: event.sim },
    eventKey: { S: event.eventKey },
    source: { S: event.source },
    carrier: { S: event.carrier },
    time: { S: event.time },
    eventId: { S: event.eventId },
    type: { S: event.type },
    carrierType: { S: event.carrierType },
  };
  if (event.iccid !== undefined) item['iccid'] = { S: event.iccid };
  if (event.imsi !== undefined) item['imsi'] = { S: event.imsi };
  if (event.severity !== undefined) item['severity'] = { S: event.severity };
  if (event.alert !== undefined) item['alert'] = { BOOL: event.alert };
  if (event.description !== undefined) item['description'] = { S: event.description };
  if (event.detail !== undefined) item['detail'] = { S: event.detail };
  if (event.sessionId !== undefined) item['sessionId'] = { S: event.sessionId };
  if (event.network !== undefined) putGroup(item, networkAttributes, event.network);
  if (event.cellId !== undefined) item['cellId'] = { S: event.cellId };
  if (event.extra !== undefined) item['extra'] = { S: event.extra };
  if (!complete) item['fullness'] = { N: String(event.fullness) };
  if (retentionDays > 0) {
    item['expiresAt'] = { N: String(Math.floor(event.arrivedAt / 1000) + retentionDays * 86_400) };
  }
  return item;
}

const networkAttributes = sessionSchema.find(({ name }) => name === 'network')?.attributes ?? [];

/** The bytes that DynamoDB counts for an item: names and values as UTF-8, numbers about half a byte a digit. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    bytes += Buffer.byteLength(name);
    if (value.S !== undefined) bytes += Buffer.byteLength(value.S);
    else if (value.N !== undefined) bytes += Math.ceil(value.N.replace(/\D/g, '').length / 2) + 2;
    else bytes += 1;
  }
  return bytes;
}

/** A scalar as an attribute value. */
export function attributeValue(
  { type }: Attribute,
  value: string | number | boolean | undefined,
): AttributeValue | undefined {
  if (value === undefined) return undefined;
  if (type === 'S') return { S: String(value) };
  return type === 'N' ? { N: String(value) } : { BOOL: value === true };
}

/** A group's stamp as an attribute value. */
export function stampValue(at: string): AttributeValue {
  return { N: String(epochMilliseconds(at)) };
}

function putGroup(item: Item, attributes: readonly Attribute[], group: Group): void {
  for (const attribute of attributes) {
    const value = attributeValue(attribute, group[attribute.name]);
    if (value !== undefined) item[attribute.name] = value;
  }
}

function putStated(item: Item, schema: GroupSchema, stated: Stated | undefined): void {
  if (stated === undefined) return;
  item[schema.stamp] = stampValue(stated.at);
  putGroup(item, schema.attributes, stated.group);
}

function groupOf(
  item: Item,
  attributes: readonly Attribute[],
): Record<string, string | number | boolean | undefined> {
  const group: Record<string, string | number | boolean | undefined> = {};
  for (const { name, type } of attributes) {
    const value = item[name];
    if (type === 'N') group[name] = value?.N === undefined ? undefined : Number(value.N);
    else group[name] = type === 'S' ? value?.S : value?.BOOL;
  }
  return group;
}

/** An item of ours holds these attributes and no others. */
function originOf<G extends Origin>(item: Item, attributes: readonly Attribute[]): Stated<G> {
  return { at: item['lastUpdated']?.S ?? '', group: groupOf(item, attributes) as Group as G };
}

/** The schema's names are the keys of the groups, and its attributes theirs: an item of ours holds nothing else. */
function groupsOf<Groups>(item: Item, schemas: readonly GroupSchema<keyof Groups & string>[]): Groups {
  const groups: Record<string, Stated | undefined> = {};
  for (const { name, stamp, attributes } of schemas) {
    const at = item[stamp]?.N;
    groups[name] =
      at === undefined ? undefined : { at: timeOf(Number(at)), group: groupOf(item, attributes) };
  }
  return groups as Groups;
}
