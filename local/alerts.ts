import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deliver, runLimits } from '../lambda/alerts/delivery/deliver.ts';
import { makeHttpReceiver } from '../lambda/alerts/delivery/http-receiver.ts';
import { AlertOutbox } from '../lambda/alerts/delivery/outbox.ts';
import type { Receiver } from '../lambda/alerts/delivery/receiver.ts';
import { requestMilliseconds } from '../lambda/alerts/delivery/receivers.ts';
import { type AlertTransition, formatTransitionId } from '../lambda/alerts/delivery/transition.ts';
import { type WebhookSecret, writeWebhook } from '../lambda/alerts/delivery/webhook.ts';
import type { Rule } from '../lambda/alerts/rules.ts';
import { AlertState } from '../lambda/alerts/sweep/alert-state.ts';
import { sweep } from '../lambda/alerts/sweep/sweep.ts';
import type { SweepReport } from '../lambda/alerts/sweep/sweep-run.ts';
import { readHeardMark, readWatchedSim, type WatchedSim } from '../lambda/alerts/sweep/watched-sim.ts';
import { defaultLateness } from '../lambda/aws/sources.ts';
import { maxGranuleMilliseconds } from '../lambda/ledger/heard.ts';
import { toMilliseconds } from '../lambda/ledger/time.ts';
import { type Alert, listAlerts } from '../lambda/queries/alerts.ts';
import { decideHeard } from '../lambda/queries/last-heard.ts';
import { maxPageSize } from '../lambda/queries/page.ts';
import { ClosedFindingsReader } from '../lambda/store/closed-findings.ts';
import { mapConcurrently } from '../lambda/store/concurrency.ts';
import { type EpisodeKey, EpisodeReader } from '../lambda/store/episode-reader.ts';
import { EpisodesTable } from '../lambda/store/episodes.ts';
import { LateRecordNotes } from '../lambda/store/late-records.ts';
import { MutesTable } from '../lambda/store/mutes.ts';
import { LedgerReader } from '../lambda/store/reader.ts';
import { SealedUsageReader } from '../lambda/store/sealed-usage.ts';
import { SimMarks } from '../lambda/store/sim-marks.ts';
import {
  alertOutboxTable,
  alertStateTable,
  alertsTable,
  dayStateTable,
  eventsTable,
  filesTable,
  findingsTable,
  sessionsTable,
  simDaysTable,
  simsTable,
  usageTable,
} from '../lambda/store/tables.ts';
import { localSources } from './places.ts';

/** Alerts of the local run, judged by the sweep of the stack, and delivered by its delivery. */

/** How alerts are run. */
export interface LocalAlertsOptions {
  readonly client: DynamoDBClient;
  readonly rules: readonly Rule[];
  /** Where alerts are posted to; undefined for nowhere. */
  readonly notify: WebhookSecret | undefined;
  /** Called with messages for the user. */
  readonly onTrouble: (sentence: string) => void;
}

/** The stack's default: how long a silent SIM waits for a group. */
const groupWait = 10 * 60_000;

const sources = localSources.map(({ name }) => ({ name, lateness: defaultLateness }));
const receiverName = 'notify';

/** The most SIMs whose records are all judged. */
const maxWholeSims = 5_000;
/** The most SIMs for which the last record is read. */
const maxAskedSims = 1_000;
const concurrency = 24;

/** How long what is being judged or sent may take when the run is stopped. */
const graceMilliseconds = 5_000;

/** What a sweep of the local run did, and its messages. */
export interface LocalSweep {
  readonly report: SweepReport;
  /** In the order in which the alerts began. */
  readonly told: readonly AlertTransition[];
  /** Whether a message waits for the receiver. */
  readonly isUndelivered: boolean;
}

/** Sweeps and deliveries of the local run. */
export class LocalAlerts {
  readonly #options: LocalAlertsOptions;
  readonly #reader: LedgerReader;
  readonly #episodes: EpisodesTable;
  readonly #outbox: AlertOutbox;
  readonly #receiver: Receiver | undefined;
  /** Ids of the messages that were reported. */
  readonly #told = new Set<string>();
  /** A reading of the clock by which messages are sent, and when it was so late. */
  #clock = { reading: 0, at: performance.now() };
  #isStopping = false;
  /** The sweep that was begun last. */
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LocalAlertsOptions) {
    const { client, notify, onTrouble } = options;
    // A run that is stopped may end before what is under way, for which the next run makes up.
    this.#options = { ...options, onTrouble: (sentence) => this.#isStopping || onTrouble(sentence) };
    this.#reader = new LedgerReader({
      client,
      sessions: sessionsTable.name,
      usage: usageTable.name,
      events: eventsTable.name,
      sims: simsTable.name,
      files: filesTable.name,
    });
    this.#episodes = new EpisodesTable(client, alertsTable.name);
    this.#outbox = new AlertOutbox(client, alertOutboxTable.name);
    this.#receiver = notify && makeNotifyReceiver(notify);
  }

  /**
   * Sweeps the ledger, and delivers what is due. All records that were put by then must be in the ledger.
   *
   * @param now the run's clock, in milliseconds since the epoch.
   * @param isWhole whether all records are judged, from the first one on.
   */
  sweep(now: number, isWhole: boolean): Promise<LocalSweep> {
    return this.#run(() => this.#sweep(now, isWhole));
  }

  /**
   * Has a sweep end early, in order: what it does not judge or send, the next run of the same tables does. Resolves when it
   * has ended, or after some seconds.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.race([this.#running, wait(graceMilliseconds, undefined, { ref: false })]);
  }

  #run<Result>(sweeping: () => Promise<Result>): Promise<Result> {
    if (this.#isStopping) return Promise.reject(new Error('The run is stopped: alerts are no longer judged'));
    const running = sweeping();
    this.#running = running.catch(() => undefined);
    return running;
  }

  async #sweep(now: number, isWhole: boolean): Promise<LocalSweep> {
    const { client, rules, onTrouble } = this.#options;
    const told: AlertTransition[] = [];
    const report = await sweep(
      { rules, groupWait, sources, now, isWhole },
      {
        reader: this.#reader,
        marks: new SimMarks(client, simsTable.name),
        episodes: this.#episodes,
        state: new AlertState(client, alertStateTable.name),
        mutes: new MutesTable(client, alertStateTable.name),
        late: new LateRecordNotes(client, alertStateTable.name),
        sealedUsage: new SealedUsageReader(client, {
          dayState: dayStateTable.name,
          simDays: simDaysTable.name,
        }),
        outbox: this.#outbox,
        receivers:
          this.#receiver === undefined
            ? []
            : [{ name: receiverName, minimumSeverity: 'info', rules: undefined }],
        closedFindings: new ClosedFindingsReader(client, {
          dayState: dayStateTable.name,
          findings: findingsTable.name,
        }),
        readMark: async () => ({ at: now, holds: [] }),
        onMessage: (transition) => {
          const id = formatTransitionId(transition);
          if (!this.#told.has(id)) told.push(transition);
          this.#told.add(id);
        },
        onFailure: (error) => onTrouble(`A SIM could not be judged: ${String(error)}`),
        measureTimeLeft: () => (this.#isStopping ? 0 : Number.POSITIVE_INFINITY),
      },
    );
    const isUndelivered = this.#receiver !== undefined && !(await this.#deliver(this.#receiver, now));
    return { report, told: told.toSorted(compareTransitions), isUndelivered };
  }

  /**
   * Sweeps a ledger of the past: all of its records, unless there are too many SIMs, up to the newest one.
   *
   * @param latest the machine's clock: records may be dated ahead.
   * @returns undefined for an empty ledger.
   */
  sweepPast(latest: number): Promise<(LocalSweep & { readonly now: number }) | undefined> {
    return this.#run(() => this.#sweepPast(latest));
  }

  async #sweepPast(latest: number): Promise<(LocalSweep & { readonly now: number }) | undefined> {
    const sims: WatchedSim[] = [];
    await this.#reader.scanWatchedSims((some) => sims.push(...some.map(readWatchedSim)));
    const newest = await this.#findNewestRecord(sims);
    if (newest === undefined) return undefined;
    const now = Math.min(newest, latest);
    return { ...(await this.#sweep(now, sims.length <= maxWholeSims)), now };
  }

  /** All alerts, those that began last first. */
  async list(): Promise<Alert[]> {
    const { client } = this.#options;
    const alerts = {
      episodes: new EpisodeReader(client, alertsTable.name),
      mutes: new MutesTable(client, alertStateTable.name),
    };
    const period = { from: '2000-01-01T00:00:00.000Z', to: undefined };
    const every = {
      state: undefined,
      severity: undefined,
      rule: undefined,
      sim: undefined,
      source: undefined,
    };
    const found: Alert[] = [];
    let after: EpisodeKey | undefined;
    do {
      const page = await listAlerts(
        { ...every, period, size: maxPageSize, after },
        { alerts, days: undefined, reader: this.#reader, now: () => Date.now() },
      );
      found.push(...page.resources);
      after = page.next;
    } while (after !== undefined);
    return found;
  }

  /**
   * The time of the newest record, in milliseconds since the epoch; undefined without any. SIM items state to the
   * granule when they were heard, so the records of those that may have been heard last are read: exact for up to 1,000
   * of them.
   */
  async #findNewestRecord(sims: readonly WatchedSim[]): Promise<number | undefined> {
    if (sims.length === 0) return undefined;
    const marks = sims.map((sim) => readHeardMark(sim) ?? Number.NEGATIVE_INFINITY);
    const latest = marks.reduce((max, mark) => Math.max(max, mark), Number.NEGATIVE_INFINITY);
    const candidates = sims.filter((_, index) => (marks[index] ?? 0) > latest - maxGranuleMilliseconds);
    const times = sims.map(({ changedAt }) => changedAt);
    await mapConcurrently(candidates.slice(0, maxAskedSims), concurrency, async ({ sim: key }) => {
      const sim = await this.#reader.readSim(key);
      const { at } = sim === undefined ? {} : await decideHeard(sim, this.#reader);
      if (at !== undefined) times.push(toMilliseconds(at));
    });
    return times.reduce((max, time) => Math.max(max, time));
  }

  /**
   * The clock by which messages are sent: the run's, and where that stands still, since no record comes, the time that
   * has passed meanwhile. So failed messages are retried.
   */
  #readDeliveryClock(now: number): number {
    const at = performance.now();
    const reading = Math.max(now, this.#clock.reading + Math.round(at - this.#clock.at));
    this.#clock = { reading, at };
    return reading;
  }

  /**
   * Delivers until nothing is due, or a delivery fails.
   *
   * @returns whether all is delivered.
   */
  async #deliver(receiver: Receiver, now: number): Promise<boolean> {
    const { onTrouble } = this.#options;
    for (;;) {
      const started = performance.now();
      const report = await deliver(receiver, this.#outbox, {
        now: this.#readDeliveryClock(now),
        token: randomUUID(),
        measureElapsed: () => (this.#isStopping ? Number.POSITIVE_INFINITY : performance.now() - started),
        context: { deployment: 'local', apiUrl: undefined },
        // Somebody who starts a receiver later still gets all.
        limits: { ...runLimits, maxAgeMilliseconds: Number.POSITIVE_INFINITY },
        onError: (error) => onTrouble(`A message could not be sent: ${error.message}`),
      });
      if (report.reasons.length > 0 || report.unusable !== undefined) {
        const reasons = [report.unusable, ...report.reasons].filter((reason) => reason !== undefined);
        onTrouble(`--notify: alerts could not be posted (${[...new Set(reasons)].join('; ')})`);
      }
      if (this.#isStopping || report.delivered + report.passedOver === 0) break;
    }
    return (await this.#outbox.listDue(receiver.name, endOfTime, 1)).length === 0;
  }
}

const endOfTime = Date.parse('9999-01-01T00:00:00Z');

function compareTransitions(a: AlertTransition, b: AlertTransition): number {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  if (a.episode !== b.episode) return a.episode < b.episode ? -1 : 1;
  return a.sequence - b.sequence;
}

function makeNotifyReceiver(secret: WebhookSecret): Receiver {
  return makeHttpReceiver({
    name: receiverName,
    takes: () => true,
    secret: { get: async () => secret, refresh: async () => secret },
    write: (known, event) => writeWebhook(known, event, new Date()),
    // It is the user's own machine or network.
    options: { allowPrivateAddresses: true, timeoutMilliseconds: requestMilliseconds },
  });
}
