import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pickMoreComplete } from '../../lambda/ledger/fold.ts';
import {
  complete,
  type LedgerEvent,
  type Session,
  type Sim,
  type Usage,
} from '../../lambda/ledger/observation.ts';
import { mergeSessions } from '../../lambda/ledger/session.ts';
import { mergeSims } from '../../lambda/ledger/sim.ts';
import {
  encodeEventItem,
  encodeSessionItem,
  encodeSimItem,
  encodeUsageItem,
  type Item,
} from '../../lambda/store/items.ts';
import { changesOf } from '../lambda/store/observations.ts';
import { event, session, sim, usage } from '../records/arbitraries.ts';
import { Case } from './case.ts';
import { RunningFunction } from './delivery.ts';
import { comparable } from './expectation.ts';
import { describeFault, type Fault, FaultPlan, faults } from './faults.ts';
import { describeSetting, type Setting, settings } from './hostile-path.ts';
import { underEveryInterleaving } from './interleavings.ts';
import { WatchedWrites } from './invariants.ts';
import { KeptRejects, type Pause } from './invocation.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

/** Several writers of the same item at the same time, each in its own process. */

type Stated = Parameters<typeof changesOf>[0];

/** What writers write of one thing, and what must stand there in the end. */
interface Rivalry {
  readonly table: string;
  /** What each writer writes, one after the other. */
  readonly writers: readonly (readonly Stated[])[];
  readonly expected: Item;
}

const goesOn: Pause = async () => undefined;

/** Each writer's changes in turn; a change that failed is written again, as its records are delivered again. */
async function write(
  { writers }: Rivalry,
  engine: MemoryDynamoDb,
  pause: Pause,
  plan: FaultPlan,
  setting: Setting,
): Promise<void> {
  const context = { engine, plan, pause, ...setting, quarantine: new KeptRejects() };
  await Promise.all(
    writers.map(async (changes) => {
      let running = new RunningFunction(context);
      for (const stated of changes) {
        for (let isDone = false; !isDone; ) {
          const { process, writer } = running;
          const written = writer.write(changesOf(stated), { readBeforeWrite: false });
          const report = await Promise.race([written, process.died]).catch(() => undefined);
          if (report === undefined) running = new RunningFunction(context);
          isDone = report?.failed.size === 0;
        }
      }
    }),
  );
}

function expectOne({ table, expected }: Rivalry, engine: MemoryDynamoDb): void {
  expect(engine.items(table).map(comparable)).toEqual([comparable(expected)]);
}

/** One to three changes for each of two or three writers. */
function writersOf<State>(state: Arbitrary<State>): Arbitrary<readonly (readonly State[])[]> {
  return fc.array(fc.array(state, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 });
}

function joined<State>(writers: readonly (readonly State[])[], merge: (a: State, b: State) => State): State {
  return writers.flat().reduce(merge);
}

/** A join of several observations: its groups are of different times, none of them newer than itself. */
function joinOf<State extends Session | Sim>(state: State): State {
  const times = Object.values(state.groups).flatMap((group) => (group === undefined ? [] : [group.at]));
  const at = [state.origin.at, ...times].sort().at(-1) ?? state.origin.at;
  return { ...state, origin: { ...state.origin, at } };
}

/** A single observation: all that it states is of one time. */
function observationOf<State extends Session | Sim>(state: State): State {
  const groups = Object.fromEntries(
    Object.entries(state.groups).map(([name, stated]) => [
      name,
      stated && { ...stated, at: state.origin.at },
    ]),
  );
  return { ...state, groups };
}

function changesTo<State extends Session | Sim>(state: Arbitrary<State>): Arbitrary<State> {
  return fc.oneof(state.map(observationOf<State>), state.map(joinOf<State>));
}

const sessions: Arbitrary<Rivalry> = writersOf(changesTo(session)).map((writers) => ({
  table: 'Sessions',
  writers: writers.map((changes) => changes.map((one) => ({ sessions: [one] }))),
  expected: encodeSessionItem(joined(writers, mergeSessions)),
}));

const sims: Arbitrary<Rivalry> = writersOf(changesTo(sim)).map((writers) => ({
  table: 'Sims',
  writers: writers.map((changes) => changes.map((one) => ({ sims: [one] }))),
  expected: encodeSimItem(joined(writers, mergeSims)),
}));

/** Renderings of one record of which at most one is complete, since a carrier has one such rendering. */
function renderingsOf<Record extends Usage | LedgerEvent>(
  record: Arbitrary<Record>,
  whole: Arbitrary<Record | undefined>,
): Arbitrary<readonly (readonly Record[])[]> {
  const abridged = record.map((one) => ({ ...one, completeness: one.completeness % complete }));
  return fc
    .tuple(writersOf(abridged), whole)
    .map(([writers, one]) =>
      one === undefined ? writers : [...writers, [{ ...one, completeness: complete }]],
    );
}

const usages: Arbitrary<Rivalry> = renderingsOf(usage, fc.option(usage, { nil: undefined })).map(
  (writers) => {
    const winner = joined(writers, pickMoreComplete<Usage>);
    return {
      table: 'Usage',
      writers: writers.map((changes) => changes.map((one) => ({ usage: [one] }))),
      expected: encodeUsageItem(winner, winner.completeness === complete),
    };
  },
);

const events: Arbitrary<Rivalry> = renderingsOf(event, fc.option(event, { nil: undefined })).map(
  (writers) => {
    const winner = joined(writers, pickMoreComplete<LedgerEvent>);
    return {
      table: 'Events',
      writers: writers.map((changes) => changes.map((one) => ({ events: [one] }))),
      expected: encodeEventItem(winner, winner.completeness === complete, 90),
    };
  },
);

class ContendedWriting extends Case {
  readonly rivalry: Rivalry;
  readonly faults: readonly Fault[];
  readonly setting: Setting;
  readonly scheduler: fc.Scheduler;

  constructor(rivalry: Rivalry, planned: readonly Fault[], setting: Setting, scheduler: fc.Scheduler) {
    super();
    this.rivalry = rivalry;
    this.faults = planned;
    this.setting = setting;
    this.scheduler = scheduler;
  }

  describe(): readonly string[] {
    return [
      ...this.rivalry.writers.map((changes, index) => `writer ${index}: ${JSON.stringify(changes)}`),
      ...this.faults.map(describeFault),
      ...describeSetting(this.setting),
      `interleaving: ${String(this.scheduler)}`,
    ];
  }
}

const rivalries = { sessions, sims, usages, events };

describe(`an item that several write at once (seed ${seed})`, () => {
  test.each(Object.entries(rivalries))(
    'ends as the join of all that was written, whatever fails: %s',
    { timeout: timeLimit },
    async (_, rivalry) => {
      let pause = goesOn;
      withoutClock(() => pause);
      const contended = fc
        .tuple(rivalry, faults, settings, fc.scheduler())
        .map(([one, planned, setting, scheduler]) => new ContendedWriting(one, planned, setting, scheduler));
      await fc.assert(
        fc.asyncProperty(contended, async ({ rivalry: one, faults: planned, setting, scheduler }) => {
          pause = (where) => scheduler.schedule(Promise.resolve(), where);
          const watched = new WatchedWrites();
          const engine = Object.assign(new MemoryDynamoDb(), { onWrite: watched.onWrite });
          const plan = new FaultPlan(planned);
          await scheduler.waitFor(write(one, engine, pause, plan, setting));
          await plan.flush();
          expect(watched.broken).toEqual([]);
          expectOne(one, engine);
        }),
        trials(700),
      );
    },
  );

  test.each(Object.entries(rivalries))(
    'ends as the join of all that was written, under every interleaving of two writers: %s',
    { timeout: timeLimit },
    async (_, rivalry) => {
      let pause = goesOn;
      withoutClock(() => goesOn);
      const pair = fc.tuple(
        rivalry.filter(({ writers }) => writers.length === 2 && writers.flat().length <= 3),
        settings,
      );
      let interleavings = 0;
      let pairs = 0;
      await fc.assert(
        fc.asyncProperty(pair, async ([one, setting]) => {
          pairs += 1;
          interleavings += await underEveryInterleaving(async (waits) => {
            // A request takes effect when it is sent; when its answer arrives concerns its sender alone.
            pause = async (where) => (where === 'is sent' ? waits(where) : undefined);
            const engine = new MemoryDynamoDb();
            await write(one, engine, pause, new FaultPlan(), setting);
            expectOne(one, engine);
          });
        }),
        trials(40),
      );
      expect(interleavings).toBeGreaterThan(pairs);
    },
  );
});
