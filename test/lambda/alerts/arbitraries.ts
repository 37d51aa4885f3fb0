import fc from 'fast-check';
import type { Known, Sign } from '../../../lambda/alerts/known.ts';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import type { EventContent, UsageContent } from '../../../lambda/ledger/contents.ts';
import type { Session } from '../../../lambda/ledger/observation.ts';
import { makeEvent, makeSession, makeSign, makeUsage, minute } from './records.ts';

/** Rules and records of one SIM, in whole minutes: records in the first 60, durations of at most 30. */

const minutes = fc.nat({ max: 60 });
const duration = fc.integer({ min: 1, max: 30 }).map((count) => count * minute);
const lastRecord = 60;

/** The members of all rules that do not affect spans. */
export const anyRule = {
  name: 'rule',
  severity: 'warning',
  match: { sources: [], fleets: [], names: [], countries: [] },
  pending: 0,
  recovery: 0,
} as const;

/** Rules of every kind. */
export const rule: fc.Arbitrary<Rule> = fc
  .oneof(
    fc.record({
      kind: fc.constant('silent' as const),
      after: duration,
      missing: fc.constantFrom('everything' as const, 'session' as const, 'bytes' as const),
    }),
    fc.record({
      kind: fc.constantFrom(
        'attach-loop' as const,
        'session-failures' as const,
        'zero-byte-sessions' as const,
      ),
      count: fc.integer({ min: 1, max: 4 }),
      within: duration,
    }),
    fc.record({
      kind: fc.constant('device-changed' as const),
      change: fc.constantFrom('device' as const, 'model' as const, 'software' as const),
    }),
    fc.record({
      kind: fc.constant('country' as const),
      allowed: fc.option(fc.subarray(['DE', 'FR', 'PL']), { nil: undefined }),
    }),
    fc.record({
      kind: fc.constant('usage' as const),
      compare: fc.constantFrom('more' as const, 'less' as const),
      bytes: fc.integer({ min: 1, max: 6 }),
      within: duration,
    }),
    fc.record({ kind: fc.constant('blocked' as const) }),
    fc.record({ kind: fc.constant('stale-session' as const), after: duration }),
  )
  .map((kind) => ({ ...anyRule, ...kind }));

const imeis = ['490154203237518', '490154203237526', '350000000000006'];

const sign: fc.Arbitrary<Sign> = fc
  .tuple(minutes, fc.subarray(['signal', 'bytes', 'session'], { minLength: 1 }), fc.nat({ max: 3 }))
  .map(([when, marks, id]) => makeSign(when, marks.join(), `sign-${id}-${marks.join()}`));

const eventTypes = [
  'attachment.accepted',
  'attachment.rejected',
  'location.updated',
  'gprs-location.updated',
  'data-session.failed',
  'pdp-context.refused',
  'pdp-context.created',
  'endpoint.blocked',
  'endpoint.enabled',
  'sim.suspended',
  'data-quota.used-up',
  'gprs-location.purged',
];

const sessionId = fc.option(fc.constantFrom('s1', 's2', 's3'), { nil: undefined });

const optional = <Value>(values: readonly Value[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined });

function withoutUndefined<Value extends object>(
  value: Value,
): { [Name in keyof Value]: NonNullable<Value[Name]> } {
  const stated = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(stated) as { [Name in keyof Value]: NonNullable<Value[Name]> };
}

/** Countries and modems by minute, so that simultaneous records state the same. */
const places = fc.array(
  fc.record({
    country: optional(['DE', 'FR', 'PL', 'CH']),
    imei: optional(imeis),
    software: optional(['01', '02']),
  }),
  { minLength: lastRecord + 1, maxLength: lastRecord + 1 },
);

interface Drafts {
  readonly places: readonly {
    country: string | undefined;
    imei: string | undefined;
    software: string | undefined;
  }[];
  readonly events: readonly { when: number; type: string; sessionId: string | undefined }[];
  readonly usage: readonly {
    when: number;
    bytes: number;
    sessionId: string | undefined;
    dataModifier: string | undefined;
    sessionTotal: number | undefined;
  }[];
  readonly sessions: readonly {
    times: readonly number[];
    end: boolean;
    status: 'ended' | 'failed';
    total: number | undefined;
    dataModifier: string | undefined;
  }[];
  readonly signs: readonly Sign[];
}

function makeEvents({ events, places: at }: Drafts): EventContent[] {
  return events.map(({ when, type, sessionId: session }, index) => {
    const country = at[when]?.country;
    return makeEvent(when, type, withoutUndefined({ id: `e${index}`, sessionId: session, country }));
  });
}

function makeUsages({ usage, places: at }: Drafts): UsageContent[] {
  return usage.map(({ when, ...stated }, index) => {
    const { country, imei, software } = at[when] ?? {};
    const writtenImei =
      imei !== undefined && software !== undefined ? imei.slice(0, 14) + software : undefined;
    return makeUsage(when, withoutUndefined({ id: `u${index}`, country, imei, writtenImei, ...stated }));
  });
}

function makeSessions({ sessions, places: at }: Drafts): Session[] {
  return sessions.map(({ times, end, status, total, dataModifier }, index) => {
    const [start = 0, latest = 0, last = 0] = times.toSorted((a, b) => a - b);
    const { country, imei } = at[end ? last : latest] ?? {};
    const stated = { latest, end: end ? last : undefined, status, total, dataModifier, country, imei };
    return makeSession(`s${index + 1}`, start, withoutUndefined(stated));
  });
}

/** The known records of a SIM. */
export const known: fc.Arbitrary<Known> = fc
  .record<Drafts>({
    places,
    events: fc.array(fc.record({ when: minutes, type: fc.constantFrom(...eventTypes), sessionId }), {
      maxLength: 12,
    }),
    usage: fc.array(
      fc.record({
        when: minutes,
        bytes: fc.nat({ max: 3 }),
        sessionId,
        dataModifier: optional(['blocked']),
        sessionTotal: optional([0, 5]),
      }),
      { maxLength: 12 },
    ),
    sessions: fc.array(
      fc.record({
        times: fc.tuple(minutes, minutes, minutes),
        end: fc.constantFrom(true, true, false),
        status: fc.constantFrom('ended' as const, 'ended' as const, 'failed' as const),
        total: optional([0, 0, 0, 7]),
        dataModifier: optional(['blocked']),
      }),
      { maxLength: 6 },
    ),
    signs: fc.uniqueArray(sign, { maxLength: 12, selector: ({ record }) => record.key }),
  })
  .map((drafts) => ({
    events: makeEvents(drafts),
    usage: makeUsages(drafts),
    sessions: makeSessions(drafts),
    signs: [...drafts.signs],
  }));

/** The minutes up to which all records have arrived. */
export const watermark = fc.nat({ max: 100 });
