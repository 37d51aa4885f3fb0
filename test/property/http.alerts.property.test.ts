import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { runningTables } from '../lambda/store/running-tables.ts';
import { type PlanCase, plans } from './alerts/plan.ts';
import { findViolations } from './alerts/violations.ts';
import { soundParts, World } from './alerts/world.ts';
import type { AlertCommand, Command } from './memory-dynamodb.ts';
import { timeLimit, trials } from './trials.ts';

/** The timeline of alerts on the engine of the local run, by HTTP. */

const tables = runningTables();

let world: World | undefined;

// What waits before it tries again waits on the timeline; the client's own timers are real.
vi.mock(import('../../lambda/store/concurrency.ts'), async (load) => ({
  ...(await load()),
  waitBeforeRetry: () => world?.timeline.wait(50) ?? Promise.resolve(),
}));

test(
  'alerts are what is true, each told as one incident, on an engine that is reached by HTTP',
  async () => {
    const property = fc.asyncProperty(plans, async ({ plan }) => {
      await tables.clear();
      const sender: { send(command: Command | AlertCommand): Promise<object> } = tables.client;
      world = new World(
        plan,
        {
          answer: (command) => sender.send(command),
          items: (table) => tables.items(table),
        },
        soundParts,
      );
      await world.play();
      expect(await findViolations(world)).toEqual([]);
    });
    await fc.assert(property, trials(36) as fc.Parameters<[PlanCase]>);
  },
  timeLimit,
);
