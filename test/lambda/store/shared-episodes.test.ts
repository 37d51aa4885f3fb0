import { expect, test } from 'vitest';
import {
  type SharedEpisode,
  type SharedTransition,
  sourceRule,
} from '../../../lambda/alerts/shared-episodes.ts';
import {
  decodeShared,
  encodeShared,
  isSharedPartition,
  makeSharedKey,
  readSharedRule,
  SharedEpisodesTable,
} from '../../../lambda/store/shared-episodes.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { makeGroup, makeSourceAlert } from '../queries/stored-alerts.ts';

const group = makeGroup({ revision: 1 });

test('an episode about many SIMs is read as it was written, with or without messages', async () => {
  const shared = new SharedEpisodesTable(asClient(new MemoryDynamoDb()), 'Alerts');
  for (const episode of [group, makeSourceAlert(), makeGroup({ id: 'c'.repeat(32), told: undefined })]) {
    const first = { ...episode, revision: 1 };
    expect(await shared.write(first)).toBe(true);
    expect(await shared.read(episode)).toEqual(first);
  }
  expect(await shared.read({ ...group, id: 'd'.repeat(32) })).toBeUndefined();
});

test('an episode about many SIMs replaces only its previous revision', async () => {
  const shared = new SharedEpisodesTable(asClient(new MemoryDynamoDb()), 'Alerts');
  const written: boolean[] = [];
  for (const revision of [2, 1, 1, 3, 2]) written.push(await shared.write({ ...group, revision }));
  expect(written).toEqual([false, true, false, false, true]);
  expect((await shared.read(group))?.revision).toBe(2);
});

test('groups are stored by rule, and sources by name, apart from the alerts of single SIMs', () => {
  const [ofGroup, ofSource] = [group, makeSourceAlert()].map((one) => makeSharedKey(one)['alert']?.S ?? '');
  expect([ofGroup, ofSource]).toEqual(['!group#lost-vans', '!source#kore']);
  expect([ofGroup, ofSource, 'silent#89', 'silent#!'].map((one) => isSharedPartition(one ?? ''))).toEqual([
    ...[true, true, false, false],
  ]);
  expect([readSharedRule(ofGroup ?? ''), readSharedRule(ofSource ?? '')]).toEqual(['lost-vans', sourceRule]);
});

const message: SharedTransition = {
  ...{ sequence: 1, kind: 'opened', foundAt: 5 },
  ...{ state: 'open', from: 1, to: undefined, members: group.members },
};

test.each<[string, Partial<SharedEpisode>, string | undefined]>([
  ['that has messages waits for delivery', { messages: [message], isHeld: true }, 'undelivered'],
  ['that a mute holds back waits to be told', { isHeld: true }, 'held'],
  ['of which all is told waits for nothing', {}, undefined],
])('an episode %s, and is listed by when it began', (_, changes, waits) => {
  const item = encodeShared({ ...group, ...changes });
  expect([item['waits']?.S, item['month']?.S, item['begun']?.S]).toEqual([
    ...[waits, '2026-11', '2026-11-02T10:00:00.000Z'],
  ]);
  expect(decodeShared(item)).toEqual({ ...group, ...changes });
});
