import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { isAboutFindings, isAboutPeriods, type Rule } from '../lambda/alerts/rules.ts';
import { environment } from '../lambda/aws/names.ts';
import type { SessionRefresh } from '../lambda/ledger/source.ts';
import {
  alertsTable,
  eventsTable,
  filesTable,
  findingsTable,
  lateRecordPrefix,
  sessionsTable,
  simsTable,
  usageTable,
} from '../lambda/store/tables.ts';
import { type AlertSettings, findKeptTime } from './alert-rules.ts';
import { functions } from './limits.ts';
import { type FunctionOperation, type LargeEnvironment, NodeFunction } from './node-function.ts';
import type { ConfiguredReceiver } from './receivers.ts';
import { scheduleFunction } from './scheduled-function.ts';
import type { RetentionSettings } from './settings.ts';
import { allowPositions, type CarrierSource, describeReadSources } from './source.ts';
import { listIndexArns, type Storage } from './storage.ts';

/** Properties of {@link AlertSweep}. */
export interface AlertSweepProps {
  readonly settings: AlertSettings;
  readonly sources: readonly CarrierSource[];
  readonly sessionRefresh: SessionRefresh;
  readonly storage: Storage;
  /** How long records are kept. */
  readonly retention: Pick<RetentionSettings, 'eventDays' | 'usageDays'>;
  /** The receivers of alerts. */
  readonly receivers: readonly ConfiguredReceiver[];
  /** CloudWatch namespace of the function's metrics. */
  readonly namespace: string;
  readonly operation: FunctionOperation;
}

const manyRules: LargeEnvironment = {
  key: 'simledger.alerts.rules',
  advice:
    'Merge rules that differ only in what they match, shorten names, or deploy some of the sources and their rules as another stack (-c stackName=…)',
};

const manyReceivers: LargeEnvironment = {
  key: 'simledger.receivers',
  advice: 'List fewer rules for each receiver, shorten names, or merge receivers',
};

/**
 * Judges the rules of alerts: a function scans the SIMs every few minutes, updates episodes from the records, and
 * writes
 *  messages to the outbox. Two sweeps may overlap safely.
 */
export class AlertSweep extends Construct {
  readonly function: NodeFunction;
  /** Minutes between two sweeps. */
  readonly minutes: number;

  constructor(scope: Construct, id: string, props: AlertSweepProps) {
    super(scope, id);
    this.minutes = props.settings.sweepMinutes;
    this.function = this.#createFunction(props);
    this.#allow(props);
    scheduleFunction(this, 'Schedule', this.function, this.minutes);
  }

  #createFunction({
    settings,
    sources,
    sessionRefresh,
    storage,
    retention,
    receivers,
    namespace,
    operation,
  }: AlertSweepProps): NodeFunction {
    const { rules, groupWait } = settings;
    // The sweep needs to know who gets a message, not how it is delivered.
    const subscriptions = JSON.stringify(
      receivers.map(({ name, kind, minimumSeverity, rules: chosen }) => {
        return { name, kind, minimumSeverity, rules: chosen };
      }),
    );
    const judged = JSON.stringify({ rules, groupWait, ...findRetention(retention) });
    return new NodeFunction(this, 'Sweeper', {
      definition: functions.alertSweep,
      description: 'Judges SIMs by the rules of alerts',
      environment: {
        ...storage.readerEnvironment,
        [environment.alertOutboxTable]: storage.alertOutbox.tableName,
        ...(rules.some(asksForDays) && { [environment.dayStateTable]: storage.dayState.tableName }),
        ...(rules.some(isAboutPeriods) && { [environment.simDaysTable]: storage.simDays.tableName }),
        ...(rules.some(isAboutFindings) && { [environment.findingsTable]: storage.findings.tableName }),
        [environment.alertRules]: judged,
        [environment.alertSources]: Stack.of(this).toJsonString(describeReadSources(sources)),
        [environment.alertReceivers]: subscriptions,
        [environment.sessionRefresh]: sessionRefresh,
        [environment.metricNamespace]: namespace,
      },
      largeEnvironment: subscriptions.length > judged.length ? manyReceivers : manyRules,
      operation,
    });
  }

  /**
   * The sweep scans Sims and reads everything else by key. The only ledger attributes that it writes are missing
   * marks.
   */
  #allow({ settings, storage, sources }: AlertSweepProps): void {
    const { sessions, usage, events, sims, files, alerts, alertOutbox, alertState } = storage;
    const { dayState, simDays, findings } = storage;
    this.function.allow(['dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'], [sims.tableArn]);
    this.function.allow(
      ['dynamodb:Query'],
      [
        ...listIndexArns(sessions, sessionsTable),
        ...[sessions, usage, events].map(({ tableArn }) => tableArn),
        ...listIndexArns(usage, usageTable),
        ...listIndexArns(events, eventsTable),
        ...listIndexArns(sims, simsTable),
        ...listIndexArns(files, filesTable),
        ...listIndexArns(alerts, alertsTable),
      ],
    );
    this.function.allow(['dynamodb:BatchGetItem'], [sessions.tableArn, files.tableArn]);
    this.function.allow(
      ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      [alerts.tableArn],
    );
    this.function.allow(['dynamodb:PutItem', 'dynamodb:Query'], [alertState.tableArn]);
    // Of the shared state, it deletes only the notes of late records that it has judged.
    this.function.allow(['dynamodb:DeleteItem'], [alertState.tableArn], [`${lateRecordPrefix}*`]);
    this.function.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      [alertOutbox.tableArn],
    );
    const { rules } = settings;
    if (rules.some(asksForDays))
      this.function.allow(['dynamodb:GetItem', 'dynamodb:Query'], [dayState.tableArn]);
    if (rules.some(isAboutPeriods)) this.function.allow(['dynamodb:Query'], [simDays.tableArn]);
    if (rules.some(isAboutFindings)) {
      this.function.allow(['dynamodb:Query'], [findings.tableArn, ...listIndexArns(findings, findingsTable)]);
    }
    allowPositions(this.function, sources);
  }
}

/** Whether the day pass's results are needed to judge a rule. */
function asksForDays(rule: Rule): boolean {
  return isAboutPeriods(rule) || isAboutFindings(rule);
}

/** How long every record of a SIM is kept, in milliseconds; empty if forever. */
function findRetention(days: AlertSweepProps['retention']): { readonly retention?: number } {
  const retention = findKeptTime(days);
  return Number.isFinite(retention) ? { retention } : {};
}
