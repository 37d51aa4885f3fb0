import { expect, test } from 'vitest';
import { makeFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { BatchAccount } from '../../../lambda/ingest/batch-account.ts';
import type { WriteReport } from '../../../lambda/store/report.ts';
import { changesOf, minute, usageAt } from '../store/observations.ts';

const usage = (id: string) => usageAt(minute(1), 'a', id, { dataTotal: 10 });
const observed = (id: string): Reading =>
  ({ kind: 'observed', session: undefined, usage: usage(id), event: undefined, sim: undefined }) as Reading;
const fault = makeFault('broken-json', 'This is not JSON');
const nothing: WriteReport = { repeated: new Set(), failed: new Set(), errors: [], gains: [] };

/** An account of one record of each outcome, each in a delivery of its own, from delivery 10 on. */
function fill(): BatchAccount {
  const account = new BatchAccount();
  const readings: Reading[] = [
    ...['stored', 'stored before', 'repeats', 'fails'].map(observed),
    { kind: 'ignored', reason: 'sink validation' },
    fault,
  ];
  const indexes = readings.map((reading, index) => account.add(reading, 10 + index, Date.parse(minute(2))));
  expect(indexes).toEqual([0, 1, 2, 3, 4, 5]);
  account.repeat(2);
  account.noteWritten(changesOf({}), { ...nothing, repeated: new Set([1]), failed: new Set([3]) });
  return account;
}

test('each record has one outcome, and one that failed counts only as that', () => {
  const account = fill();
  expect(account.makeReceipt()).toEqual({
    ...{ received: 5, stored: 1, repeated: 2, ignored: 1, rejected: 1, failed: 1 },
  });
  const none = { received: 0, stored: 0, repeated: 0, ignored: 0, rejected: 0, failed: 0 };
  expect(Object.fromEntries(account.measures.receipts)).toEqual({
    usage: { ...none, received: 3, stored: 1, repeated: 2, failed: 1 },
    platform: { ...none, received: 1, ignored: 1 },
    'broken-json': { ...none, received: 1, rejected: 1 },
  });
});

test('a delivery fails with any of its records, whether the store or the quarantine did not take it', () => {
  const account = fill();
  account.noteUnkept([5], new Error('away'));
  expect([...account.failedDeliveries].sort()).toEqual([13, 15]);
  expect(account.makeReceipt()).toMatchObject({ received: 4, rejected: 0, failed: 2 });
});

test('a reject is not counted as repeated because the store reports its index', () => {
  const account = new BatchAccount();
  const index = account.add(fault, 0, 0);
  account.noteWritten(changesOf({}), { ...nothing, repeated: new Set([index]) });
  expect(account.makeReceipt()).toMatchObject({ repeated: 0, rejected: 1 });
});

test('errors are one of each kind: the first of the store, the last of the quarantine', () => {
  const account = new BatchAccount();
  const named = (name: string, message: string) => Object.assign(new Error(message), { name });
  for (const message of ['first', 'second']) {
    account.noteWritten(changesOf({}), { ...nothing, errors: [named('Throttled', message)] });
    account.noteUnkept([], named('AccessDenied', message));
  }
  expect(account.errors.map(({ name, message }) => `${name} ${message}`)).toEqual([
    'Throttled first',
    'AccessDenied second',
  ]);
});

test('ids of test events are those of messages that have one', () => {
  const account = new BatchAccount();
  expect([...account.testIds]).toEqual([]);
  account.add({ kind: 'ignored', reason: 'sink validation', testId: 'TI1' }, 0, 0);
  account.add({ kind: 'ignored', reason: 'sink validation' }, 0, 0);
  account.add(observed('1'), 0, 0);
  expect([...account.testIds]).toEqual(['TI1']);
});

test.each([
  ['new', nothing, 10],
  ['stored before', { ...nothing, repeated: new Set([0]) }, undefined],
  ['not stored', { ...nothing, failed: new Set([0]) }, undefined],
])('the traffic of a batch is that of new usage: %s', (_, report, bytes) => {
  const account = new BatchAccount();
  account.add(observed('1'), 0, 0);
  account.noteWritten(changesOf({ usage: [usage('1')] }), report);
  expect(account.measures.traffic.map((traffic) => traffic.bytes)).toEqual(
    bytes === undefined ? [] : [bytes],
  );
});
