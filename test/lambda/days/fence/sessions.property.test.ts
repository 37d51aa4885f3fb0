import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findLateChanges } from '../../../../lambda/days/fence/late-changes.ts';
import type { Changes } from '../../../../lambda/ledger/fold.ts';
import type { Session } from '../../../../lambda/ledger/observation.ts';
import { mergeSessions } from '../../../../lambda/ledger/session.ts';
import { faultTrials, timeLimit, trials } from '../../../property/trials.ts';
import { sessionAt } from '../../store/observations.ts';

/**
 * Sessions by the day of their end. The pass of a day reads each session that ends or was last updated on it, and visits
 * read each session that a marker names. For any order of changes, closings and visits, each session is sealed as stored in
 * its day in the end.
 */

const days = ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'] as const;

type Step =
  | { readonly does: 'write'; readonly session: Session }
  | { readonly does: 'close' }
  | { readonly does: 'visit' };

const time = fc
  .tuple(fc.constantFrom(...days), fc.constantFrom('00:00:00.000', '12:00:00.000', '23:59:59.999'))
  .map(([day, clock]) => `${day}T${clock}Z`);

const change: fc.Arbitrary<Session> = fc
  .record({
    at: time,
    id: fc.constantFrom('one', 'two'),
    start: fc.option(time, { nil: undefined }),
    end: fc.option(time, { nil: undefined }),
    dataTotal: fc.option(fc.nat(9), { nil: undefined }),
  })
  .map(({ at, id, start, end, dataTotal }) => ({
    ...sessionAt(at, 'sim', {
      ...(start !== undefined && { start }),
      ...(end !== undefined && { terminal: { status: 'ended', end } }),
      ...(dataTotal !== undefined && {
        totals: { dataTotal, dataUploaded: undefined, dataDownloaded: undefined },
      }),
    }),
    sessionId: id,
  }));

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: change.map((session): Step => ({ does: 'write', session })) },
    { weight: 2, arbitrary: fc.constant<Step>({ does: 'close' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ does: 'visit' }) },
  ),
  { maxLength: 14 },
);

/** The day and the content under which a session is sealed; undefined while it is open. */
function place({ terminal, ...session }: Session): string | undefined {
  return terminal === undefined
    ? undefined
    : `${terminal.end.slice(0, 10)} ${JSON.stringify({ terminal, session })}`;
}

/** Which sessions a change marks as late. */
type Judge = (changes: Changes, closedThrough: string) => readonly (string | undefined)[];

const judge: Judge = (changes, closedThrough) =>
  findLateChanges(changes, closedThrough).flatMap(({ subjects }) =>
    subjects.map(({ sessionId }) => sessionId),
  );

/** Which sessions the pass of a day reads. */
type Touch = (session: Session, day: string) => boolean;

const touch: Touch = ({ origin, terminal }, day) =>
  origin.at.startsWith(day) || terminal?.end.startsWith(day) === true;

/** @returns the sessions that are not sealed as stored in the end. */
function play(plan: readonly Step[], isLate: Judge, isTouched: Touch): string[] {
  const stored = new Map<string, Session>();
  /** The content of `SessionDays`: where each session is sealed, and with which content. */
  const sealed = new Map<string, string | undefined>();
  const marked = new Set<string>();
  let closed = 0;
  const look = (id: string, session: Session): void => {
    // Only sessions of closed days can be sealed; for others, the pass of their day comes later.
    const day = session.terminal?.end.slice(0, 10);
    if (day === undefined || day <= (days[closed - 1] ?? '')) sealed.set(id, place(session));
    else sealed.delete(id);
  };
  const visit = (): void => {
    for (const id of marked) {
      const session = stored.get(id);
      if (session !== undefined) look(id, session);
    }
    marked.clear();
  };
  const close = (): void => {
    const day = days[closed];
    if (day === undefined) return;
    closed += 1;
    for (const [id, session] of stored) if (isTouched(session, day)) look(id, session);
  };
  for (const step of plan) {
    if (step.does === 'close') close();
    else if (step.does === 'visit') visit();
    else {
      const { session } = step;
      const changes = { sessions: [{ state: session, indexes: [0] }], usage: [], events: [], sims: [] };
      const closedThrough = days[closed - 1];
      for (const id of closedThrough === undefined ? [] : isLate(changes, closedThrough))
        marked.add(id ?? '');
      const before = stored.get(session.sessionId);
      stored.set(session.sessionId, before === undefined ? session : mergeSessions(before, session));
    }
  }
  while (closed < days.length) close();
  visit();
  return [...stored].filter(([id, session]) => sealed.get(id) !== place(session)).map(([id]) => id);
}

test(
  'each session is sealed as stored, in the day of its end, whenever its records came',
  () => {
    fc.assert(
      fc.property(steps, (plan) => {
        expect(play(plan, judge, touch)).toEqual([]);
      }),
      trials(20_000) as fc.Parameters<[readonly Step[]]>,
    );
  },
  timeLimit,
);

describe('the property finds', () => {
  test.each<[string, Judge, Touch]>([
    ['late changes that are not marked', () => [], touch],
    [
      'changes that are judged by the end that they state only',
      ({ sessions }, closedThrough) =>
        sessions.flatMap(({ state: { sessionId, terminal } }) =>
          terminal !== undefined && terminal.end.slice(0, 10) <= closedThrough ? [sessionId] : [],
        ),
      touch,
    ],
    [
      'passes that look only at what ends on their day',
      judge,
      ({ terminal }, day) => terminal?.end.startsWith(day) === true,
    ],
    [
      'passes that read only items that were updated on their day',
      judge,
      ({ origin }, day) => origin.at.startsWith(day),
    ],
  ])('%s', (_, isLate, isTouched) => {
    const property = fc.property(steps, (plan) => {
      expect(play(plan, isLate, isTouched)).toEqual([]);
    });
    const { failed } = fc.check(property, faultTrials(20_000) as fc.Parameters<[readonly Step[]]>);
    expect(failed).toBe(true);
  });
});
