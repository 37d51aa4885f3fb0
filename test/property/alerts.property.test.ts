import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Outbox } from '../../lambda/alerts/sweep/relay.ts';
import { alertsTable } from '../../lambda/store/tables.ts';
import { crowdedPlans, hour, type PlanCase, plans, waitingRecord } from './alerts/plan.ts';
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

const failsAtOnce = { examples: [[waitingRecord]] as [PlanCase][], endOnFailure: true };

test(
  'alerts are what is true, each told as one incident, whatever comes late, fails, dies or overlaps',
  async () => {
    const property = fc.asyncProperty(plans, async (given) => {
      expect(await play(given, soundParts)).toEqual([]);
    });
    await fc.assert(property, { ...(trials(1_500) as fc.Parameters<[PlanCase]>), ...failsAtOnce });
  },
  timeLimit,
);

describe('the timeline shows that', () => {
  const faults: readonly (readonly [string, fc.Arbitrary<PlanCase>, Partial<Parts>])[] = [
    [
      'what has arrived is taken for read',
      plans,
      { ports: (ports) => ({ ...ports, readMark: async (_, now) => ({ at: now, holds: [] }) }) },
    ],
    [
      'late records are not looked at',
      plans,
      {
        ports: (ports) => ({
          ...ports,
          late: { list: async () => new Map(), delete: async () => undefined },
        }),
      },
    ],
    ['SIMs are paged while their source is behind', plans, { lateness: 1_000 * hour }],
    ['a mute is not heeded', plans, { ports: (ports) => ({ ...ports, mutes: { list: async () => [] } }) }],
    ['episodes are written on no condition', crowdedPlans, { command: dropConditions(alertsTable.name) }],
    [
      'a message that could not be put into the outbox counts as put in',
      crowdedPlans,
      { ports: (ports) => ({ ...ports, outbox: new CarelessOutbox(ports.outbox) }) },
    ],
    ['a message counts as delivered once it is sent', plans, { outcome: () => ({ kind: 'accepted' }) }],
    [
      'an episode is not told by who does not know the SIM',
      plans,
      { ports: (ports) => ({ ...ports, receivers: [] }) },
    ],
  ];

  test.each(faults)(
    '%s',
    async (_, likely, parts) => {
      const property = fc.asyncProperty(likely, async (given) => {
        expect(await play(given, { ...soundParts, ...parts })).toEqual([]);
      });
      const details = await fc.check(property, {
        ...(trials(2_000) as fc.Parameters<[PlanCase]>),
        ...failsAtOnce,
      });
      expect(details.failed).toBe(true);
    },
    timeLimit,
  );
});

/** Takes a message that it could not put in for one that is in. */
class CarelessOutbox implements Outbox {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  isTold(receiver: string, episode: string): Promise<boolean> {
    return this.#outbox.isTold(receiver, episode);
  }

  async enqueue(...message: Parameters<Outbox['enqueue']>): Promise<void> {
    await this.#outbox.enqueue(...message).catch(() => undefined);
  }
}

/** Leaves the conditions out of puts to a table. */
function dropConditions(table: string): Parts['command'] {
  return (command) => {
    if (!(command instanceof PutItemCommand) || command.input.TableName !== table) return command;
    const { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues, ...input } =
      command.input;
    return new PutItemCommand(input);
  };
}
