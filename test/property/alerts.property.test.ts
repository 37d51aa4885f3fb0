import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { SharedEpisode } from '../../lambda/alerts/shared-episodes.ts';
import type { Outbox } from '../../lambda/alerts/sweep/relay.ts';
import type { SweepPorts } from '../../lambda/alerts/sweep/sweep-run.ts';
import { LiveSlots } from '../../lambda/store/episodes.ts';
import type { SharedEpisodesTable } from '../../lambda/store/shared-episodes.ts';
import { alertsTable } from '../../lambda/store/tables.ts';
import {
  crowdedPlans,
  hour,
  type PlanCase,
  plans,
  plansWithFindings,
  usageAfterSilence,
  waitingRecord,
} from './alerts/plan.ts';
import { findViolations } from './alerts/violations.ts';
import { type AlertEngine, type Parts, soundParts, World } from './alerts/world.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { faultTrials, timeLimit, trials } from './trials.ts';

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
vi.mock(import('../../lambda/store/concurrency.ts'), async (load) => ({
  ...(await load()),
  waitBeforeRetry: () => world?.timeline.wait(50) ?? Promise.resolve(),
}));

/** Plays a plan on a timeline of its own. */
async function play({ plan }: PlanCase, parts: Parts): Promise<string[]> {
  world = new World(plan, startEngine(), parts);
  await world.play();
  return findViolations(world);
}

const failsAtOnce = { examples: [[waitingRecord], [usageAfterSilence]] as [PlanCase][], endOnFailure: true };

test(
  'alerts are what is true, each told as one incident, whatever comes late, fails, dies or overlaps',
  async () => {
    const property = fc.asyncProperty(plans, async (given) => {
      expect(await play(given, soundParts)).toEqual([]);
    });
    await fc.assert(property, { ...(trials(700) as fc.Parameters<[PlanCase]>), ...failsAtOnce });
  },
  timeLimit,
);

/** Plans with groups of few SIMs. */
const groupedPlans = plans.filter(({ plan }) => plan.groupsAbove < 3);

/** A fault that is planted: what it is, the plans that are likely to show it, and what is replaced. */
type Fault = readonly [string, fc.Arbitrary<PlanCase>, Partial<Parts>];

/** Of faults that few plans show. */
const quickSeeds: Readonly<Record<string, number>> = {
  'late records are not looked at': 20261122,
  'a mute is not heeded': 20261105,
  'episodes are written on no condition': 20261104,
  'a message that could not be put into the outbox counts as put in': 20261105,
  'SIMs that fall silent together are not grouped': 20261103,
  'receivers are not told of groups': 20261103,
  'a group does not end': 20261107,
  'a group counts SIMs that are back': 20261107,
  'it is forgotten which groups there are': 20261111,
  'a group that could not be registered counts as registered': 20261107,
  'the alert of a source does not name those that wait': 20261131,
};

describe('the timeline shows that', () => {
  const faults: readonly Fault[] = [
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
          late: { list: async () => ({ from: new Map(), notes: [] }), settle: async () => undefined },
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

  const faultsOfGroups: readonly Fault[] = [
    ['SIMs that fall silent together are not grouped', groupedPlans, { groupsAbove: () => 20 }],
    ['a group is formed of one SIM less', groupedPlans, { groupsAbove: (members) => members - 1 }],
    ['receivers are not told of groups', groupedPlans, dropMessages('group')],
    [
      'a group does not end',
      groupedPlans,
      changeShared('group', (one) => (one.state === 'open' ? one : undefined)),
    ],
    [
      'a group counts SIMs that are back',
      groupedPlans,
      changeShared('group', (one, before) => {
        const total = Math.max(one.members.total, before?.members.total ?? 0);
        return { ...one, members: { ...one.members, total } };
      }),
    ],
    [
      'it is forgotten which groups there are',
      groupedPlans,
      { ports: (ports) => changeState(ports, 'groups', { list: async () => new Map() }) },
    ],
    [
      'a group that could not be registered counts as registered',
      groupedPlans,
      { ports: (ports) => changeState(ports, 'groups', { write: async () => true }) },
    ],
  ];

  const faultsOfReading: readonly Fault[] = [
    [
      'marks of usage are not looked at',
      plans,
      {
        ports: (ports) => {
          const { reader } = ports;
          const scan = reader.scanWatchedSims.bind(reader);
          const scanSignals: typeof scan = (take) =>
            scan((sims) => take(sims.map((sim) => ({ ...sim, bytesAt: undefined }))));
          Object.defineProperty(reader, 'scanWatchedSims', { value: scanSignals });
          return ports;
        },
      },
    ],
    [
      'a slot that could not be read counts as never used',
      crowdedPlans,
      {
        ports: (ports) => {
          Object.defineProperty(ports.episodes, 'readLive', { value: async () => new LiveSlots([], []) });
          return ports;
        },
      },
    ],
  ];

  const faultsOfSources: readonly Fault[] = [
    [
      'a source that is behind has no alert',
      plans,
      { ports: (ports) => changeState(ports, 'sourceAlerts', { write: async () => false }) },
    ],
    ['receivers are not told of sources', plans, dropMessages('source')],
    [
      'the alert of a source does not name those that wait',
      plans,
      changeShared('source', (one) => ({ ...one, members: { total: 0, first: [] } })),
    ],
    [
      'the alert of a source does not end',
      plans,
      changeShared('source', (one) => (one.state === 'open' ? one : undefined)),
    ],
    [
      'it is forgotten that a source has an alert',
      plans,
      { ports: (ports) => changeState(ports, 'sourceAlerts', { list: async () => new Map() }) },
    ],
  ];

  const faultsOfFindings: readonly Fault[] = [
    ['findings are not read', plansWithFindings, changeFindings(() => ({ readDays: async () => [] }))],
    [
      'findings that have ended are remembered',
      plansWithFindings,
      changeFindings(({ readDays }) => ({ readDays: rememberDays(readDays) })),
    ],
    [
      'a day that is not sealed is taken for one without findings',
      plansWithFindings,
      changeFindings(({ findClosed }) => ({
        findClosed: async () => {
          const closed = await findClosed();
          return closed && { ...closed, unsealed: [] };
        },
      })),
    ],
    [
      'the last closed day is left out',
      plansWithFindings,
      changeFindings(({ findClosed }) => ({
        findClosed: async () => {
          const closed = await findClosed();
          return closed && { ...closed, closedUntil: closed.closedUntil - 24 * hour };
        },
      })),
    ],
    [
      'a single finding is enough',
      plansWithFindings,
      changeFindings(({ readDays }) => ({
        readDays: async (...range) =>
          (await readDays(...range)).map((day) => ({ ...day, findings: [...day.findings, ...day.findings] })),
      })),
    ],
  ];

  test.each([...[...faults, ...faultsOfReading, ...faultsOfGroups, ...faultsOfSources], ...faultsOfFindings])(
    '%s',
    async (name, likely, parts) => {
      const property = fc.asyncProperty(likely, async (given) => {
        expect(await play(given, { ...soundParts, ...parts })).toEqual([]);
      });
      const details = await fc.check(property, {
        ...(faultTrials(2_000, quickSeeds[name]) as fc.Parameters<[PlanCase]>),
        ...failsAtOnce,
      });
      expect(details.failed).toBe(true);
    },
    timeLimit,
  );
});

/** Changes what is written of episodes about many SIMs; what it makes undefined counts as written. */
function changeShared(
  kind: SharedEpisode['subject']['kind'],
  change: (episode: SharedEpisode, before: SharedEpisode | undefined) => SharedEpisode | undefined,
): Partial<Parts> {
  return {
    ports: (ports) => {
      const { shared } = ports.episodes;
      const changed: Pick<SharedEpisodesTable, 'read' | 'write'> = {
        read: (key) => shared.read(key),
        write: async (episode) => {
          if (episode.subject.kind !== kind) return shared.write(episode);
          const next = change(episode, await shared.read(episode));
          return next === undefined ? true : shared.write(next);
        },
      };
      Object.defineProperty(ports.episodes, 'shared', { value: changed });
      return ports;
    },
  };
}

type FindingsPort = NonNullable<SweepPorts['closedFindings']>;

/** Changes what sweeps read of findings. */
function changeFindings(change: (port: FindingsPort) => Partial<FindingsPort>): Partial<Parts> {
  return {
    ports: (ports) => {
      const { closedFindings } = ports;
      if (closedFindings === undefined) return ports;
      return { ...ports, closedFindings: { ...closedFindings, ...change(closedFindings) } };
    },
  };
}

/** Reads what was found on days at any time. */
function rememberDays(readDays: FindingsPort['readDays']): FindingsPort['readDays'] {
  return async (sim, from, until) => {
    const days = await readDays(sim, from, until);
    if (world === undefined) return days;
    const known = remembered.get(world) ?? new Map<string, (typeof days)[number]>();
    remembered.set(world, known);
    for (const day of days) known.set(`${sim} ${day.from}`, day);
    return [...known]
      .filter(([key, day]) => key.startsWith(`${sim} `) && day.from >= from && day.from < until)
      .map(([, day]) => day)
      .sort((a, b) => a.from - b.from);
  };
}

const remembered = new WeakMap<World, Map<string, Awaited<ReturnType<FindingsPort['readDays']>>[number]>>();

/** Puts no message about many SIMs into the outbox. */
function dropMessages(kind: SharedEpisode['subject']['kind']): Partial<Parts> {
  return {
    ports: (ports) => {
      const { outbox } = ports;
      const deaf: Outbox = {
        isTold: (receiver, episode) => outbox.isTold(receiver, episode),
        enqueue: async (receiver, transition) => {
          if (transition.subject.kind !== kind) await outbox.enqueue(receiver, transition);
        },
      };
      return { ...ports, outbox: deaf };
    },
  };
}

/** What of a register a fault replaces. */
interface ChangedRegister {
  readonly list?: () => Promise<ReadonlyMap<string, unknown>>;
  readonly write?: () => Promise<boolean>;
}

/** Replaces what sweeps do with a register. */
function changeState(
  ports: SweepPorts,
  name: 'groups' | 'sourceAlerts',
  { list, write }: ChangedRegister,
): SweepPorts {
  const register = ports.state[name];
  if (list !== undefined) Object.defineProperty(register, 'list', { value: list });
  if (write !== undefined) Object.defineProperty(register, 'write', { value: write });
  return ports;
}

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
