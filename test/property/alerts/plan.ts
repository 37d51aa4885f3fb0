import fc from 'fast-check';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import { type SessionRefresh, sessionRefreshes } from '../../../lambda/ledger/source.ts';
import { anyRule } from '../../lambda/alerts/arbitraries.ts';
import { minute } from '../../lambda/alerts/records.ts';
import { Case } from '../case.ts';

/**
 * Plans of what happens to a small fleet on one timeline, in hours from its beginning: what devices do, when the carrier
 * delivers it, when functions run, how slow they are and where they die, what the receiver does, and what people mute.
 */

export const hour = 3_600_000;

/** The last hour of which records tell. */
export const lastFact = 60;
/** By then all that is planned has happened. The final sweeps come later than a day after the last planned one. */
export const lastSweep = 110;
export const finalHour = 180;
/** By then all has arrived. */
export const lastArrival = 92;
/** Sweeps that nothing disturbs come at these hours, so that each record is judged before it expires. */
export const cleanSweeps: readonly number[] = [60.5, 94.5, 130.5];

/** How late records of the source may be. */
export const lateness = hour / 2;

/** What a device does in an hour. */
export interface Fact {
  /** Hours from the beginning. */
  readonly at: number;
  /**
   * - `signal`: an attachment, or a location update.
   * - `refused`: a session that failed, or a context that was refused.
   * - `usage`: so many bytes in the hour before, in one of its modems.
   */
  readonly kind: 'signal' | 'refused' | 'usage';
  readonly bytes: number;
  readonly modem: number;
  /** How much later than its hour each of its deliveries comes, in milliseconds. */
  readonly delays: readonly number[];
}

/** What meets a call to AWS: the process dies, or the call fails, before or after it took effect. */
export const faultKinds = [
  'dies before',
  'dies after',
  'fails before',
  'fails after',
  'fails, arrives later',
  'is sent twice',
] as const;

/** What meets the call with a number. */
export interface PlannedFault {
  readonly call: number;
  readonly kind: (typeof faultKinds)[number];
}

/** How a process fares. */
export interface Fate {
  readonly faults: readonly PlannedFault[];
  /** Milliseconds that calls take before their effect and until their answer, in turn. */
  readonly delays: readonly number[];
  /** By how much its clock is ahead, in milliseconds. */
  readonly skew: number;
}

/** A run of a function. */
export interface PlannedRun extends Fate {
  /** For when it is scheduled, in milliseconds from the beginning. */
  readonly at: number;
  /** How much later it begins. */
  readonly startsLate: number;
}

/** What the receiver does with an attempt, and how long it takes. */
export interface Behaviour {
  readonly does: 'accepts' | 'fails' | 'hangs' | 'accepts, answers too late' | 'is busy';
  readonly milliseconds: number;
}

/** A mute, in milliseconds from the beginning. */
export interface PlannedMute {
  readonly at: number;
  readonly until: number;
  readonly scope: 'rule' | 'sim' | 'source';
  /** Which rule or SIM. */
  readonly index: number;
}

/** A day of the timeline as the day pass reads it. Times are hours. */
export interface PlannedDay {
  /** How long after its end it is closed, at least: days are closed in their order. */
  readonly closesAfter: number;
  /** How long after that it is sealed; undefined for never. */
  readonly sealsAfter: number | undefined;
  /** What is found of SIMs, how long after the day is closed: each takes the place of what was found before. */
  readonly found: readonly { readonly sim: number; readonly after: number; readonly findings: number }[];
}

/** What is planned. */
export interface Plan {
  readonly carrier: 'twilio' | '1nce';
  readonly sessionRefresh: SessionRefresh;
  readonly rules: readonly Rule[];
  /** What the device of each SIM does. */
  readonly sims: readonly (readonly Fact[])[];
  /** Whether three more devices signal all the time, so that a silent device is not taken for a silent carrier. */
  readonly hasBeacons: boolean;
  /** When the carrier delivers nothing; what it owes comes at the end. */
  readonly outage: { readonly from: number; readonly to: number } | undefined;
  readonly lanes: number;
  readonly batchSize: number;
  readonly consumers: readonly Fate[];
  readonly sweeps: readonly PlannedRun[];
  readonly deliveries: readonly PlannedRun[];
  readonly behaviours: readonly Behaviour[];
  readonly mutes: readonly PlannedMute[];
  /** Days that are closed; undefined where no rule is about findings. */
  readonly days?: readonly PlannedDay[] | undefined;
  /** When DynamoDB deletes events that have expired. */
  readonly expiries: readonly number[];
  readonly groupWait: number;
  /** How many SIMs that fall silent are not a group yet, whatever their share: some are few enough for a small fleet. */
  readonly groupsAbove: number;
}

/** A plan that prints itself. */
export class PlanCase extends Case {
  readonly plan: Plan;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
  }

  override describe(): readonly string[] {
    const { rules, sims, consumers, sweeps, deliveries, ...others } = this.plan;
    return [
      JSON.stringify(others),
      ...rules.map((rule) => `rule ${JSON.stringify(rule)}`),
      ...sims.flatMap((facts, index) => facts.map((fact) => `SIM ${index}: ${JSON.stringify(fact)}`)),
      ...consumers.map((fate) => `consumer ${JSON.stringify(fate)}`),
      ...sweeps.map((run) => `sweep ${JSON.stringify(run)}`),
      ...deliveries.map((run) => `delivery ${JSON.stringify(run)}`),
    ];
  }
}

const second = 1_000;

/** Durations of rules are minutes here, as the oracle has them, and stand for hours. */
const duration = fc.integer({ min: 1, max: 24 }).map((count) => count * minute);

const kind = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('silent' as const),
      after: duration,
      missing: fc.constantFrom(
        'everything' as const,
        'everything' as const,
        'session' as const,
        'bytes' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('attach-loop' as const, 'session-failures' as const),
      count: fc.integer({ min: 1, max: 4 }),
      within: duration,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('device-changed' as const),
      change: fc.constant('device' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('usage' as const),
      compare: fc.constant('more' as const),
      bytes: fc.integer({ min: 1, max: 6 }),
      within: duration,
    }),
  },
);

/** Rules of some conditions, which wait up to some minutes before they tell. */
function makeRules<Condition extends object>(
  conditions: fc.Arbitrary<Condition & { kind: string }>,
  maxPending: number,
) {
  return fc
    .array(fc.tuple(conditions, fc.nat({ max: maxPending }), fc.nat({ max: 4 })), {
      minLength: 1,
      maxLength: 2,
    })
    .map((all) =>
      all.map(([one, pending, recovery], index) => {
        const isMoment = one.kind === 'device-changed';
        const times = { pending: isMoment ? 0 : pending * minute, recovery: recovery * minute };
        const match = { ...anyRule.match, names: ['tracker*'] };
        return { ...anyRule, ...one, ...times, match, name: `rule-${index}` };
      }),
    );
}

const rules: fc.Arbitrary<Rule[]> = makeRules(kind, 3);

const shortDelay = fc.nat({ max: 600 * second });

const late = fc.nat({ max: 40 * hour });

/** Deliveries of a record: mostly one, soon; now and then late, and again. */
const deliveryDelays = fc.oneof(
  { weight: 8, arbitrary: shortDelay.map((one) => [one]) },
  { weight: 1, arbitrary: late.map((one) => [one]) },
  { weight: 1, arbitrary: fc.tuple(shortDelay, late).map(([one, more]) => [one, one + more]) },
);

function facts(
  deliveries: fc.Arbitrary<readonly number[]>,
  { last, maxLength }: { readonly last: number; readonly maxLength: number },
): fc.Arbitrary<Fact[]> {
  const fact = fc.record<Fact>({
    at: fc.nat({ max: last }),
    kind: fc.constantFrom('signal', 'usage', 'usage', 'refused'),
    bytes: fc.nat({ max: 3 }),
    modem: fc.nat({ max: 1 }),
    delays: deliveries,
  });
  return fc.array(fact, { maxLength }).map((all) => {
    // Records of one hour state one modem.
    const modems = new Map(all.map(({ at, modem }) => [at, modem]));
    return all.map((one) => ({ ...one, modem: modems.get(one.at) ?? one.modem }));
  });
}

const delays = fc.oneof(
  { weight: 2, arbitrary: fc.constant([0]) },
  { weight: 2, arbitrary: fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.array(fc.nat({ max: 20 * second }), { minLength: 1, maxLength: 5 }) },
);

/** The calls of a sweep among which are those that write what it found. */
const sweepWrites = [36, 75] as const;

/** @param meets of ten runs, how many meet faults, at calls from the first to the last. */
function fate([firstCall, lastCall]: readonly [number, number], meets: number): fc.Arbitrary<Fate> {
  const faults = fc.array(
    fc.record({ call: fc.integer({ min: firstCall, max: lastCall }), kind: fc.constantFrom(...faultKinds) }),
    { minLength: 1, maxLength: 3 },
  );
  return fc.record({
    faults: fc.oneof(
      { weight: meets, arbitrary: faults },
      { weight: 10 - meets, arbitrary: fc.constant([]) },
    ),
    delays,
    skew: fc.integer({ min: -20 * second, max: 20 * second }),
  });
}

function runs(count: { minLength: number; maxLength: number }, lastCall: number): fc.Arbitrary<PlannedRun[]> {
  const at = fc.nat({ max: lastSweep * hour });
  const run = fc.record({ at, startsLate: fc.nat({ max: 60 * second }), fate: fate([1, lastCall], 4) });
  return fc.array(fc.tuple(run, fc.option(run, { freq: 3, nil: undefined })), count).map((pairs) =>
    pairs.flatMap(([one, other]) => {
      const first = { ...one.fate, at: one.at, startsLate: one.startsLate };
      if (other === undefined) return [first];
      // The second one is scheduled a little later and begins at almost the same time, so that they overlap.
      const later = other.at % (30 * second);
      const startsLate = Math.max(0, one.startsLate - later) + (other.startsLate % (2 * second));
      return [first, { ...other.fate, at: one.at + later, startsLate }];
    }),
  );
}

const mutes = fc.array(
  fc
    .record({
      times: fc.tuple(fc.nat({ max: lastSweep * hour }), fc.nat({ max: 40 * hour })),
      scope: fc.constantFrom('rule' as const, 'sim' as const, 'source' as const),
      index: fc.nat({ max: 3 }),
    })
    .map(({ times: [at, length], scope, index }) => ({ at, until: at + length, scope, index })),
  { maxLength: 1 },
);

const outage = fc
  .tuple(fc.integer({ min: 1, max: lastFact }), fc.integer({ min: 1, max: 38 }))
  .map(([from, length]) => ({ from, to: from + length }));

const days: fc.Arbitrary<PlannedDay[]> = fc.array(
  fc.record({
    closesAfter: fc.integer({ min: 1, max: 10 }),
    sealsAfter: fc.option(fc.nat({ max: 30 }), { freq: 4, nil: undefined }),
    found: fc.array(
      fc.record({ sim: fc.nat({ max: 2 }), after: fc.nat({ max: 40 }), findings: fc.nat({ max: 3 }) }),
      { maxLength: 4 },
    ),
  }),
  { minLength: 1, maxLength: 5 },
);

const parts: { readonly [Name in keyof Plan]: fc.Arbitrary<Plan[Name]> } = {
  carrier: fc.constantFrom('twilio', '1nce'),
  sessionRefresh: fc.constantFrom(...sessionRefreshes),
  rules,
  sims: fc.array(facts(deliveryDelays, { last: lastFact, maxLength: 9 }), { minLength: 1, maxLength: 3 }),
  hasBeacons: fc.constantFrom(true, true, true, false),
  outage: fc.option(outage, { freq: 3, nil: undefined }),
  lanes: fc.integer({ min: 1, max: 2 }),
  batchSize: fc.integer({ min: 1, max: 6 }),
  consumers: fc.array(fate([1, 12], 5), { maxLength: 6 }),
  sweeps: runs({ minLength: 1, maxLength: 3 }, sweepWrites[1]),
  deliveries: runs({ minLength: 1, maxLength: 3 }, 15),
  behaviours: fc.array(
    fc.record({
      does: fc.constantFrom(
        'accepts' as const,
        'accepts' as const,
        'fails' as const,
        'hangs' as const,
        'accepts, answers too late' as const,
        'is busy' as const,
      ),
      milliseconds: fc.nat({ max: 9 * second }),
    }),
    { maxLength: 8 },
  ),
  mutes,
  expiries: fc.array(fc.integer({ min: 150 * hour, max: finalHour * hour }), { maxLength: 2 }),
  groupWait: fc.constantFrom(0, hour / 6),
  groupsAbove: fc.constantFrom(20, 20, 2, 1),
  // Last, so that the other parts of a plan are the same with and without.
  days: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: days }),
};

/** Plans in which whatever happens may happen at any time. */
const scattered: fc.Arbitrary<Plan> = fc.record(parts);

/** Hours in which plans are crowded. */
const crowdedHours = 20;

/** Pairs of sweeps: a slow one, and a fast one that begins while the slow one is at work. */
const overlappingSweeps = fc
  .array(
    fc.record({
      at: fc.nat({ max: crowdedHours * hour }),
      slow: fate(sweepWrites, 4),
      delays: fc.array(fc.nat({ max: 20 * second }), { minLength: 3, maxLength: 7 }),
      fast: fate(sweepWrites, 4),
      later: fc.nat({ max: 240 * second }),
    }),
    { minLength: 2, maxLength: 4 },
  )
  .map((pairs) =>
    pairs.flatMap(({ at, slow, delays: slowly, fast, later }): PlannedRun[] => [
      { ...slow, delays: slowly, at, startsLate: 0 },
      { ...fast, delays: [0], at: at + later, startsLate: 0 },
    ]),
  );

/**
 * Plans in which much happens at the same time: silences end shortly before they are long enough, batches fail then, and
 * sweeps and deliveries overlap.
 */
const crowded: fc.Arbitrary<Plan> = fc
  .record({
    ...parts,
    rules: makeRules(
      fc.record({
        kind: fc.constant('silent' as const),
        after: fc.integer({ min: 2, max: 3 }).map((count) => count * minute),
        missing: fc.constant('everything' as const),
      }),
      1,
    ),
    sims: fc.array(
      facts(
        shortDelay.map((one) => [one]),
        { last: crowdedHours, maxLength: 4 },
      ),
      { minLength: 3, maxLength: 3 },
    ),
    hasBeacons: fc.constant(true),
    outage: fc.constant(undefined),
    consumers: fc.array(fc.oneof(fate([1, 2], 9), fate([1, 12], 9)), { minLength: 10, maxLength: 30 }),
    sweeps: overlappingSweeps,
    deliveries: runs({ minLength: 2, maxLength: 4 }, 15),
    mutes: fc.constant([]),
    groupWait: fc.constant(0),
  })
  .map((plan) => bringTogether(plan));

/**
 * Has every second record of a SIM come minutes before the one before it would be too long ago, a pair of sweeps minutes
 * later, and deliveries soon after sweeps begin.
 */
function bringTogether(plan: Plan): Plan {
  const [rule] = plan.rules;
  const lasts = rule?.kind === 'silent' ? rule.after / minute : 0;
  const sims = plan.sims.map((all) =>
    all.map((fact, index): Fact => {
      const before = all[index - 1];
      if (index % 2 === 0 || before === undefined) return { ...fact, kind: 'signal' };
      const delays = fact.delays.map((delay) => hour - delay);
      return { ...fact, kind: 'signal', at: before.at + lasts - 1, delays };
    }),
  );
  const ends = sims.flatMap((all) => all.filter((_, index) => index % 2 === 1).map((fact) => fact.at + 1));
  const sweeps = plan.sweeps.map((run, index, { length }) => {
    const end = ends[Math.floor(index / 2) % Math.max(ends.length, 1)];
    return end === undefined || length === 0 ? run : { ...run, at: end * hour + (run.at % (300 * second)) };
  });
  const deliveries = plan.deliveries.map((run, index) => {
    const { at } = sweeps[index % sweeps.length] ?? run;
    return { ...run, at: at + (run.at % (600 * second)), startsLate: 0 };
  });
  return { ...plan, sims, sweeps, deliveries };
}

/** Plans of all sorts. */
export const plans: fc.Arbitrary<PlanCase> = fc
  .oneof({ weight: 2, arbitrary: scattered }, { weight: 1, arbitrary: crowded })
  .map((plan) => new PlanCase(plan));

/** Plans with a rule about findings. */
export const plansWithFindings: fc.Arbitrary<PlanCase> = fc
  .record({ ...parts, days })
  .map((plan) => new PlanCase(plan));

/** Plans in which much happens at the same time. */
export const crowdedPlans: fc.Arbitrary<PlanCase> = crowded.map((plan) => new PlanCase(plan));

const calm: Fate = { faults: [], delays: [0], skew: 0 };
const dying: Fate = { ...calm, faults: [{ call: 1, kind: 'dies before' }] };

function signal(at: number, delay = 0): Fact {
  return { at, kind: 'signal', bytes: 0, modem: 0, delays: [delay] };
}

function usage(at: number): Fact {
  return { at, kind: 'usage', bytes: 1, modem: 0, delays: [0] };
}

/** A rule of so many hours of silence. */
function silentAfter(hours: number): Rule {
  return {
    ...anyRule,
    name: 'rule-0',
    kind: 'silent',
    missing: 'everything',
    after: hours * minute,
    pending: 0,
    recovery: 0,
    match: { ...anyRule.match, names: ['tracker*'] },
  };
}

/** Nothing fails, and nobody does anything. */
const uneventful = {
  carrier: 'twilio',
  sessionRefresh: 'update',
  hasBeacons: true,
  outage: undefined,
  lanes: 1,
  batchSize: 6,
  consumers: [],
  deliveries: [],
  behaviours: [],
  mutes: [],
  expiries: [],
  groupWait: 0,
  groupsAbove: 20,
} as const satisfies Partial<Plan>;

/**
 * A device is heard minutes before it would be silent for too long, and a sweep comes while its record waits in the stream,
 * since each process that takes its batch dies. Plans made at random hardly ever meet this.
 */
export const waitingRecord = new PlanCase({
  ...uneventful,
  rules: [silentAfter(2)],
  sims: [[signal(3), signal(4, hour - 180 * second)], [signal(0), signal(4)], [signal(0)]],
  consumers: [calm, calm, calm, ...Array<Fate>(6).fill(dying)],
  sweeps: [{ ...calm, at: 5 * hour + 30 * second, startsLate: 0 }],
});

/**
 * Devices are back after a silence that was told, and a sweep comes before the hour of the day at which it would look at
 * them anyway. Plans made at random hardly ever meet this.
 */
export const usageAfterSilence = new PlanCase({
  ...uneventful,
  rules: [silentAfter(12)],
  sims: [
    [signal(0), usage(20)],
    [signal(0), usage(21)],
    [signal(0), usage(19)],
  ],
  sweeps: [13 * hour, 21 * hour + 300 * second].map((at) => ({ ...calm, at, startsLate: 0 })),
});
