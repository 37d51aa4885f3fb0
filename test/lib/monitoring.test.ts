import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { tables } from '../../lambda/store/tables.ts';
import { sourceAlarms } from '../../lib/source-ids.ts';
import {
  calledSourceOfEachCarrier,
  ofType,
  type Resource,
  type Synthesised,
  sourceOfEachCarrier,
  synthesise,
  withoutApi,
} from './synthesised.ts';

let stack: Synthesised;
/** The same, with addresses for the carriers to call. */
let called: Synthesised;
/** The same, with a receiver of alerts and one of metrics. */
let told: Synthesised;

beforeAll(() => {
  stack = synthesise(
    withoutApi({ sources: sourceOfEachCarrier, alarmEmail: 'operations@example.com', receivers: [] }),
  );
  called = synthesise(withoutApi({ sources: calledSourceOfEachCarrier }));
  const receivers = [{ name: 'phone', kind: 'pagerduty', secret: 'simledger/pagerduty' }];
  const otlp = { secret: 'simledger/otlp' };
  told = synthesise(withoutApi({ sources: sourceOfEachCarrier, receivers, otlp }));
});

function alarms(of: Synthesised): Record<string, Resource['Properties']> {
  const entries = Object.entries(ofType(of, 'AWS::CloudWatch::Alarm'));
  return Object.fromEntries(
    entries.map(([path, { Properties }]) => [path.replace('Monitoring/Alarms/', ''), Properties]),
  );
}

/** One of the metrics of an alarm with an expression. */
interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly Period?: number;
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace: string;
      readonly MetricName: string;
      readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

function named(namespace: unknown, name: unknown, dimensions: unknown): string {
  const pairs = (dimensions ?? []) as { Name: string; Value: unknown }[];
  const text = pairs.map(({ Name, Value }) => `${Name}=${String(Value)}`).join();
  return `${String(namespace)} ${String(name)}${text === '' ? '' : `{${text}}`}`;
}

/**
 * What an alarm watches, in a line: `Namespace Metric{dimension=value} Statistic >= threshold, n × seconds`, and before
 * its metrics the expression that joins several.
 */
function watched(properties: Resource['Properties']): string {
  const { Threshold, EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods } = properties;
  const below = properties['ComparisonOperator'] === 'LessThanThreshold';
  const breaching = properties['TreatMissingData'] === 'breaching';
  const condition = `${below ? '<' : '>='} ${String(Threshold)}${breaching ? ' or missing' : ''}`;
  const of = DatapointsToAlarm === EvaluationPeriods ? '' : `${String(DatapointsToAlarm)} of `;
  const times = (period: unknown) => `${of}${String(EvaluationPeriods)} × ${String(period)} s`;
  const { Namespace, MetricName, Dimensions, Statistic, Period, Metrics } = properties;
  if (Metrics === undefined) {
    return `${named(Namespace, MetricName, Dimensions)} ${String(Statistic)} ${condition}, ${times(Period)}`;
  }
  const queries = Metrics as readonly MetricQuery[];
  const expression = queries.find(({ Expression }) => Expression !== undefined)?.Expression;
  const parts = queries.flatMap(({ Id, MetricStat: stat }) =>
    stat === undefined
      ? []
      : [
          `${Id}: ${named(stat.Metric.Namespace, stat.Metric.MetricName, stat.Metric.Dimensions)} ${stat.Stat}`,
        ],
  );
  const periods = [...new Set(queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []))];
  return `${expression} ${condition}, ${times(periods.join())}; ${parts.sort().join('; ')}`;
}

/** The alarms that there are with receivers only. */
function listMore(): [string, Resource['Properties']][] {
  const usual = alarms(stack);
  return Object.entries(alarms(told)).filter(([id]) => !(id in usual));
}

describe('the alarms', () => {
  it('watch each source', () => {
    const ofSource = Object.entries(alarms(stack)).filter(([id]) => id.startsWith('Emnify'));
    const mapping = 'EventSourceMappingUUID=StreamIngest/SourceEmnify';
    const stream = 'StreamName=SourceEmnify/Stream';
    const arrived = `arrived: AWS/Kinesis IncomingRecords{${stream}} Sum`;
    const received = 'received: simledger received{source=emnify} Sum';
    const rejects = 'FILL(rejected, 0)';
    expect(Object.fromEntries(ofSource.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      EmnifyStuck: [
        'IF(FILL(reads, 0) < 1 OR (FILL(arrived, 0) >= 1 AND FILL(received, 0) < 1), 1, 0) >= 1, 3 of 4 × 900 s',
        arrived,
        `reads: AWS/Kinesis GetRecords.Success{${stream}} Sum`,
        received,
      ].join('; '),
      EmnifyLate:
        'AWS/Kinesis GetRecords.IteratorAgeMilliseconds{StreamName=SourceEmnify/Stream} Maximum >= 900000, 3 × 300 s',
      EmnifyRefused:
        'AWS/Kinesis WriteProvisionedThroughputExceeded{StreamName=SourceEmnify/Stream} Sum >= 1, 3 × 300 s',
      EmnifyRejected: [
        `IF(${rejects} >= 10 OR (${rejects} >= 3 AND ${rejects} >= received), 100 * ${rejects} / received, 0) >= 5, 1 × 3600 s`,
        received,
        'rejected: simledger rejected{source=emnify} Sum',
      ].join('; '),
      EmnifyStopsConsumer: 'simledger rejected{kind=stops-consumer,source=emnify} Sum >= 1, 1 × 300 s',
      EmnifyHandedBack: 'simledger failed{source=emnify} Sum >= 1, 3 of 6 × 300 s',
      EmnifyUnaccounted: 'simledger unaccounted{source=emnify} Sum >= 1, 1 × 300 s',
      EmnifyGivenUp: `AWS/Lambda OnFailureDestinationDeliveredEventCount{${mapping}} Sum >= 1, 1 × 300 s`,
      EmnifyDropped: [
        'FILL(dropped, 0) - FILL(delivered, 0) >= 1, 1 × 900 s',
        `delivered: AWS/Lambda OnFailureDestinationDeliveredEventCount{${mapping}} Sum`,
        `dropped: AWS/Lambda DroppedEventCount{${mapping}} Sum`,
      ].join('; '),
      EmnifyFileFailed: 'simledger filesFailed{source=emnify} Sum >= 1, 1 × 300 s',
      EmnifyReadHeld: 'simledger alertReadHeldSeconds{source=emnify} Maximum >= 3600, 2 × 300 s',
    });
  });

  it('watch functions, queue and tables', () => {
    const shared = Object.entries(alarms(stack)).filter(
      ([id]) => !/^(Twilio|Kore|1nce|Emnify|Telekom)/.test(id),
    );
    const lambda = (metric: string, path: string) =>
      `AWS/Lambda ${metric}{FunctionName=${path}/Function} Sum`;
    const table = (kind: string, name: string) =>
      `FILL(throttled, 0) >= 1, 3 × 300 s; throttled: AWS/DynamoDB ${kind}ThrottleEvents{TableName=Storage/${name}} Sum`;
    expect(Object.fromEntries(shared.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      BatchedWritesRefused:
        'FILL(consumer, 0) + FILL(importer, 0) >= 1, 1 × 300 s; consumer: simledger batchedWritesRefused{service=kinesis-consumer} Sum; importer: simledger batchedWritesRefused{service=file-importer} Sum',
      ConsumerErrors: `${lambda('Errors', 'StreamIngest/KinesisConsumer')} >= 1, 1 × 300 s`,
      ConsumerThrottles: `${lambda('Throttles', 'StreamIngest/KinesisConsumer')} >= 1, 3 × 300 s`,
      ConsumerLate:
        'AWS/Lambda IteratorAge{FunctionName=StreamIngest/KinesisConsumer/Function} Maximum >= 900000, 3 of 6 × 300 s',
      ConsumerDestinationFailures: `${lambda('DestinationDeliveryFailures', 'StreamIngest/KinesisConsumer')} >= 1, 1 × 300 s`,
      FilesLate:
        'AWS/SQS ApproximateAgeOfOldestMessage{QueueName=FileIngest/Queue.QueueName} Maximum >= 7200, 3 × 300 s',
      ImporterErrors: `${lambda('Errors', 'FileIngest/FileImporter')} >= 1, 1 × 300 s`,
      ImporterThrottles: `${lambda('Throttles', 'FileIngest/FileImporter')} >= 1, 3 × 300 s`,
      DeadLetters:
        'AWS/SQS ApproximateNumberOfMessagesVisible{QueueName=FileIngest/DeadLetters.QueueName} Maximum >= 1, 1 × 300 s',
      AlertSweepErrors: `${lambda('Errors', 'AlertSweep/Sweeper')} >= 1, 1 × 300 s`,
      AlertSweepThrottles: `${lambda('Throttles', 'AlertSweep/Sweeper')} >= 1, 3 × 300 s`,
      AlertSweepLate: [
        'FILL(invocations, 0) - FILL(errors, 0) < 1 or missing, 1 × 900 s',
        `errors: ${lambda('Errors', 'AlertSweep/Sweeper')}`,
        `invocations: ${lambda('Invocations', 'AlertSweep/Sweeper')}`,
      ].join('; '),
      DayPlannerErrors: `${lambda('Errors', 'DayPass/Planner')} >= 1, 1 × 300 s`,
      DayPlannerThrottles: `${lambda('Throttles', 'DayPass/Planner')} >= 1, 3 × 300 s`,
      DayPlannerLate: [
        'FILL(invocations, 0) - FILL(errors, 0) < 1 or missing, 1 × 10800 s',
        `errors: ${lambda('Errors', 'DayPass/Planner')}`,
        `invocations: ${lambda('Invocations', 'DayPass/Planner')}`,
      ].join('; '),
      DayWorkerErrors: `${lambda('Errors', 'DayPass/Worker')} >= 1, 1 × 300 s`,
      DayWorkerThrottles: `${lambda('Throttles', 'DayPass/Worker')} >= 1, 3 × 300 s`,
      DayUnsealed: 'simledger dayUnsealedSeconds{service=day-planner} Maximum >= 86400, 1 of 13 × 300 s',
      DayDeadLetters:
        'AWS/SQS ApproximateNumberOfMessagesVisible{QueueName=DayPass/DeadLetters.QueueName} Maximum >= 1, 1 × 300 s',
      AlertSimsFailed: 'simledger alertSimsFailed{service=alert-sweep} Maximum >= 1, 3 × 300 s',
      ...Object.fromEntries(
        tables.flatMap(({ name }) => [
          [`${name}ReadThrottles`, table('Read', name)],
          [`${name}WriteThrottles`, table('Write', name)],
        ]),
      ),
    });
  });

  it('watch the expiry of usage if usage expires', () => {
    const expiring = synthesise({ simledger: { retention: { usageDays: 35 } } });
    const usual = alarms(synthesise());
    const more = Object.entries(alarms(expiring)).filter(([id]) => !(id in usual));
    expect(more.map(([id, properties]) => [id, watched(properties)])).toEqual([
      ['UsageExpiryHeld', 'simledger usageExpiryHeld{service=day-planner} Maximum >= 1, 1 of 13 × 300 s'],
    ]);
  });

  it('watch the query API if there is one', () => {
    const all = alarms(synthesise());
    const ids = Object.keys(all).filter((id) => id.startsWith('QueryApi'));
    expect(ids.sort()).toEqual(['QueryApiErrors', 'QueryApiSecretUnreadable', 'QueryApiThrottles']);
    expect(watched(all['QueryApiSecretUnreadable'] ?? {})).toBe(
      'simledger secretUnreadable{service=query-api} Sum >= 1, 2 of 24 × 300 s',
    );
    const byIam = alarms(synthesise({ simledger: { ...cdk.context.simledger, api: { access: 'iam' } } }));
    const idsByIam = Object.keys(byIam).filter((id) => id.startsWith('QueryApi'));
    expect(idsByIam.sort()).toEqual(['QueryApiErrors', 'QueryApiThrottles']);
  });

  it('watch each receiver of alerts', () => {
    const more = listMore().filter(([id]) => !id.startsWith('Metrics'));
    const lambda = (metric: string) =>
      `AWS/Lambda ${metric}{FunctionName=AlertDelivery/Deliverer/Function} Sum`;
    expect(Object.fromEntries(more.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      AlertDeliveryErrors: `${lambda('Errors')} >= 1, 1 × 300 s`,
      AlertDeliveryThrottles: `${lambda('Throttles')} >= 1, 3 × 300 s`,
      'AlertReceiverUnusable-phone': 'simledger alertReceiverUnusable{receiver=phone} Sum >= 1, 2 × 300 s',
      'AlertsUndelivered-phone':
        'simledger alertOldestFailedSeconds{receiver=phone} Maximum >= 1800, 1 of 13 × 300 s',
      'AlertsUndeliverable-phone': 'simledger alertsUndeliverable{receiver=phone} Sum >= 1, 1 × 300 s',
    });
  });

  it('watch the export of metrics if there is a receiver', () => {
    const more = listMore().filter(([id]) => id.startsWith('Metrics'));
    const lambda = (metric: string) =>
      `AWS/Lambda ${metric}{FunctionName=MetricsExport/Exporter/Function} Sum`;
    expect(Object.fromEntries(more.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      MetricsExporterErrors: `${lambda('Errors')} >= 1, 1 × 300 s`,
      MetricsExporterThrottles: `${lambda('Throttles')} >= 1, 3 × 300 s`,
      MetricsExporterSecretUnreadable:
        'simledger secretUnreadable{service=metrics-exporter} Sum >= 1, 2 of 24 × 300 s',
      MetricsLate:
        'AWS/SQS ApproximateAgeOfOldestMessage{QueueName=MetricsExport/Queue.QueueName} Maximum >= 3600, 3 × 300 s',
      MetricsDropped: 'simledger metricsDropped{service=metrics-exporter} Sum >= 1, 1 × 300 s',
    });
  });

  it('mail alerts to the address as well, if a topic of the stack publishes them', () => {
    const mailed = synthesise(withoutApi({ alarmEmail: 'operations@example.com' }));
    const topics = Object.values(ofType(mailed, 'AWS::SNS::Subscription')).map(
      ({ Properties }) => Properties,
    );
    const email = { Protocol: 'email', Endpoint: 'operations@example.com' };
    expect(topics).toEqual([
      { ...email, TopicArn: 'AlertDelivery/Topic' },
      { ...email, TopicArn: 'Monitoring/Alarms/Topic' },
    ]);
  });

  it('watch webhook requests if a source has a webhook', () => {
    const more = Object.entries(alarms(called)).filter(([id]) => !(id in alarms(stack)));
    const lambda = (metric: string) =>
      `AWS/Lambda ${metric}{FunctionName=WebhookIngest/Receiver/Function} Sum`;
    expect(Object.fromEntries(more.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      WebhooksErrors: `${lambda('Errors')} >= 1, 1 × 300 s`,
      WebhooksSecretUnreadable:
        'simledger secretUnreadable{service=webhook-receiver} Sum >= 1, 2 of 24 × 300 s',
      WebhooksGatewayRefused: 'simledger webhookGatewayRefused Sum >= 1, 1 × 300 s',
      WebhooksThrottles: `${lambda('Throttles')} >= 1, 3 × 300 s`,
      ...Object.fromEntries(
        ['Twilio', 'Kore', '1nce', 'Emnify', 'Telekom'].flatMap((name) => [
          [
            `${name}CallsRefused`,
            `simledger webhookRefused{source=${name.toLowerCase()}} Sum >= 1, 1 × 300 s`,
          ],
          [`${name}CallsFailed`, `simledger webhookFailed{source=${name.toLowerCase()}} Sum >= 1, 3 × 300 s`],
        ]),
      ),
    });
  });

  it('count what API Gateway answers by itself: too many, too large, or not answered by the function', () => {
    expect(
      Object.values(ofType(called, 'AWS::Logs::MetricFilter')).map(({ Properties }) => Properties),
    ).toEqual([
      {
        LogGroupName: 'WebhookIngest/AccessLog',
        FilterPattern:
          '{ ($.answered = "-") && (($.status = "429") || ($.status = "413") || ($.status = "5*")) }',
        MetricTransformations: [
          { MetricNamespace: 'simledger', MetricName: 'webhookGatewayRefused', MetricValue: '1' },
        ],
      },
    ]);
    const { AccessLogSettings: log } = called.resources['WebhookIngest/Stage']?.Properties ?? {};
    expect(JSON.parse((log as { Format: string }).Format)).toMatchObject({
      status: '$context.status',
      answered: '$context.integration.status',
    });
  });

  it('leave out what a source does not have', () => {
    const ids = Object.keys(alarms(stack)).filter((id) => id.startsWith('Kore'));
    const ofFilesAndCalls: readonly string[] = ['FileFailed', 'CallsRefused', 'CallsFailed'];
    const others = sourceAlarms.filter((id) => !ofFilesAndCalls.includes(id));
    expect(ids.sort()).toEqual(others.map((id) => `Kore${id}`).sort());
  });

  it('notify the topic when they go off and when they end, and the topic notifies the address', () => {
    const told = Object.values(alarms(stack)).map(({ AlarmActions, OKActions }) => [AlarmActions, OKActions]);
    const topic = ['Monitoring/Alarms/Topic'];
    expect(told).toEqual(told.map(() => [topic, topic]));
    const subscriptions = Object.values(ofType(stack, 'AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties)).toEqual([
      { Protocol: 'email', TopicArn: 'Monitoring/Alarms/Topic', Endpoint: 'operations@example.com' },
    ]);
  });
});

/** The runbook's pages by the anchor of their heading. */
async function runbookPages(): Promise<Map<string, string>> {
  const text = await readFile(fileURLToPath(new URL('../../docs/runbook.md', import.meta.url)), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [heading = ''] = section.split('\n');
      return [heading.toLowerCase().replaceAll(' ', '-'), section];
    }),
  );
}

describe('the runbook', () => {
  it('has a page for each alarm, which says what happened and what it means for the data', async () => {
    const pages = await runbookPages();
    const expiring = synthesise({ simledger: { retention: { usageDays: 35 } } });
    const descriptions = Object.values({
      ...{ ...alarms(called), ...alarms(told), ...alarms(expiring) },
    }).map(({ AlarmDescription }) => String(AlarmDescription));
    const twoSentences = /^[A-Z][^.#]+\. [A-Z][^.#]+\. docs\/runbook\.md#([a-z-]+)$/;
    const linked = descriptions.map((text) => twoSentences.exec(text)?.[1]);
    // The alerts of sources have one as well.
    expect([...new Set([...linked, 'no-data'])].sort()).toEqual([...pages.keys()].sort());
  });

  it('begins each page with what the operator sees, and one command', async () => {
    const beginnings = [...(await runbookPages()).values()].map((page) => page.split('**Investigate')[0]);
    const form = /^[a-z-]+\n\n\*\*You see:\*\* [^`\n]+(?:`[^`]+`[^`]*)*\n\n```sh\n[^\n]+\n```\n\n$/;
    expect(beginnings).toEqual(beginnings.map(() => expect.stringMatching(form)));
  });

  it('says on each page what to check and what to do, in this order', async () => {
    const parts = [...(await runbookPages()).values()].map((page) => page.match(/^\*\*[A-Z][a-z]+/gm));
    expect(parts).toEqual(parts.map(() => ['**You', '**Investigate', '**Resolve']));
  });

  it('filters logs by messages that the functions write', async () => {
    const folder = fileURLToPath(new URL('../../lambda', import.meta.url));
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const code = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
    const pages = [...(await runbookPages()).values()].join('');
    const messages = [...pages.matchAll(/\$\.message = "([^"]+)"/g)].map(([, message = '']) => message);
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.filter((message) => !code.includes(`'${message}'`))).toEqual([]);
  });

  it('is linked to where it is read', () => {
    const runbook = 'https://wiki.example.com/simledger';
    const { AlarmDescription } = alarms(synthesise(withoutApi({ runbook })))['DefaultStuck'] ?? {};
    expect(AlarmDescription).toBe(
      `The stream of the source default is not read, or none of its records are processed. The fault is in the stack, not at the carrier; its stream keeps records for 168 hours. ${runbook}#not-taken-in`,
    );
  });
});

/** The titles on a dashboard, in their order. */
function titles(of: Synthesised): (string | undefined)[] {
  const body = String(of.resources['Monitoring/Dashboard/Dashboard']?.Properties['DashboardBody']);
  const { widgets } = JSON.parse(body) as {
    widgets: { type: string; properties: { title?: string; markdown?: string } }[];
  };
  return widgets.map(({ properties }) => properties.title ?? properties.markdown);
}

describe('the dashboard', () => {
  it('shows the alarms, then answers its six questions', () => {
    expect(titles(stack)).toEqual([
      'Alarms',
      '## Is it working? ([runbook](docs/runbook.md))',
      'Records received',
      'Records stored and repeated',
      'Functions: errors and throttles',
      'Functions: duration, p99',
      'Tables: write units',
      'Tables: writes held back',
      '## What is late? ([runbook](docs/runbook.md))',
      'Streams: seconds from event to arrival',
      'Streams: milliseconds from arrival to reading',
      'Files: age of the oldest notification in seconds',
      '## What was rejected? ([runbook](docs/runbook.md))',
      'Records rejected, by reason',
      'Records handed back, to be delivered again',
      'Files: unreadable, and given up',
      '## Are alerts delivered? ([runbook](docs/runbook.md))',
      'Sweeps: milliseconds',
      'SIMs read, judged, and not judged',
      'Seconds that alerts are behind',
      'Messages of alerts',
      'Seconds for which failed batches hold back alerts',
      '## Are days closed? ([runbook](docs/runbook.md))',
      'Seconds for which a day is overdue',
      'Days sealed, and SIM-days stored',
      'Messages of days: waiting, failed and given up',
      '## What does it carry? ([runbook](docs/runbook.md))',
      'Bytes, by source',
      'Bytes, by country and operator',
      'Cost as stated, by country and operator',
    ]);
  });

  it('shows webhook requests if a source has a webhook', () => {
    const more = titles(called).filter((title) => !titles(stack).includes(title));
    expect(more).toEqual([
      'Webhook requests: latency in milliseconds',
      'Webhook requests: accepted, refused and failed',
    ]);
  });

  it('shows what receivers of alerts have accepted, if there are any', () => {
    const more = titles(told).filter((title) => !titles(stack).includes(title));
    expect(more).toEqual(['Messages delivered, retried and given up']);
  });

  it('finds the metrics by the dimensions that the functions publish', () => {
    const body = String(stack.resources['Monitoring/Dashboard/Dashboard']?.Properties['DashboardBody']);
    const searches = [...body.matchAll(/SEARCH\('(.+?)', '(\w+)', (\d+)\)/g)].map(([, search]) =>
      search?.replaceAll('\\"', '"'),
    );
    expect(searches.filter((search) => search?.includes('emnify'))).toEqual([
      '{"simledger","source","kind"} MetricName="rejected" source="emnify"',
      '{"simledger","source","country","operator"} MetricName="bytes" source="emnify"',
      '{"simledger","source","country","operator"} MetricName="cost" source="emnify"',
    ]);
  });
});
