import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChangeKind, diffRows, joinChanges, type RowChange } from '../../../lambda/days/changes.ts';
import { makeRows, mergeItems, noItems, type SimRows } from '../../../lambda/days/rows.ts';
import { runs } from '../../records/runs.ts';
import { makeSession, makeUsage, sim, statement } from './records.ts';

const day = '2026-11-02';

test('the differences between two versions are added, changed and moved rows', () => {
  const usage = (recordId: string, about: object = {}) =>
    makeUsage({ start: `${day}T0${recordId}:00:00.000Z`, recordId, ...about });
  const session = makeSession({
    sessionId: 's1',
    start: `${day}T01:00:00.000Z`,
    end: `${day}T02:00:00.000Z`,
  });
  const before = makeRows(day, { ...noItems, usage: [usage('1'), usage('2')], sessions: [session] });
  const after = makeRows(day, { ...noItems, usage: [usage('1'), usage('2', { tariff: 'IoT' }), usage('3')] });
  expect(diffRows(sim, before, after)).toEqual([
    { kind: 'usage', sim, id: `${day}T02:00:00.000Z#2`, change: 'changed' },
    { kind: 'usage', sim, id: `${day}T03:00:00.000Z#3`, change: 'added' },
    { kind: 'sessions', sim, id: 's1', change: 'moved' },
  ]);
});

/** Whether a row exists after a change. */
function isThere(change: ChangeKind | undefined, before: boolean): boolean {
  return change === undefined ? before : change !== 'moved';
}

test('the changes of two steps together lead from the first version to the last', () => {
  const versions = fc
    .array(statement, { maxLength: 8 })
    .map((some) => makeRows(day, some.reduce(mergeItems, noItems)));
  const key = ({ kind, id }: RowChange): string => `${kind} ${id}`;
  fc.assert(
    fc.property(versions, versions, versions, (first, second, third) => {
      const joined = joinChanges(diffRows(sim, first, second), diffRows(sim, second, third));
      const direct = diffRows(sim, first, third);
      // A row that changes and changes back is among the joined ones.
      const back = joined.filter(
        ({ change, ...one }) =>
          change === 'changed' && !direct.some((other) => key(other) === key({ ...one, change })),
      );
      const rest = joined.filter((one) => !back.includes(one));
      expect(rest.map((one) => `${key(one)} ${one.change}`).sort()).toEqual(
        direct.map((one) => `${key(one)} ${one.change}`).sort(),
      );
      for (const one of back) expect(isThere(one.change, true)).toBe(true);
    }),
    runs(500),
  );
});

test('a step that is repeated after an interruption changes nothing more', () => {
  const versions = fc
    .array(statement, { maxLength: 8 })
    .map((some) => makeRows(day, some.reduce(mergeItems, noItems)));
  fc.assert(
    fc.property(versions, versions, fc.boolean(), (first, second, isUsageWritten) => {
      const mixed: SimRows = isUsageWritten ? { ...first, usage: second.usage } : first;
      const changes = diffRows(sim, first, second);
      const again = joinChanges(changes, diffRows(sim, mixed, second));
      expect(again).toEqual(joinChanges(changes, []));
    }),
    runs(300),
  );
});
