import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Api } from '../lambda/functions/query-api/api.ts';
import { Documentation } from '../lambda/functions/query-api/documentation.ts';
import { routeKey, routes } from '../lambda/functions/query-api/routes.ts';
import { ClientThrottle } from '../lambda/functions/query-api/throttle.ts';
import { divideIntoChunks, forEachConcurrently } from '../lambda/store/concurrency.ts';
import type { Item } from '../lambda/store/items.ts';
import { LedgerReader } from '../lambda/store/reader.ts';

/** Ledgers for measuring the query API, and the requests. */

/** The SIM that requests are about. */
export const sim = '8988307000000120011';
/** Credentials that the local engine accepts. */
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const begin = Date.parse('2026-11-01T00:00:00Z');
/** The time of the requests: after 20 days. */
const afterDays = 20;

/** The requests, by name. */
export const requests: Readonly<Record<string, { readonly operation: string; readonly query: string }>> = {
  dataSessions: { operation: 'listDataSessions', query: '' },
  usageByDay: { operation: 'listUsageRecords', query: 'Granularity=day' },
  connectionEvents: { operation: 'listConnectionEvents', query: '' },
  sim: { operation: 'fetchSim', query: '' },
};

function time(minutes: number): string {
  return new Date(begin + minutes * 60_000).toISOString();
}

/** What one SIM stores: as many sessions as requested, each with its usage and an event. */
export function makeItems(key: string, sessions: number): { table: string; item: Item }[] {
  const items: { table: string; item: Item }[] = [
    {
      table: 'Sims',
      item: {
        sim: { S: key },
        simName: { S: `name-${key}` },
        lastUpdated: { S: time(0) },
        source: { S: 'kore' },
        carrier: { S: 'kore' },
      },
    },
  ];
  const common = { sim: { S: key }, source: { S: 'kore' }, carrier: { S: 'kore' } };
  for (let number = 0; number < sessions; number += 1) {
    const [start, end] = [time(number * 60), time(number * 60 + 30)];
    const sessionId = { S: `PI${key}${number}` };
    const bytes = { dataUploaded: { N: '10' }, dataDownloaded: { N: '20' }, dataTotal: { N: '30' } };
    items.push(
      {
        table: 'Sessions',
        item: {
          ...common,
          ...{
            sessionId,
            start: { S: start },
            end: { S: end },
            status: { S: 'ended' },
            lastUpdated: { S: end },
          },
          ...{ ...bytes, totalsAt: { N: String(Date.parse(end)) } },
        },
      },
      {
        table: 'Usage',
        item: {
          ...common,
          ...{ usageId: { S: `${start}#EZ${number}` }, sessionId, start: { S: start }, end: { S: end } },
          ...{ ...bytes, recordId: { S: `EZ${number}` }, trafficType: { S: 'data' } },
        },
      },
      {
        table: 'Events',
        item: {
          ...common,
          ...{ eventKey: { S: `${end}#EZ${number}` }, time: { S: end }, eventId: { S: `EZ${number}` } },
          ...{ type: { S: 'data-session.ended' }, carrierType: { S: 'ended' } },
        },
      },
    );
  }
  return items;
}

/** Fills the tables with so many items of other SIMs, ten per SIM. */
export async function fill(client: DynamoDBClient, count: number): Promise<void> {
  const perSim = 10;
  const numbers = Array.from({ length: Math.ceil(count / perSim) }, (_, number) => number);
  await forEachConcurrently(divideIntoChunks(numbers, 5), 16, async (some) => {
    const items = some.flatMap((number) => makeItems(`89883070009${String(number).padStart(8, '0')}`, 3));
    for (const chunk of divideIntoChunks(items, 25)) await put(client, chunk);
  });
}

/** Puts up to 25 items. */
export async function put(
  client: DynamoDBClient,
  items: readonly { table: string; item: Item }[],
): Promise<void> {
  const requestItems: Record<string, WriteRequest[]> = {};
  for (const { table, item } of items) {
    requestItems[table] = [...(requestItems[table] ?? []), { PutRequest: { Item: item } }];
  }
  await client.send(new BatchWriteItemCommand({ RequestItems: requestItems }));
}

/** @param days how many days after the first session the requests are made. */
export function makeApi(client: DynamoDBClient, days = afterDays): Api {
  return {
    days: undefined,
    console: undefined,
    documentation: new Documentation('.'),
    findings: undefined,
    bills: undefined,
    quarantine: undefined,
    reader: new LedgerReader({
      ...{ client, sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims', files: 'Files' },
    }),
    now: () => begin + days * 86_400_000,
    access: { kind: 'iam' },
    throttle: new ClientThrottle(0),
    personalData: 'on-request',
    sessionRefresh: 'update',
    alerts: undefined,
    sources: [],
    onError: (error) => {
      throw error;
    },
  };
}

/** A request about a SIM, as API Gateway sends it. */
export function makeEvent(operation: string, query: string, about = sim): APIGatewayProxyEventV2 {
  const route = routes.find((known) => known.operation === operation);
  if (route === undefined) throw new Error(`Unknown operation ${operation}`);
  const key = routeKey(route);
  const path = route.path.replace('{sim}', about);
  return {
    version: '2.0',
    routeKey: key,
    rawPath: path,
    rawQueryString: query,
    headers: {},
    pathParameters: { sim: about },
    requestContext: {
      ...{
        accountId: '',
        apiId: '',
        domainName: 'localhost',
        domainPrefix: '',
        requestId: '',
        routeKey: key,
      },
      ...{ stage: '$default', time: '', timeEpoch: 0, authorizer: { iam: { userArn: 'bench' } } },
      http: { method: 'GET', path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' },
    } as APIGatewayProxyEventV2['requestContext'],
    isBase64Encoded: false,
  };
}
