import fc, { type Arbitrary } from 'fast-check';
import type { EventRow, SimItems } from '../../../lambda/days/rows.ts';
import { complete, type Session, type Usage } from '../../../lambda/ledger/observation.ts';
import { cutToSecond } from '../../../lambda/ledger/time.ts';
import { session } from '../queries/sessions-in-memory.ts';
import { usageAt } from '../store/observations.ts';

/** Usage, events and sessions of a SIM around the midnight between 2 and 3 November 2026. */

export const sim = '8988307000000538178';

/** A usage record. By default, its key is made of its start and id. */
export function makeUsage(about: Partial<Usage> & { readonly start: string }): Usage {
  return usageAt(about.start, sim, about.recordId ?? 'EZ1', {
    source: 'twilio',
    carrier: 'twilio',
    iccid: '89883070000005381783',
    dataUploaded: 10,
    dataDownloaded: 20,
    dataTotal: 30,
    volume: undefined,
    ...about,
  });
}

/** An event. By default, its key is made of its time and id. */
export function makeEvent(about: Partial<EventRow> & { readonly time: string }): EventRow {
  const eventId = about.eventId ?? 'EZ1';
  return {
    sim,
    eventKey: `${about.time}#${eventId}`,
    completeness: complete,
    source: 'twilio',
    carrier: 'twilio',
    iccid: '89883070000005381783',
    imsi: undefined,
    eventId,
    type: 'attachment.accepted',
    carrierType: 'com.twilio.iot.supersim.connection.attachment.accepted',
    severity: undefined,
    alert: undefined,
    description: undefined,
    detail: undefined,
    sessionId: undefined,
    network: undefined,
    cellId: undefined,
    extra: undefined,
    ...about,
  };
}

/** A session that was last observed at its end, or at its start while it is open. */
export function makeSession(
  about: Pick<Session, 'sessionId' | 'start'> & {
    readonly end?: string;
    readonly status?: 'ended' | 'failed';
    readonly observed?: string;
    readonly startStated?: boolean;
    readonly groups?: Partial<Session['groups']>;
  },
): Session {
  const { sessionId, start, end, status = 'ended', observed = end ?? start, startStated = true } = about;
  const { groups, ...blank } = session(sessionId, start);
  return {
    ...blank,
    sim,
    origin: {
      at: observed,
      group: { source: 'twilio', carrier: 'twilio', iccid: undefined, dataModifier: undefined },
    },
    startStated,
    terminal: end === undefined ? undefined : { status, end },
    groups: { ...groups, ...about.groups },
  };
}

/** Times around midnight, many of them a second or less apart. */
export const timeAroundMidnight: Arbitrary<string> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(-2_000, -1_500, -1_000, -999, -400, -1, 0, 1, 400, 999, 1_000, 1_600),
    },
    { weight: 1, arbitrary: fc.integer({ min: -30, max: 40 }).map((hours) => hours * 3_600_000) },
  )
  .map((offset) => new Date(Date.UTC(2026, 10, 3) + offset).toISOString());

const completeness = fc.constantFrom(2, 8, complete);

/** Usage records of few ids, so that several are renderings of one record, and some have the same key. */
export const usageAroundMidnight: Arbitrary<Usage> = fc
  .record({
    start: timeAroundMidnight,
    recordId: fc.constantFrom('1', '2'),
    source: fc.constantFrom('emnify', 'other'),
    completeness,
    isCut: fc.boolean(),
    dataTotal: fc.constantFrom(0, 1, 9_007_199_254_740_991),
    cost: fc.option(fc.constantFrom('0.1', '0.0000000001'), { nil: undefined }),
    country: fc.option(fc.constantFrom('DE', 'FR'), { nil: undefined }),
    tariff: fc.option(fc.constantFrom('a#b', 'a'), { nil: undefined }),
    rateZone: fc.option(fc.constantFrom('b#c', 'c'), { nil: undefined }),
    sessionId: fc.option(fc.constantFrom('s1', 's2'), { nil: undefined }),
  })
  .map(({ isCut, ...about }) =>
    makeUsage({
      ...about,
      carrier: 'emnify',
      usageId: `${isCut ? cutToSecond(about.start) : about.start}#${about.recordId}`,
      dataUploaded: about.dataTotal,
      dataDownloaded: 0,
      volume: about.cost,
      currency: about.cost === undefined ? undefined : 'EUR',
    }),
  );

/** Events of few ids. */
export const eventAroundMidnight: Arbitrary<EventRow> = fc
  .record({
    time: timeAroundMidnight,
    eventId: fc.constantFrom('1', '2'),
    completeness,
    type: fc.constantFrom('attachment.accepted', 'data-session.started', 'data-session.ended'),
    sessionId: fc.option(fc.constantFrom('s1', 's2'), { nil: undefined }),
  })
  .map((about) => makeEvent(about));

/** Statements of single records about few sessions. Some sessions end, some more than once and on different days. */
export const sessionAroundMidnight: Arbitrary<Session> = fc
  .record({
    sessionId: fc.constantFrom('s1', 's2'),
    start: timeAroundMidnight,
    end: fc.option(timeAroundMidnight, { nil: undefined }),
    status: fc.constantFrom('ended' as const, 'failed' as const),
    observed: timeAroundMidnight,
    startStated: fc.boolean(),
    total: fc.option(fc.constantFrom(0, 5), { nil: undefined }),
  })
  .map(({ end, total, ...about }) =>
    makeSession({
      ...about,
      ...(end !== undefined && { end }),
      groups: {
        totals:
          total === undefined
            ? undefined
            : { at: about.observed, group: { dataUploaded: 0, dataDownloaded: total, dataTotal: total } },
      },
    }),
  );

/** The statement of one record. */
export const statement: Arbitrary<SimItems> = fc.oneof(
  usageAroundMidnight.map((usage) => ({ usage: [usage], events: [], sessions: [] })),
  eventAroundMidnight.map((event) => ({ usage: [], events: [event], sessions: [] })),
  sessionAroundMidnight.map((session) => ({ usage: [], events: [], sessions: [session] })),
);
