import { environment, metricNamespace } from '../lambda/aws/names.ts';
import type { WebhookSourceDescription } from '../lambda/aws/sources.ts';
import {
  alertStateTable,
  alertsTable,
  dayMarkersTable,
  dayStateTable,
  deliveriesTable,
  eventsTable,
  filesTable,
  findingsTable,
  sessionDaysTable,
  sessionsTable,
  simDaysTable,
  simsTable,
  usageTable,
} from '../lambda/store/tables.ts';
import { measuredNetworks, retention } from '../lib/limits.ts';
import { outputName } from '../lib/output-names.ts';
import manifest from '../package.json' with { type: 'json' };
import type { LocalLedgerOptions } from './ledger-interface.ts';
import {
  accountLakeBucket,
  apiSecret,
  dayQueue,
  deadLetterQueue,
  fileQueue,
  lakeBucket,
  localSources,
  makeWebhookSecret,
  metricsQueue,
  quarantineBucket,
} from './places.ts';

/** What a stack tells its functions through their environment, and clients through its outputs. */

/** What differs between local runs. */
export interface LocalStack {
  readonly endpoints: {
    readonly kinesis: string;
    readonly s3: string;
    readonly dynamoDb: string;
    readonly sqs: string;
  };
  readonly sessionRefresh: NonNullable<LocalLedgerOptions['sessionRefresh']>;
  /** Days that usage is kept. */
  readonly usageDays: number;
  /** A queue's URL; undefined if this run does not have the queue. */
  findQueueUrl(name: string): string | undefined;
}

/** The tables' names, which are fixed here. */
const tableVariables = {
  [environment.sessionsTable]: sessionsTable.name,
  [environment.usageTable]: usageTable.name,
  [environment.eventsTable]: eventsTable.name,
  [environment.simsTable]: simsTable.name,
  [environment.filesTable]: filesTable.name,
  [environment.deliveriesTable]: deliveriesTable.name,
  [environment.dayStateTable]: dayStateTable.name,
  [environment.dayMarkersTable]: dayMarkersTable.name,
  [environment.simDaysTable]: simDaysTable.name,
  [environment.findingsTable]: findingsTable.name,
  [environment.sessionDaysTable]: sessionDaysTable.name,
  [environment.alertsTable]: alertsTable.name,
  [environment.progressTable]: alertStateTable.name,
};

/** The sources as in the functions' environment. */
const sourceDescriptions = JSON.stringify(localSources.map(({ stream: _, ...description }) => description));

/** The environment of the functions that store records: the stream consumer and the file importer. */
export function ingestVariables({
  endpoints,
  sessionRefresh,
  usageDays,
  findQueueUrl,
}: LocalStack): Record<string, string> {
  const metricsQueueUrl = findQueueUrl(metricsQueue);
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamoDb,
    AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    ...tableVariables,
    [environment.quarantineBucket]: quarantineBucket,
    [environment.fileQueueUrl]: findQueueUrl(fileQueue) ?? '',
    [environment.sources]: sourceDescriptions,
    [environment.sessionRefresh]: sessionRefresh,
    [environment.writes]: 'batched',
    [environment.parallelBatches]: '1',
    // Days are closed only when no batch is being written, so each batch must read the fence itself.
    [environment.fenceCacheSeconds]: '0',
    // As deployed by default.
    [environment.eventRetentionDays]: String(retention.eventDays),
    [environment.usageRetentionDays]: String(usageDays),
    ...(metricsQueueUrl !== undefined && { [environment.metricsQueue]: metricsQueueUrl }),
    [environment.metricNamespace]: metricNamespace,
    [environment.measuredNetworks]: String(measuredNetworks),
  };
}

/** The environment of the API's function. */
export function queryApiVariables(
  { endpoints, sessionRefresh, usageDays }: LocalStack,
  secretsEndpoint: string,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamoDb,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsEndpoint,
    ...tableVariables,
    [environment.lakeBucket]: lakeBucket,
    [environment.quarantineBucket]: quarantineBucket,
    [environment.apiAccess]: 'basic',
    [environment.apiSecret]: apiSecret,
    [environment.metricNamespace]: metricNamespace,
    [environment.apiPersonalData]: 'on-request',
    [environment.sessionRefresh]: sessionRefresh,
    [environment.usageRetentionDays]: String(usageDays),
    [environment.apiSources]: JSON.stringify(localSources.map(({ name }) => name)),
    // No limit per client, because all requests come from this machine.
    [environment.apiClientRequestsPerSecond]: '0',
  };
}

/** The environment of the function that carriers of all sources call. */
export function makeWebhookReceiverVariables(
  { endpoints }: LocalStack,
  secretsEndpoint: string,
): Record<string, string> {
  const sources: readonly WebhookSourceDescription[] = localSources.map(({ name, carrier, streamArn }) => ({
    ...{ name, carrier, streamArn },
    secret: makeWebhookSecret(name),
    // No limit, as for the API.
    requestsPerSecond: 0,
  }));
  return {
    AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsEndpoint,
    [environment.webhookSources]: JSON.stringify(sources),
    [environment.metricNamespace]: metricNamespace,
  };
}

/** The outputs of a deployed stack, by name. */
export function listOutputs({ sessionRefresh, usageDays, findQueueUrl }: LocalStack): Record<string, string> {
  return {
    [outputName.sessionsTable]: sessionsTable.name,
    [outputName.usageTable]: usageTable.name,
    [outputName.eventsTable]: eventsTable.name,
    [outputName.simsTable]: simsTable.name,
    [outputName.filesTable]: filesTable.name,
    [outputName.dayStateTable]: dayStateTable.name,
    [outputName.dayMarkersTable]: dayMarkersTable.name,
    [outputName.simDaysTable]: simDaysTable.name,
    [outputName.findingsTable]: findingsTable.name,
    [outputName.alertsTable]: alertsTable.name,
    [outputName.alertStateTable]: alertStateTable.name,
    [outputName.sessionDaysTable]: sessionDaysTable.name,
    [outputName.quarantineBucket]: quarantineBucket,
    [outputName.lakeBucket]: lakeBucket,
    [outputName.accountLakeBucket]: accountLakeBucket,
    [outputName.dayQueue]: findQueueUrl(dayQueue) ?? '',
    [outputName.sources]: sourceDescriptions,
    [outputName.sessionRefresh]: sessionRefresh,
    [outputName.writes]: 'batched',
    [outputName.eventRetentionDays]: String(retention.eventDays),
    [outputName.usageRetentionDays]: String(usageDays),
    [outputName.fileQueue]: findQueueUrl(fileQueue) ?? '',
    [outputName.deadLetterQueue]: findQueueUrl(deadLetterQueue) ?? '',
    [outputName.version]: manifest.version,
  };
}
