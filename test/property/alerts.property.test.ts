import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PlanCase, plans } from './alerts/plan.ts';
import { findViolations } from './alerts/violations.ts';
import { type AlertEngine, type Parts, soundParts, World } from './alerts/world.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { timeLimit, trials } from './trials.ts';

function startEngine(): AlertEngine {
  const memory = new MemoryDynamoDb(undefined, 7);
  return {
    answer: (command) => memory.answer(command),
    items: async (table) => memory.items(table) as never,
  };
}

async function play({ plan }: PlanCase, parts: Parts): Promise<string[]> {
  const world = new World(plan, startEngine(), parts);
  await world.play();
  return findViolations(world);
}

test(
  'alerts are what is true, each told as one incident, whatever comes late, fails, dies or overlaps',
  async () => {
    const property = fc.asyncProperty(plans, async (given) => {
      expect(await play(given, soundParts)).toEqual([]);
    });
    await fc.assert(property, trials(1_000) as fc.Parameters<[PlanCase]>);
  },
  timeLimit,
);
