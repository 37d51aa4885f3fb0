import { BatchWriteItemCommand, DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type Api, respond } from '../lambda/functions/query-api/api.ts';
import { readRequest } from '../lambda/functions/query-api/request.ts';
import { routeKey, routes } from '../lambda/functions/query-api/routes.ts';
import { ClientThrottle } from '../lambda/functions/query-api/throttle.ts';
import { chunked, forEachConcurrently } from '../lambda/store/concurrency.ts';
import type { Item } from '../lambda/store/items.ts';
import { LedgerReader } from '../lambda/store/reader.ts';
import { startLedgerTables } from '../local/ledger-tables.ts';

/**
 * How the query API's latency depends on what other SIMs have stored: the same requests about one SIM, with few and
 * with many items of others in the tables. What counts is the ratio; the milliseconds are this machine's, and the
 * local engine's.
 *
 *   npx tsx bench/query-latency.ts                      1,000 and 1,000,000 other items
 *   npx tsx bench/query-latency.ts --items 1000,100000  other sizes
 *   npx tsx bench/query-latency.ts --json               figures under stable names
 */

const rounds = 200;
const warmUpRounds = 50;
const sim = '8988307000000120011';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const begin = Date.parse('2026-11-01T00:00:00Z');
const now = begin + 20 * 86_400_000;

/** The requests, by name. */
const requests: Readonly<Record<string, { readonly operation: string; readonly query: string }>> = {
  dataSessions: { operation: 'listDataSessions', query: '' },
  usageByDay: { operation: 'listUsageRecords', query: 'Granularity=day' },
  connectionEvents: { operation: 'listConnectionEvents', query: '' },
  sim: { operation: 'fetchSim', query: '' },
};

function time(minutes: number): string {
  return new Date(begin + minutes * 60_000).toISOString();
}

/** What one SIM stores: a session with its usage and an event, as often as asked. */
function makeItems(key: string, sessions: number): { table: string; item: Item }[] {
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

/** Fills the tables with so many items of other SIMs, ten each. */
async function fill(client: DynamoDBClient, count: number): Promise<void> {
  const perSim = 10;
  const numbers = Array.from({ length: Math.ceil(count / perSim) }, (_, number) => number);
  await forEachConcurrently(chunked(numbers, 5), 16, async (some) => {
    const items = some.flatMap((number) => makeItems(`89883070009${String(number).padStart(8, '0')}`, 3));
    for (const chunk of chunked(items, 25)) await put(client, chunk);
  });
}

async function put(client: DynamoDBClient, items: readonly { table: string; item: Item }[]): Promise<void> {
  const requestItems: Record<string, WriteRequest[]> = {};
  for (const { table, item } of items) {
    requestItems[table] = [...(requestItems[table] ?? []), { PutRequest: { Item: item } }];
  }
  await client.send(new BatchWriteItemCommand({ RequestItems: requestItems }));
}

function apiOver(client: DynamoDBClient): Api {
  return {
    reader: new LedgerReader({
      ...{ client, sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims', files: 'Files' },
    }),
    now: () => now,
    access: { kind: 'iam' },
    throttle: new ClientThrottle(0),
    personalData: 'on-request',
    sessionRefresh: 'update',
    sources: [],
    onError: (error) => {
      throw error;
    },
  };
}

function eventFor(operation: string, query: string): APIGatewayProxyEventV2 {
  const route = routes.find((known) => known.operation === operation);
  if (route === undefined) throw new Error(`Unknown operation ${operation}`);
  const key = routeKey(route);
  const path = route.path.replace('{sim}', sim);
  return {
    version: '2.0',
    routeKey: key,
    rawPath: path,
    rawQueryString: query,
    headers: {},
    pathParameters: { sim },
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

/** A ledger of one size, and what its requests have taken in milliseconds. */
interface Measured {
  readonly items: number;
  readonly api: Api;
  readonly taken: Map<string, number[]>;
}

/** Asks ledgers of all sizes in turn, so that whatever else the machine does falls on all of them. */
async function measure(ledgers: readonly Measured[]): Promise<void> {
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const [name, { operation, query }] of Object.entries(requests)) {
      for (const { api, taken } of ledgers) {
        const before = performance.now();
        const { statusCode } = await respond(readRequest(eventFor(operation, query)), api);
        const milliseconds = performance.now() - before;
        if (statusCode !== 200) throw new Error(`${name} was answered with ${statusCode}`);
        if (round >= 0) taken.set(name, [...(taken.get(name) ?? []), milliseconds]);
      }
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const given = args[args.indexOf('--items') + 1];
  const sizes = (args.includes('--items') ? (given ?? '') : '1000,1000000').split(',').map(Number);
  if (sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new Error(`--items ${given}: give whole numbers with commas between them`);
  }
  const stops: (() => Promise<void>)[] = [];
  const ledgers: Measured[] = [];
  try {
    for (const items of sizes) {
      const engine = await startLedgerTables({ port: 0 });
      const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
      stops.push(async () => {
        client.destroy();
        await engine.stop();
      });
      for (const chunk of chunked(makeItems(sim, 100), 25)) await put(client, chunk);
      await fill(client, items);
      ledgers.push({ items, api: apiOver(client), taken: new Map() });
    }
    await measure(ledgers);
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
  show(ledgers, args.includes('--json'));
}

function show(ledgers: readonly Measured[], asJson: boolean): void {
  const [least] = ledgers;
  const rows = Object.keys(requests).map((name) => {
    const medians = ledgers.map(({ items, taken }) => ({
      items,
      milliseconds: median(taken.get(name) ?? []),
    }));
    return { name, medians, ratio: (medians.at(-1)?.milliseconds ?? 0) / (medians[0]?.milliseconds ?? 1) };
  });
  if (asJson) {
    console.log(JSON.stringify({ queryLatency: rows }));
    return;
  }
  console.log(
    `Median of ${rounds} requests, beside so many items of other SIMs; ratio to ${count(least?.items ?? 0)}`,
  );
  for (const { name, medians, ratio } of rows) {
    const figures = medians.map(
      ({ items, milliseconds }) => `${milliseconds.toFixed(2)} ms at ${count(items)}`,
    );
    console.log(`${name.padEnd(17)} ${figures.join(', ')}: ratio ${ratio.toFixed(2)}`);
  }
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
await main();
