import { Aws, CfnOutput, Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { SessionRefresh } from '../lambda/ledger/source.ts';
import type { WriteMode } from '../lambda/store/ledger-tables.ts';
import manifest from '../package.json' with { type: 'json' };
import type { AlertDelivery } from './alert-delivery.ts';
import type { AlertSweep } from './alert-sweep.ts';
import type { DayPass } from './day-pass.ts';
import type { FileIngest } from './file-ingest.ts';
import type { Lake } from './lake.ts';
import type { LakeCatalog } from './lake-catalog.ts';
import type { MetricsExport } from './metrics-export.ts';
import { outputName } from './output-names.ts';
import { portals } from './portals.ts';
import type { QueryApi } from './query-api.ts';
import type { CarrierSource } from './source.ts';
import type { SourceOutput } from './source-ids.ts';
import type { Storage } from './storage.ts';
import type { StreamIngest } from './stream-ingest.ts';
import type { WebhookIngest } from './webhook-ingest.ts';
import { RoleWriter } from './writer.ts';

/** Shows the values that a carrier's portal asks for, under the names that its form uses. No output is a secret. */
export function showSource(scope: Construct, source: CarrierSource): void {
  const { node, stream, bucket, writer, settings } = source;
  const { name, carrier } = settings;
  const show = (id: SourceOutput, description: string, value: string): void =>
    addOutput(scope, `${node.id}${id}`, `Source ${name}: ${description}`, value);
  if (writer instanceof RoleWriter && portals[carrier].form === 'sink') {
    const sink = {
      arn: stream.streamArn,
      role_arn: writer.role.roleArn,
      external_id: writer.externalId,
    };
    show('Sink', `the sink configuration for ${carrier}`, Stack.of(scope).toJsonString(sink));
  }
  show('AWSRegion', 'the region', Aws.REGION);
  show('StreamName', 'the stream for records', stream.streamName);
  if (bucket !== undefined) show('S3Bucket', 'the bucket for CSV files', bucket.bucketName);
  if (writer instanceof RoleWriter) {
    show('IAMRoleARN', `the role that ${carrier} assumes`, writer.role.roleArn);
    show('ExternalId', `the external id that ${carrier} sends`, writer.externalId);
    return;
  }
  if (writer === undefined) return;
  const { secretName } = writer.secret;
  show('IAMUserARN', `the IAM user of ${carrier}`, writer.user.userArn);
  show('AccessKeySecret', 'the secret that holds the access key', secretName);
  show('ReadAccessKey', 'the command that shows the access key', readCommand(secretName));
}

/** Shows where the ledger is. */
export function showStorage(scope: Construct, storage: Storage): void {
  addOutput(scope, outputName.sessionsTable, 'Data sessions', storage.sessions.tableName);
  addOutput(scope, outputName.usageTable, 'Usage records', storage.usage.tableName);
  addOutput(scope, outputName.eventsTable, 'Events', storage.events.tableName);
  addOutput(scope, outputName.simsTable, 'Latest state of each SIM', storage.sims.tableName);
  addOutput(scope, outputName.filesTable, 'Imported files', storage.files.tableName);
  addOutput(scope, outputName.dayStateTable, 'Which days are closed', storage.dayState.tableName);
  addOutput(scope, outputName.dayMarkersTable, 'Late records of closed days', storage.dayMarkers.tableName);
  addOutput(scope, outputName.sessionDaysTable, 'The day of each session', storage.sessionDays.tableName);
  addOutput(scope, outputName.simDaysTable, 'What each SIM did, by day', storage.simDays.tableName);
  addOutput(scope, outputName.findingsTable, 'Findings, by SIM and day', storage.findings.tableName);
  addOutput(
    scope,
    outputName.quarantineBucket,
    'Rejected bytes and failed batches',
    storage.quarantine.bucketName,
  );
}

/** Shows where the lake of closed days is and where to query it. */
export function showLake(scope: Construct, lake: Lake, { database, workGroup }: LakeCatalog): void {
  addOutput(scope, outputName.lakeBucket, 'Closed days', lake.bucket.bucketName);
  addOutput(scope, outputName.accountLakeBucket, 'Account events of closed days', lake.accounts.bucketName);
  addOutput(scope, outputName.lakeDatabase, 'Closed days as tables of Glue', database.databaseName);
  addOutput(scope, outputName.lakeWorkGroup, 'The workgroup of Athena for closed days', workGroup.name);
}

/** Shows the day pass's queue and where its functions log. */
export function showDayPass(scope: Construct, { queue, planner, worker }: DayPass): void {
  addOutput(scope, outputName.dayQueue, 'Queue of the day pass', queue.queueUrl);
  addOutput(scope, 'DayPlannerLogs', 'Log group of the planner of days', planner.logGroup.logGroupName);
  addOutput(scope, 'DayWorkerLogs', 'Log group of the worker of days', worker.logGroup.logGroupName);
}

/** Shows where the metrics exporter logs. */
export function showMetricsExport(scope: Construct, { function: exporter }: MetricsExport): void {
  addOutput(
    scope,
    'MetricsExporterLogs',
    'Log group of the exporter of metrics',
    exporter.logGroup.logGroupName,
  );
}

/** What the command line needs to know about a deployment, besides its storage. */
export interface Operated {
  readonly sources: readonly CarrierSource[];
  readonly streams: StreamIngest;
  readonly files: FileIngest | undefined;
  readonly sessionRefresh: SessionRefresh;
  readonly writes: WriteMode;
  readonly eventRetentionDays: number;
  readonly usageRetentionDays: number;
  readonly alarmTopic: ITopic;
}

/** Shows what the command line needs. */
export function showOperation(scope: Construct, operated: Operated): void {
  const { sources, streams, files, eventRetentionDays, alarmTopic } = operated;
  const descriptions = Stack.of(scope).toJsonString(sources.map(({ description }) => description));
  addOutput(scope, outputName.sources, 'The sources, as the functions know them', descriptions);
  addOutput(scope, outputName.sessionRefresh, 'When updates write their session', operated.sessionRefresh);
  addOutput(scope, outputName.writes, 'How conditional writes are sent', operated.writes);
  addOutput(scope, outputName.eventRetentionDays, 'Days that events are kept', String(eventRetentionDays));
  const usageRetentionDays = String(operated.usageRetentionDays);
  addOutput(scope, outputName.usageRetentionDays, 'Days that usage is kept', usageRetentionDays);
  const { functionName } = streams.consumer.handler;
  addOutput(scope, outputName.consumerFunction, 'The Kinesis consumer', functionName);
  addOutput(scope, outputName.alarmTopic, 'The topic of alarms', alarmTopic.topicArn);
  const fleets = sources.filter(({ settings }) => settings.fleet !== undefined);
  if (fleets.length > 0) {
    const byName = Object.fromEntries(fleets.map(({ settings: { name, fleet } }) => [name, fleet]));
    addOutput(scope, outputName.fleets, 'The fleets that the stack is sized for', JSON.stringify(byName));
  }
  addOutput(scope, outputName.version, 'The version of simledger', manifest.version);
  if (files === undefined) return;
  addOutput(scope, outputName.importerFunction, 'The file importer', files.importer.handler.functionName);
  addOutput(scope, outputName.fileQueue, 'Queue of file notifications', files.queue.queueUrl);
  addOutput(
    scope,
    outputName.deadLetterQueue,
    'Dead-letter queue of file notifications',
    files.deadLetters.queueUrl,
  );
}

/** What judges and delivers alerts. */
export interface Alerting {
  readonly storage: Storage;
  readonly alertSweep: AlertSweep;
  readonly alertDelivery: AlertDelivery | undefined;
}

/** Shows where alerts are kept, and where they are published. */
export function showAlerts(scope: Construct, { storage, alertSweep, alertDelivery }: Alerting): void {
  addOutput(scope, outputName.alertsTable, 'Episodes of alerts', storage.alerts.tableName);
  addOutput(scope, outputName.alertStateTable, 'Progress of alerts, and mutes', storage.alertState.tableName);
  addOutput(scope, outputName.alertOutboxTable, 'Undelivered alerts', storage.alertOutbox.tableName);
  addOutput(
    scope,
    'AlertSweepLogs',
    'Log group of the sweep of alerts',
    alertSweep.function.logGroup.logGroupName,
  );
  if (alertDelivery === undefined) return;
  const { bus, topic, function: deliverer } = alertDelivery;
  addOutput(
    scope,
    'AlertDeliveryLogs',
    'Log group of the delivery of alerts',
    deliverer.logGroup.logGroupName,
  );
  if (bus !== undefined) addOutput(scope, outputName.alertBus, 'The bus of alerts', bus.eventBusName);
  if (topic !== undefined) addOutput(scope, outputName.alertTopic, 'The topic of alerts', topic.topicArn);
}

/** What logs, and where. */
export interface Logged {
  readonly streams: StreamIngest;
  readonly files: FileIngest | undefined;
  /** The bucket of access logs; undefined if none are kept. */
  readonly accessLogs: IBucket | undefined;
}

/** Shows where the functions log, and where requests to the buckets are logged. */
export function showLogs(scope: Construct, { streams, files, accessLogs }: Logged): void {
  if (accessLogs !== undefined) {
    addOutput(
      scope,
      'AccessLogBucket',
      'Bucket of the access logs of the other buckets',
      accessLogs.bucketName,
    );
  }
  addOutput(
    scope,
    'ConsumerLogs',
    'Log group of the Kinesis consumer',
    streams.consumer.logGroup.logGroupName,
  );
  if (files === undefined) return;
  addOutput(scope, 'ImporterLogs', 'Log group of the file importer', files.importer.logGroup.logGroupName);
}

/** Shows where the query API is and how to get its credentials. */
export function showApi(scope: Construct, { stage, secret, function: { logGroup } }: QueryApi): void {
  addOutput(scope, 'ApiUrl', 'The query API; what it answers is at /docs', stage.url);
  addOutput(scope, 'ApiLogs', 'Log group of the query API', logGroup.logGroupName);
  if (secret === undefined) return;
  addOutput(scope, 'ApiCredentials', 'The secret that holds account and token', secret.secretName);
  addOutput(scope, 'ReadApiCredentials', 'The command that shows them', readCommand(secret.secretName));
}

/** Shows the address that each carrier's portal asks for and how to get the carrier's credential. */
export function showWebhooks(scope: Construct, webhooks: WebhookIngest): void {
  for (const [source, { secretName }] of webhooks.secrets) {
    const { name, carrier } = source.settings;
    const url = webhooks.formatUrl(source);
    const show = (id: SourceOutput, description: string, value: string): void =>
      addOutput(scope, `${source.node.id}${id}`, `Source ${name}: ${description}`, value);
    show('CallbackURL', `the address that ${carrier} calls`, url);
    if (portals[carrier].webhookSink) {
      const sink = { destination: url, method: 'POST', batch_events: true };
      show('WebhookSink', 'the sink configuration for a webhook', Stack.of(scope).toJsonString(sink));
    }
    show('CallbackSecret', `the secret that holds the credential of ${carrier}`, secretName);
    show('ReadCallbackSecret', 'the command that shows it', readCommand(secretName));
  }
  const { logGroup } = webhooks.receiver;
  addOutput(scope, 'WebhookLogs', 'Log group of the webhook receiver', logGroup.logGroupName);
}

function addOutput(scope: Construct, id: string, description: string, value: string): void {
  new CfnOutput(scope, id, { description, value });
}

function readCommand(secretName: string): string {
  return `aws secretsmanager get-secret-value --region ${Aws.REGION} --secret-id ${secretName} --query SecretString --output text`;
}
