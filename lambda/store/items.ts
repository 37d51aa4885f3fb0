import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Group, LedgerEvent, Session, Sim, Stated, Terminal, Usage } from '../ledger/observation.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { type Codec, type Item, stampValue } from './codec.ts';
import { readText } from './item-attributes.ts';
import {
  eventCodec,
  type GroupSchema,
  originCodec,
  sessionCodec,
  sessionOriginCodec,
  sessionSchema,
  simCodec,
  simSchema,
  usageCodec,
} from './schema.ts';
import { usageTable } from './tables.ts';

export { type Item, stampValue };

/** How the ledger's states become DynamoDB items and back. */

/** A session as its item. */
export function encodeSessionItem(session: Session): Item {
  const item: Item = { status: { S: 'open' }, lastUpdated: { S: session.origin.at } };
  sessionCodec.add(item, session);
  sessionOriginCodec.add(item, session.origin.group);
  encodeGroups(item, sessionSchema, session.groups);
  return item;
}

/** The session that an item holds. */
export function decodeSession(item: Item): Session {
  const { terminal, ...session } = sessionCodec.decode(item);
  return {
    ...session,
    origin: decodeOrigin(item, sessionOriginCodec),
    terminal: decodeTerminal(item, terminal),
    groups: decodeGroups(item, sessionSchema),
  };
}

/** An open session has a `status` and lacks an `end`. */
function decodeTerminal(item: Item, terminal: Terminal | undefined): Terminal | undefined {
  if (terminal === undefined || item['end'] === undefined) return undefined;
  return { ...terminal, status: terminal.status === 'failed' ? 'failed' : 'ended' };
}

/** A SIM as its item. */
export function encodeSimItem(sim: Sim): Item {
  const item: Item = { lastUpdated: { S: sim.origin.at } };
  simCodec.add(item, sim);
  originCodec.add(item, sim.origin.group);
  encodeGroups(item, simSchema, sim.groups);
  return item;
}

/** The SIM that an item holds. */
export function decodeSim(item: Item): Sim {
  return {
    ...simCodec.decode(item),
    origin: decodeOrigin(item, originCodec),
    groups: decodeGroups(item, simSchema),
  };
}

/**
 * A usage record as its item.
 *
 * @param expiresAt seconds since the epoch; undefined if it never expires.
 */
export function encodeUsageItem(usage: Usage, complete: boolean, expiresAt?: number): Item {
  const item = usageCodec.encode(usage);
  if (!complete) item['fullness'] = { N: String(usage.completeness) };
  if (expiresAt !== undefined) item[expiryAttribute] = { N: String(expiresAt) };
  return item;
}

const { expiryAttribute } = usageTable;

/**
 * When a usage record expires, in seconds since the epoch; undefined if it never does.
 *
 * @param writtenAt milliseconds since the epoch.
 */
export function findUsageExpiry(
  { start }: Pick<Usage, 'start'>,
  writtenAt: number,
  retentionDays: number,
): number | undefined {
  if (retentionDays === 0) return undefined;
  return Math.ceil(Math.max(toMilliseconds(start), writtenAt) / 1_000) + retentionDays * 86_400;
}

/** An item that replaces `before`, of the same usage record. It gets the later expiry of the two. */
export function keepLaterExpiry(item: Item, before: Item): Item {
  const [own, other] = [item[expiryAttribute]?.N, before[expiryAttribute]?.N];
  if (own === undefined || (other !== undefined && Number(other) <= Number(own))) return item;
  const { [expiryAttribute]: _, ...unexpiring } = item;
  return other === undefined ? unexpiring : { ...unexpiring, [expiryAttribute]: { N: other } };
}

/**
 * An event as its item.
 *
 * @param retentionDays how many days after its arrival the item expires; 0 means never.
 */
export function encodeEventItem(event: LedgerEvent, complete: boolean, retentionDays: number): Item {
  const item = eventCodec.encode(event);
  if (!complete) item['fullness'] = { N: String(event.completeness) };
  if (retentionDays > 0) {
    item['expiresAt'] = { N: String(Math.floor(event.arrivedAt / 1000) + retentionDays * 86_400) };
  }
  return item;
}

/**
 * The bytes that DynamoDB counts for an item: names and values in UTF-8, and about half a byte per digit of a number.
 */
export function measureItem(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + countValueBytes(value);
  return bytes;
}

/** A list or a map takes 3 bytes, and 1 more for each of its values. */
function countValueBytes({ S, N, L, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.replace(/\D/g, '').length / 2) + 2;
  if (L !== undefined) return L.reduce((bytes, value) => bytes + 1 + countValueBytes(value), 3);
  if (M !== undefined) return 3 + Object.keys(M).length + measureItem(M);
  return 1;
}

function encodeGroups<Name extends string>(
  item: Item,
  schemas: readonly GroupSchema<Name>[],
  groups: { readonly [N in Name]: Stated | undefined },
): void {
  for (const { name, stamp, add } of schemas) {
    const stated = groups[name];
    if (stated === undefined) continue;
    item[stamp] = stampValue(stated.at);
    add(item, stated.group);
  }
}

function decodeOrigin<G extends Group>(item: Item, { decode }: Codec<G>): Stated<G> {
  return { at: readText(item, 'lastUpdated'), group: decode(item) };
}

/** The names of the schemas are the members of `Groups`. */
function decodeGroups<Groups>(item: Item, schemas: readonly GroupSchema<keyof Groups & string>[]): Groups {
  const groups: Record<string, Stated | undefined> = {};
  for (const { name, stamp, decode } of schemas) {
    const at = item[stamp]?.N;
    groups[name] = at === undefined ? undefined : { at: formatTime(Number(at)), group: decode(item) };
  }
  return groups as Groups;
}
