import type {
  Group,
  LedgerEvent,
  Network,
  Origin,
  Scalar,
  Session,
  SessionGroups,
  SessionOrigin,
  Sim,
  SimGroups,
  Stated,
  Usage,
} from './observation.ts';

/**
 * The attributes of sessions, usage, events and SIMs: one table for each kind, and one for each group of attributes
 * that are stated together.
 *
 * The compiler checks each table against its type in `observation.ts`: a missing or extra attribute does not compile.
 * The store's encoding and decoding, the comparison of contents, the columns of exports and the tests' arbitraries
 * are derived from these tables, and tests compare docs/tables.md and openapi.yaml with them.
 */

/**
 * How a value is stored.
 *
 * - `text`: as text.
 * - `number`: as a number.
 * - `decimal`: as a number; text in the ledger, so that it stays exact.
 * - `stamp`: as a number, milliseconds since the epoch; a time in the ledger.
 * - `flag`: as true or false.
 * - `mark`: as true; false is not stored.
 */
export type Kind = TextKind | 'number' | FlagKind;
type TextKind = 'text' | 'decimal' | 'stamp';
type FlagKind = 'flag' | 'mark';

type KindFor<Value> = [Value] extends [number]
  ? 'number'
  : [Value] extends [boolean]
    ? FlagKind
    : [Value] extends [string]
      ? TextKind
      : never;

/** A kind, followed by `?` if a state may lack the attribute. */
type Described<Value> = [NonNullable<Value>] extends [object]
  ? AttributeTable<NonNullable<Value>>
  : undefined extends Value
    ? `${KindFor<NonNullable<Value>>}?`
    : KindFor<Value>;

/** The attributes of a state by name; those of a member that is an object have a table of their own. */
export type AttributeTable<State> = { readonly [Name in keyof State]-?: Described<State[Name]> };

/** The tables of a state's groups. */
type GroupTables<Groups> = {
  readonly [Name in keyof Groups]-?: NonNullable<Groups[Name]> extends Stated<infer G>
    ? AttributeTable<G>
    : never;
};

const network = {
  radio: 'text?',
  ratType: 'text?',
  mcc: 'text?',
  mnc: 'text?',
  operatorName: 'text?',
  country: 'text?',
} satisfies AttributeTable<Network>;

/** Groups that sessions and SIMs share. */
const shared = {
  network,
  cell: { cellId: 'text?', lac: 'text?', lat: 'number?', lon: 'number?' },
  device: { imei: 'text?', writtenImei: 'text?' },
  subscriber: { imsi: 'text?' },
  ids: { simSid: 'text?', simId: 'text?', accountId: 'text?', fleetSid: 'text?', writtenIccid: 'text?' },
  label: { simName: 'text?' },
} satisfies GroupTables<Pick<SessionGroups & SimGroups, keyof SessionGroups & keyof SimGroups>>;

/** The groups of a session. */
export const sessionGroups = {
  totals: { dataUploaded: 'number?', dataDownloaded: 'number?', dataTotal: 'number?' },
  network: shared.network,
  cell: shared.cell,
  device: shared.device,
  address: { apn: 'text?', ipAddress: 'text?' },
  subscriber: shared.subscriber,
  ids: shared.ids,
  label: shared.label,
  trouble: { error: 'text?' },
} satisfies GroupTables<SessionGroups>;

/** The groups of a SIM. */
export const simGroups = {
  ids: shared.ids,
  label: shared.label,
  phone: { msisdn: 'text?' },
  device: shared.device,
  subscriber: shared.subscriber,
  network: shared.network,
  cell: shared.cell,
  connection: { online: 'flag', onlineChanged: 'text' },
  lifecycle: { status: 'text' },
  lastEvent: { lastEvent: 'text', lastEventTime: 'text' },
  signalled: {},
  bytes: {},
  session: {},
} satisfies GroupTables<SimGroups>;

/** Attributes that every observation of a SIM states. */
export const origin = { source: 'text', carrier: 'text', iccid: 'text?' } satisfies AttributeTable<Origin>;

/** Attributes that every observation of a session states. */
export const sessionOrigin = { ...origin, dataModifier: 'text?' } satisfies AttributeTable<SessionOrigin>;

/** A session's attributes besides its origin and groups. */
export const session = {
  sim: 'text',
  sessionId: 'text',
  start: 'text',
  startStated: 'mark',
  terminal: { status: 'text', end: 'text' },
} satisfies AttributeTable<Omit<Session, 'origin' | 'groups'>>;

/** A SIM's attributes besides its origin and groups. */
export const sim = { sim: 'text' } satisfies AttributeTable<Omit<Sim, 'origin' | 'groups'>>;

/** A usage record's attributes besides its completeness. */
export const usage = {
  sim: 'text',
  usageId: 'text',
  recordId: 'text',
  start: 'text',
  end: 'text',
  sessionId: 'text?',
  trafficType: 'text',
  dataUploaded: 'number?',
  dataDownloaded: 'number?',
  dataTotal: 'number',
  messages: 'number?',
  messagesTx: 'number?',
  messagesRx: 'number?',
  volume: 'text?',
  cost: 'decimal?',
  currency: 'text?',
  costVolume: 'text?',
  operatorName: 'text?',
  mcc: 'text?',
  mnc: 'text?',
  country: 'text?',
  radio: 'text?',
  apn: 'text?',
  imei: 'text?',
  imsi: 'text?',
  tariff: 'text?',
  rateZone: 'text?',
  dataModifier: 'text?',
  extra: 'text?',
  writtenImei: 'text?',
  observedAt: 'stamp?',
  sessionUploaded: 'number?',
  sessionDownloaded: 'number?',
  sessionTotal: 'number?',
  source: 'text',
  carrier: 'text',
  iccid: 'text?',
} satisfies AttributeTable<Omit<Usage, 'completeness'>>;

/** An event's attributes besides its completeness and its time of arrival. */
export const event = {
  sim: 'text',
  eventKey: 'text',
  eventId: 'text',
  time: 'text',
  type: 'text',
  carrierType: 'text',
  severity: 'text?',
  alert: 'flag?',
  description: 'text?',
  detail: 'text?',
  sessionId: 'text?',
  network,
  cellId: 'text?',
  imsi: 'text?',
  extra: 'text?',
  source: 'text',
  carrier: 'text',
  iccid: 'text?',
} satisfies AttributeTable<Omit<LedgerEvent, 'completeness' | 'arrivedAt'>>;

/** One attribute of a state. */
export interface Attribute {
  readonly name: string;
  /** The member of the state that holds it; undefined if the state itself does. */
  readonly member: string | undefined;
  readonly kind: Kind;
  /** Whether it is always present if the member is. */
  readonly isRequired: boolean;
}

/** The attributes of a table, in its order. */
export function listAttributes(table: object, member?: string): readonly Attribute[] {
  return Object.entries(table).flatMap(([name, described]: [string, string | object]) => {
    if (typeof described === 'object') return listAttributes(described, name);
    const kind = described.replace('?', '') as Kind;
    return [{ name, member, kind, isRequired: kind === described }];
  });
}

/** The value of an attribute in a state or in one of its members. */
export function readAttribute(state: object, { name, member }: Attribute): Scalar | undefined {
  const values = state as { readonly [name: string]: Scalar | Group | undefined };
  if (member === undefined) return values[name] as Scalar | undefined;
  return (values[member] as Group | undefined)?.[name];
}
