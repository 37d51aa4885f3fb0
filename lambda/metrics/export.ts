import type { Day } from '../days/day.ts';
import { type DayVolumesMessage, type MetricsMessage, parseMessage } from './messages.ts';
import { type Export, printExport } from './otlp.ts';
import type { ExportOutcome } from './otlp-receiver.ts';
import { NamedSeries, type VolumeGroup, VolumeSums } from './volumes.ts';

/** Sends volumes to a receiver of OTLP. */

/** A message as the queue delivers it. */
export interface QueuedMessage {
  /** The same at each delivery. */
  readonly id: string;
  /** By which this delivery is deleted. */
  readonly receipt: string;
  readonly body: string;
}

/** The queue of volumes. Each message is delivered at least once, in any order, until it is deleted. */
export interface VolumeQueue {
  /** Some messages; an empty list if nothing waits at the moment. */
  receive(): Promise<readonly QueuedMessage[]>;
  /** Deletes messages. One that is not deleted is delivered again. */
  delete(messages: readonly QueuedMessage[]): Promise<void>;
}

/** What an exporter works with. */
export interface ExportPorts {
  readonly queue: VolumeQueue;
  /** Posts the JSON of a request. Never rejects, and answers in time. */
  readonly send: (body: string) => Promise<ExportOutcome>;
}

/** How volumes are exported. */
export interface ExportSettings extends Pick<Export, 'deployment'> {
  /** Combinations that have series of their own, at most: of the live metrics, and of the daily ones. */
  readonly maxSeries: number;
  /** Milliseconds from one run to the next. */
  readonly interval: number;
}

/** What a run did. */
export interface ExportReport {
  /** Messages whose volumes the receiver has taken. */
  readonly exported: number;
  /** Messages that the receiver refuses, and would again: they are dropped. */
  readonly dropped: number;
  /** Points that it has not taken of requests that it accepted: they are dropped. */
  readonly rejectedPoints: number;
  /** What it says of requests that it accepted; undefined where it says nothing. */
  readonly warning: string | undefined;
  /** Why nothing could be sent: it waits for the next run. Shows nothing of address and headers. */
  readonly failure: string | undefined;
}

/** A request that was not acknowledged, and the messages in it. */
interface PendingExport {
  readonly body: string;
  readonly messages: readonly QueuedMessage[];
}

/** Messages in a request, at most: an hour of a fleet of a million SIMs takes some runs. */
const maxMessages = 5_000;

/** Sealed days in a request, at most: a ledger with history seals many at once. */
const maxDays = 10;

/** Receivings at the same time. */
const concurrentReceivings = 4;

/** The longest that a receiver may ask to wait, in milliseconds: what is not sent within 4 days is lost. */
const maxWait = 3_600_000;

/** Messages that a process remembers to have exported. */
const maxRemembered = 20_000;

/**
 * Exports volumes, one request a run. What the receiver did not acknowledge is sent again unchanged, with the same times, by
 * the next run, before anything else: a receiver that has taken it after all finds the same points.
 *
 * One exporter runs at a time, so that the points of a series have spans that do not overlap.
 */
export class VolumeExporter {
  readonly #ports: ExportPorts;
  readonly #settings: ExportSettings;
  readonly #liveSeries: NamedSeries;
  readonly #dailySeries: NamedSeries;
  /** Ids of messages that were exported, which a queue may deliver again. */
  readonly #exported = new Set<string>();
  #pending: PendingExport | undefined;
  /** Until when the receiver has asked to wait, in milliseconds since the epoch, and why. */
  #waiting: { readonly until: number; readonly reason: string } | undefined;
  /** The end of the last span, in milliseconds since the epoch. */
  #exportedTo: number | undefined;

  constructor(ports: ExportPorts, settings: ExportSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#liveSeries = new NamedSeries(settings.maxSeries);
    this.#dailySeries = new NamedSeries(settings.maxSeries);
  }

  /**
   * Exports what is in the queue.
   *
   * @param now milliseconds since the epoch, by the caller's clock.
   * @throws what the queue throws. What was received is delivered again.
   */
  async run(now: number): Promise<ExportReport> {
    if (this.#waiting !== undefined && now < this.#waiting.until)
      return { ...nothing, failure: this.#waiting.reason };
    this.#waiting = undefined;
    const again = this.#pending === undefined ? nothing : await this.#send(this.#pending, now);
    // Another run of this time: no time has passed that its points could be of.
    const isRepeated = this.#exportedTo !== undefined && now <= this.#exportedTo;
    if (this.#pending !== undefined || isRepeated) return again;
    this.#pending = this.#make(await this.#receive(), now);
    return this.#pending === undefined ? again : addReports(again, await this.#send(this.#pending, now));
  }

  async #send({ body, messages }: PendingExport, now: number): Promise<ExportReport> {
    const outcome = await this.#ports.send(body);
    switch (outcome.kind) {
      case 'accepted':
        await this.#finish(messages);
        return {
          ...nothing,
          exported: messages.length,
          rejectedPoints: outcome.partial?.rejectedPoints ?? 0,
          warning: outcome.partial?.message,
        };
      case 'refused':
        await this.#finish(messages);
        return { ...nothing, dropped: messages.length, failure: outcome.reason };
      case 'later': {
        const { reason, retryAfterMilliseconds: wait = 0 } = outcome;
        if (wait > 0) this.#waiting = { until: now + Math.min(wait, maxWait), reason };
        return { ...nothing, failure: reason };
      }
      case 'unusable':
        return { ...nothing, failure: outcome.reason };
    }
  }

  async #finish(messages: readonly QueuedMessage[]): Promise<void> {
    this.#pending = undefined;
    for (const { id } of messages) this.#exported.add(id);
    for (const id of this.#exported) {
      if (this.#exported.size <= maxRemembered) break;
      this.#exported.delete(id);
    }
    await this.#ports.queue.delete(messages);
  }

  /** Receives until the queue has no more, or a request is full. */
  async #receive(): Promise<QueuedMessage[]> {
    const { queue } = this.#ports;
    const received = new Map<string, QueuedMessage>();
    const repeated: QueuedMessage[] = [];
    const receiveSome = async (): Promise<boolean> => {
      const messages = await queue.receive();
      for (const message of messages) {
        if (this.#exported.has(message.id)) repeated.push(message);
        else received.set(message.id, message);
      }
      return messages.length > 0;
    };
    const receiveAll = async (): Promise<void> => {
      while (received.size < maxMessages && (await receiveSome()));
    };
    if (await receiveSome()) await Promise.all(Array.from({ length: concurrentReceivings }, receiveAll));
    if (repeated.length > 0) await queue.delete(repeated);
    return [...received.values()];
  }

  /** The request of messages; undefined if the list is empty. */
  #make(queued: readonly QueuedMessage[], now: number): PendingExport | undefined {
    const read = queued.map((message) => ({ message, content: parseMessage(message.body) }));
    const days = pickNewestDays(read.flatMap(({ content }) => content ?? [])).slice(0, maxDays);
    // Further days come again, for a later request. What no function has written is deleted with the rest.
    const taken = read.filter(
      ({ content }) => content?.kind !== 'day' || days.some(({ day }) => day === content.day),
    );
    if (taken.length === 0) return undefined;
    const { deployment, interval } = this.#settings;
    const groups = this.#liveSeries.name(sumGains(taken.flatMap(({ content }) => content ?? [])));
    const live = { from: this.#exportedTo ?? now - interval, to: now, groups };
    this.#exportedTo = now;
    const body = printExport({
      ...{ deployment, live },
      days: days.map((message) => ({ day: message.day, groups: this.#dailySeries.name(message.groups) })),
    });
    return { body, messages: taken.map(({ message }) => message) };
  }
}

const nothing: ExportReport = {
  ...{ exported: 0, dropped: 0, rejectedPoints: 0, warning: undefined, failure: undefined },
};

function addReports(a: ExportReport, b: ExportReport): ExportReport {
  return {
    exported: a.exported + b.exported,
    dropped: a.dropped + b.dropped,
    rejectedPoints: a.rejectedPoints + b.rejectedPoints,
    warning: b.warning ?? a.warning,
    failure: b.failure ?? a.failure,
  };
}

function sumGains(messages: readonly MetricsMessage[]): VolumeGroup[] {
  const sums = new VolumeSums();
  for (const { kind, groups } of messages) {
    if (kind === 'gain') for (const group of groups) sums.add(group, group);
  }
  return sums.list();
}

/** Of each day its newest version. */
function pickNewestDays(messages: readonly MetricsMessage[]): DayVolumesMessage[] {
  const newest = new Map<Day, DayVolumesMessage>();
  for (const message of messages) {
    if (message.kind !== 'day') continue;
    const known = newest.get(message.day);
    if (known === undefined || known.version < message.version) newest.set(message.day, message);
  }
  return [...newest.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1));
}
