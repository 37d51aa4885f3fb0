import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { alertOutboxTable, alertsTable } from '../../lambda/store/tables.ts';
import { hour, type PlanCase, plans } from './alerts/plan.ts';
import { findViolations } from './alerts/violations.ts';
import { type AlertEngine, type Parts, soundParts, World } from './alerts/world.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { timeLimit, trials } from './trials.ts';

/**
 * Alerts on one virtual timeline, from the carrier's stream to the receiver, by the code that is deployed: records that come
 * late, again and after an outage; batches, sweeps and deliveries that overlap, fail and die between any two calls; a
 * receiver that fails, hangs or answers too late; clocks that differ; mutes; events that expire.
 */

/** Items of a page: few, so that there are several. */
const pageSize = 7;

function startEngine(): AlertEngine {
  const memory = new MemoryDynamoDb(undefined, pageSize);
  return {
    answer: (command) => memory.answer(command),
    items: async (table) => memory.items(table),
  };
}

let world: World | undefined;

// What waits before it tries again waits on the timeline.
vi.mock('../../lambda/store/concurrency.ts', async (load) => ({
  ...(await load<object>()),
  backOff: () => world?.timeline.wait(50) ?? Promise.resolve(),
}));

/** Plays a plan on a timeline of its own. */
async function play({ plan }: PlanCase, parts: Parts): Promise<string[]> {
  world = new World(plan, startEngine(), parts);
  await world.play();
  return findViolations(world);
}

test(
  'alerts are what is true, each told as one incident, whatever comes late, fails, dies or overlaps',
  async () => {
    const property = fc.asyncProperty(plans, async (given) => {
      expect(await play(given, soundParts)).toEqual([]);
    });
    await fc.assert(property, { ...(trials(1_500) as fc.Parameters<[PlanCase]>), endOnFailure: true });
  },
  timeLimit,
);

describe('the timeline shows that', () => {
  const planted: Readonly<Record<string, Partial<Parts>>> = {
    'what has arrived is taken for read': {
      ports: (ports) => ({ ...ports, readMark: async (_, now) => ({ at: now, holds: [] }) }),
    },
    'late records are not looked at': {
      ports: (ports) => ({
        ...ports,
        late: { list: async () => new Map(), delete: async () => undefined },
      }),
    },
    'SIMs are paged while their source is behind': { lateness: 1_000 * hour },
    'a mute is not heeded': { ports: (ports) => ({ ...ports, mutes: { list: async () => [] } }) },
    'episodes are written on no condition': { command: dropConditions(PutItemCommand, alertsTable.name) },
    'a message that was delivered is put into the outbox again': {
      command: dropConditions(UpdateItemCommand, alertOutboxTable.name, 'enqueued <'),
    },
    'a message counts as delivered once it is sent': { outcome: () => ({ kind: 'accepted' }) },
    'an episode is not told by who does not know the SIM': {
      ports: (ports) => ({ ...ports, receivers: [] }),
    },
  };

  test.each(Object.entries(planted))(
    '%s',
    async (_, parts) => {
      const property = fc.asyncProperty(plans, async (given) => {
        expect(await play(given, { ...soundParts, ...parts })).toEqual([]);
      });
      const details = await fc.check(property, {
        ...(trials(2_000) as fc.Parameters<[PlanCase]>),
        endOnFailure: true,
      });
      expect(details.failed).toBe(true);
    },
    timeLimit,
  );
});

type ConditionalCommand = typeof PutItemCommand | typeof UpdateItemCommand;

/** Leaves the conditions out of writes to a table. */
function dropConditions(kind: ConditionalCommand, table: string, text = ''): Parts['command'] {
  return (command) => {
    if (!(command instanceof kind) || command.input.TableName !== table) return command;
    if (command.input.ConditionExpression?.includes(text) !== true) return command;
    if (command instanceof UpdateItemCommand) {
      const { ConditionExpression, ...input } = command.input;
      return new UpdateItemCommand(input);
    }
    const { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues, ...input } =
      command.input;
    return new PutItemCommand(input);
  };
}
