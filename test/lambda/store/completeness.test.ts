import { describe, expect, test } from 'vitest';
import { complete, completeWithSession, superseded } from '../../../lambda/ledger/observation.ts';
import {
  compareCompleteness,
  outdoes,
  rankCompleteness,
  supersedes,
} from '../../../lambda/store/completeness.ts';
import { encodeEventItem, encodeUsageItem, type Item } from '../../../lambda/store/items.ts';
import { eventAt, minute, usageAt } from './observations.ts';

/** A usage record of a SIM, as it is stored with a completeness. */
function makeUsage(completeness: number, more: Parameters<typeof usageAt>[3] = {}): Item {
  return encodeUsageItem(usageAt(minute(0), 'sim', '1', { completeness, ...more }), completeness >= complete);
}

function makeEvent(completeness: number, more: Parameters<typeof eventAt>[3] = {}): Item {
  return encodeEventItem(
    eventAt(minute(0), 'sim', '1', { completeness, ...more }),
    completeness >= complete,
    0,
  );
}

describe('how complete an item is', () => {
  test.each([
    ['an event', makeEvent(complete), complete],
    ['an event that names a session', makeEvent(complete, { sessionId: 's' }), complete],
    ['usage', makeUsage(complete), complete],
    ['usage that names its session', makeUsage(complete, { sessionId: 's' }), completeWithSession],
    ['usage that says less, although it names its session', makeUsage(3, { sessionId: 's' }), 3],
    ['an event that says less', makeEvent(superseded), superseded],
  ])('is told of %s', (_, item, expected) => {
    expect(rankCompleteness(item)).toBe(expected);
  });

  test('decides before its content does', () => {
    const [less, more] = [makeUsage(3, { country: 'ZZ' }), makeUsage(complete, { country: 'AA' })];
    expect([compareCompleteness(more, less), compareCompleteness(less, more)]).toEqual([6, -6]);
    expect([outdoes(more, less), outdoes(less, more)]).toEqual([true, false]);
    expect([supersedes(more, less), supersedes(less, more)]).toEqual([true, false]);
  });
});

describe.each([
  ['usage', makeUsage(complete, { country: 'DE' }), makeUsage(complete, { country: 'FR' })],
  ['events', makeEvent(complete, { type: 'a' }), makeEvent(complete, { type: 'b' })],
])('of two renderings of %s that say equally much', (_, one, other) => {
  test('the same one stays in either order, if either may arrive first', () => {
    expect(outdoes(one, other)).toBe(!outdoes(other, one));
  });

  test('the last one stays, if a stream determines the order', () => {
    expect([supersedes(one, other), supersedes(other, one)]).toEqual([true, true]);
  });

  test('neither replaces the other if both have the same content', () => {
    expect([outdoes(one, { ...one }), supersedes(one, { ...one })]).toEqual([false, false]);
  });
});
