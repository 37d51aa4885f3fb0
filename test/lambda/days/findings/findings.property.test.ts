import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findDay, shiftDay } from '../../../../lambda/days/day.ts';
import { type FindingsBasis, findFindings } from '../../../../lambda/days/findings/find-findings.ts';
import type { Check, Finding } from '../../../../lambda/days/findings/finding.ts';
import { makeRows } from '../../../../lambda/days/rows.ts';
import type { Usage } from '../../../../lambda/ledger/observation.ts';
import { faultTrials, timeLimit, trials } from '../../../property/trials.ts';
import { type Life, live, lives, type PlannedSession } from './lives.ts';
import { type ExpectedFinding, expectFindings } from './oracle.ts';

/** The checks against an oracle that shares no code with them, over sessions with random losses. */

/** The search for findings, which a planted fault changes. */
type Find = (basis: FindingsBasis) => readonly Finding[];

/** A finding of a day. */
interface DayFinding {
  readonly day: string;
  readonly finding: Finding;
}

/** The findings of all days of a SIM, computed as in the day pass. */
function findAll({ usage, events, sessions, filed }: Life, find: Find): DayFinding[] {
  const times = [
    ...usage.map(({ start }) => start),
    ...events.map(({ time }) => time),
    ...sessions.map(({ origin }) => origin.at),
  ];
  const waiting = sessions.map(({ origin }) => shiftDay(findDay(origin.at), 7));
  const days = [...new Set([...times.map(findDay), ...waiting])].sort();
  const rows = new Map(days.map((day) => [day, makeRows(day, { usage, events, sessions })]));
  return days.flatMap((day) => {
    const today = rows.get(day);
    return find({
      day,
      usage: today?.usage ?? [],
      events: today?.events ?? [],
      sessions: today?.sessions ?? [],
      openSessions: sessions.filter(({ terminal }) => terminal === undefined),
      formerUsage: days.filter((one) => one < day).flatMap((one) => rows.get(one)?.usage ?? []),
      filed,
    }).map((finding) => ({ day, finding }));
  });
}

function describeFound(found: readonly DayFinding[]): string[] {
  return found
    .map(({ day, finding: { check, reason, sessionId: session, records, bytes, cost } }) =>
      print({ day, check, reason, session, records, bytes, cost }),
    )
    .sort();
}

function print({ day, check, reason, session, records, bytes, cost }: ExpectedFinding): string {
  return `${day} ${check} ${reason} of ${session ?? 'no session'}: ${bytes ?? 'unknown'} bytes, ${cost ?? 'no money'}, ${records}`;
}

function makeProperty(find: Find) {
  return fc.property(lives, (plan: readonly PlannedSession[]) => {
    const life = live(plan);
    const inOrder = [...life.usage].sort((a, b) =>
      `${a.start} ${a.usageId}` < `${b.start} ${b.usageId}` ? -1 : 1,
    );
    const filed = new Set([...life.filed.usage, ...life.filed.events]);
    const expected = expectFindings({ ...life, usage: inOrder, filed })
      .map(print)
      .sort();
    const found = findAll(life, find);
    expect(describeFound(found)).toEqual(expected);
    expect(new Set(found.map(({ finding }) => finding.findingId)).size).toBe(found.length);
  });
}

test('findings are those of an oracle', () => {
  fc.assert(makeProperty(findFindings), trials(400) as fc.Parameters<[readonly PlannedSession[]]>);
});

/** A fault in the input of a check. */
const reads =
  (change: (basis: FindingsBasis) => Partial<FindingsBasis>): Find =>
  (basis) =>
    findFindings({ ...basis, ...change(basis) });

/** A fault in the records that a check reads. */
const readsUsage = (change: (record: Usage) => Usage | readonly Usage[]): Find =>
  reads(({ usage, formerUsage, filed }) => {
    const changed = usage.map((one) => ({ one, records: [change(one)].flat() }));
    return {
      usage: changed.flatMap(({ records }) => records),
      formerUsage: formerUsage?.flatMap((one) => change(one)),
      filed: {
        ...filed,
        usage: new Set(changed.filter(({ one }) => filed.usage.has(one)).flatMap(({ records }) => records)),
      },
    };
  });

/** A fault in the output of a check. */
const says =
  (check: Check, change: (finding: Finding) => Finding | readonly Finding[]): Find =>
  (basis) =>
    findFindings(basis).flatMap((one) => (one.check === check ? change(one) : [one]));

/** A fault of only one check; the others have the correct input. */
const only =
  (check: Check, find: Find): Find =>
  (basis) => [
    ...findFindings(basis).filter((one) => one.check !== check),
    ...find(basis).filter((one) => one.check === check),
  ];

const later = (time: string, milliseconds: number): string =>
  new Date(Date.parse(time) + milliseconds).toISOString();

const planted: Readonly<Record<Check, Readonly<Record<string, Find>>>> = {
  chain: {
    'windows that must touch exactly': readsUsage((one) =>
      one.start < one.end ? { ...one, start: later(one.start, 1) } : one,
    ),
    'only windows with bytes are missing': says('chain', (one) => (one.bytes === 0 ? [] : one)),
    'the bytes before the first window are not counted': says('chain', (one) =>
      one.records.includes(' ') ? one : [],
    ),
    'a window of the day before is forgotten': reads(() => ({ formerUsage: [] })),
    'nothing is missing behind the last total': says('chain', (one) => (one.bytes === undefined ? [] : one)),
    'a window without a beginning begins where it ends': readsUsage((one) =>
      one.start === one.end ? { ...one, start: later(one.end, -1) } : one,
    ),
    'schema 1 states totals of 0': readsUsage((one) =>
      one.carrier === 'twilio' ? { ...one, sessionTotal: one.sessionTotal ?? 0 } : one,
    ),
  },
  close: {
    'a record that is sent once too often is not counted': says('close', (one) =>
      (one.bytes ?? 0) < 0 ? [] : one,
    ),
    'a tolerance of less than a kilobyte': reads(({ sessions }) => ({
      sessions: sessions.map((one) => addToTotal(one, 101)),
    })),
    'a tolerance for Super SIM too': says('close', (one) => (Math.abs(one.bytes ?? 0) <= 1_000 ? [] : one)),
    'a total that was stated before the end is final': reads(({ sessions }) => ({
      sessions: sessions.map(moveTotalToEnd),
    })),
    'records without a session are of none': readsUsage((one) =>
      one.sessionId === undefined && one.carrier === 'emnify' ? [] : one,
    ),
    'records of the day before are forgotten': only(
      'close',
      reads(() => ({ formerUsage: [] })),
    ),
    'text messages are bytes': readsUsage((one) =>
      one.trafficType === 'sms' ? { ...one, trafficType: 'data', dataTotal: 2_000 } : one,
    ),
  },
  orphan: {
    'every record needs a session': only(
      'orphan',
      readsUsage((one) => [one, { ...one, sessionId: 'x', recordId: `${one.recordId}x`, dataTotal: 0 }]),
    ),
    'an end is missing after a day less': (basis) =>
      findFindings({ ...basis, day: basis.day, openSessions: basis.openSessions.map(moveBack) }),
    'a session that ended needs no start': reads(({ sessions }) => ({
      sessions: sessions.map((one) => ({
        ...one,
        startStated: one.startStated || one.terminal.status === 'ended',
      })),
    })),
    'an open session is never missed': reads(() => ({ openSessions: [] })),
    'text messages need a session': readsUsage((one) =>
      one.trafficType === 'sms' && one.sessionId === undefined
        ? { ...one, trafficType: 'data', dataTotal: 1 }
        : one,
    ),
    'records without bytes need a session': only(
      'orphan',
      readsUsage((one) => (one.dataTotal === 0 ? { ...one, dataTotal: 1 } : one)),
    ),
  },
  duplicate: {
    'records without bytes are duplicates': only(
      'duplicate',
      readsUsage((one) => (one.dataTotal === 0 ? { ...one, dataTotal: 1 } : one)),
    ),
    'text messages are duplicates': only(
      'duplicate',
      readsUsage((one) => (one.trafficType === 'sms' ? { ...one, trafficType: 'data', dataTotal: 1 } : one)),
    ),
    'records without a session are duplicates': only(
      'duplicate',
      readsUsage((one) => ({ ...one, sessionId: one.sessionId ?? 'none' })),
    ),
    'the later record is the right one': says('duplicate', (one) => ({
      ...one,
      records: one.records.split(' ').reverse().join(' '),
    })),
    'records without a length are duplicates': only(
      'duplicate',
      readsUsage((one) => (one.start === one.end ? { ...one, end: later(one.end, 1) } : one)),
    ),
    'a duplicate has no money': says('duplicate', (one) => ({ ...one, cost: undefined })),
  },
  path: {
    'every row of a file is missing by stream': only(
      'path',
      reads(({ usage }) => ({
        usage: [...usage, ...usage.map((one) => ({ ...one, completeness: 9, recordId: `${one.recordId}x` }))],
      })),
    ),
    'text messages are missing by stream': only(
      'path',
      readsUsage((one) => ({ ...one, trafficType: 'data' })),
    ),
    'only records with bytes are missing by stream': says('path', (one) => (one.bytes === 0 ? [] : one)),
    'a stream without sessions is not a stream': only(
      'path',
      readsUsage((one) => (one.completeness === 9 ? { ...one, completeness: 7 } : one)),
    ),
    'a complete record comes by file': only(
      'path',
      readsUsage((one) => (one.completeness === 9 ? { ...one, completeness: 8 } : one)),
    ),
    'a missing record has no money': says('path', (one) => ({ ...one, cost: undefined })),
    'every file has all': says('path', (one) => (one.reason === 'not-by-file' ? [] : one)),
    'a file that repeats few records must have all': reads(({ usage, filed }) => ({
      filed: { ...filed, usage: new Set([...filed.usage, ...usage.slice(0, 1)]) },
    })),
    'the file of the last records has come': only(
      'path',
      reads(({ usage, filed }) => ({
        usage: usage.map((one) =>
          filed.usage.has(one) ? one : { ...one, start: `${findDay(one.start)}T00:00:00.000Z` },
        ),
      })),
    ),
    'no file is there': reads(() => ({ filed: { usage: new Set(), events: new Set() } })),
    'events need no file': reads(() => ({ events: [] })),
    'each event comes by both paths': says('path', (one) =>
      one.reason === 'not-by-stream' && one.bytes === undefined ? [] : one,
    ),
    'an event of a file came by stream': reads(({ events, filed }) => {
      const raised = events.map((one) => ({ ...one, completeness: 9 }));
      return {
        events: raised,
        filed: {
          ...filed,
          events: new Set(
            raised.filter((_, index) => filed.events.has(events[index] as (typeof events)[number])),
          ),
        },
      };
    }),
  },
};

type Row = FindingsBasis['sessions'][number];

function addToTotal(session: Row, bytes: number): Row {
  const { totals } = session.groups;
  const { dataTotal } = totals?.group ?? {};
  if (session.origin.group.carrier === 'twilio' || totals === undefined || dataTotal === undefined)
    return session;
  const group = { ...totals.group, dataTotal: dataTotal + bytes };
  return { ...session, groups: { ...session.groups, totals: { ...totals, group } } };
}

function moveTotalToEnd(session: Row): Row {
  const { totals } = session.groups;
  if (totals === undefined) return session;
  return { ...session, groups: { ...session.groups, totals: { ...totals, at: session.terminal.end } } };
}

function moveBack(session: FindingsBasis['openSessions'][number]): FindingsBasis['openSessions'][number] {
  return { ...session, origin: { ...session.origin, at: later(session.origin.at, -86_400_000) } };
}

describe.each(Object.entries(planted))('the property finds a fault in %s:', (_, faults) => {
  test.each(Object.entries(faults))(
    '%s',
    (_name, find) => {
      const { failed, counterexample } = fc.check(
        makeProperty(find),
        faultTrials(1_000) as fc.Parameters<[readonly PlannedSession[]]>,
      );
      expect([failed, counterexample === null]).toEqual([true, false]);
    },
    timeLimit,
  );
});
