import fc, { type Arbitrary } from 'fast-check';
import {
  type Attribute,
  event as eventTable,
  type Kind,
  listAttributes,
  origin as originTable,
  sessionGroups,
  sessionOrigin as sessionOriginTable,
  session as sessionTable,
  simGroups,
  sim as simTable,
  usage as usageTable,
} from '../../lambda/ledger/attributes.ts';
import {
  complete,
  type LedgerEvent,
  type Origin,
  type Scalar,
  type Session,
  type SessionOrigin,
  type Sim,
  type Stated,
  type Usage,
} from '../../lambda/ledger/observation.ts';
import { carriers } from '../../lambda/ledger/source.ts';
import { carrierEvent, contextEvent, pdpContext, usageRecord } from './datastreamer.ts';
import { connectionEvent, connectionTypes, fullData, type Members } from './supersim.ts';

/**
 * Arbitrary observations about one thing, with all attributes of the ledger's tables. Their values come from small
 * pools, so that times and contents coincide.
 */

const time = fc.integer({ min: 0, max: 4 }).map((minute) => `2026-11-02T10:0${minute}:00.000Z`);
const text = fc.constantFrom('a', 'b', 'aa', 'a b', 'Ä', '10', '9');
const number = fc.constantFrom(0, 9, 10, -1.5, 118.5720773);

const values: Readonly<Record<Kind, Arbitrary<Scalar>>> = {
  text,
  number,
  decimal: fc.constantFrom('0.1', '10', '9'),
  stamp: time,
  flag: fc.boolean(),
  mark: fc.boolean(),
};

function optional<Value>(value: Arbitrary<Value>): Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined });
}

/** The members of a state that are given, and all others of its table. */
function anyState<State>(
  table: object,
  given: { readonly [Name in keyof State]?: Arbitrary<State[Name]> },
): Arbitrary<State> {
  const members: Record<string, Arbitrary<unknown>> = {};
  for (const [name, described] of Object.entries(table)) {
    members[name] = typeof described === 'string' ? anyValue(name, table) : optional(anyState(described, {}));
  }
  // The compiler holds the table against the type of the state.
  return fc.record({ ...members, ...given }) as Arbitrary<unknown> as Arbitrary<State>;
}

function anyValue(name: string, table: object): Arbitrary<Scalar | undefined> {
  const attribute = listAttributes(table).find((one) => one.name === name) as Attribute;
  const value = name === 'carrier' ? fc.constantFrom(...carriers) : values[attribute.kind];
  return attribute.isRequired ? value : optional(value);
}

function anyStatement<G extends Stated['group']>(table: object): Arbitrary<Stated<G>> {
  return fc.record({ at: time, group: anyState<G>(table, {}) });
}

function anyGroups<Groups>(tables: object): Arbitrary<Groups> {
  const groups = Object.entries(tables).map(([name, table]) => [name, optional(anyStatement(table))]);
  return fc.record(Object.fromEntries(groups)) as Arbitrary<Groups>;
}

const simKey = fc.constant('8988307000000538178');

/** Sessions of one key. */
export const session: Arbitrary<Session> = anyState<Session>(sessionTable, {
  sim: simKey,
  sessionId: fc.constant('PI1'),
  start: time,
  terminal: optional(fc.record({ status: fc.constantFrom('ended' as const, 'failed' as const), end: time })),
  origin: anyStatement<SessionOrigin>(sessionOriginTable),
  groups: anyGroups<Session['groups']>(sessionGroups),
});

/** Statements about one SIM. */
export const sim: Arbitrary<Sim> = anyState<Sim>(simTable, {
  sim: simKey,
  origin: anyStatement<Origin>(originTable),
  groups: anyGroups<Sim['groups']>(simGroups),
});

const completeness = fc.constantFrom(0, 6, complete);

/** Statements about one usage record. */
export const usage: Arbitrary<Usage> = anyState<Usage>(usageTable, {
  sim: simKey,
  usageId: fc.constant('2026-11-02T10:00:00.000Z#1'),
  start: fc.constant('2026-11-02T10:00:00.000Z'),
  end: time,
  recordId: fc.constant('1'),
  costVolume: optional(fc.constantFrom('0.1', '10', '9')),
  completeness,
});

/** Statements about one event, that arrive at different times. */
export const event: Arbitrary<LedgerEvent> = anyState<LedgerEvent>(eventTable, {
  sim: simKey,
  eventKey: fc.constant('2026-11-02T10:00:00.000Z#1'),
  time: fc.constant('2026-11-02T10:00:00.000Z'),
  eventId: fc.constant('1'),
  completeness,
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
