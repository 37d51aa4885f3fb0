import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type MarkName, markNames } from '../../../lambda/ledger/heard.ts';
import { replaceStatement, writeSimUpdate } from '../../../lambda/store/expressions.ts';
import { encodeSimItem, type Item } from '../../../lambda/store/items.ts';
import { MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { minute, simAt } from './observations.ts';

const key = { sim: { S: 'sim' } };

/** A SIM that is observed at a minute, with marks. */
function makeSim(at: number, marks: Partial<Record<MarkName, number>>) {
  const sim = simAt(minute(at), 'sim', { label: { simName: `at ${at}` } });
  const stated = Object.entries(marks).map(([name, mark]) => [name, { at: minute(mark), group: {} }]);
  return { ...sim, groups: { ...sim.groups, ...Object.fromEntries(stated) } };
}

/** Whether a SIM is written without being read, where another one is stored. */
function isWritten(stored: Item | undefined, sim: ReturnType<typeof makeSim>): boolean {
  const engine = new MemoryDynamoDb();
  if (stored !== undefined) engine.answer(new PutItemCommand({ TableName: 'Sims', Item: stored }));
  try {
    engine.answer(new UpdateItemCommand({ TableName: 'Sims', Key: key, ...writeSimUpdate(sim).expressions }));
  } catch {
    return false;
  }
  return true;
}

test.each(markNames)(
  'a SIM that states when it was %s is written unless the stored mark is later',
  (name) => {
    const other = markNames.find((one) => one !== name) ?? name;
    const sim = makeSim(10, { [name]: 5 });
    expect([
      isWritten(undefined, sim),
      isWritten(encodeSimItem(makeSim(9, {})), sim),
      isWritten(encodeSimItem(makeSim(9, { [name]: 5 })), sim),
      isWritten(encodeSimItem(makeSim(9, { [other]: 7 })), sim),
    ]).toEqual([true, true, true, true]);
    expect([
      isWritten(encodeSimItem(makeSim(9, { [name]: 6 })), sim),
      // What is stored was observed as late, or later.
      isWritten(encodeSimItem(makeSim(10, {})), sim),
    ]).toEqual([false, false]);
  },
);

test('a SIM that states several marks is written only if no stored mark is later', () => {
  const sim = makeSim(10, { signalled: 5, bytes: 6, session: 7 });
  expect(isWritten(encodeSimItem(makeSim(9, { signalled: 5, bytes: 6, session: 7 })), sim)).toBe(true);
  for (const name of markNames) expect(isWritten(encodeSimItem(makeSim(9, { [name]: 8 })), sim)).toBe(false);
});

const stored: Item = {
  ...key,
  lastUpdated: { S: 'a' },
  kept: { S: 'k' },
  changed: { N: '1' },
  gone: { BOOL: true },
};

test('an item that was read is replaced by what differs, if it has not changed since', () => {
  const item = {
    ...key,
    lastUpdated: { S: 'b' },
    kept: { S: 'k' },
    changed: { N: '2' },
    added: { BOOL: false },
  };
  const possible = ['lastUpdated', 'kept', 'changed', 'gone', 'added', 'never'];
  expect(replaceStatement('Sims', key, stored, item, possible)).toEqual({
    target: 'Sims\nsim',
    text:
      'UPDATE "Sims" SET "lastUpdated" = ? SET "changed" = ? SET "added" = ? REMOVE "gone" WHERE "sim" = ? AND ' +
      '("lastUpdated" = ? AND "kept" = ? AND "changed" = ? AND "gone" = ? AND "added" IS MISSING AND "never" IS MISSING)',
    parameters: [
      ...[item.lastUpdated, item.changed, item.added, key.sim],
      ...[stored['lastUpdated'], stored['kept'], stored['changed'], stored['gone']],
    ],
  });
});

test('an item that only loses attributes is replaced by setting its `lastUpdated`, because a statement must set something', () => {
  const { gone: _, ...item } = stored;
  expect(replaceStatement('Sims', key, stored, item, []).text).toMatch(
    /^UPDATE "Sims" SET "lastUpdated" = \? REMOVE "gone" WHERE "sim" = \? AND \(/,
  );
});

test('the parts of a key are compared together', () => {
  const both = { sim: { S: 'sim' }, sessionId: { S: 's' } };
  const { text, target } = replaceStatement(
    'Sessions',
    both,
    { ...stored, ...both },
    { ...stored, ...both },
    [],
  );
  expect([text.includes(' WHERE "sim" = ? AND "sessionId" = ? AND ('), target]).toEqual([
    true,
    'Sessions\nsim\ns',
  ]);
});
