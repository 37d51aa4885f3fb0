import { expect, test } from 'vitest';
import type { Mute } from '../../../lambda/alerts/mutes.ts';
import { encodeMute, MutesTable } from '../../../lambda/store/mutes.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';

const mute: Mute = {
  ...{ id: 'a', rule: 'silent', sim: undefined, source: 'kore', reason: 'moved' },
  ...{ until: '2026-11-10T00:00:00.000Z', createdAt: '2026-11-02T00:00:00.000Z' },
};

test('a mute is kept until it is deleted, one for each id, and deleting says whether it existed', async () => {
  const mutes = new MutesTable(asClient(new MemoryDynamoDb()), 'AlertState');
  const others = ['b', 'c', 'd'].map((id) => ({ ...mute, id, rule: undefined }));
  for (const one of [...others, mute, { ...mute, reason: undefined }]) await mutes.put(one);
  expect(await mutes.list()).toEqual([{ ...mute, reason: undefined }, ...others]);
  expect([await mutes.delete('b'), await mutes.delete('b')]).toEqual([true, false]);
  expect((await mutes.list()).map(({ id }) => id)).toEqual(['a', 'c', 'd']);
});

test('a mute may be deleted a week after its end, and never before', () => {
  expect(encodeMute(mute)['expiresAt']).toEqual({ N: String(Date.parse('2026-11-17T00:00:00Z') / 1_000) });
});
