import fc, { type Arbitrary } from 'fast-check';
import {
  complete,
  type Group,
  type LedgerEvent,
  type Scalar,
  type Session,
  type Sim,
  type Stated,
  type Usage,
} from '../../lambda/ledger/observation.ts';
import { carriers } from '../../lambda/sources.ts';
import { type Attribute, type AttributeType, sessionSchema, simSchema } from '../../lambda/store/schema.ts';
import { carrierEvent, contextEvent, pdpContext, usageRecord } from './datastreamer.ts';
import { connectionEvent, connectionTypes, fullData, type Members } from './supersim.ts';

/** Arbitrary observations about one thing. Their values come from small pools, so that times and contents coincide. */

const time = fc.integer({ min: 0, max: 4 }).map((minute) => `2026-11-02T10:0${minute}:00.000Z`);
const text = fc.constantFrom('a', 'b', 'aa', 'Ä', '10', '9');
const number = fc.constantFrom(0, 9, 10, -1.5, 118.5720773);

function optional<Value>(value: Arbitrary<Value>): Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined });
}

function groupOf(attributes: readonly Attribute[]): Arbitrary<Group> {
  const values: Record<AttributeType, Arbitrary<Scalar>> = { S: text, N: number, BOOL: fc.boolean() };
  return fc.record(Object.fromEntries(attributes.map(({ name, type }) => [name, optional(values[type])])));
}

function statedOf(attributes: readonly Attribute[]): Arbitrary<Stated> {
  return fc.record({ at: time, group: groupOf(attributes) });
}

/** The names are those of the schema, so the groups are those of the type. */
function groupsOf<Groups>(
  schemas: readonly { name: string; attributes: readonly Attribute[] }[],
): Arbitrary<Groups> {
  const groups = Object.fromEntries(
    schemas.map(({ name, attributes }) => [name, optional(statedOf(attributes))]),
  );
  return fc.record(groups) as Arbitrary<Groups>;
}

const originGroup = fc.record({
  source: text,
  carrier: fc.constantFrom(...carriers),
  iccid: optional(text),
});
const origin = fc.record({ at: time, group: originGroup });
const sessionOrigin = origin.chain(({ at, group }) =>
  optional(text).map((dataModifier) => ({ at, group: { ...group, dataModifier } })),
);

/** Sessions of one key. */
export const session: Arbitrary<Session> = fc.record({
  sim: fc.constant('8988307000000538178'),
  sessionId: fc.constant('PI1'),
  origin: sessionOrigin,
  start: time,
  startStated: fc.boolean(),
  terminal: optional(fc.record({ status: fc.constantFrom('ended' as const, 'failed' as const), end: time })),
  groups: groupsOf<Session['groups']>(sessionSchema),
});

/** Statements about one SIM. */
export const sim: Arbitrary<Sim> = fc.record({
  sim: fc.constant('8988307000000538178'),
  origin,
  groups: groupsOf<Sim['groups']>(simSchema),
});

const fullness = fc.constantFrom(0, 6, complete);

/** Statements about one usage record. */
export const usage: Arbitrary<Usage> = fc.record({
  sim: fc.constant('8988307000000538178'),
  usageId: fc.constant('2026-11-02T10:00:00.000Z#1'),
  fullness,
  source: text,
  carrier: fc.constantFrom(...carriers),
  iccid: optional(text),
  imsi: optional(text),
  start: fc.constant('2026-11-02T10:00:00.000Z'),
  end: time,
  recordId: fc.constant('1'),
  sessionId: optional(text),
  trafficType: text,
  dataUploaded: optional(fc.nat(12)),
  dataDownloaded: optional(fc.nat(12)),
  dataTotal: fc.nat(12),
  messages: optional(fc.nat(12)),
  messagesTx: optional(fc.nat(12)),
  messagesRx: optional(fc.nat(12)),
  volume: optional(text),
  cost: optional(fc.constantFrom('0.1', '10', '9')),
  currency: optional(text),
  costVolume: optional(fc.constantFrom('0.1', '10', '9')),
  operatorName: optional(text),
  mcc: optional(text),
  mnc: optional(text),
  country: optional(text),
  radio: optional(text),
  apn: optional(text),
  imei: optional(text),
  tariff: optional(text),
  rateZone: optional(text),
  dataModifier: optional(text),
  extra: optional(text),
  sessionUploaded: optional(fc.nat(12)),
  sessionDownloaded: optional(fc.nat(12)),
  sessionTotal: optional(fc.nat(12)),
  observedAt: optional(time),
});

const network = fc.record({
  radio: optional(text),
  ratType: optional(text),
  mcc: optional(text),
  mnc: optional(text),
  operatorName: optional(text),
  country: optional(text),
});

/** Statements about one event, that arrive at different times. */
export const event: Arbitrary<LedgerEvent> = fc.record({
  sim: fc.constant('8988307000000538178'),
  eventKey: fc.constant('2026-11-02T10:00:00.000Z#1'),
  fullness,
  source: text,
  carrier: fc.constantFrom(...carriers),
  iccid: optional(text),
  imsi: optional(text),
  time: fc.constant('2026-11-02T10:00:00.000Z'),
  eventId: fc.constant('1'),
  type: text,
  carrierType: text,
  severity: optional(text),
  alert: optional(fc.boolean()),
  description: optional(text),
  detail: optional(text),
  sessionId: optional(text),
  network: optional(network),
  cellId: optional(text),
  extra: optional(text),
  arrivedAt: fc.nat(3),
});

const recordId = fc.integer({ min: 1, max: 4 });

/** Connection events of two SIMs and two sessions, some of them under one id and with different contents. */
export const connectionEventRecord: Arbitrary<Members> = fc
  .record({
    type: fc.constantFrom(...connectionTypes),
    timestamp: time,
    id: recordId,
    sessionNumber: fc.integer({ min: 1, max: 2 }),
    // The same SIM with and without its check digit, and another one.
    sim_iccid: fc.constantFrom('89883070000005381783', '8988307000000538178', '89883070000005381791'),
    start: optional(time),
    bytes: fc.nat(3),
    changes: fc.record(
      {
        rat_type: fc.constantFrom('2G', '4G LTE', null),
        network: fc.constantFrom(null, { mcc: '310', mnc: '260' }),
        location: fc.constantFrom(null, { cell_id: '7' }),
        imei: fc.constantFrom(null, '358600842867670'),
        data_modifier: fc.constantFrom(null, 'blocked'),
        data_session_data_total: fc.constantFrom(null, 7, 10),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ type, id, sessionNumber, start, bytes, changes, ...data }) =>
    connectionEvent(type, {
      ...fullData,
      ...changes,
      ...data,
      event_sid: `EZ${id}`,
      data_session_sid: `PI${sessionNumber}`,
      data_session_start_time: start,
      data_upload: bytes,
    }),
  );

/** Data-streamer usage and events of two SIMs, some of them under one id and with different contents. */
export const streamerRecord: Arbitrary<Members> = fc
  .record({
    id: recordId,
    at: time,
    iccid: fc.constantFrom('8988280666001000001', '89882806660010000015', '8988280666001000002'),
    typeId: fc.constantFrom('usage' as const, 1, 3, 4, 5, 8, 9, 11, 16, 42, 43),
    sessionId: optional(fc.constantFrom('s1', 's2')),
    total: fc.constantFrom(0.000001, 0.5),
    description: fc.constantFrom('One thing.', 'Another thing.'),
  })
  .map(({ id, at, iccid, typeId, sessionId, total, description }) => {
    const sim = { id: 7, iccid };
    if (typeId === 'usage') {
      const volume = { total, tx: total, rx: 0 };
      return {
        ...usageRecord,
        id,
        sim,
        start_timestamp: at,
        end_timestamp: at,
        session_id: sessionId,
        volume,
      };
    }
    const about = { id, sim, timestamp: at, description };
    if (typeId === 3 || typeId === 4 || typeId === 5) {
      return contextEvent(typeId, pdpContext, { session_id: sessionId, volume: { total } }, about);
    }
    return carrierEvent(typeId, about);
  });
