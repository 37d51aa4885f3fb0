import { describe, expect, test } from 'vitest';
import type { Session, Terminal } from '../../../lambda/ledger/observation.ts';
import { chooseLater, compareGroups, sameStatement } from '../../../lambda/ledger/register.ts';
import { mergeSessions, sameSession } from '../../../lambda/ledger/session.ts';
import { minute, sessionAt } from '../store/observations.ts';

/** Which of two statements wins: the laws of merging leave this open, but it must not change. */

describe('of two statements of one moment', () => {
  const at = minute(1);

  test.each<[string, object, object]>([
    ['the greater number stands, by its size and not by its text', { dataTotal: 10 }, { dataTotal: 9 }],
    ['something stands before nothing', { imei: 'a' }, { imei: undefined }],
    ['the text that comes later stands', { imei: 'b' }, { imei: 'a' }],
    ['true stands before false', { online: true }, { online: false }],
    ['the first name in which they differ decides', { a: 2, b: 1 }, { b: 2, a: 1 }],
  ])('%s', (_, winner, loser) => {
    const [a, b] = [
      { at, group: { ...winner } },
      { at, group: { ...loser } },
    ];
    expect([chooseLater(a, b), chooseLater(b, a)]).toEqual([a, a]);
    expect([compareGroups(a.group, b.group), compareGroups(b.group, a.group)]).toEqual([1, -1]);
  });

  test('either wins if they are equal, in any order of names', () => {
    expect(compareGroups({ a: 1, b: undefined }, { b: undefined, a: 1 })).toBe(0);
  });
});

test('a statement equals another if both time and content are equal', () => {
  const statements = [
    undefined,
    { at: minute(1), group: { imei: 'a' } },
    { at: minute(2), group: { imei: 'a' } },
    { at: minute(1), group: { imei: 'b' } },
  ];
  expect(
    statements.map((one) => statements.map((other) => sameStatement(one, structuredClone(other)))),
  ).toEqual(statements.map((one) => statements.map((other) => one === other)));
});

describe('a session', () => {
  const ended: Terminal = { status: 'ended', end: minute(5) };
  const failed: Terminal = { status: 'failed', end: minute(5) };
  const endedLater: Terminal = { status: 'ended', end: minute(6) };
  const session = (terminal?: Terminal): Session => sessionAt(minute(1), 'sim', { terminal });

  test.each<[string, Terminal, Terminal]>([
    ['the later of two ends', endedLater, ended],
    ['the later end, whatever its kind', endedLater, failed],
    ['at one moment its failure', failed, ended],
  ])('keeps %s', (_, winner, loser) => {
    const joins = [
      mergeSessions(session(winner), session(loser)),
      mergeSessions(session(loser), session(winner)),
    ];
    expect(joins.map(({ terminal }) => terminal)).toEqual([winner, winner]);
  });

  test('differs if only the kind or the time of its end differs', () => {
    const states = [undefined, ended, failed, endedLater].map(session);
    expect(states.map((one) => states.map((other) => sameSession(one, other)))).toEqual(
      states.map((one) => states.map((other) => one === other)),
    );
  });

  test('differs if only its start differs, or whether that was stated', () => {
    const states = [minute(1), minute(2)].flatMap((start) =>
      [true, false].map((startStated) => sessionAt(minute(3), 'sim', { start, startStated })),
    );
    expect(states.map((one) => states.map((other) => sameSession(one, other)))).toEqual(
      states.map((one) => states.map((other) => one === other)),
    );
  });

  test('begins at the earlier of two starts of one kind, and at a stated one rather than an observed one', () => {
    const observed = (start: string) => sessionAt(minute(3), 'sim', { start, startStated: false });
    const stated = (start: string) => sessionAt(minute(3), 'sim', { start, startStated: true });
    const startOf = (a: Session, b: Session) => {
      const joins = [mergeSessions(a, b), mergeSessions(b, a)];
      return joins.map(({ start, startStated }) => ({ start, startStated }));
    };
    const expected = (start: string, startStated: boolean) => [
      { start, startStated },
      { start, startStated },
    ];
    expect(startOf(observed(minute(1)), observed(minute(2)))).toEqual(expected(minute(1), false));
    expect(startOf(stated(minute(1)), stated(minute(2)))).toEqual(expected(minute(1), true));
    expect(startOf(stated(minute(2)), observed(minute(1)))).toEqual(expected(minute(2), true));
  });
});
