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
 * The day pass of the local run: the messages and the schedule of the stack, in this process, so that their clock can be
 * a simulation's. Where the stack delays a message, this waits until nobody writes that began before.
 */

/** How days are closed. */
export interface LocalDaysOptions {
  readonly client: DynamoDBClient;
  readonly s3: Pick<ConstructorParameters<typeof LakeBucket>[0], 'region' | 'credentials'> & {
    readonly s3Endpoint: string;
  };
  /** The queue of messages; commands send to it, too. */
  readonly queue: Queue;
  /** Days that usage is kept; 0 forever. */
  readonly usageDays: number;
  /** Hours from one partial pass to the next one; 0 for none. */
  readonly partialHours: number;
  /** The most SIMs of a fleet that has no partial passes; as deployed by default. */
  readonly maxLiveSims?: number | undefined;
  /** Resolves once all writers that began before have finished. */
  readonly waitUntilSettled: () => Promise<void>;
  /** Called with each day that was sealed. If it fails, the day's message is delivered again. */
  readonly onSealed: (manifest: Manifest) => Promise<void>;
  /** Called with messages for the user. */
  readonly onTrouble: (sentence: string) => void;
}

/** What a run of the schedule came to. */
export interface ClosedDays {
  /** Days that were sealed since the one before, or sealed anew, oldest first. */
  readonly sealed: readonly Day[];
}

/** Times that a message is received before it is given up. */
export const maxDayMessageReceives = 5;

/** Seconds until a message that failed is received again. */
const retrySeconds = 1;

/** Runs of the schedule until nothing is left to do: what one reads may move a session to another day. */
const maxRuns = 5;

/** The tables, which have fixed names here. */
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

  /** Whether usage may expire: not where days are unsealed for too long. */
  get usageExpires(): boolean {
    return this.#usageExpires;
  }

  /**
   * Closes the days that are due, reads them and what late records have marked, and waits until that is done. All records
   * that were put by then must be in the ledger.
   *
   * @param now the run's clock, in milliseconds since the epoch.
   */
  run(now: number): Promise<ClosedDays> {
    const run = this.#running.then(() => this.#run(now));
    this.#running = run.catch(() => undefined);
    return run;
  }

  /** Waits for messages in progress, and accepts no more. */
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
      // The schedule sends again what is ordered and not sealed. What is still at work would be read by two at once, who
      // make each other begin again.
      await this.#mapping.waitUntilIdle();
      const { usageDays, partialHours } = this.#options;
      const { markedDays } = await runSchedule(this.#schedule, { now, sources, usageDays, partialHours });
      await this.#mapping.waitUntilIdle();
      const isSealed = markedDays === 0 && (await this.#work.openDays.list()).length === 0;
      if (isSealed && !(await this.#hasMarkedDay())) break;
    }
    return { sealed: [...this.#sealed].sort() };
  }

  /** Whether a closed day must be read again: what was read just now may have marked it. */
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

  /** Takes messages as the deployed function does, by the run's clock. */
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
