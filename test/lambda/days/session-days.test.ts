import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findSessionDay } from '../../../lambda/days/day.ts';
import type { SessionRow } from '../../../lambda/days/rows.ts';
import {
  announcesSession,
  hashSession,
  placeSession,
  type SessionNote,
} from '../../../lambda/days/session-days.ts';
import type { Session } from '../../../lambda/ledger/observation.ts';
import { mergeSessions } from '../../../lambda/ledger/session.ts';
import { runs } from '../../records/runs.ts';
import { makeSession, sessionAroundMidnight } from './records.ts';

const [day, after] = ['2026-11-02', '2026-11-03'];

function makeEnded(end: string): SessionRow {
  const session = makeSession({ sessionId: 's1', start: '2026-11-01T10:00:00.000Z', end });
  return { ...session, terminal: { status: 'ended', end } };
}

function note(of: string, session: SessionRow): SessionNote {
  return { day: of, hash: hashSession(session) };
}

const isAnnounced = false;

describe('a session that ended', () => {
  const session = makeEnded(`${day}T10:00:00.000Z`);
  const later = makeEnded(`${after}T10:00:00.000Z`);

  it('is a row of the day of its end, and recorded there', () => {
    expect(placeSession({ day, isAnnounced, session, row: undefined, note: undefined })).toEqual({
      row: session,
      note: note(day, session),
      redo: [],
    });
    expect(placeSession({ day, isAnnounced, session, row: session, note: note(day, session) })).toEqual({
      row: session,
      note: undefined,
      redo: [],
    });
  });

  it('causes the day of its end to be reread once when another day finds it', () => {
    const visit = { day: after, isAnnounced, session, row: undefined };
    expect(placeSession({ ...visit, note: undefined })).toEqual({
      row: undefined,
      note: undefined,
      redo: [day],
    });
    expect(placeSession({ ...visit, note: note(day, later) }).redo).toEqual([day]);
    expect(placeSession({ ...visit, note: note(day, session) }).redo).toEqual([]);
  });

  it('stays in its old day until its new day has it', () => {
    const visit = { day, isAnnounced, session: later, row: session };
    expect(placeSession({ ...visit, note: note(day, session) })).toEqual({
      row: session,
      note: undefined,
      redo: [after],
    });
    expect(placeSession({ ...visit, note: note(after, later) })).toEqual({
      row: undefined,
      note: undefined,
      redo: [],
    });
  });

  it('is recorded in its old day after a crashed run, so that the new day knows', () => {
    expect(placeSession({ day, isAnnounced, session: later, row: session, note: undefined })).toEqual({
      row: session,
      note: note(day, session),
      redo: [after],
    });
  });

  it.each([
    [true, [after]],
    [false, []],
  ])('has a later day that does not know it read again where it is announced: %s', (announced, redo) => {
    const visit = { day, isAnnounced: announced, session: later, row: undefined, note: undefined };
    expect(placeSession(visit)).toEqual({ row: undefined, note: undefined, redo });
  });

  it('causes its old day to be reread once the new day has it', () => {
    expect(
      placeSession({ day: after, isAnnounced, session: later, row: undefined, note: note(day, session) }),
    ).toEqual({
      row: later,
      note: note(after, later),
      redo: [day],
    });
  });
});

describe('the first reading of a day announces', () => {
  const begin = '2026-11-01T10:00:00.000Z';
  const ended = (start: string, end: string): Session =>
    makeSession({ sessionId: 's1', start, end: `${end}T10:00:00.000Z` });

  it.each<[string, boolean, Session, boolean, string]>([
    ['a session that an event of the day ended', true, ended(begin, '2026-11-02'), true, '2026-11-01'],
    ['no session that another day’s event ends', false, ended(begin, '2026-11-02'), false, '2026-11-02'],
    ['a session of more than a day that began on it', true, ended(begin, '2026-11-03'), false, '2026-11-03'],
    ['none of those to an open day', false, ended(begin, '2026-11-03'), false, '2026-11-02'],
    [
      'none of those that began on another day',
      false,
      ended('2026-10-31T10:00:00.000Z', '2026-11-03'),
      false,
      '2026-11-03',
    ],
    ['no session that is open', false, makeSession({ sessionId: 's1', start: begin }), true, '2026-11-03'],
  ])('%s', (_, expected, session, isEndedByEvent, closedThrough) => {
    expect(announcesSession({ day: '2026-11-01', session, isEndedByEvent, closedThrough })).toBe(expected);
  });
});

test('an open session is not a row, whatever was recorded', () => {
  const session = makeSession({ sessionId: 's1', start: '2026-11-01T10:00:00.000Z' });
  expect(placeSession({ day, isAnnounced, session, row: undefined, note: undefined })).toEqual({
    row: undefined,
    note: undefined,
    redo: [],
  });
});

test('a session’s day only moves forward', () => {
  fc.assert(
    fc.property(sessionAroundMidnight, sessionAroundMidnight, (a, b) => {
      const joined = findSessionDay(mergeSessions({ ...a, sessionId: 's' }, { ...b, sessionId: 's' }));
      const days = [findSessionDay(a), findSessionDay(b)].filter((one) => one !== undefined).sort();
      expect(joined).toBe(days.at(-1));
    }),
    runs(300),
  );
});
