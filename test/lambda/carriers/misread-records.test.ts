import { expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import type { Reading } from '../../../lambda/carriers/reading.ts';
import type { Carrier } from '../../../lambda/ledger/source.ts';
import { arrivalFrom, observationsOf, statedBy } from '../../records/arrival.ts';
import { fixture } from '../../records/fixtures.ts';
import { ledgerOf } from '../../records/ledger-of.ts';
import { readAll } from '../../records/read-all.ts';

/** Records that once were misread, each with what it says. */

const arrivedAt = Date.parse('2026-11-28T12:00:00.000Z');

function readField(name: string, carrier: Carrier): Reading[] {
  const arrival = { ...arrivalFrom(carrier), arrivedAt };
  return readAll(fixture(`field/${name}`)).values.map((value) => interpret(value, arrival));
}

function readOne(name: string, carrier: Carrier): Reading {
  const [reading, ...more] = readField(name, carrier);
  if (reading === undefined || more.length > 0) throw new Error(`${name} does not hold one record`);
  return reading;
}

it('a latitude without a longitude is not a position', () => {
  const { cell } = statedBy(readOne('latitude-without-longitude.json', 'kore'), 'session').groups;
  expect(cell?.group).toEqual({ cellId: '5', lac: '7', lat: undefined, lon: undefined });
});

it('a SIM that was blocked is active once a session began', () => {
  const { sims } = ledgerOf([readField('blocked-then-session.jsonl', '1nce').map(observationsOf)]);
  expect([...sims.values()].map(({ groups }) => groups.lifecycle?.group)).toEqual([{ status: 'active' }]);
});

it('a usage record whose cost has too many digits is kept, with the cost as it was written', () => {
  const { dataTotal, cost, extra } = statedBy(readOne('cost-of-45-digits.json', 'emnify'), 'usage');
  expect({ dataTotal, cost, extra }).toEqual({
    dataTotal: 1000,
    cost: undefined,
    extra: '{"cost":"0.123456789012345678901234567890123456789012345"}',
  });
});

it('the code of a session’s error is whole', () => {
  const { trouble } = statedBy(readOne('long-error-code.json', 'kore'), 'session').groups;
  expect(trouble?.group).toEqual({
    error: 'DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION (5420): no EPS subscription',
  });
});

it('a usage record without its start is rejected for that reason', () => {
  expect(readOne('usage-without-start.json', 'emnify')).toEqual({
    kind: 'fault',
    code: 'missing-identity',
    member: 'start_timestamp',
    problem: 'start_timestamp is missing',
  });
});

it('the data of a Super SIM event without its envelope is read as the event', () => {
  const { type, eventId, sim } = statedBy(readOne('super-sim-data-without-envelope.json', 'kore'), 'event');
  expect({ type, eventId, sim }).toEqual({
    type: 'data-session.started',
    eventId: 'EZ0000000000000000000000000000000f',
    sim: '8988307000000000900',
  });
});
