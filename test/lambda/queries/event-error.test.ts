import { expect, test } from 'vitest';
import type { Carrier } from '../../../lambda/ledger/source.ts';
import { readEventError } from '../../../lambda/queries/event-error.ts';
import { decodeEvent } from '../../../lambda/store/records.ts';

function errorOf(carrier: Carrier, detail: string | undefined) {
  const event = { ...decodeEvent({ carrier: { S: carrier }, imsi: { S: '901405100000101' } }), detail };
  return readEventError(event, new Set());
}

test.each([
  ['{"code":"31004","message":"not allowed"}', '31004', 'not allowed'],
  ['{"code":31004}', '31004', null],
  ['{"message":"peer 10.0.0.1 of 901405100000101"}', null, 'peer … of …'],
  ['{"code":{},"message":["a"]}', null, null],
  ['not allowed', null, 'not allowed'],
  ['{"code":"310…', null, '{"code":"310…'],
  [undefined, null, null],
])('the error of a Super SIM event with the detail %s', (detail, code, message) => {
  expect(errorOf('twilio', detail)).toEqual({ code, message });
  expect(errorOf('kore', detail)).toEqual({ code, message });
});

test('a data-streamer event states no error in its detail', () => {
  expect(errorOf('emnify', '{"code":"1","message":"a"}')).toEqual({ code: null, message: null });
});
