import { describe, expect, test } from 'vitest';
import { complete } from '../../../lambda/ledger/observation.ts';
import {
  eventRecords,
  isKeyWithin,
  listKeysToRead,
  listRecordTimes,
  selectCountedItems,
  usageRecords,
} from '../../../lambda/store/counted-items.ts';
import { encodeEventItem, encodeUsageItem, type Item } from '../../../lambda/store/items.ts';
import { eventAt, usageAt } from './observations.ts';

const hour = '2026-11-02T10';

/** A complete usage record. */
function makeUsage(minutes: string, more: Parameters<typeof usageAt>[3] = {}): Item {
  const start = `${hour}:${minutes}Z`;
  return encodeUsageItem(usageAt(start, 'sim', '1', more), true);
}

/** The same as a file has it, which says less and rounds the time. */
function makeRow(minutes: string, more: Parameters<typeof usageAt>[3] = {}): Item {
  return encodeUsageItem(usageAt(`${hour}:${minutes}Z`, 'sim', '1', { completeness: 3, ...more }), false);
}

function listKeys(
  records: Parameters<typeof selectCountedItems>[0],
  items: readonly Item[],
): (string | undefined)[] {
  const counted = selectCountedItems(records);
  return [...counted.add(items), ...counted.end()].map((item) => item[records.sortKey]?.S);
}

describe('of items whose times are at most a second apart', () => {
  test('only the more complete one of a record counts, in either order', () => {
    const items = [makeRow('00:01.000'), makeUsage('00:01.400')];
    for (const some of [items, items.toReversed()])
      expect(listKeys(usageRecords, some)).toEqual([`${hour}:00:01.400Z#1`]);
  });

  test('only the more complete one counts if its key is cut to the second', () => {
    const cut = makeUsage('00:01.900', { usageId: `${hour}:00:01.000Z#1` });
    expect(listKeys(usageRecords, [cut, makeRow('00:02.900')])).toEqual([`${hour}:00:01.000Z#1`]);
    expect(listKeys(usageRecords, [cut, makeRow('00:02.901')])).toHaveLength(2);
  });

  test.each([
    ['ids', { recordId: '2' }],
    ['sources', { source: 'other' }],
    ['SIMs', { sim: 'other' }],
  ])('those of different %s count', (_, more) => {
    expect(listKeys(usageRecords, [makeUsage('00:01.000'), makeRow('00:01.400', more)])).toHaveLength(2);
  });

  test('only the more complete one of an event counts', () => {
    const full = encodeEventItem(eventAt(`${hour}:00:01.400Z`, 'sim', '1'), true, 0);
    const rounded = { ...eventAt(`${hour}:00:01.000Z`, 'sim', '1'), completeness: complete - 1 };
    expect(listKeys(eventRecords, [encodeEventItem(rounded, false, 0), full])).toEqual([
      `${hour}:00:01.400Z#1`,
    ]);
  });
});

test('items with the same id that are more than a second apart are two records', () => {
  expect(listKeys(usageRecords, [makeUsage('00:01.000'), makeRow('00:02.000')])).toHaveLength(1);
  expect(listKeys(usageRecords, [makeUsage('00:01.000'), makeRow('00:02.001')])).toHaveLength(2);
});

test.each([
  [
    'a second more on either side, from a whole second on',
    { from: `${hour}:00:01.500Z`, to: `${hour}:59:00.000Z` },
    undefined,
    { from: `${hour}:00:00.000Z`, to: `${hour}:59:01.000Z` },
  ],
  [
    'the end itself where it is part of the range',
    { from: `${hour}:00:01.000Z`, to: `${hour}:59:00.000Z$` },
    undefined,
    { from: `${hour}:00:00.000Z`, to: `${hour}:59:01.000Z$` },
  ],
  ['everything where the range is open', { from: '0', to: '9999' }, undefined, { from: '0', to: '9999' }],
  [
    'two seconds beyond the key before which records are wanted, since it may be cut to the second',
    { from: '0', to: '9999' },
    `${hour}:30:00.000Z#7`,
    { from: '0', to: `${hour}:30:02.000Z` },
  ],
  [
    'no more than the range where that ends first',
    { from: '0', to: `${hour}:30:00.500Z` },
    `${hour}:30:00.000Z#7`,
    { from: '0', to: `${hour}:30:01.500Z` },
  ],
])('to decide what counts, %s is read', (_, range, before, expected) => {
  expect(listKeysToRead(range, before)).toEqual(expected);
});

test('items from a second before a range to a second after it decide what counts in it', () => {
  expect(listRecordTimes({ from: `${hour}:00:01.000Z`, to: `${hour}:59:00.000Z` })).toEqual({
    from: `${hour}:00:00.000Z`,
    to: `${hour}:59:01.000Z`,
  });
  expect(listRecordTimes({})).toEqual({ from: undefined, to: undefined });
});

test.each([
  ['at its beginning', `${hour}:00:01.500Z#1`, true],
  ['cut to the second in which it begins', `${hour}:00:01.000Z#1`, true],
  ['before that second', `${hour}:00:00.999Z#1`, false],
  ['shortly before its end', `${hour}:58:59.999Z#1`, true],
  ['at its end', `${hour}:59:00.000Z#1`, false],
  ['that does not begin with a time', `${hour}:30:00Z#0000001`, false],
  ['of a day that there is not', '2026-11-31T10:30:00.000Z#1', false],
])('a key %s is in a range, or is not', (_, key, expected) => {
  const range = {
    from: `${hour}:00:01.500Z`,
    to: key.startsWith('2026-11-31') ? '9999' : `${hour}:59:00.000Z`,
  };
  expect(isKeyWithin(key, range)).toBe(expected);
});
