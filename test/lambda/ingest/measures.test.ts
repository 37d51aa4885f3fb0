import { describe, expect, test } from 'vitest';
import { makeFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { classifyReading, Measures } from '../../../lambda/ingest/measures.ts';
import { changesOf, eventAt, minute, sessionAt, simAt, usageAt } from '../store/observations.ts';

const nothing = { kind: 'observed', session: undefined, usage: undefined, event: undefined, sim: undefined };

function reading(stated: Partial<Reading>): Reading {
  return { ...nothing, ...stated } as Reading;
}

const everyRecord = () => true;

describe('a record’s kind', () => {
  test.each<[string, Reading]>([
    ['usage', reading({ usage: usageAt(minute(1), 'a', '1'), session: sessionAt(minute(1), 'a') })],
    ['event', reading({ event: eventAt(minute(1), 'a', '1'), session: sessionAt(minute(1), 'a') })],
    ['event', reading({ session: sessionAt(minute(1), 'a') })],
    ['platform', { kind: 'ignored', reason: 'sink validation' }],
    ['broken-json', makeFault('broken-json', 'This is not JSON')],
  ])('is %s', (kind, record) => {
    expect(classifyReading(record)).toBe(kind);
  });
});

describe('the lateness of records', () => {
  const arrivedAt = Date.parse(minute(10));

  test('is counted from the time that they are about, in seconds', () => {
    const measures = new Measures();
    measures.noteLag(reading({ event: eventAt(minute(9), 'a', '1') }), arrivedAt);
    measures.noteLag(reading({ usage: usageAt(minute(0), 'a', '1', { end: minute(8) }) }), arrivedAt);
    measures.noteLag(reading({ session: sessionAt(minute(7), 'a') }), arrivedAt + 250);
    expect(measures.listLags(100)).toEqual([60, 120, 180.25]);
  });

  test('is 0 if a clock is ahead, and unknown for unreadable records', () => {
    const measures = new Measures();
    measures.noteLag(reading({ event: eventAt(minute(11), 'a', '1') }), arrivedAt);
    measures.noteLag(makeFault('broken-json', 'This is not JSON'), arrivedAt);
    measures.noteLag(reading({ sim: simAt(minute(1), 'a') }), arrivedAt);
    expect(measures.listLags(100)).toEqual([0]);
  });

  test('is measured by quantiles, from the minimum to the maximum, if there are many', () => {
    const measures = new Measures();
    for (let second = 1_000; second >= 0; second -= 1) {
      measures.noteLag(reading({ event: eventAt(minute(10), 'a', '1') }), arrivedAt + second * 1000);
    }
    expect(measures.listLags(5)).toEqual([0, 250, 500, 750, 1_000]);
    expect(measures.listLags(1_001).length).toBe(1_001);
  });
});

describe('usage', () => {
  const telefonica = { country: 'DE', operatorName: 'Telefónica' };

  test('is added up by country and operator', () => {
    const measures = new Measures();
    const usage = [
      usageAt(minute(1), 'a', '1', { ...telefonica, cost: '0.0015' }),
      usageAt(minute(2), 'b', '2', { ...telefonica, dataUploaded: undefined, dataDownloaded: undefined }),
      usageAt(minute(3), 'c', '3', { country: 'US' }),
    ];
    measures.addUsage(changesOf({ usage }), everyRecord);
    expect(measures.traffic).toEqual([
      { country: 'DE', operator: 'Telefónica', bytes: 6, uploaded: 1, downloaded: 2, cost: 0.0015 },
      { country: 'US', operator: 'unknown', bytes: 3, uploaded: 1, downloaded: 2, cost: 0 },
    ]);
  });

  test('leaves out records that were stored before or failed', () => {
    const measures = new Measures();
    const usage = ['1', '2', '3'].map((id) => usageAt(minute(1), 'a', id, telefonica));
    measures.addUsage(changesOf({ usage }), (record) => record === 1);
    expect(measures.traffic.map(({ bytes }) => bytes)).toEqual([3]);
    // Two records of one item, of which one did not get in: neither says that it is new.
    const [change] = changesOf({ usage }).usage;
    measures.addUsage({ usage: [{ ...change!, indexes: [1, 2] }] }, (record) => record === 1);
    expect(measures.traffic.map(({ bytes }) => bytes)).toEqual([3]);
  });
});

test('the measures of two batches are those of both', () => {
  const measures = new Measures();
  const other = new Measures();
  for (const one of [measures, other]) {
    one.count('usage', 'received', 2);
    one.count('usage', 'stored', 2);
    one.noteLag(reading({ event: eventAt(minute(0), 'a', '1') }), Date.parse(minute(1)));
    one.addUsage(
      changesOf({ usage: [usageAt(minute(1), 'a', '1', { country: 'FR', cost: '0.5' })] }),
      everyRecord,
    );
  }
  other.count('broken-json', 'rejected');
  measures.add(other);
  const none = { received: 0, stored: 0, repeated: 0, ignored: 0, rejected: 0, failed: 0 };
  expect(Object.fromEntries(measures.receipts)).toEqual({
    usage: { ...none, received: 4, stored: 4 },
    'broken-json': { ...none, rejected: 1 },
  });
  expect(measures.listLags(100)).toEqual([60, 60]);
  expect(measures.traffic).toEqual([
    { country: 'FR', operator: 'unknown', bytes: 6, uploaded: 2, downloaded: 4, cost: 1 },
  ]);
});
