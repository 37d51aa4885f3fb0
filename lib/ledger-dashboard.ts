import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import {
  days,
  delivery,
  dimension,
  hold,
  measure,
  metric,
  service,
  sweep,
  traffic,
  webhook,
} from '../lambda/aws/names.ts';
import type { AlertDelivery } from './alert-delivery.ts';
import type { AlertSweep } from './alert-sweep.ts';
import type { DayPass } from './day-pass.ts';
import type { FileIngest } from './file-ingest.ts';
import type { LedgerMetrics } from './ledger-metrics.ts';
import type { Configuration } from './settings.ts';
import type { CarrierSource } from './source.ts';
import type { Storage } from './storage.ts';
import type { StreamIngest } from './stream-ingest.ts';
import type { WebhookIngest } from './webhook-ingest.ts';

/** What the dashboard shows. */
export interface LedgerDashboardProps {
  readonly configuration: Pick<Configuration, 'runbook'>;
  readonly metrics: LedgerMetrics;
  readonly alarms: readonly Alarm[];
  readonly sources: readonly CarrierSource[];
  readonly storage: Storage;
  readonly streams: StreamIngest;
  readonly files: FileIngest | undefined;
  readonly webhooks: WebhookIngest | undefined;
  readonly alertSweep: AlertSweep;
  readonly alertDelivery: AlertDelivery | undefined;
  readonly dayPass: DayPass;
}

/** Columns of CloudWatch's grid, and of one graph: three graphs fit in a row. */
const columns = { all: 24, graph: 8 };
const rows = { text: 1, graph: 6, alarms: 4 };
const oneHour = Duration.hours(1);

/** The stack's dashboard: six questions, each answered by graphs. */
export class LedgerDashboard extends Construct {
  constructor(scope: Construct, id: string, props: LedgerDashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.days(1) });
    dashboard.addWidgets(
      new AlarmStatusWidget({
        title: 'Alarms',
        alarms: props.alarms.map((alarm) => referByName(this, alarm)),
        width: columns.all,
        height: rows.alarms,
      }),
    );
    const parts = [
      ['Is it working?', graphWork(props)],
      ['What is late?', graphDelays(props)],
      ['What was rejected?', graphRejects(props)],
      ['Are alerts delivered?', graphAlerts(props)],
      ['Are days closed?', graphDays(props)],
      ['What does it carry?', graphTraffic(props)],
    ] as const;
    for (const [title, graphs] of parts) {
      const markdown = `## ${title} ([runbook](${props.configuration.runbook}))`;
      dashboard.addWidgets(new TextWidget({ markdown, width: columns.all, height: rows.text }));
      dashboard.addWidgets(...graphs);
    }
  }
}

/**
 * Refers to an alarm by name. Emulators of CloudFormation that skip alarms resolve references to them, but not their
 * attributes.
 */
function referByName(scope: Construct, alarm: Alarm): IAlarm {
  const arn = Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: alarm.alarmName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return Alarm.fromAlarmArn(scope, alarm.node.id, arn);
}

function makeGraph(title: string, left: readonly IMetric[]): IWidget {
  return new GraphWidget({ title, left: [...left], width: columns.graph, height: rows.graph });
}

/** One metric per source. */
function listPerSource(
  { sources, metrics }: LedgerDashboardProps,
  name: string,
  label: (source: string) => string = (source) => source,
): IMetric[] {
  return sources.map(({ settings }) =>
    metrics.measureSource(name, settings.name, { label: label(settings.name) }),
  );
}

function listFunctions(props: LedgerDashboardProps) {
  const { streams, files, webhooks, alertSweep, alertDelivery, dayPass } = props;
  return [
    ...[streams.consumer, files?.importer, webhooks?.receiver],
    ...[alertSweep.function, alertDelivery?.function, dayPass.planner, dayPass.worker],
  ].filter((one) => one !== undefined);
}

/** One metric per source with a webhook. */
function listPerCalledSource(
  { webhooks, metrics }: LedgerDashboardProps,
  name: string,
  label: (source: string) => string,
): IMetric[] {
  const sources = [...(webhooks?.secrets.keys() ?? [])].map(({ settings }) => settings.name);
  return sources.map((source) => metrics.measureSource(name, source, { label: label(source) }));
}

function graphWork(props: LedgerDashboardProps): IWidget[] {
  const handlers = listFunctions(props).map(({ handler }) => handler);
  return [
    makeGraph('Records received', listPerSource(props, metric.received)),
    makeGraph('Records stored and repeated', [
      ...listPerSource(props, metric.stored, (source) => `${source} stored`),
      ...listPerSource(props, metric.repeated, (source) => `${source} repeated`),
    ]),
    makeGraph('Functions: errors and throttles', [
      ...handlers.map((handler) => handler.metricErrors({ statistic: 'Sum' })),
      ...handlers.map((handler) => handler.metricThrottles({ statistic: 'Sum' })),
    ]),
    makeGraph(
      'Functions: duration, p99',
      handlers.map((handler) => handler.metricDuration({ statistic: 'p99' })),
    ),
    makeGraph(
      'Tables: write units',
      props.storage.tables.map((table) => table.metricConsumedWriteCapacityUnits({ label: table.node.id })),
    ),
    makeGraph(
      'Tables: writes held back',
      props.storage.tables.map((table) =>
        table.metric('WriteThrottleEvents', { statistic: 'Sum', label: table.node.id }),
      ),
    ),
  ];
}

function graphDelays(props: LedgerDashboardProps): IWidget[] {
  const { sources, metrics, streams, files, webhooks } = props;
  const lags = (path: string) =>
    sources.flatMap(({ settings: { name } }) =>
      ['p50', 'p99'].map((statistic) =>
        metrics.measureLag(measure.lag, name, path, { statistic, label: `${name} ${statistic}` }),
      ),
    );
  return [
    makeGraph('Streams: seconds from event to arrival', lags(service.kinesisConsumer)),
    makeGraph('Streams: milliseconds from arrival to reading', [
      ...sources.map(({ settings, stream }) =>
        stream.metricGetRecordsIteratorAgeMilliseconds({ statistic: 'Maximum', label: settings.name }),
      ),
      streams.consumer.handler.metric('IteratorAge', {
        statistic: 'Maximum',
        label: 'received by the consumer',
      }),
    ]),
    ...(files === undefined
      ? []
      : [
          makeGraph('Files: age of the oldest notification in seconds', [
            files.queue.metricApproximateAgeOfOldestMessage(),
          ]),
        ]),
    ...(webhooks === undefined
      ? []
      : [
          makeGraph('Webhook requests: latency in milliseconds', [
            webhooks.api.metricLatency({ statistic: 'p50', label: 'p50' }),
            webhooks.api.metricLatency({ statistic: 'p99', label: 'p99' }),
          ]),
        ]),
  ];
}

function graphRejects(props: LedgerDashboardProps): IWidget[] {
  const { sources, metrics, files, webhooks } = props;
  return [
    makeGraph(
      'Records rejected, by reason',
      sources.map(({ settings: { name } }) =>
        metrics.search(metric.rejected, [dimension.source, dimension.kind], name, { period: oneHour }),
      ),
    ),
    makeGraph('Records handed back, to be delivered again', listPerSource(props, metric.failed)),
    ...(files === undefined
      ? []
      : [
          makeGraph('Files: unreadable, and given up', [
            ...listPerSource(props, measure.filesFailed, (source) => `${source} unreadable`),
            files.deadLetters.metricApproximateNumberOfMessagesVisible({ label: 'dead letters' }),
          ]),
        ]),
    ...(webhooks === undefined
      ? []
      : [
          makeGraph('Webhook requests: accepted, refused and failed', [
            ...listPerCalledSource(props, webhook.taken, (source) => `${source} taken`),
            ...listPerCalledSource(props, webhook.refused, (source) => `${source} refused`),
            ...listPerCalledSource(props, webhook.failed, (source) => `${source} to be made again`),
            metrics.measureGatewayRefusals().with({ label: 'refused by API Gateway' }),
          ]),
        ]),
  ];
}

function graphAlerts({ alertDelivery, alertSweep, sources, metrics }: LedgerDashboardProps): IWidget[] {
  const receivers = (alertDelivery?.receivers ?? []).map(({ name }) => name);
  const { handler } = alertSweep.function;
  return [
    makeGraph('Sweeps: milliseconds', [
      handler.metricDuration({ statistic: 'Maximum', label: 'the longest' }),
    ]),
    makeGraph('SIMs read, judged, and not judged', [
      metrics.measureSweep(sweep.sims, { label: 'SIMs' }),
      metrics.measureSweep(sweep.judged, { label: 'judged' }),
      metrics.measureSweep(sweep.failed, { label: 'not judged' }),
      metrics.measureSweep(sweep.left, { label: 'left' }),
    ]),
    makeGraph('Seconds that alerts are behind', [
      metrics.measureSweep(sweep.readLag, { label: 'read least' }),
      metrics.measureSweep(sweep.deliveryLag, { label: 'delivered latest' }),
    ]),
    makeGraph('Messages of alerts', [
      metrics.measureSweep(sweep.told, { statistic: 'Sum', label: 'passed on' }),
    ]),
    makeGraph(
      'Seconds for which failed batches hold back alerts',
      sources.map(({ settings: { name } }) =>
        metrics.measureSource(hold.seconds, name, { statistic: 'Maximum', label: name }),
      ),
    ),
    ...(receivers.length === 0
      ? []
      : [
          makeGraph(
            'Messages delivered, retried and given up',
            receivers.flatMap((name) => [
              metrics.measureReceiver(delivery.delivered, name, 'Sum', `${name} delivered`),
              metrics.measureReceiver(delivery.failed, name, 'Sum', `${name} retried`),
              metrics.measureReceiver(delivery.undeliverable, name, 'Sum', `${name} given up`),
            ]),
          ),
        ]),
  ];
}

function graphDays({ metrics, dayPass: { queue, deadLetters } }: LedgerDashboardProps): IWidget[] {
  return [
    makeGraph('Seconds for which a day is overdue', [
      metrics.measureDayPlanner(days.unsealed, { label: 'overdue' }),
    ]),
    makeGraph('Days sealed, and SIM-days stored', [
      metrics.measureDayWorker(days.sealed, { label: 'versions of days' }),
      metrics.measureDayWorker(days.simDays, { label: 'SIM-days' }),
    ]),
    makeGraph('Messages of days: waiting, failed and given up', [
      queue.metricApproximateNumberOfMessagesVisible({ label: 'waiting' }),
      metrics.measureDayWorker(days.failed, { label: 'failed' }),
      deadLetters.metricApproximateNumberOfMessagesVisible({ label: 'dead letters' }),
    ]),
  ];
}

function graphTraffic(props: LedgerDashboardProps): IWidget[] {
  const networks = [dimension.source, dimension.country, dimension.operator];
  const splitByNetwork = (name: string) =>
    props.sources.map(({ settings }) =>
      props.metrics.search(name, networks, settings.name, { period: oneHour }),
    );
  return [
    makeGraph('Bytes, by source', listPerSource(props, traffic.bytes)),
    makeGraph('Bytes, by country and operator', splitByNetwork(traffic.bytes)),
    makeGraph('Cost as stated, by country and operator', splitByNetwork(traffic.cost)),
  ];
}
