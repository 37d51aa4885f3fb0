import { expect, test } from 'vitest';
import { Receipts } from '../../local/receipts.ts';

function line(source: string, counts: Readonly<Record<string, number>>, Namespace = 'simledger'): string {
  const Metrics = Object.keys(counts).map((Name) => ({ Name, Unit: 'Count' }));
  const CloudWatchMetrics = [{ Namespace, Dimensions: [['source']], Metrics }];
  return JSON.stringify({ _aws: { Timestamp: 1, CloudWatchMetrics }, source, ...counts });
}

test('receipts are added up by source from the metrics in the functions’ logs, and other lines are ignored', () => {
  const receipts = new Receipts();
  const lines = [
    line('twilio', { received: 5, stored: 3, repeated: 1, ignored: 1, rejected: 0, failed: 2 }),
    '{"level":"INFO","message":"File"}',
    'no JSON, but with "CloudWatchMetrics"',
    line('kore', { received: 1, rejected: 1 }),
    line('twilio', { received: 2, stored: 2, lag: 900 }),
    line('twilio', { received: 100 }, 'another'),
    line('emnify', { received: 0, failed: 0 }),
  ];
  expect(lines.map((one) => receipts.takeLine(one))).toEqual([true, false, false, true, true, true, true]);
  const twilio = { received: 7, stored: 5, repeated: 1, ignored: 1, rejected: 0, failed: 2 };
  const kore = { received: 1, stored: 0, repeated: 0, ignored: 0, rejected: 1, failed: 0 };
  expect(receipts.listEntries()).toEqual([
    ['twilio', twilio],
    ['kore', kore],
  ]);
  expect(receipts.addUp()).toEqual({
    received: 8,
    stored: 5,
    repeated: 1,
    ignored: 1,
    rejected: 1,
    failed: 2,
  });
});

test('no receipts add up to an empty receipt', () => {
  const nothing = { received: 0, stored: 0, repeated: 0, ignored: 0, rejected: 0, failed: 0 };
  expect([new Receipts().listEntries(), new Receipts().addUp()]).toEqual([[], nothing]);
});

test('the receipts of the last minutes are kept apart, for a day', () => {
  let now = Date.parse('2026-11-02T10:00:30Z');
  const receipts = new Receipts(() => now);
  const counts = (minutes: number): number[] => {
    const { received, rejected } = receipts.countLately('kore', minutes);
    return [received, rejected];
  };
  receipts.takeLine(line('kore', { received: 3, stored: 2, rejected: 1 }));
  now += 59 * 60_000;
  receipts.takeLine(line('kore', { received: 1, rejected: 1 }));
  receipts.takeLine(line('kore', { failed: 4 }));
  expect([counts(60), counts(24 * 60), receipts.findLastRecord('kore')]).toEqual([[4, 2], [4, 2], now]);
  now += 60_000;
  expect([counts(60), counts(24 * 60)]).toEqual([
    [1, 1],
    [4, 2],
  ]);
  now += 23 * 3_600_000;
  receipts.takeLine(line('kore', { received: 5 }));
  expect([counts(60), counts(24 * 60), receipts.addUp().received]).toEqual([[5, 0], [6, 1], 9]);
  expect([receipts.findLastRecord('twilio'), receipts.countLately('twilio', 60).received]).toEqual([
    undefined,
    0,
  ]);
});
