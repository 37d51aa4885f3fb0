import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deliver, runLimits } from '../../../../lambda/alerts/delivery/deliver.ts';
import type { Outcome, Receiver } from '../../../../lambda/alerts/delivery/receiver.ts';
import type { AlertTransition } from '../../../../lambda/alerts/delivery/transition.ts';
import type { UndeliveredTransitions } from '../../../../lambda/alerts/delivery/undelivered.ts';
import { transitionKinds } from '../../../../lambda/alerts/episode.ts';
import { Case } from '../../../property/case.ts';
import { faultTrials, timeLimit, trials } from '../../../property/trials.ts';
import { Timeline } from './timeline.ts';
import { transitionWith } from './transitions.ts';
import { type Done, UndeliveredInMemory } from './undelivered-in-memory.ts';

/**
 * Delivery on a virtual timeline: transitions are added at any time, runs overlap and crash between any two calls, and the
 * receiver fails, hangs, answers late or refuses. The invariants are about sent messages and finished transitions, in the
 * order of time.
 */

const start = Date.UTC(2026, 10, 3);
/** The timeout of a request. */
const requestMilliseconds = 10_000;
/** Sequence numbers have gaps between transitions. */
const sequenceStep = 2;
/** The maximum delay between a run's `now` and its start. */
const maxLateness = 60_000;

/** The receiver's reaction to an attempt, and its duration. */
interface Behaviour {
  readonly does:
    | 'accepts'
    | 'fails'
    | 'hangs'
    | 'accepts, answers too late'
    | 'refuses'
    | 'is gone'
    | 'is busy';
  readonly milliseconds: number;
}

/** One run: when it is called, how late it starts, and the call to the store or receiver after which it crashes. */
interface PlannedRun {
  readonly at: number;
  readonly lateness: number;
  readonly diesAtCall: number;
  /** Whether the last call takes effect. */
  readonly diesAfterEffect: boolean;
  /** Milliseconds of calls, in turn: before their effect, and until their answer. */
  readonly delays: readonly number[];
}

/** The plan. */
interface Plan {
  /** Kinds and times of each episode's transitions. */
  readonly episodes: readonly (readonly { readonly at: number; readonly kind: AlertTransition['kind'] }[])[];
  readonly behaviours: readonly Behaviour[];
  readonly runs: readonly PlannedRun[];
}

class DeliveryCase extends Case {
  readonly plan: Plan;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
  }

  override describe(): readonly string[] {
    const { episodes, behaviours, runs } = this.plan;
    return [
      ...episodes.map((kinds, index) => `ep${index + 1}: ${kinds.map(({ at, kind }) => `${kind} at ${at}`)}`),
      `receiver: ${behaviours.map(({ does, milliseconds }) => `${does} (${milliseconds})`).join(', ')}`,
      ...runs.map((run) => `run ${JSON.stringify(run)}`),
    ];
  }
}

const minutes = (max: number) => fc.integer({ min: 0, max: max * 60_000 });

const plans: fc.Arbitrary<DeliveryCase> = fc
  .record<Plan>({
    episodes: fc.array(
      fc
        .array(fc.record({ at: minutes(1), kind: fc.constantFrom(...transitionKinds) }), {
          minLength: 2,
          maxLength: 4,
        })
        .map((kinds) => kinds.toSorted((a, b) => a.at - b.at)),
      { minLength: 1, maxLength: 3 },
    ),
    behaviours: fc.array(
      fc.record({
        does: fc.constantFrom(
          ...(['accepts', 'accepts', 'accepts', 'fails', 'hangs', 'accepts, answers too late'] as const),
          ...(['refuses', 'is gone', 'is busy'] as const),
        ),
        milliseconds: fc.integer({ min: 0, max: requestMilliseconds - 1 }),
      }),
      { maxLength: 12 },
    ),
    runs: fc.array(
      fc.record({
        at: minutes(6),
        lateness: fc.integer({ min: 0, max: maxLateness }),
        diesAtCall: fc.oneof(
          { weight: 2, arbitrary: fc.constant(Number.MAX_SAFE_INTEGER) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) },
        ),
        diesAfterEffect: fc.boolean(),
        // Some runs are much slower than others.
        delays: fc.oneof(
          fc.array(fc.nat(200), { minLength: 1, maxLength: 7 }),
          fc.array(fc.oneof(fc.nat(200), fc.integer({ min: 5_000, max: 50_000 })), {
            minLength: 1,
            maxLength: 7,
          }),
        ),
      }),
      { minLength: 2, maxLength: 10 },
    ),
  })
  .map((plan) => new DeliveryCase(plan));

/** The events, in order of time. */
type Happening =
  | { readonly what: 'sent'; readonly id: string; readonly episode: string; readonly sequence: number }
  | { readonly what: 'received'; readonly episode: string; readonly sequence: number }
  | ({ readonly what: 'done' } & Done);

/** The parts of delivery that a planted fault replaces. */
interface Parts {
  readonly store: (store: UndeliveredTransitions) => UndeliveredTransitions;
  readonly receiver: (receiver: Receiver) => Receiver;
  readonly elapsed: (elapsed: () => number) => () => number;
  readonly limits: typeof runLimits;
}

const sound: Parts = {
  store: (store) => store,
  receiver: (receiver) => receiver,
  elapsed: (elapsed) => elapsed,
  limits: runLimits,
};

/** A crashed process: its calls are never answered. */
function isNeverAnswered(): Promise<never> {
  return new Promise(() => undefined);
}

/** Plays a plan, then runs without crashes until all is done. Returns the events, and the remaining transitions. */
async function play(plan: Plan, parts: Parts): Promise<{ happened: Happening[]; isEmpty: boolean }> {
  const timeline = new Timeline(start);
  const memory = new UndeliveredInMemory();
  const store = parts.store(recordDone(memory, (done) => happened.push({ what: 'done', ...done })));
  const happened: Happening[] = [];
  const behaviours = [...plan.behaviours];

  const begin = async (planned: PlannedRun, number: number): Promise<void> => {
    await timeline.wait(planned.at + planned.lateness);
    const began = timeline.now;
    let calls = 0;
    let delays = 0;
    const delay = (): Promise<void> => {
      delays += 1;
      return timeline.wait(planned.delays[delays % planned.delays.length] ?? 0);
    };
    const call = async <T>(effect: () => Promise<T>): Promise<T> => {
      calls += 1;
      if (calls > planned.diesAtCall) return isNeverAnswered();
      await delay();
      if (calls === planned.diesAtCall && !planned.diesAfterEffect) return isNeverAnswered();
      const result = await effect();
      if (calls === planned.diesAtCall) return isNeverAnswered();
      await delay();
      return result;
    };
    const send: Receiver['send'] = async ({ event, transition: { episode, sequence } }) => {
      calls += 1;
      if (calls >= planned.diesAtCall && !planned.diesAfterEffect) return isNeverAnswered();
      happened.push({ what: 'sent', id: event.id, episode, sequence });
      const { does, milliseconds } = behaviours.shift() ?? { does: 'accepts', milliseconds: 100 };
      const outcome = await answer(timeline, does, milliseconds, () =>
        happened.push({ what: 'received', episode, sequence }),
      );
      return calls >= planned.diesAtCall ? isNeverAnswered() : outcome;
    };
    await deliver(
      parts.receiver({ name: 'pager', takes: () => true, send }),
      {
        lock: (...parameters) => call(() => store.lock(...parameters)),
        unlock: (...parameters) => call(() => store.unlock(...parameters)),
        listDue: (...parameters) => call(() => store.listDue(...parameters)),
        readNext: (...parameters) => call(() => store.readNext(...parameters)),
        acknowledge: (...parameters) => call(() => store.acknowledge(...parameters)),
        reschedule: (...parameters) => call(() => store.reschedule(...parameters)),
      },
      {
        now: start + planned.at,
        token: `run ${number}`,
        measureElapsed: parts.elapsed(() => timeline.now - began),
        context: { deployment: 'simledger', apiUrl: undefined },
        limits: parts.limits,
        onError: (error) => {
          throw error;
        },
      },
    );
  };

  for (const [index, transitions] of plan.episodes.entries()) {
    for (const [before, { at, kind }] of transitions.entries()) {
      const decidedAt = new Date(start + at).toISOString();
      const transition = transitionWith({
        episode: `ep${index + 1}`,
        sequence: before * sequenceStep + 1,
        kind,
        decidedAt,
      });
      void timeline.wait(at).then(() => memory.add(transition));
    }
  }
  for (const [number, planned] of plan.runs.entries()) void begin(planned, number);
  await timeline.run();
  // From here on the receiver works, and there is a run every five minutes.
  behaviours.length = 0;
  for (let further = 0; further < 40 && !memory.isEmpty; further += 1) {
    const at = timeline.now - start + 300_000;
    timeline.now = start + at;
    void begin(
      { at, lateness: -at, diesAtCall: Number.MAX_SAFE_INTEGER, diesAfterEffect: false, delays: [10] },
      1_000 + further,
    );
    await timeline.run();
  }
  return { happened, isEmpty: memory.isEmpty };
}

/** Makes the store report when a transition is marked as done. */
function recordDone(memory: UndeliveredInMemory, tell: (done: Done) => void): UndeliveredInMemory {
  const acknowledge = memory.acknowledge.bind(memory);
  memory.acknowledge = async (receiver, next, disposal, reason) => {
    const isDone = await acknowledge(receiver, next, disposal, reason);
    const { episode, sequence } = next.transition;
    if (isDone) tell({ episode, sequence, disposal, reason });
    return isDone;
  };
  return memory;
}

/** The sender's view of an attempt. A receiver that hangs may have received it, or receives it later. */
async function answer(
  timeline: Timeline,
  does: Behaviour['does'],
  milliseconds: number,
  receive: () => void,
): Promise<Outcome> {
  const isTooLate = does === 'hangs' || does === 'accepts, answers too late';
  await timeline.wait(isTooLate ? requestMilliseconds : milliseconds);
  switch (does) {
    case 'accepts':
      receive();
      return { kind: 'accepted' };
    case 'accepts, answers too late':
      void timeline.wait(milliseconds * 10).then(receive);
      return { kind: 'later', reason: 'no answer' };
    case 'hangs':
      return { kind: 'later', reason: 'no answer' };
    case 'fails':
      return { kind: 'later', reason: 'status 503' };
    case 'refuses':
      return { kind: 'refused', reason: 'status 400' };
    case 'is gone':
      return { kind: 'unusable', reason: 'status 410' };
    case 'is busy':
      return { kind: 'later', reason: 'status 429', retryAfterMilliseconds: milliseconds * 10 };
  }
}

/** The number of the transition after another one; 0 is before the first. */
function follow(sequence: number): number {
  return sequence === 0 ? 1 : sequence + sequenceStep;
}

/** Violated invariants, in sentences. */
function findViolations(plan: Plan, { happened, isEmpty }: Awaited<ReturnType<typeof play>>): string[] {
  const violations = isEmpty ? [] : ['something is never delivered'];
  const ids = new Map<string, string>();
  /** The number of each episode's last transition that is done. */
  const done = new Map<string, number>();
  const received = new Set<string>();
  const undeliverable = new Set<string>();
  for (const one of happened) {
    const { episode, sequence } = one;
    const name = `${episode} ${sequence}`;
    const doneBefore = done.get(episode) ?? 0;
    if (one.what === 'sent') {
      if ((ids.get(name) ?? one.id) !== one.id) violations.push(`${name} is sent under two ids`);
      if ([...ids].some(([other, id]) => other !== name && id === one.id)) {
        violations.push(`${name} is sent under the id of another`);
      }
      ids.set(name, one.id);
      if (sequence < doneBefore) violations.push(`${name} is sent when ${doneBefore} is done`);
      if (sequence > follow(doneBefore)) violations.push(`${name} is sent when only ${doneBefore} is done`);
    } else if (one.what === 'received') received.add(name);
    else {
      if (sequence !== follow(doneBefore)) violations.push(`${name} is done after ${doneBefore}`);
      done.set(episode, sequence);
      if (one.disposal === 'undeliverable') undeliverable.add(name);
      else if (!received.has(name)) violations.push(`${name} is done, and was not received`);
    }
  }
  for (const [index, transitions] of plan.episodes.entries()) {
    for (const before of transitions.keys()) {
      const name = `ep${index + 1} ${before * sequenceStep + 1}`;
      if (!received.has(name) && !undeliverable.has(name)) violations.push(`${name} is never received`);
    }
  }
  return violations;
}

async function check(parts: Parts, numRuns: number): Promise<fc.RunDetails<[DeliveryCase]>> {
  const property = fc.asyncProperty(plans, async ({ plan }) => {
    expect(findViolations(plan, await play(plan, parts))).toEqual([]);
  });
  return fc.check(property, faultTrials(numRuns) as fc.Parameters<[DeliveryCase]>);
}

test(
  'each transition is received at least once under one id, in order, and none is sent after a later one is done',
  async () => {
    const property = fc.asyncProperty(plans, async ({ plan }) => {
      expect(findViolations(plan, await play(plan, sound))).toEqual([]);
    });
    await fc.assert(property, trials(1_000) as fc.Parameters<[DeliveryCase]>);
  },
  timeLimit,
);

test('the plans reach what they are about', async () => {
  const reached = { overlapping: 0, repeated: 0, undeliverable: 0 };
  for (const { plan } of fc.sample(plans, { numRuns: 100, seed: 1 })) {
    const { happened } = await play(plan, sound);
    const sent = happened
      .filter(({ what }) => what === 'sent')
      .map((one) => `${one.episode} ${one.sequence}`);
    if (new Set(sent).size < sent.length) reached.repeated += 1;
    if (happened.some((one) => one.what === 'done' && one.disposal === 'undeliverable')) {
      reached.undeliverable += 1;
    }
    const times = plan.runs.map(({ at }) => at).sort((a, b) => a - b);
    if (times.some((at, index) => index > 0 && at - (times[index - 1] ?? 0) < maxLateness)) {
      reached.overlapping += 1;
    }
  }
  expect(Object.entries(reached).filter(([, count]) => count < 10)).toEqual([]);
});

describe('the property finds', () => {
  /** A store with some of its operations replaced. */
  const replace = (
    store: UndeliveredTransitions,
    operations: Partial<UndeliveredTransitions>,
  ): UndeliveredTransitions => ({
    lock: operations.lock ?? store.lock.bind(store),
    unlock: operations.unlock ?? store.unlock.bind(store),
    listDue: operations.listDue ?? store.listDue.bind(store),
    readNext: operations.readNext ?? store.readNext.bind(store),
    acknowledge: operations.acknowledge ?? store.acknowledge.bind(store),
    reschedule: operations.reschedule ?? store.reschedule.bind(store),
  });

  const planted: Readonly<Record<string, Partial<Parts>>> = {
    'delivery that marks a transition as done before it is sent': {
      store: (store) =>
        replace(store, {
          readNext: async (receiver, episode) => {
            const next = await store.readNext(receiver, episode);
            if (next !== undefined) await store.acknowledge(receiver, next, 'delivered', '');
            return next;
          },
          acknowledge: async () => true,
        }),
    },
    'runs that take a receiver which another has': {
      store: (store) =>
        replace(store, {
          lock: async (receiver, lease) =>
            (await store.lock(receiver, lease)) ?? { unusableRuns: 0, pausedUntil: 0 },
        }),
    },
    'a lease that is over before its run': { limits: { ...runLimits, leaseMilliseconds: 1_000 } },
    'a run that does not watch its time': { elapsed: () => () => 0 },
    'an id that is new at each attempt': {
      receiver: (receiver) => {
        let attempts = 0;
        return {
          ...receiver,
          send: (message) => {
            attempts += 1;
            const event = { ...message.event, id: `${message.event.id}-${attempts}` };
            return receiver.send({ ...message, event });
          },
        };
      },
    },
    'an id that an episode’s transitions share': {
      receiver: (receiver) => ({
        ...receiver,
        send: (message) =>
          receiver.send({ ...message, event: { ...message.event, id: message.event.subject } }),
      }),
    },
    'an answer that is waited for no longer, and taken as yes': {
      receiver: (receiver) => ({
        ...receiver,
        send: async (message) => {
          const outcome = await receiver.send(message);
          return outcome.kind === 'later' && outcome.reason === 'no answer' ? { kind: 'accepted' } : outcome;
        },
      }),
    },
    'a store that goes on behind what has failed': {
      store: (store) => {
        const failed = new Set<string>();
        return replace(store, {
          reschedule: async (receiver, next, dueAt) => {
            failed.add(next.transition.episode);
            return store.reschedule(receiver, next, dueAt);
          },
          readNext: async (receiver, episode) => {
            const next = await store.readNext(receiver, episode);
            if (next === undefined || !failed.has(episode)) return next;
            await store.acknowledge(receiver, next, 'passed-over', '');
            return store.readNext(receiver, episode);
          },
        });
      },
    },
    'a failed attempt that is never repeated': {
      store: (store) =>
        replace(store, {
          reschedule: (receiver, next) => store.reschedule(receiver, next, Number.POSITIVE_INFINITY),
        }),
    },
  };

  test.each(Object.entries(planted))(
    '%s',
    async (_, parts) => {
      const { failed, counterexample } = await check({ ...sound, ...parts }, 2_000);
      expect([failed, counterexample === null]).toEqual([true, false]);
    },
    timeLimit,
  );
});
