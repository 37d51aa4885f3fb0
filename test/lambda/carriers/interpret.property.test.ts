import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRowInterpreter, type RowInterpreter } from '../../../lambda/carriers/datastreamer/csv.ts';
import { interpret } from '../../../lambda/carriers/index.ts';
import { isFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { hasInexactNumbers } from '../../../lambda/json/json.ts';
import { Fold } from '../../../lambda/ledger/fold.ts';
import { complete } from '../../../lambda/ledger/observation.ts';
import { carriers } from '../../../lambda/ledger/source.ts';
import {
  decodeSession,
  decodeSim,
  encodeEventItem,
  encodeSessionItem,
  encodeSimItem,
  encodeUsageItem,
  type Item,
} from '../../../lambda/store/items.ts';
import { arrivalFrom } from '../../records/arrival.ts';
import { codePoint } from '../../records/code-points.ts';
import {
  carrierEvent,
  contextEvent,
  flatUsageRecord,
  pdpContext,
  usageRecord,
} from '../../records/datastreamer.ts';
import { bodyOf, fixtureValue } from '../../records/fixtures.ts';
import { runs } from '../../records/runs.ts';
import { connectionEvent, connectionTypes, fullData } from '../../records/supersim.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const realRecords = [
  ...connectionTypes.map((type) => connectionEvent(type, fullData)),
  { ...connectionEvent('data-session.ended'), data: JSON.stringify(fullData) },
  usageRecord,
  flatUsageRecord,
  carrierEvent(1),
  contextEvent(3),
  contextEvent(5, pdpContext, { volume: { rx: '1.5', tx: 0, total: 1.5 } }),
  carrierEvent(56, fixtureValue('emnify/quota-assigned-detail.json') as Record<string, unknown>),
  ...[
    'twilio/data-session-updated.json',
    '1nce/create-pdp-context.json',
    '1nce/usage.json',
    'telekom/usage.json',
  ].map(fixtureValue),
  ...['delete-pdp-context', 'update-location', 'user-authentication-failed'].map((name) =>
    fixtureValue(`telekom/${name}.json`),
  ),
] as readonly Json[];

/** Values that carriers, spreadsheets and attackers put where others belong. */
const oddValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    '',
    ' ',
    true,
    0,
    -1,
    1.5,
    1e21,
    2 ** 53,
    '8.98828E+18',
    '__proto__',
    'constructor',
    '2026-02-30T00:00:00Z',
    '2199-01-01T00:00:00Z',
    '1e999',
    '-0.000000',
    '\u0000',
    '\ud800',
    'x'.repeat(2000),
    [],
    {},
    [[]],
  ),
  fc.string({ unit: codePoint, maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** A record with one of its values, at any depth, replaced or left out. */
function changedAt(value: Json, step: number, replacement: Json | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null || step % 7 === 6) return replacement;
  const names = Object.keys(value);
  const name = names[step % Math.max(names.length, 1)];
  if (name === undefined) return replacement;
  const members = Object.entries(value).map(
    ([each, member]) =>
      [each, each === name ? changedAt(member, Math.floor(step / 8), replacement) : member] as const,
  );
  if (Array.isArray(value)) return members.flatMap(([, member]) => (member === undefined ? [] : [member]));
  return Object.fromEntries(
    members.flatMap(([each, member]) => (member === undefined ? [] : [[each, member]])),
  );
}

const brokenRecord = fc
  .tuple(
    fc.constantFrom(...realRecords),
    fc.array(fc.tuple(fc.nat(4096), fc.option(oddValue, { nil: undefined })), { minLength: 1, maxLength: 3 }),
  )
  .map(([record, changes]) =>
    changes.reduce<Json>((value, [step, replacement]) => changedAt(value, step, replacement) ?? null, record),
  );

function itemsOf(reading: Reading): Item[] {
  if (reading.kind !== 'observed') return [];
  const { session, usage, event, sim } = reading;
  return [
    ...(session === undefined ? [] : [encodeSessionItem(session)]),
    ...(usage === undefined ? [] : [encodeUsageItem(usage, usage.completeness >= complete)]),
    ...(event === undefined ? [] : [encodeEventItem(event, event.completeness >= complete, 30)]),
    ...(sim === undefined ? [] : [encodeSimItem(sim)]),
  ];
}

/** What a table requires of an item, and the ledger of a reading. */
function expectUsable(reading: Reading): void {
  if (reading.kind === 'fault') expect(reading.problem).toMatch(/^\S.{5,}/s);
  if (reading.kind !== 'observed') return;
  new Fold().add(0, reading);
  const { session, sim } = reading;
  if (session !== undefined) expect(decodeSession(encodeSessionItem(session))).toEqual(session);
  if (sim !== undefined) expect(decodeSim(encodeSimItem(sim))).toEqual(sim);
  for (const item of itemsOf(reading)) {
    for (const [name, value] of Object.entries(item)) {
      const [text = ''] = Object.values(value).map(String);
      expect(text.isWellFormed(), name).toBe(true);
      if (value.N !== undefined) expect(value.N, name).toMatch(/^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/);
    }
    for (const key of [item['sim'], item['sessionId'], item['usageId'], item['eventKey']]) {
      if (key !== undefined) expect(key.S).toMatch(/^\P{Cc}{1,300}$/u);
    }
  }
}

describe('interpreting', () => {
  it('never throws, whatever the JSON contains', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...carriers), (value, carrier) => {
        expectUsable(interpret(value, arrivalFrom(carrier)));
      }),
      runs(500),
    );
  });

  it('never throws, and states only what tables can hold, however a real record was changed', () => {
    fc.assert(
      fc.property(brokenRecord, fc.constantFrom(...carriers), (record, carrier) => {
        expectUsable(interpret(record, arrivalFrom(carrier)));
      }),
      runs(6000),
    );
  });

  it('reads a record alone, in an array, and among JSON lines alike', () => {
    fc.assert(
      fc.property(brokenRecord, (record) => {
        const text = JSON.stringify(record);
        fc.pre(text.startsWith('{') && !hasInexactNumbers(text));
        const readings = [text, `[${text},{}]`, `{}\n${text}\n`, `${text}${text}`].map((body, index) =>
          interpret(bodyOf(body).values[index === 2 ? 1 : 0], arrivalFrom('emnify')),
        );
        expect(readings).toEqual(readings.map(() => readings[0]));
      }),
      runs(1000),
    );
  });

  it('never throws on a row, whatever it contains', () => {
    const headers = [
      'id,event_start_timestamp,event_stop_timestamp,sim_id,iccid,imsi,traffic_type_id,volume,volume_tx,volume_rx,cost,other',
      'id,event_timestamp,event_type_id,event_type_description,sim_iccid,organisation_id,alert,detail,detail_id,other',
    ].map((header) => header.split(','));
    const interpreters = headers.map((header) => makeRowInterpreter(header, 'any.csv')).filter(isInterpreter);
    const usual = fc.constantFrom(
      '1',
      '2026-11-02 10:00:00',
      '8988280666001000001',
      '3',
      '0.5',
      '',
      '{"pdp_context":{}}',
    );
    const text = fc.oneof(
      usual,
      usual,
      oddValue.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...interpreters),
        fc.array(text, { minLength: 9, maxLength: 12 }),
        (read, row) => {
          expectUsable(read(row, arrivalFrom('1nce')));
        },
      ),
      runs(2000),
    );
  });
});

function isInterpreter(
  value: RowInterpreter | ReturnType<typeof makeRowInterpreter>,
): value is RowInterpreter {
  return !isFault(value);
}
