import { describe, expect, test } from 'vitest';
import {
  decodeSession,
  encodeSessionItem,
  type Item,
  keepLaterExpiry,
  measureItem,
} from '../../../lambda/store/items.ts';
import { isKey } from '../../../lambda/store/keys.ts';
import { minute, sessionAt } from './observations.ts';

describe('an item that replaces another one of the same record', () => {
  const expiring = (expiresAt: number | undefined, tariff: string): Item => ({
    tariff: { S: tariff },
    ...(expiresAt !== undefined && { expiresAt: { N: String(expiresAt) } }),
  });

  test.each([
    ['expires when it does, if that is later', 20, 10, 20],
    ['expires when the other one does, if that is later', 10, 20, 20],
    ['expires when both do', 20, 20, 20],
    ['expires by number, not by text', 9, 10, 10],
    ['never expires, if the other one does not', 10, undefined, undefined],
    ['never expires, if it does not itself', undefined, 10, undefined],
  ])('%s', (_, own, other, expected) => {
    expect(keepLaterExpiry(expiring(own, 'new'), expiring(other, 'old'))).toEqual(expiring(expected, 'new'));
  });
});

test('a session has ended only if it has an end; a status is not enough, because open ones have one', () => {
  const open = encodeSessionItem(sessionAt(minute(1), 'sim', { start: minute(1) }));
  expect([open['status']?.S, decodeSession(open).terminal]).toEqual(['open', undefined]);
  for (const status of ['ended', 'failed'] as const) {
    const terminal = { status, end: minute(2) };
    const item = encodeSessionItem(sessionAt(minute(2), 'sim', { start: minute(1), terminal }));
    expect(decodeSession(item).terminal).toEqual(terminal);
  }
});

test.each([
  ['names and texts as UTF-8', { ä: { S: 'öö' } }, 2 + 4],
  ['two digits of a number as a byte, and two more', { n: { N: '-12345' } }, 1 + 3 + 2],
  ['a flag as a byte', { flag: { BOOL: true } }, 5],
  ['3 for a list, and 1 more for each value', { l: { L: [{ S: 'ab' }, { N: '1' }] } }, 1 + 3 + 1 + 2 + 1 + 3],
  [
    '3 for a map, and 1 more for each member',
    { m: { M: { a: { S: 'b' }, c: { S: 'dd' } } } },
    1 + 3 + 2 + 2 + 3,
  ],
])('an item has as many bytes as DynamoDB counts: %s', (_, item, bytes) => {
  expect(measureItem(item as Item)).toBe(bytes);
});

test.each([
  ['a text', 'a', true],
  ['the longest text', 'ä'.repeat(512), true],
  ['a text that is longer', `${'ä'.repeat(512)}a`, false],
  ['an empty text', '', false],
  ['half a character', '\ud800', false],
  ['a number', 5, false],
  ['nothing', undefined, false],
  ['a list, which has a length', ['a'], false],
])('%s can be a sort key, or cannot', (_, value, expected) => {
  expect(isKey(value, 'sort')).toBe(expected);
});
