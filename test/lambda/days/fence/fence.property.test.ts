import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProcessFence } from '../../../../lambda/days/fence/chunk-fence.ts';
import { landedMilliseconds } from '../../../../lambda/days/fence/durations.ts';
import type { Changes } from '../../../../lambda/ledger/fold.ts';
import { Case } from '../../../property/case.ts';
import { faultTrials, timeLimit, trials } from '../../../property/trials.ts';
import {
  ClosingWorld,
  days,
  minute,
  type Parts,
  type Plan,
  type PlannedCalls,
  type PlannedPass,
  sims,
  sound,
} from './closing-world.ts';

/**
 * The fence: writers that are delayed between any two calls, passes at any moment, and crashes. Every item that arrives
 * after its day was read has a marker that causes another read, and in the end all is sealed and no marker is left.
 */

class ClosingCase extends Case {
  readonly plan: Plan;

  constructor(plan: Plan) {
    super();
    this.plan = plan;
  }

  override describe(): readonly string[] {
    return [...this.plan.writers, ...this.plan.passes].map((one) => JSON.stringify(one));
  }
}

const anyDelay = fc.oneof(
  { weight: 5, arbitrary: fc.constant(10) },
  { weight: 1, arbitrary: fc.nat(2 * minute) },
  { weight: 3, arbitrary: fc.integer({ min: 2 * minute, max: 30 * minute }) },
  { weight: 1, arbitrary: fc.integer({ min: 30 * minute, max: 120 * minute }) },
);

const calls: fc.Arbitrary<PlannedCalls> = fc.record({
  delays: fc.array(fc.tuple(anyDelay, anyDelay, anyDelay), { maxLength: 8 }),
  faults: fc.array(
    fc.record({
      call: fc.nat(7),
      kind: fc.constantFrom('dies before', 'dies after', 'fails', 'is given up'),
    }),
    { maxLength: 2 },
  ),
});

const at = fc.nat(180 * minute);
const record = fc.record({ sim: fc.constantFrom(...sims), day: fc.constantFrom(...days) });
const chunk = fc.array(record, { minLength: 1, maxLength: 2 });

function passes<Does extends PlannedPass['does']>(
  does: fc.Arbitrary<Does>,
  begin: fc.Arbitrary<number>,
  { isHindered }: { readonly isHindered: boolean },
): fc.Arbitrary<PlannedPass> {
  const lateness = fc.oneof(fc.constant(0), fc.nat(60 * minute));
  return fc
    .tuple(
      isHindered ? calls : fc.constant({ delays: [], faults: [] }),
      fc.record({ at: begin, does, lateness, isTwice: fc.boolean() }),
    )
    .map(([one, other]) => ({ ...one, ...other }));
}

const anyDay = fc.constantFrom(...days);
const visits = fc.constant('visits' as const);

const plans: fc.Arbitrary<ClosingCase> = fc
  .record({
    writers: fc.array(
      fc
        .tuple(calls, fc.record({ at, chunks: fc.array(chunk, { minLength: 1, maxLength: 3 }) }))
        .map(([one, other]) => ({ ...one, ...other })),
      { minLength: 1, maxLength: 3 },
    ),
    // Some passes are undisturbed, so that the others have much to disturb.
    closing: passes(anyDay, fc.nat(60 * minute), { isHindered: false }),
    visiting: fc.array(passes(visits, at, { isHindered: false }), { minLength: 1, maxLength: 4 }),
    others: fc.array(passes(fc.oneof(anyDay, visits), at, { isHindered: true }), { maxLength: 4 }),
  })
  .map(
    ({ writers, closing, visiting, others }) =>
      new ClosingCase({ writers, passes: [closing, ...visiting, ...others] }),
  );

async function play(plan: Plan, parts: Parts): Promise<ClosingWorld> {
  const world = new ClosingWorld(parts);
  await world.play(plan);
  return world;
}

test(
  'no item lands in a day that was read without a marker that brings the day back, and all is sealed in the end',
  async () => {
    const property = fc.asyncProperty(plans, async ({ plan }) => {
      expect((await play(plan, sound)).violations).toEqual([]);
    });
    await fc.assert(property, trials(1_000) as fc.Parameters<[ClosingCase]>);
  },
  timeLimit,
);

test('the plans reach what they are about', async () => {
  const reached = { late: 0, kept: 0, expired: 0, redone: 0 };
  for (const { plan } of fc.sample(plans, { numRuns: 300, seed: 1 })) {
    const { reached: once } = await play(plan, sound);
    for (const name of Object.keys(reached) as (keyof typeof reached)[]) reached[name] += once[name];
  }
  expect(Object.entries(reached).filter(([, count]) => count < 10)).toEqual([]);
});

/** For faults that only few plans reveal. */
const quickSeeds: Readonly<Record<string, number>> = {
  'markers that failed and are passed over': 20261113,
  'a reading whose age is counted from its answer': 20261104,
  'requests that are looked at before they are signed, not after': 20261103,
  'a fence that is read as it was half an hour ago': 20261133,
  'a day that is read as soon as the fence has passed it': 20261144,
  'a marker that is removed as soon as it was seen': 20261108,
  'a marker that is removed whatever its token is': 20261124,
};

describe('the property finds', () => {
  type Fence = Pick<ProcessFence, 'enter' | 'beginRequest'>;
  const replaceFence = (replacement: (fence: ProcessFence) => Partial<Fence>) => ({
    fence: (fence: ProcessFence): Fence => ({
      enter: () => fence.enter(),
      beginRequest: () => fence.beginRequest(),
      ...replacement(fence),
    }),
  });

  const planted: Readonly<Record<string, Partial<Parts>>> = {
    'markers that are put after their items': replaceFence((fence) => ({
      enter: async () => {
        const passage = await fence.enter();
        const marked: Changes[] = [];
        return {
          mark: async (changes) => {
            marked.push(changes);
            return { writable: changes, refused: [] };
          },
          markDays: (subjects) => passage.markDays(subjects),
          leave: () => {
            for (const changes of marked) void passage.mark(changes);
            passage.leave();
          },
        };
      },
    })),
    'markers that failed and are passed over': {
      fencePorts: (ports) => ({
        ...ports,
        putMarkers: async (markers) => {
          await ports.putMarkers(markers);
          return new Map();
        },
      }),
    },
    'a reading of the fence that is kept forever': {
      fencePorts: (ports) => ({ ...ports, startTimer: () => () => 0 }),
    },
    'a reading whose age is counted from its answer': {
      fencePorts: (ports) => {
        let answered: () => number = () => 0;
        return {
          ...ports,
          startTimer: () => {
            answered = () => 0;
            return () => answered();
          },
          readClosedThrough: async () => {
            const closedThrough = await ports.readClosedThrough();
            answered = ports.startTimer();
            return closedThrough;
          },
        };
      },
    },
    'requests that are signed however late': replaceFence(() => ({ beginRequest: () => () => undefined })),
    'requests that are looked at before they are signed, not after': replaceFence((fence) => ({
      beginRequest: () => {
        fence.beginRequest()();
        return () => undefined;
      },
    })),
    'a fence that is read as it was half an hour ago': {
      readFence: ({ moves, timeline }) =>
        moves.findLast(({ at }) => at <= timeline.now - 30 * minute)?.through,
    },
    'a day that is read as soon as the fence has passed it': {
      closing: (ports) => ({
        ...ports,
        orderReading: (ordered) =>
          ports.orderReading({ ...ordered, waitedMilliseconds: landedMilliseconds }, 0),
      }),
    },
    'a marker that is removed as soon as it was seen': {
      visits: (ports) => ({
        ...ports,
        orderVisit: (visit) => ports.orderVisit({ ...visit, waitedMilliseconds: landedMilliseconds }, 0),
      }),
    },
    'a marker that is removed whatever its token is': {
      removeMarker: (marker, world) => world.removeMarker(marker, false),
    },
    'a marker that is removed before its day is done again': {
      readRound: async (redo, remove) => {
        await remove();
        await redo();
      },
    },
  };

  test.each(Object.entries(planted))(
    '%s',
    async (name, parts) => {
      const property = fc.asyncProperty(plans, async ({ plan }) => {
        expect((await play(plan, { ...sound, ...parts })).violations).toEqual([]);
      });
      const { failed, counterexample } = await fc.check(
        property,
        faultTrials(4_000, quickSeeds[name]) as fc.Parameters<[ClosingCase]>,
      );
      expect([failed, counterexample === null]).toEqual([true, false]);
    },
    timeLimit,
  );
});
