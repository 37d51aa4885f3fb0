import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findSessionDay } from '../../../lambda/days/day.ts';
import type { SessionRow } from '../../../lambda/days/rows.ts';
import { hashSession, placeSession, type SessionNote } from '../../../lambda/days/session-days.ts';
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

describe('a session that ended', () => {
  const session = makeEnded(`${day}T10:00:00.000Z`);
  const later = makeEnded(`${after}T10:00:00.000Z`);

  it('is a row of the day of its end, and noted there', () => {
    expect(placeSession({ day, session, row: undefined, note: undefined })).toEqual({
      row: session,
      note: note(day, session),
      redo: [],
    });
    expect(placeSession({ day, session, row: session, note: note(day, session) })).toEqual({
      row: session,
      note: undefined,
      redo: [],
    });
  });

  it('has the day of its end read again when another day comes upon it, once', () => {
    const visit = { day: after, session, row: undefined };
    expect(placeSession({ ...visit, note: undefined })).toEqual({
      row: undefined,
      note: undefined,
      redo: [day],
    });
    expect(placeSession({ ...visit, note: note(day, later) }).redo).toEqual([day]);
    expect(placeSession({ ...visit, note: note(day, session) }).redo).toEqual([]);
  });

  it('stays in its old day until the new one has it', () => {
    const visit = { day, session: later, row: session };
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

  it('has its old day read again when it stands in the new one', () => {
    expect(placeSession({ day: after, session: later, row: undefined, note: note(day, session) })).toEqual({
      row: later,
      note: note(after, later),
      redo: [day],
    });
  });
});

test('an open session is no row, whatever is noted', () => {
  const session = makeSession({ sessionId: 's1', start: '2026-11-01T10:00:00.000Z' });
  expect(placeSession({ day, session, row: undefined, note: undefined })).toEqual({
    row: undefined,
    note: undefined,
    redo: [],
  });
});

test('a session’s day only moves forward, whatever comes', () => {
  fc.assert(
    fc.property(sessionAroundMidnight, sessionAroundMidnight, (a, b) => {
      const joined = findSessionDay(mergeSessions({ ...a, sessionId: 's' }, { ...b, sessionId: 's' }));
      const days = [findSessionDay(a), findSessionDay(b)].filter((one) => one !== undefined).sort();
      expect(joined).toBe(days.at(-1));
    }),
    runs(300),
  );
});
