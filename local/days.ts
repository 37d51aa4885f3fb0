import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSEvent } from 'aws-lambda';
import type { EventSourceMapping, InvocationTarget } from '../emulators/event-source-mapping/mapping.ts';
import { createSqsMapping } from '../emulators/event-source-mapping/sqs.ts';
import type { Queue } from '../emulators/sqs/queue.ts';
import { makeBillWork } from '../lambda/aws/bill-work.ts';
import { makeDayPorts, makePartialPorts } from '../lambda/aws/day-ports.ts';
import { LakeBucket } from '../lambda/aws/lake-bucket.ts';
import { type Day, shiftDay } from '../lambda/days/day.ts';
import type { Manifest } from '../lambda/days/manifest.ts';
import type { DayPorts } from '../lambda/days/pass/ports.ts';
import {
  orderDays,
  orderPartialPasses,
  runSchedule,
  type SchedulePorts,
} from '../lambda/days/run-schedule.ts';
import { findDueDay } from '../lambda/days/schedule.ts';
import { makeJobs, makePartialJobs, type WorkPorts } from '../lambda/days/take-message.ts';
import { takeMessages } from '../lambda/days/take-messages.ts';
import { type MessageQueue, printMessage } from '../lambda/days/work.ts';
import { FenceTable } from '../lambda/store/day-fence.ts';
import { OpenDaysTable } from '../lambda/store/open-days.ts';
import { ScheduleStartTable } from '../lambda/store/schedule-start.ts';
import {
  dayMarkersTable,
  dayStateTable,
  eventsTable,
  findingsTable,
  sessionDaysTable,
  sessionsTable,
  simDaysTable,
  simsTable,
  usageTable,
} from '../lambda/store/tables.ts';
import { accountLakeBucket, lakeBucket, localSources } from './places.ts';
import { findFirstDay } from './record-days.ts';

/**
 * The day pass of the local run, with the stack's messages and schedule. It runs in this process, so that its clock can
 * be that of a simulation. Where the stack delays a message, it waits until all writers that have started before are
 * done.
 */

/** How to close days. */
export interface LocalDaysOptions {
  readonly client: DynamoDBClient;
  readonly s3: Pick<ConstructorParameters<typeof LakeBucket>[0], 'region' | 'credentials'> & {
    readonly s3Endpoint: string;
  };
  /** The queue of messages; commands also send to it. */
  readonly queue: Queue;
  /** Days that usage is kept; 0 means forever. */
  readonly usageDays: number;
  /** Hours between partial passes; 0 for none. */
  readonly partialHours: number;
  /** The largest fleet that has no partial passes, in SIMs; by default as deployed. */
  readonly maxLiveSims?: number | undefined;
  /** Resolves when all writers that have started before are done. */
  readonly waitUntilSettled: () => Promise<void>;
  /** Called with each day that was sealed. If it fails, the day's message is delivered again. */
  readonly onSealed: (manifest: Manifest) => Promise<void>;
  /** Called with messages for the user. */
  readonly onTrouble: (sentence: string) => void;
}

/** The result of a run of the schedule. */
export interface ClosedDays {
  /** Days that were sealed, or sealed again, since the previous run; oldest first. */
  readonly sealed: readonly Day[];
}

/** How often a message is received before it is given up. */
export const maxDayMessageReceives = 5;

/** Seconds until a failed message is received again. */
const retrySeconds = 1;

/** The most runs of the schedule until nothing is left to do: each may move a session to another day. */
const maxRuns = 5;

/** The tables' names, which are fixed here. */
const tableNames = {
  sessions: sessionsTable.name,
  usage: usageTable.name,
  events: eventsTable.name,
  sims: simsTable.name,
  sessionDays: sessionDaysTable.name,
  simDays: simDaysTable.name,
  findings: findingsTable.name,
  dayMarkers: dayMarkersTable.name,
  dayState: dayStateTable.name,
};

/** Closes days. */
export class LocalDays {
  readonly #options: LocalDaysOptions;
  readonly #days: DayPorts;
  readonly #work: WorkPorts;
  readonly #schedule: SchedulePorts;
  readonly #mapping: EventSourceMapping;
  readonly #sealed = new Set<Day>();
  #now: number | undefined;
  #usageExpires = true;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LocalDaysOptions) {
    const { client, s3, queue } = options;
    this.#options = options;
    const messages = this.#makeQueue();
    const lake = new LakeBucket(s3, { lake: lakeBucket, accounts: accountLakeBucket });
    const fence = new FenceTable(client, dayStateTable.name);
    const openDays = new OpenDaysTable(client, dayStateTable.name);
    const tables = { client, ...tableNames, usageDays: options.usageDays };
    const ports = makeDayPorts(tables, { lake, jobs: makeJobs(messages) });
    const { markers } = ports;
    this.#days = ports;
    const { maxLiveSims } = options;
    const partial = makePartialPorts(tables, { lake, jobs: makePartialJobs(messages), maxLiveSims });
    const start = new ScheduleStartTable(client, dayStateTable.name);
    const bills = makeBillWork(lake, { start, queue: messages });
    this.#work = { days: this.#days, partial, queue: messages, openDays, fence, bills };
    this.#schedule = {
      ...{ fence, openDays, queue: messages, lake },
      start,
      listMarkedDays: async () => (await markers.countByDay()).keys(),
      hasUsageBefore: async (day) => (await this.#findFirstDay(shiftDay(day, -1))) !== undefined,
      expiry: {
        isOn: async () => this.#usageExpires,
        turn: async (on) => {
          this.#usageExpires = on;
        },
      },
      onExpiryFailure: (error) => options.onTrouble(`The expiry of usage could not be set: ${String(error)}`),
    };
    this.#mapping = createSqsMapping({
      queue,
      target: this.#makeWorker(),
      rules: { batchSize: 10, maximumConcurrency: 2 },
      retryDelaySeconds: retrySeconds,
    });
    this.#mapping.start();
  }

  /** Whether usage may expire: not if days stay unsealed for too long. */
  get usageExpires(): boolean {
    return this.#usageExpires;
  }

  /**
   * Closes the days that are due, reads them and the days that late records have marked, and waits until that is done.
   * All records that were put before must be in the ledger.
   *
   * @param now the run's clock, in milliseconds since the epoch.
   */
  run(now: number): Promise<ClosedDays> {
    const run = this.#running.then(() => this.#run(now));
    this.#running = run.catch(() => undefined);
    return run;
  }

  /** Waits for running messages, and accepts no more. */
  async stop(): Promise<void> {
    await this.#mapping.stop();
  }

  async #run(now: number): Promise<ClosedDays> {
    this.#now = now;
    this.#sealed.clear();
    const sources = localSources.map(() => ({ at: now }));
    if ((await this.#schedule.start.read()) === undefined) {
      const through = findDueDay(now, sources);
      const from = await this.#findFirstDay(through);
      if (from === undefined) {
        const { partialHours } = this.#options;
        await orderPartialPasses(shiftDay(through, 1), this.#schedule, { now, partialHours });
        await this.#mapping.waitUntilIdle();
        return { sealed: [] };
      }
      await orderDays({ from, through }, this.#schedule, now);
      await this.#schedule.start.note(from);
    }
    for (let run = 1; run <= maxRuns; run += 1) {
      // The schedule orders unsealed days again. If one were still being read, two readers would keep making each other
      // start over.
      await this.#mapping.waitUntilIdle();
      const { usageDays, partialHours } = this.#options;
      const { markedDays } = await runSchedule(this.#schedule, { now, sources, usageDays, partialHours });
      await this.#mapping.waitUntilIdle();
      const isSealed = markedDays === 0 && (await this.#work.openDays.list()).length === 0;
      if (isSealed && !(await this.#hasMarkedDay())) break;
    }
    return { sealed: [...this.#sealed].sort() };
  }

  /** Whether a closed day must be read again, because what has just been read marked it. */
  async #hasMarkedDay(): Promise<boolean> {
    const closedThrough = (await this.#schedule.fence.read()) ?? '';
    return [...(await this.#schedule.listMarkedDays())].some((day) => day <= closedThrough);
  }

  async #findFirstDay(through: Day): Promise<Day | undefined> {
    const sims: string[] = [];
    for await (const some of this.#days.tables.listSims()) sims.push(...some);
    return findFirstDay(this.#options.client, sims, through);
  }

  #makeQueue(): MessageQueue {
    const { queue, waitUntilSettled } = this.#options;
    return {
      send: async (messages, delayMilliseconds) => {
        if (delayMilliseconds > 0) await waitUntilSettled();
        for (const message of messages) queue.send(printMessage(message));
      },
    };
  }

  /** Processes messages as the deployed function does, but by the run's clock. */
  #makeWorker(): InvocationTarget {
    const { queue, onTrouble, onSealed } = this.#options;
    return {
      arn: queue.arn,
      invoke: async (event) => {
        const response = await takeMessages((event as SQSEvent).Records, this.#work, {
          findNow: () => this.#now ?? Date.now(),
          isTimeLeft: () => true,
          onSeal: async (manifest) => {
            this.#sealed.add(manifest.day);
            await onSealed(manifest);
          },
          onFailure: (error, { body, attributes }) => {
            if (Number(attributes.ApproximateReceiveCount) < maxDayMessageReceives) return;
            onTrouble(`A day could not be read: ${String(error)}. Its message was ${body}`);
          },
        });
        return { ok: true, requestId: randomUUID(), response };
      },
    };
  }
}
