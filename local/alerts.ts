import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deliver, runLimits } from '../lambda/alerts/delivery/deliver.ts';
import { makeHttpReceiver } from '../lambda/alerts/delivery/http-receiver.ts';
import { AlertOutbox, alertOutboxTable } from '../lambda/alerts/delivery/outbox.ts';
import type { Receiver } from '../lambda/alerts/delivery/receiver.ts';
import { requestMilliseconds } from '../lambda/alerts/delivery/receivers.ts';
import type { AlertTransition } from '../lambda/alerts/delivery/transition.ts';
import { readWebhookSecret, writeWebhook } from '../lambda/alerts/delivery/webhook.ts';
import { AlertState } from '../lambda/alerts/sweep/alert-state.ts';
import { type SweepReport, sweep } from '../lambda/alerts/sweep/sweep.ts';
import { UsageError } from '../lambda/errors.ts';
import { EpisodesTable } from '../lambda/store/episodes.ts';
import { MutesTable } from '../lambda/store/mutes.ts';
import { LedgerReader } from '../lambda/store/reader.ts';
import { SimMarks } from '../lambda/store/sim-marks.ts';
import {
  alertStateTable,
  alertsTable,
  eventsTable,
  filesTable,
  sessionsTable,
  simsTable,
  usageTable,
} from '../lambda/store/tables.ts';
import { listDefaultRules } from '../lib/alert-rules.ts';
import { localSources } from './places.ts';

/** Alerts of the local run: the default rules, judged by the sweep of the stack, and delivered by its delivery. */

/** Where `--notify` posts to. */
export interface NotifyAddress {
  readonly url: string;
  /** `whsec_` and 24 to 64 bytes in base64; undefined to post unsigned. */
  readonly secret: string | undefined;
}

/** How alerts are run. */
export interface LocalAlertsOptions {
  readonly client: DynamoDBClient;
  readonly notify: NotifyAddress | undefined;
  /** Called with messages for the user. */
  readonly onTrouble: (sentence: string) => void;
}

/** Milliseconds that records come late, at most: as a source with a stream has it by default. */
const lateness = 30 * 60_000;
/** The stack's default: how long a silent SIM waits for a group. */
const groupWait = 10 * 60_000;

const sources = localSources.map(({ name }) => ({ name, lateness }));
const receiverName = 'notify';

/** What a sweep of the local run did, and what it told. */
export interface LocalSweep {
  readonly report: SweepReport;
  readonly told: readonly AlertTransition[];
}

/** Sweeps and deliveries of the local run. */
export class LocalAlerts {
  readonly #options: LocalAlertsOptions;
  readonly #episodes: EpisodesTable;
  readonly #outbox: AlertOutbox;
  readonly #receiver: Receiver | undefined;

  /** @throws UsageError when the address or the secret is not one. */
  constructor(options: LocalAlertsOptions) {
    this.#options = options;
    this.#episodes = new EpisodesTable(options.client, alertsTable.name);
    this.#outbox = new AlertOutbox(options.client, alertOutboxTable.name);
    this.#receiver = options.notify && makeNotifyReceiver(options.notify);
  }

  /**
   * Sweeps the ledger, and delivers what is due.
   *
   * @param now the run's clock, in milliseconds since the epoch.
   * @param isWhole whether all records are judged, from the first one on.
   */
  async sweep(now: number, isWhole: boolean): Promise<LocalSweep> {
    const { client, onTrouble } = this.#options;
    const told: AlertTransition[] = [];
    const report = await sweep(
      { rules: listDefaultRules(sources), groupWait, sources, now, isWhole },
      {
        reader: new LedgerReader({
          client,
          sessions: sessionsTable.name,
          usage: usageTable.name,
          events: eventsTable.name,
          sims: simsTable.name,
          files: filesTable.name,
        }),
        marks: new SimMarks(client, simsTable.name),
        episodes: this.#episodes,
        state: new AlertState(client, alertStateTable.name),
        mutes: new MutesTable(client, alertStateTable.name),
        outbox: this.#outbox,
        receivers:
          this.#receiver === undefined
            ? []
            : [{ name: receiverName, minimumSeverity: 'info', rules: undefined }],
        // Whoever sweeps here has waited until all that was put is in.
        readMark: async () => ({ at: now, holds: [] }),
        onMessage: (transition) => told.push(transition),
        onFailure: (error) => onTrouble(`A SIM could not be judged: ${String(error)}`),
      },
    );
    if (this.#receiver !== undefined) await this.#deliver(this.#receiver, now);
    return { report, told };
  }

  /** Delivers until nothing is due, or what is due does not go. */
  async #deliver(receiver: Receiver, now: number): Promise<void> {
    const { onTrouble } = this.#options;
    for (;;) {
      const started = performance.now();
      const report = await deliver(receiver, this.#outbox, {
        now,
        token: randomUUID(),
        elapsed: () => performance.now() - started,
        context: { deployment: 'local', apiUrl: undefined },
        limits: runLimits,
        onError: (error) => onTrouble(`A message could not be sent: ${error.message}`),
      });
      if (report.reasons.length > 0 || report.unusable !== undefined) {
        const reasons = [report.unusable, ...report.reasons].filter((reason) => reason !== undefined);
        onTrouble(`--notify: alerts could not be posted (${[...new Set(reasons)].join('; ')})`);
      }
      if (report.delivered + report.passedOver === 0) return;
    }
  }
}

function makeNotifyReceiver({ url, secret }: NotifyAddress): Receiver {
  const read = secret === undefined ? readUnsigned(url) : readWebhookSecret({ url, secret });
  if (read === undefined) {
    throw new UsageError(
      `--notify ${JSON.stringify(url)}: give an http or https address, and where SIMLEDGER_NOTIFY_SECRET is set, there whsec_ and 24 to 64 bytes in base64`,
    );
  }
  return makeHttpReceiver({
    name: receiverName,
    takes: () => true,
    secret: { get: async () => read, refresh: async () => read },
    write: (known, event) => writeWebhook(known, event, new Date()),
    // It is the user's own machine or network.
    options: { allowPrivateAddresses: true, timeoutMilliseconds: requestMilliseconds },
  });
}

function readUnsigned(url: string): { url: URL; keys: Buffer[] } | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? { url: parsed, keys: [] } : undefined;
}
