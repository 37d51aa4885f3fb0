import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findSessionDay, listTouchedDays, shiftDay } from '../../../lambda/days/day.ts';
import { listItems, makeRows, mergeItems, noItems, type SimItems } from '../../../lambda/days/rows.ts';
import { renderingDistance } from '../../../lambda/ledger/counted.ts';
import { pickMoreComplete } from '../../../lambda/ledger/fold.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { toMilliseconds } from '../../../lambda/ledger/time.ts';
import { runs } from '../../records/runs.ts';
import { makeEvent, makeSession, makeUsage, statement } from './records.ts';

const [before, day, after] = ['2026-11-01', '2026-11-02', '2026-11-03'];

function withUsage(...usage: readonly Usage[]): SimItems {
  return { ...noItems, usage };
}

/** The items that count by the documented rule, comparing each one with all others. */
function listCounted(usage: readonly Usage[]): Usage[] {
  const at = ({ start }: Usage): number => toMilliseconds(start);
  return usage.filter(
    (one) =>
      !usage.some(
        (other) =>
          other !== one &&
          other.source === one.source &&
          other.recordId === one.recordId &&
          Math.abs(at(other) - at(one)) <= renderingDistance &&
          pickMoreComplete(one, other) === other,
      ),
  );
}

describe('the rows of a day', () => {
  const stream = makeUsage({ start: '2026-11-02T23:59:59.700Z' });
  const file = makeUsage({ start: '2026-11-03T00:00:00.000Z', completeness: 2 });

  it('have a record that a file rounds into the next day once, on the day of the more complete version', () => {
    const items = withUsage(stream, file);
    expect([day, after].map((one) => makeRows(one, items))).toEqual([
      { ...makeRows(day, noItems), usage: [stream], usageRenderings: [file] },
      { ...makeRows(after, noItems), usageRenderings: [stream, file] },
    ]);
  });

  it('stay the same when versions that do not count, or are of the other day, have expired', () => {
    const sealed = [day, after].map((one) => makeRows(one, withUsage(stream, file)));
    const again = sealed.map((rows, index) =>
      makeRows([day, after][index] ?? '', mergeItems(listItems(rows), withUsage(file))),
    );
    expect(again).toEqual(sealed);
  });

  it('leave out a late version of a record that has expired from the tables', () => {
    const sealed = makeRows(after, withUsage(stream));
    const late = mergeItems(listItems(sealed), withUsage(file));
    expect(makeRows(after, late).usage).toEqual([]);
  });

  it('have the statement that the ledger keeps, of two equally complete ones about a key', () => {
    const [a, b] = [makeUsage({ start: stream.start, dataTotal: 1 }), makeUsage({ start: stream.start })];
    const rows = makeRows(day, mergeItems(withUsage(a), withUsage(b)));
    expect(rows.usage).toEqual([pickMoreComplete(a, b)]);
    expect(makeRows(day, mergeItems(withUsage(b), withUsage(a)))).toEqual(rows);
  });

  it('are ordered by time and id', () => {
    const [b, a] = [
      makeEvent({ time: stream.start, eventId: 'b' }),
      makeEvent({ time: stream.start, eventId: 'a' }),
    ];
    const early = makeEvent({ time: '2026-11-02T01:00:00.000Z', eventId: 'c' });
    expect(makeRows(day, { ...noItems, events: [b, early, a] }).events).toEqual([early, a, b]);
  });

  it('have a session on the day of its end, and no open ones', () => {
    const ended = makeSession({
      sessionId: 's1',
      start: '2026-11-01T10:00:00.000Z',
      end: '2026-11-02T00:00:00.000Z',
    });
    const open = makeSession({ sessionId: 's2', start: '2026-11-02T10:00:00.000Z' });
    const items = { ...noItems, sessions: [ended, open] };
    expect([before, day, after].map((one) => makeRows(one, items).sessions)).toEqual([[], [ended], []]);
  });

  it('lose a session to another day when a later end comes', () => {
    const [first, second] = ['2026-11-02T10:00:00.000Z', '2026-11-03T10:00:00.000Z'].map((end) =>
      makeSession({ sessionId: 's1', start: '2026-11-01T10:00:00.000Z', end }),
    );
    if (first === undefined || second === undefined) throw new Error('There are two');
    const sealed = makeRows(day, { ...noItems, sessions: [first] });
    const items = mergeItems(listItems(sealed), { ...noItems, sessions: [second] });
    expect([makeRows(day, items).sessions, makeRows(after, items).sessions]).toEqual([[], [second]]);
  });
});

const manyItems = fc
  .array(statement, { maxLength: 14 })
  .map((statements) => statements.reduce(mergeItems, noItems));

test('over all days, each record that counts is one row, as comparing each item with every other shows', () => {
  const days = [-2, -1, 0, 1, 2, 3].map((offset) => shiftDay(day, offset));
  fc.assert(
    fc.property(manyItems, (items) => {
      const rows = days.map((one) => makeRows(one, items));
      const sorted = (usage: readonly Usage[]): string[] =>
        usage.map(({ usageId, source }) => usageId + source).sort();
      expect(sorted(rows.flatMap(({ usage }) => usage))).toEqual(sorted(listCounted(items.usage)));
      const sessions = rows.flatMap((one) => one.sessions.map(({ sessionId }) => sessionId));
      const ended = items.sessions.filter((session) => findSessionDay(session) !== undefined);
      expect(sessions.sort()).toEqual(ended.map(({ sessionId }) => sessionId).sort());
    }),
    runs(1_000),
  );
});

test('a record changes only the rows of days that it touches', () => {
  const days = [-2, -1, 0, 1, 2, 3].map((offset) => shiftDay(day, offset));
  fc.assert(
    fc.property(manyItems, statement, (items, late) => {
      const times = [...late.usage.map(({ start }) => start), ...late.events.map(({ time }) => time)];
      const touched = new Set(times.flatMap(listTouchedDays));
      const withLate = mergeItems(items, { ...late, sessions: [] });
      for (const one of days.filter((each) => !touched.has(each)))
        expect(makeRows(one, withLate)).toEqual(makeRows(one, items));
    }),
    runs(500),
  );
});

test('a record touches its day, and days within a second of it', () => {
  expect(
    [
      '2026-11-02T23:59:58.999Z',
      '2026-11-02T23:59:59.000Z',
      '2026-11-03T00:00:00.999Z',
      '2026-11-03T00:00:01.000Z',
    ].map(listTouchedDays),
  ).toEqual([[day], [day, after], [day, after], [after]]);
});
