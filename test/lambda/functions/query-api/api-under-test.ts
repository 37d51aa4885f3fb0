import { fileURLToPath } from 'node:url';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { findRoute } from '../../../../emulators/api/route-table.ts';
import { AlertState } from '../../../../lambda/alerts/sweep/alert-state.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { noDaysClosed } from '../../../../lambda/days/fence/chunk-fence.ts';
import type { ApiAnswer } from '../../../../lambda/functions/query-api/answer.ts';
import { type Api, respond } from '../../../../lambda/functions/query-api/api.ts';
import type { Credentials } from '../../../../lambda/functions/query-api/credentials.ts';
import { Documentation } from '../../../../lambda/functions/query-api/documentation.ts';
import { readRequest } from '../../../../lambda/functions/query-api/request.ts';
import { consoleRoutes, routes } from '../../../../lambda/functions/query-api/routes.ts';
import { ClientThrottle } from '../../../../lambda/functions/query-api/throttle.ts';
import { type Entry, ingest } from '../../../../lambda/ingest/ingest.ts';
import type { Carrier } from '../../../../lambda/ledger/source.ts';
import { EpisodeReader } from '../../../../lambda/store/episode-reader.ts';
import { FindingsTable } from '../../../../lambda/store/findings.ts';
import { MutesTable } from '../../../../lambda/store/mutes.ts';
import { LedgerReader } from '../../../../lambda/store/reader.ts';
import { alertStateTable, alertsTable, findingsTable } from '../../../../lambda/store/tables.ts';
import { LedgerWriter } from '../../../../lambda/store/writer.ts';
import { readExampleDeliveries } from '../../../../local/examples/index.ts';
import { readAll } from '../../../records/read-all.ts';
import { ledgerTablesOf } from '../../store/running-tables.ts';

/** The day after the example records. */
export const now = Date.parse('2026-11-03T12:00:00Z');

export const credentials: Credentials = {
  account: 'AC00000000000000000000000000000001',
  tokens: ['token', 'previous'],
};

/** An answer with its parsed body. */
export interface ReadAnswer {
  readonly status: number;
  readonly headers: ApiAnswer['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a request is sent. */
export interface Sending {
  readonly method?: string;
  readonly authorization?: string | undefined;
  readonly stage?: string;
  /** Base path of a custom domain. */
  readonly basePath?: string;
  readonly domainName?: string;
  readonly principal?: string;
  readonly sourceIp?: string;
}

export function basic(account: string, token: string): string {
  return `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
}

/** Where the contract and its page are. */
const documentationFolder = fileURLToPath(
  new URL('../../../../lambda/functions/query-api/', import.meta.url),
);

/** The API over a ledger, as its handler makes it. */
export function apiOver(client: DynamoDBClient, changes: Partial<Api> = {}): Api {
  const source = { get: async () => credentials, refresh: async () => credentials };
  return {
    reader: new LedgerReader({ ...ledgerTablesOf(client), files: 'Files' }),
    alerts: {
      episodes: new EpisodeReader(client, alertsTable.name),
      mutes: new MutesTable(client, alertStateTable.name),
      state: new AlertState(client, alertStateTable.name),
    },
    days: undefined,
    console: undefined,
    documentation: new Documentation(documentationFolder),
    findings: new FindingsTable(client, findingsTable.name),
    bills: undefined,
    quarantine: undefined,
    now: () => now,
    access: { kind: 'basic', credentials: source },
    throttle: new ClientThrottle(0),
    personalData: 'on-request',
    sessionRefresh: 'update',
    sources: ['1nce', 'emnify', 'kore', 'telekom', 'twilio'],
    onError: (error) => {
      throw error;
    },
    ...changes,
  };
}

/** API Gateway's event for a path with a query, as a person would type it. */
export function apiEvent(path: string, sending: Sending = {}): APIGatewayProxyEventV2 {
  const { method = 'GET', stage = '$default', basePath = '', domainName = 'api.example.com' } = sending;
  const [route = '', query = ''] = path.split(/\?(.*)/s);
  const { routeKey, pathParameters } = findRoute([...routes, ...consoleRoutes], method, route);
  const { authorization = basic(credentials.account, 'token') } = sending;
  const prefix = stage === '$default' ? basePath : `${basePath}/${stage}`;
  const requestContext = {
    accountId: '000000000000',
    apiId: 'api',
    domainName,
    domainPrefix: 'api',
    http: {
      method,
      path: route,
      protocol: 'HTTP/1.1',
      sourceIp: sending.sourceIp ?? '192.0.2.1',
      userAgent: 'test',
    },
    requestId: 'id',
    routeKey,
    stage,
    time: '03/Nov/2026:12:00:00 +0000',
    timeEpoch: now,
    ...(sending.principal !== undefined && { authorizer: { iam: { userArn: sending.principal } } }),
  };
  return {
    version: '2.0',
    routeKey,
    rawPath: `${prefix}${decodeURIComponent(route)}`,
    rawQueryString: query,
    headers: {
      ...('authorization' in sending && sending.authorization === undefined ? {} : { authorization }),
      'x-forwarded-proto': 'https',
    },
    pathParameters: { ...pathParameters },
    requestContext,
    isBase64Encoded: false,
  };
}

/** Sends a request to an API. */
export async function send(api: Api, path: string, sending: Sending = {}): Promise<ReadAnswer> {
  const { statusCode, headers, body } = await respond(readRequest(apiEvent(path, sending)), api);
  const isJson = headers['content-type'] === 'application/json';
  return { status: statusCode, headers, body: isJson ? JSON.parse(body) : { html: body } };
}

/** Stores the bodies of Kinesis records in a ledger, as the consumer does. */
export async function takeIn(
  client: DynamoDBClient,
  bodies: readonly { readonly source: Carrier; readonly data: Buffer }[],
): Promise<void> {
  const entries: Entry[] = bodies.flatMap(({ source: carrier, data }, delivery) => {
    const source = { name: carrier, carrier, bytesPerMegabyte: 1_000_000 };
    return readAll(data).values.map((value) => ({
      reading: interpret(value, { source, arrivedAt: now }),
      delivery,
      position: String(delivery),
      source,
      arrivedAt: now,
      readBytes: () => data,
    }));
  });
  const writer = new LedgerWriter(ledgerTablesOf(client));
  const ports = { writer, quarantine: { keep: async () => undefined }, fence: noDaysClosed };
  const { failedDeliveries } = await ingest(entries, ports, { readBeforeWrite: false });
  if (failedDeliveries.size > 0) throw new Error('The ledger did not take the records');
}

/** Stores the example records of all carriers, without their CSV files. */
export async function takeExamples(client: DynamoDBClient): Promise<void> {
  await takeIn(client, (await readExampleDeliveries()).stream);
}
