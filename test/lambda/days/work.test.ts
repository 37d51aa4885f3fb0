import { describe, expect, it, test } from 'vitest';
import { type DayMessage, parseMessage, printMessage } from '../../../lambda/days/work.ts';

const messages: readonly DayMessage[] = [
  { kind: 'reading', from: '2026-11-01', through: '2026-11-02', waitedMilliseconds: 900_000 },
  { kind: 'plan', day: '2026-11-02' },
  { kind: 'round', day: '2026-11-02' },
  { kind: 'bucket', day: '2026-11-02', round: 1, bucket: 0 },
  { kind: 'visit', day: '2026-11-02', round: 2, waitedMilliseconds: 0 },
  { kind: 'partial', day: '2026-11-02', asOf: 1 },
  { kind: 'partial-bucket', day: '2026-11-02', asOf: 1, bucket: 2 },
];

test.each(messages)('a message is read unchanged: $kind', (message) => {
  expect(parseMessage(printMessage(message))).toEqual(message);
});

test('a message has at most a few hundred bytes', () => {
  const greatest: DayMessage = {
    ...{ kind: 'visit', day: '9999-12-31', round: Number.MAX_SAFE_INTEGER },
    waitedMilliseconds: Number.MAX_SAFE_INTEGER,
  };
  expect(printMessage(greatest).length).toBeLessThan(200);
});

describe('a malformed message is refused with a sentence', () => {
  it.each([
    ['', 'It is not a JSON object'],
    ['[]', 'It is not a JSON object'],
    [
      '{}',
      'kind: undefined given; accepted is one of reading, plan, round, bucket, visit, partial, partial-bucket',
    ],
    [
      '{"kind":"toString","day":"2026-11-02"}',
      'kind: "toString" given; accepted is one of reading, plan, round, bucket, visit, partial, partial-bucket',
    ],
    ['{"kind":"plan"}', 'day: undefined given; accepted is a UTC day such as 2026-11-02'],
    [
      '{"kind":"plan","day":"2026-02-30"}',
      'day: "2026-02-30" given; accepted is a UTC day such as 2026-11-02',
    ],
    [
      '{"kind":"bucket","day":"2026-11-02","round":1.5,"bucket":0}',
      'round: 1.5 given; accepted is a whole number from 0',
    ],
    [
      '{"kind":"visit","day":"2026-11-02","round":1,"waitedMilliseconds":"900000"}',
      'waitedMilliseconds: "900000" given; accepted is a whole number from 0',
    ],
  ])('%s', (body, cause) => {
    expect(() => parseMessage(body)).toThrow(`This is not a message of the day pass. ${cause}`);
  });
});
