import { type Day, listDays } from './day.ts';
import { awaitReading, type ClosedDays } from './fence/close-days.ts';
import { type DayVisit, settleVisit, visitDay } from './fence/markers.ts';
import type { OrderWork } from './fence/waits.ts';
import type { Manifest } from './manifest.ts';
import type { OpenDays } from './open-days.ts';
import { runBucket } from './pass/bucket.ts';
import { beginPartialPass, runPartialBucket } from './pass/partial-pass.ts';
import { beginRound, planDay, planRound } from './pass/plan.ts';
import type { DayPorts, PartialPorts } from './pass/ports.ts';
import type {
  BillMessage,
  BillPartMessage,
  DayMessage,
  MessageQueue,
  ReadingMessage,
  VisitMessage,
} from './work.ts';

/** The fence: the last closed day. */
export interface Fence {
  /** Reads consistently; undefined if no day was ever closed. */
  read(): Promise<Day | undefined>;
  /** Moves the fence to a day. Does nothing if it is there or further on. */
  advance(through: Day): Promise<void>;
}

/** What is needed to process messages. */
export interface WorkPorts {
  readonly days: DayPorts;
  readonly partial: PartialPorts;
  readonly queue: MessageQueue;
  readonly openDays: OpenDays;
  readonly fence: Pick<Fence, 'read'>;
  /** Absent if no bills are made. */
  readonly bills?: BillWork | undefined;
}

/** Makes bills of sealed days. */
export interface BillWork {
  /** Orders the bills that a newly sealed day belongs to. */
  order(day: Day, now: number): Promise<void>;
  /** Processes an order. */
  take(message: BillMessage | BillPartMessage, now: number): Promise<void>;
}

/** Options for processing messages. */
export interface WorkOptions {
  /** Now, in milliseconds since the epoch, by the caller's clock. */
  readonly now: number;
  /** How many SIMs a bucket of a new day has. */
  readonly simsPerBucket?: number | undefined;
}

/**
 * Processes a message of the day pass. Messages come at least once, in any order, and at any time: what is done is not
 * done again, and nothing is read before the full wait.
 *
 * @returns the manifest of the day that the message has sealed, or found to be sealed.
 * @throws the ports' errors, and ConflictError if others keep changing it. The message must be delivered again.
 */
export async function takeMessage(
  message: DayMessage,
  ports: WorkPorts,
  options: WorkOptions,
): Promise<Manifest | undefined> {
  switch (message.kind) {
    case 'reading':
      await takeReading(message, ports);
      return undefined;
    case 'plan':
      await takePlan(message.day, ports, options);
      return undefined;
    case 'round':
      await takeRound(message.day, ports, options);
      return undefined;
    case 'visit':
      await takeVisit(message, ports);
      return undefined;
    case 'bucket': {
      const manifest = await runBucket(message, ports.days, options);
      if (manifest === undefined) return undefined;
      await ports.openDays.remove(message.day);
      // Also if it was sealed before, because that invocation may have died before it ordered them.
      await ports.bills?.order(message.day, options.now);
      return manifest;
    }
    case 'partial':
      await beginPartialPass(message, ports.partial, {
        ...options,
        closedThrough: await ports.fence.read(),
      });
      return undefined;
    case 'partial-bucket':
      await runPartialBucket(message, ports.partial, await ports.fence.read());
      return undefined;
    case 'bill':
    case 'bill-part':
      await ports.bills?.take(message, options.now);
      return undefined;
  }
}

async function takeReading(message: ReadingMessage, { queue }: WorkPorts): Promise<void> {
  const orderReading = makeReadingOrder(queue);
  if (!(await awaitReading(message, { orderReading }))) return;
  await queue.send(
    listDays(message.from, message.through).map((day) => ({ kind: 'plan', day })),
    0,
  );
}

async function takePlan(day: Day, ports: WorkPorts, options: WorkOptions): Promise<void> {
  const planned = await planDay(day, ports.days, { ...options, closedThrough: await readFence(day, ports) });
  if (planned?.reads === 'all') await beginRound(day, planned.round, ports.days);
  // It was read before, so it is sealed, even if another round waits.
  else await ports.openDays.remove(day);
}

async function takeRound(day: Day, ports: WorkPorts, options: WorkOptions): Promise<void> {
  const closedThrough = await readFence(day, ports);
  await visitDay(day, {
    planRound: async () => {
      const planned = await planRound(day, ports.days, { ...options, closedThrough });
      if (planned?.reads === 'nothing') await ports.openDays.note({ day, unreadAt: options.now });
      if (planned?.reads !== 'all') return planned?.round;
      await beginRound(day, planned.round, ports.days);
      return undefined;
    },
    orderVisit: makeVisitOrder(ports.queue),
  });
}

async function takeVisit(message: VisitMessage, { days, queue }: WorkPorts): Promise<void> {
  await settleVisit(message, {
    orderVisit: makeVisitOrder(queue),
    readRound: async (day, round) => {
      await beginRound(day, round, days);
    },
  });
}

/** @throws Error if the day is not closed: then no wait has preceded the order. */
async function readFence(day: Day, { fence }: WorkPorts): Promise<Day> {
  const closedThrough = await fence.read();
  if (closedThrough !== undefined && day <= closedThrough) return closedThrough;
  throw new Error(`${day} cannot be read: days are closed through ${closedThrough ?? 'none'}`);
}

/** Orders the reading of closed days through messages. */
export function makeReadingOrder(queue: MessageQueue): OrderWork<ClosedDays> {
  return (days, delay) => queue.send([{ kind: 'reading', ...days }], delay);
}

/** Orders visits through messages. */
function makeVisitOrder(queue: MessageQueue): OrderWork<DayVisit> {
  return (visit, delay) => queue.send([{ kind: 'visit', ...visit }], delay);
}

/** The jobs of partial passes as messages. */
export function makePartialJobs(queue: MessageQueue): PartialPorts['jobs'] {
  return {
    send: (jobs) =>
      queue.send(
        jobs.map(({ day, asOf, bucket }) => ({ kind: 'partial-bucket', day, asOf, bucket })),
        0,
      ),
  };
}

/** The jobs of buckets as messages. */
export function makeJobs(queue: MessageQueue): DayPorts['jobs'] {
  return {
    send: (jobs) =>
      queue.send(
        jobs.map(({ day, round, bucket }) => ({ kind: 'bucket', day, round, bucket })),
        0,
      ),
  };
}
