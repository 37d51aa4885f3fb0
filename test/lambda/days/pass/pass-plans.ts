import fc from 'fast-check';
import { type Day, findDay, shiftDay } from '../../../../lambda/days/day.ts';
import type { SimItems } from '../../../../lambda/days/rows.ts';
import { Case } from '../../../property/case.ts';
import { makeEvent, sessionAroundMidnight, statement, timeAroundMidnight } from '../records.ts';

/** Plans of deliveries, orders, schedules and expiries, for the day pass on a virtual timeline. */

export const days: readonly Day[] = [-1, 0, 1, 2].map((offset) => shiftDay('2026-11-02', offset));
/** A plan uses the first of them. The fleet grows as records of further SIMs arrive. */
export const sims = [
  '8988307000000000001',
  'account:emnify:7',
  ...[2, 3, 4].map((number) => `898830700000000000${number}`),
];
export const minute = 60_000;
const dayMilliseconds = 86_400_000;

/** The course of an invocation: the call after which it crashes, the durations of calls, in turn, and its clock. */
export interface Course {
  readonly diesAtCall: number;
  readonly diesAfterEffect: boolean;
  readonly delays: readonly number[];
  /** Milliseconds that its clock is ahead; negative if it is behind. */
  readonly clockAhead: number;
}

/** The plan. Times are minutes from the start. */
export interface Plan {
  readonly statements: readonly { readonly sim: string; readonly says: SimItems }[];
  readonly deliveries: readonly {
    readonly at: number;
    readonly statements: readonly number[];
    readonly course: Course;
  }[];
  /** A person orders a day to be read. */
  readonly closings: readonly { readonly at: number; readonly day: number; readonly course: Course }[];
  /** The schedule runs when the sources have been read to the end of a day. */
  readonly schedules: readonly { readonly at: number; readonly day: number; readonly course: Course }[];
  /** Items expire: some of those that may, by index, or all. */
  readonly expiries: readonly { readonly at: number; readonly places: readonly number[] | 'all' }[];
  /** The courses of jobs, in turn. */
  readonly runs: readonly { readonly course: Course; readonly isTwice: boolean }[];
  readonly simsPerBucket: number;
}

export class PassCase extends Case {
  readonly plan: Plan;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
  }

  override describe(): readonly string[] {
    const { statements, ...rest } = this.plan;
    return [
      ...statements.map((one, index) => `${index}: ${JSON.stringify(one)}`),
      ...Object.entries(rest).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ];
  }
}

/** @param suspended how many of six calls are suspended for minutes. */
function makeCourse(suspended: number): fc.Arbitrary<Course> {
  return fc.record({
    diesAtCall: fc.oneof(
      { weight: 3, arbitrary: fc.constant(Number.MAX_SAFE_INTEGER) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }) },
    ),
    diesAfterEffect: fc.boolean(),
    delays: fc.array(
      fc.oneof(
        { weight: 6 - suspended, arbitrary: fc.integer({ min: 0, max: 200 }) },
        { weight: suspended, arbitrary: fc.integer({ min: 1, max: 15 }).map((minutes) => minutes * minute) },
      ),
      { minLength: 1, maxLength: 9 },
    ),
    clockAhead: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(-dayMilliseconds, dayMilliseconds) },
    ),
  });
}

const course = makeCourse(1);

/** A record's statement about a session, and the event that names it. */
const sessionStatement = fc
  .record({ session: sessionAroundMidnight, time: timeAroundMidnight, eventId: fc.constantFrom('8', '9') })
  .map(({ session, time, eventId }): SimItems => {
    const event = makeEvent({ time, eventId, sessionId: session.sessionId, type: 'data-session.ended' });
    return { usage: [], events: [event], sessions: [session] };
  });

const ofSim = (sim: string, { usage, events, sessions }: SimItems): SimItems => ({
  usage: usage.map((one) => ({ ...one, sim })),
  events: events.map((one) => ({ ...one, sim })),
  sessions: sessions.map((one) => ({ ...one, sim })),
});

const at = fc.integer({ min: 0, max: 400 });
const day = fc.nat(days.length - 1);

/** An undisturbed invocation. */
export const undisturbed: Course = {
  diesAtCall: Number.MAX_SAFE_INTEGER,
  diesAfterEffect: false,
  delays: [1],
  clockAhead: 0,
};

/** A writer that has read the fence, is suspended before one of its next calls, and is fast otherwise. */
const suspended = fc
  .record({ call: fc.integer({ min: 2, max: 4 }), minutes: fc.integer({ min: 3, max: 12 }) })
  .map(({ call, minutes }): Course => {
    const delays = [0, 0, 0, 0, 0].map((_, index) => (index === call ? minutes * minute : 0));
    return { ...undisturbed, delays };
  });

/** A delivery. One with an aim starts a number of minutes before the day of its first record is ordered or scheduled. */
const delivery = fc.oneof(
  fc.record({
    at,
    statements: fc.array(fc.nat(13), { minLength: 1, maxLength: 4 }),
    course: makeCourse(3),
    aim: fc.constant(undefined),
  }),
  fc.record({
    at,
    statements: fc.tuple(fc.nat(13)),
    course: suspended,
    // The first order closes days, and the last one visits markers.
    aim: fc.record({ order: fc.oneof(fc.constantFrom(0, -1), fc.nat()), minutesBefore: fc.nat(3) }),
  }),
);
type Aimed = typeof delivery extends fc.Arbitrary<infer Value> ? Value : never;

const says = fc.oneof(
  { weight: 2, arbitrary: statement.filter(({ sessions }) => sessions.length === 0) },
  { weight: 1, arbitrary: sessionStatement },
);

export const plans: fc.Arbitrary<PassCase> = fc
  .record({
    fleet: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 2 }) },
      { weight: 1, arbitrary: fc.integer({ min: 3, max: sims.length }) },
    ),
    statements: fc.array(fc.record({ sim: fc.nat(), says }), { minLength: 1, maxLength: 14 }),
    deliveries: fc.array(delivery, { maxLength: 8 }),
    closings: fc.array(fc.record({ at: fc.integer({ min: 0, max: 200 }), day, course }), { maxLength: 3 }),
    schedules: fc.array(fc.record({ at, day, course }), { maxLength: 8 }),
    expiries: fc.array(
      fc.record({
        at,
        places: fc.oneof(fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }), fc.constant('all' as const)),
      }),
      { maxLength: 4 },
    ),
    runs: fc.array(fc.record({ course, isTwice: fc.nat(3).map((number) => number === 0) }), {
      minLength: 1,
      maxLength: 6,
    }),
    simsPerBucket: fc.constantFrom(1, 2, 4_000),
  })
  .map(({ fleet, ...plan }) => {
    const statements = plan.statements.map(({ sim, says }) => {
      const name = sims[sim % fleet] ?? '';
      return { sim: name, says: ofSim(name, says) };
    });
    return new PassCase(takeAim({ ...plan, statements }));
  });

/**
 * Starts writers with an aim shortly before the day of their records is closed or its markers are visited, so that they have
 * read the fence, or put their markers, and are suspended meanwhile.
 */
function takeAim(plan: Omit<Plan, 'deliveries'> & { readonly deliveries: readonly Aimed[] }): Plan {
  const { statements } = plan;
  const orders = [...plan.closings, ...plan.schedules];
  const deliveries = plan.deliveries.map(({ aim, ...planned }) => {
    const inOrder = orders.toSorted((one, other) => one.at - other.at);
    const order = inOrder.at((aim?.order ?? 0) % inOrder.length);
    if (aim === undefined || order === undefined) return planned;
    const says = statements[(planned.statements[0] ?? 0) % statements.length]?.says;
    const [time = ''] = says === undefined ? [] : listTimes(says);
    const touched = days.indexOf(findDay(time));
    if (touched >= 0) orders[orders.indexOf(order)] = { ...order, day: touched };
    return { ...planned, at: Math.max(0, order.at - aim.minutesBefore) };
  });
  const closings = orders.slice(0, plan.closings.length);
  return { ...plan, deliveries, closings, schedules: orders.slice(closings.length) };
}

export function listTimes({ usage, events }: SimItems): string[] {
  return [...usage.map(({ start: time }) => time), ...events.map(({ time }) => time)];
}
