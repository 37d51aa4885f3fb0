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
import { groupWait } from '../lib/limits.ts';
import { localSources } from './places.ts';

/** Alerts of the local run: the stack's sweep judges them, and the stack's delivery sends them. */

/** How to run alerts. */
export interface LocalAlertsOptions {
  readonly client: DynamoDBClient;
  readonly rules: readonly Rule[];
  /** Where to post alerts; undefined for nowhere. */
  readonly notify: WebhookSecret | undefined;
  /** Called with messages for the user. */
  readonly onTrouble: (sentence: string) => void;
}

const sources = localSources.map(({ name }) => ({ name, lateness: defaultLateness }));
const receiverName = 'notify';

/** Up to so many SIMs, all records are judged. */
const maxWholeSims = 5_000;
/** For how many SIMs the latest record is read. */
const maxAskedSims = 1_000;
const concurrency = 24;

/** How long a running sweep or delivery may continue after the run is stopped. */
const graceMilliseconds = 5_000;

/** The result of a sweep, and its messages. */
export interface LocalSweep {
  readonly report: SweepReport;
  /** The messages, ordered by when their alerts began. */
  readonly told: readonly AlertTransition[];
  /** Whether a message still waits for the receiver. */
  readonly isUndelivered: boolean;
}

/** Runs sweeps and deliveries. */
export class LocalAlerts {
  readonly #options: LocalAlertsOptions;
  readonly #reader: LedgerReader;
  readonly #episodes: EpisodesTable;
  readonly #outbox: AlertOutbox;
  readonly #receiver: Receiver | undefined;
  /** Ids of the messages that were reported. */
  readonly #told = new Set<string>();
  /** The latest reading of the clock for messages, and when it was taken. */
  #clock = { reading: 0, at: performance.now() };
  #isStopping = false;
  /** The latest sweep. */
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LocalAlertsOptions) {
    const { client, notify, onTrouble } = options;
    // A run that is stopped may interrupt its work, which the next run then completes.
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
   * Sweeps the ledger, and delivers what is due. All records that were put before must be in the ledger.
   *
   * @param now the run's clock, in milliseconds since the epoch.
   * @param isWhole whether to judge all records, from the first one on.
   */
  sweep(now: number, isWhole: boolean): Promise<LocalSweep> {
    return this.#run(() => this.#sweep(now, isWhole));
  }

  /**
   * Makes a running sweep end early. The next run with the same tables does the rest. Resolves when the sweep has
   * ended, or after some seconds.
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
   * Sweeps a ledger whose records are in the past, up to the newest one: all records, unless there are too many SIMs.
   *
   * @param latest the machine's clock, because records may have dates in the future.
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

  /** All alerts, latest start first. */
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
   * The time of the newest record, in milliseconds since the epoch; undefined if there are no records. SIM items state
   * only the granule in which a SIM was heard, so this reads the records of the SIMs that may have been heard last: it
   * is exact for up to 1,000 of them.
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
   * The clock for messages: the run's clock, or if that stands still because no records arrive, it plus the time that
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
   * @returns whether everything was delivered.
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
        // A receiver that the user starts later must still get all messages.
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
    // The receiver is on the user's own machine or network.
    options: { allowPrivateAddresses: true, timeoutMilliseconds: requestMilliseconds },
  });
}
