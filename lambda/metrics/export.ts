import type { Day } from '../days/day.ts';
import { type DayVolumesMessage, type MetricsMessage, parseMessage } from './messages.ts';
import { type Export, printExport } from './otlp.ts';
import type { ExportOutcome } from './otlp-receiver.ts';
import { NamedSeries, type VolumeGroup, VolumeSums } from './volumes.ts';

/** Exports volumes to an OTLP receiver. */

/** A message as the queue delivers it. */
export interface QueuedMessage {
  /** The same for each delivery. */
  readonly id: string;
  /** The receipt handle that deletes this delivery. */
  readonly receipt: string;
  readonly body: string;
}

/** The queue of volumes. Each message is delivered at least once, in any order, until it is deleted. */
export interface VolumeQueue {
  /** Receives some messages; an empty list if there are none at the moment. */
  receive(): Promise<readonly QueuedMessage[]>;
  /** Deletes messages. Messages that are not deleted are delivered again. */
  delete(messages: readonly QueuedMessage[]): Promise<void>;
}

/** The exporter's dependencies. */
export interface ExportPorts {
  readonly queue: VolumeQueue;
  /** Posts a request's JSON body. Never rejects, and has a timeout. */
  readonly send: (body: string) => Promise<ExportOutcome>;
}

/** Settings of an exporter. */
export interface ExportSettings extends Pick<Export, 'deployment'> {
  /** The maximum series with names of their own, for live and for daily metrics each. */
  readonly maxSeries: number;
  /** Time between runs, in milliseconds. */
  readonly interval: number;
}

/** The result of a run. */
export interface ExportReport {
  /** Messages whose volumes the receiver accepted. */
  readonly exported: number;
  /** Messages that were dropped because the receiver refuses them permanently. */
  readonly dropped: number;
  /** Points that the receiver rejected from requests that it accepted. They are dropped. */
  readonly rejectedPoints: number;
  /** The receiver's message about requests that it accepted; undefined if it sent none. */
  readonly warning: string | undefined;
  /** Why the request could not be sent; the next run tries again. Never shows the address or headers. */
  readonly failure: string | undefined;
}

/** A request without an acknowledgement, and its messages. */
interface PendingExport {
  readonly body: string;
  readonly messages: readonly QueuedMessage[];
}

/** The maximum messages in a request. An hour of a fleet of a million SIMs needs several runs. */
const maxMessages = 5_000;

/** The maximum sealed days in a request. A ledger with history seals many at the same time. */
const maxDays = 10;

/** Concurrent receive requests. */
const concurrentReceivings = 4;

/** The longest wait that a receiver may request, in milliseconds. The queue loses messages after 4 days. */
const maxWait = 3_600_000;

/** How many exported messages a process remembers. */
const maxRemembered = 20_000;

/**
 * Exports volumes, one request a run. If the receiver does not acknowledge a request, the next run first sends it again
 * unchanged. A receiver that stored it the first time then gets the same points with the same times.
 *
 * Only one exporter may run at a time, so that the spans of a series do not overlap.
 */
export class VolumeExporter {
  readonly #ports: ExportPorts;
  readonly #settings: ExportSettings;
  readonly #liveSeries: NamedSeries;
  readonly #dailySeries: NamedSeries;
  /** Ids of exported messages: a queue may deliver them again. */
  readonly #exported = new Set<string>();
  #pending: PendingExport | undefined;
  /** The wait that the receiver requested: its end in milliseconds since the epoch, and the reason. */
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
   * Exports the messages in the queue.
   *
   * @param now milliseconds since the epoch, by the caller's clock.
   * @throws the queue's errors. Received messages are then delivered again.
   */
  async run(now: number): Promise<ExportReport> {
    if (this.#waiting !== undefined && now < this.#waiting.until)
      return { ...nothing, failure: this.#waiting.reason };
    this.#waiting = undefined;
    const again = this.#pending === undefined ? nothing : await this.#send(this.#pending, now);
    // A run with the same time again: its points would span no time.
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

  /** Receives messages until the queue is empty or the request is full. */
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

  /** Makes the request for messages; undefined if there are none. */
  #make(queued: readonly QueuedMessage[], now: number): PendingExport | undefined {
    const read = queued.map((message) => ({ message, content: parseMessage(message.body) }));
    const days = pickNewestDays(read.flatMap(({ content }) => content ?? [])).slice(0, maxDays);
    // Other days are delivered again, for a later request. Messages that simledger did not write are deleted too.
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

/** Picks the newest version of each day. */
function pickNewestDays(messages: readonly MetricsMessage[]): DayVolumesMessage[] {
  const newest = new Map<Day, DayVolumesMessage>();
  for (const message of messages) {
    if (message.kind !== 'day') continue;
    const known = newest.get(message.day);
    if (known === undefined || known.version < message.version) newest.set(message.day, message);
  }
  return [...newest.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1));
}
