import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { cutToGranule, maxGranuleMilliseconds } from '../lambda/ledger/heard.ts';
import { formatTime } from '../lambda/ledger/time.ts';
import type { Item } from '../lambda/store/items.ts';
import {
  alertStateTable,
  alertsTable,
  dayStateTable,
  simDaysTable,
  simsTable,
  type TableDefinition,
  usageTable,
} from '../lambda/store/tables.ts';
import { listen } from './listen.ts';

/**
 * Stubs of DynamoDB with a fleet's tables, of its Kinesis stream, and of the lake in S3. They answer immediately, so
 * that only the cost of the alert sweep or the day pass is measured. SIMs and their records are generated when they are
 * read; alert tables keep what is put, the lake keeps everything except rows. It is a program that sends its port to
 * its parent, and ends with it.
 *
 *   node stub-fleet.ts '{"sims":1000000,"silentEvery":100,…}'
 */

/** The fleet to generate. */
export interface StubFleet {
  readonly sims: number;
  /** One SIM in so many has been silent since the day before yesterday; 0 for none. */
  readonly silentEvery: number;
  /** How long an always-on SIM's usage is stored, and the time between its records, in milliseconds. */
  readonly history: number;
  readonly updateMilliseconds: number;
  /** The time of the sweep, in milliseconds since the epoch. */
  readonly now: number;
  /** The items to copy for all SIMs and all usage. Numbers and times differ between the copies. */
  readonly sim: Item;
  readonly usage: Item;
  /** The source of the SIMs. */
  readonly source: string;
  /** The last closed day; by default every day is closed. */
  readonly closedThrough?: string | undefined;
}

/** What a day pass has stored. */
export interface FleetCounts {
  readonly simDays: number;
  /** Bytes of files with rows. */
  readonly fileBytes: number;
}

/** The path for reading what was stored. */
const countsPath = '/counts';

const fleet: StubFleet = JSON.parse(process.argv[2] ?? '{}');
const hour = 3_600_000;
/** SIMs per page of a megabyte, for items of some 900 bytes. */
const simsInPage = 1_150;
const networks = 20;
/** The types of attribute values. */
const types = ['S', 'N', 'BOOL'];

/** The parts of requests that the stub reads. */
interface Requested {
  readonly TableName: string;
  readonly IndexName?: string;
  readonly Segment: number;
  readonly TotalSegments: number;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly ExclusiveStartKey?: Item;
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;
  readonly Item: Item;
  readonly RequestItems: Readonly<Record<string, { readonly Keys: readonly Item[] }>>;
}

function isSilent(number: number): boolean {
  return fleet.silentEvery > 0 && number % fleet.silentEvery === 0;
}

/** When a SIM was last heard. */
function findHeardAt(number: number): number {
  if (isSilent(number)) return fleet.now - 25 * hour - ((number * 7_919_000) % (20 * hour));
  return fleet.now - ((number * 7_919_000) % fleet.updateMilliseconds);
}

function nameSim(number: number): string {
  return `8988307${String(number).padStart(13, '0')}`;
}

function readNumber(sim: string | undefined): number {
  return Number(sim?.slice(7));
}

/** Attributes that differ between SIMs, as JSON. */
const ownAttributes: Readonly<Record<string, (number: number, mark: number) => string>> = {
  sim: (number) => `{"S":"${nameSim(number)}"}`,
  iccid: (number) => `{"S":"${nameSim(number)}"}`,
  simName: (number) => `{"S":"Android Watch ${String(number).padStart(14, '0')}"}`,
  imei: (number) => `{"S":"${35_860_080 + (number % 30)}${String(number % 1e7).padStart(7, '0')}"}`,
  mnc: (number) => `{"S":"${String(number % networks).padStart(2, '0')}"}`,
  bytesAt: (_, mark) => `{"N":"${mark}"}`,
  sessionAt: (_, mark) => `{"N":"${mark}"}`,
  signalledAt: (_, mark) => `{"N":"${mark}"}`,
};

/** Makes the function that renders SIM items with the requested attributes; all if the request does not name any. */
function makeSimText(request: Requested): (number: number) => string {
  const attributes = listWanted(request) ?? Object.keys(fleet.sim);
  const parts = attributes
    .filter((name) => fleet.sim[name] !== undefined || name === 'signalledAt')
    .map((name) => {
      const make = ownAttributes[name];
      const same = `"${name}":${JSON.stringify(fleet.sim[name])}`;
      return make === undefined
        ? () => same
        : (number: number, mark: number) => `"${name}":${make(number, mark)}`;
    });
  return (number) => {
    const mark = Date.parse(
      cutToGranule(formatTime(findHeardAt(number)), nameSim(number), maxGranuleMilliseconds),
    );
    return `{${parts.map((part) => part(number, mark)).join(',')}}`;
  };
}

function scan(request: Requested): string {
  return request.TableName === simsTable.name ? scanSims(request) : '{"Items":[]}';
}

function scanSims(request: Requested): string {
  const { Segment: segment, TotalSegments: segments, ExclusiveStartKey: start } = request;
  const make = makeSimText(request);
  const items: string[] = [];
  let number = start === undefined ? segment : readNumber(start['sim']?.S) + segments;
  for (; number < fleet.sims && items.length < simsInPage; number += segments) items.push(make(number));
  const last = { sim: { S: nameSim(number - segments) } };
  const next = number < fleet.sims ? `,"LastEvaluatedKey":${JSON.stringify(last)}` : '';
  return `{"Items":[${items.join(',')}],"ScannedCount":${items.length}${next}}`;
}

/** The requested attributes; undefined if the request does not name any. */
function listWanted({
  ProjectionExpression: wanted,
  ExpressionAttributeNames: names = {},
}: Requested): string[] | undefined {
  return wanted?.split(', ').map((name) => names[name] ?? name);
}

/** A SIM's usage in a range of keys, newest first. */
function queryUsage(request: Requested): string {
  const {
    ExpressionAttributeValues: values,
    ExclusiveStartKey: start,
    Limit: limit = 1_500,
    ScanIndexForward: isForward = true,
  } = request;
  const wanted = listWanted(request);
  const { updateMilliseconds: distance, now, history, usage } = fleet;
  const sim = values?.[':sim']?.S ?? '';
  const latest = findHeardAt(readNumber(sim)) - distance;
  const latestWanted = Date.parse(values?.[':to']?.S?.slice(0, 24) ?? '');
  const skipped = latestWanted < latest ? Math.ceil((latest - latestWanted) / distance) : 0;
  const from = Math.max(now - history, Date.parse(values?.[':from']?.S?.slice(0, 24) ?? '') || 0);
  let index = start === undefined ? skipped : Number(start['usageId']?.S?.split('#')[1]) + 1;
  const items: string[] = [];
  for (; latest - index * distance >= from && items.length < limit; index += 1) {
    const begin = formatTime(latest - index * distance);
    const end = formatTime(latest - (index - 1) * distance);
    const keys = { sim: { S: sim }, usageId: { S: `${begin}#${index}` } };
    items.push(
      JSON.stringify(
        { ...usage, ...keys, start: { S: begin }, end: { S: end } },
        wanted && [...wanted, ...types],
      ),
    );
  }
  const last = { sim: { S: sim }, usageId: { S: `#${index - 1}` } };
  const next = items.length === limit ? `,"LastEvaluatedKey":${JSON.stringify(last)}` : '';
  // Requests for the oldest first need less than a page.
  if (isForward) items.reverse();
  return `{"Items":[${items.join(',')}]${next}}`;
}

/** What was put into alert tables, by table, partition key and sort key. */
const kept = new Map<string, Map<string, Map<string, Item>>>();

const keptTables: ReadonlyMap<string, TableDefinition> = new Map(
  [alertsTable, alertStateTable].map((table) => [table.name, table]),
);

function keep({ TableName: name, Item: item }: Pick<Requested, 'TableName' | 'Item'>): string {
  const { partitionKey, sortKey = '' } = keptTables.get(name) ?? {};
  if (partitionKey === undefined) return '{}';
  const partition = item[partitionKey]?.S ?? '';
  const partitions = kept.get(name) ?? new Map<string, Map<string, Item>>();
  const items = partitions.get(partition) ?? new Map<string, Item>();
  items.set(item[sortKey]?.S ?? '', item);
  partitions.set(partition, items);
  kept.set(name, partitions);
  return '{}';
}

function queryKept({
  TableName: name,
  IndexName: index,
  ExpressionAttributeValues: values,
}: Requested): string {
  const partitions = kept.get(name) ?? new Map<string, Map<string, Item>>();
  const [wanted = ''] = Object.values(values ?? {}).map(({ S }) => S ?? '');
  if (index === undefined) return JSON.stringify({ Items: [...(partitions.get(wanted)?.values() ?? [])] });
  const partitionKey = keptTables.get(name)?.partitionKey ?? '';
  const listed = [...partitions.values()].flatMap((items) =>
    [...items.values()].filter(({ live, waits }) => (live ?? waits)?.S === wanted),
  );
  return JSON.stringify({ Items: listed.map((item) => ({ [partitionKey]: item[partitionKey] })) });
}

/** How many SIM-days a SIM's month has: half a month, all copies of the latest that was put. */
const daysOfMonth = 15;
let latestSimDay: Item | undefined;

function querySimDays({ ExpressionAttributeValues: values }: Requested): string {
  const month = values?.[':from']?.S?.slice(0, 7) ?? '';
  const items = Array.from({ length: daysOfMonth }, (_, day) => ({
    ...latestSimDay,
    period: { S: `${month}-${String(day + 1).padStart(2, '0')}` },
  }));
  return JSON.stringify({ Items: latestSimDay === undefined ? [] : items });
}

/** How many SIM-days were put. */
let simDays = 0;

function put(request: Requested): string {
  if (request.TableName !== simDaysTable.name) return keep(request);
  simDays += 1;
  latestSimDay = request.Item;
  return '{}';
}

/** The fence's item. */
const fence = JSON.stringify({ Item: { closedThrough: { S: fleet.closedThrough ?? '2999-12-31' } } });

/** Items of alert tables by key; nothing for other tables. */
function getKept({ RequestItems: requested }: Requested): string {
  const responses = Object.entries(requested).map(([name, { Keys: keys }]) => {
    const { partitionKey = '', sortKey = '' } = keptTables.get(name) ?? {};
    const items = keys.flatMap((key): Item[] => {
      const partition = kept.get(name)?.get(key[partitionKey]?.S ?? '');
      const item = partition?.get(key[sortKey]?.S ?? '');
      return item === undefined ? [] : [item];
    });
    return [name, items];
  });
  return JSON.stringify({ Responses: Object.fromEntries(responses), UnprocessedKeys: {} });
}

function query(request: Requested): string {
  if (request.TableName === usageTable.name) return queryUsage(request);
  if (request.TableName === simDaysTable.name) return querySimDays(request);
  return keptTables.has(request.TableName) ? queryKept(request) : '{"Items":[]}';
}

const answers: Readonly<Record<string, (body: Requested) => string>> = {
  Scan: scan,
  GetItem: ({ TableName: name }) => (name === dayStateTable.name ? fence : '{}'),
  Query: query,
  PutItem: put,
  BatchGetItem: getKept,
  ListShards: () => JSON.stringify({ Shards: [{ ShardId: 'shardId-000000000000' }] }),
  GetShardIterator: () => '{"ShardIterator":"iterator"}',
  GetRecords: () => '{"Records":[],"MillisBehindLatest":0}',
};

/** Objects of the lake by path. Rows are not kept, because the first reading of a day does not read any. */
const objects = new Map<string, { readonly tag: string; readonly bytes: Buffer | undefined }>();
let writes = 0;
/** Bytes of files with rows. */
let fileBytes = 0;

function answerLake(
  { method, url = '', headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const stored = objects.get(url);
  if (url === countsPath) {
    response.end(JSON.stringify({ simDays, fileBytes } satisfies FleetCounts));
  } else if (method === 'PUT' && stored?.tag === headers['if-match']) {
    const isFile = url.endsWith('.parquet');
    writes += 1;
    const tag = `"${writes}"`;
    objects.set(url, { tag, bytes: isFile ? undefined : body });
    if (isFile) fileBytes += body.byteLength;
    response.writeHead(200, { etag: tag }).end();
  } else if (method === 'PUT') {
    response.writeHead(412).end();
  } else if (stored?.bytes === undefined) {
    response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
  } else {
    const { byteLength } = stored.bytes;
    const [, from, through, last] = /^bytes=(?:(\d+)-(\d+)|-(\d+))$/.exec(String(headers.range)) ?? [];
    const start = from === undefined ? Math.max(0, byteLength - Number(last)) : Number(from);
    const part = stored.bytes.subarray(start, through === undefined ? byteLength : Number(through) + 1);
    const range = `bytes ${start}-${start + part.byteLength - 1}/${byteLength}`;
    response.writeHead(206, { etag: stored.tag, 'content-range': range }).end(part);
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    if (request.headers['x-amz-target'] === undefined) {
      answerLake(request, Buffer.concat(chunks), response);
      return;
    }
    const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const make = answers[operation];
    const text = Buffer.from(make?.(JSON.parse(Buffer.concat(chunks).toString('utf8'))) ?? '{}');
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': text.length });
    response.end(text);
  });
}

/** Notes an earlier sweep of the source, five minutes ago, so that not every SIM is new. */
function noteSweep(): void {
  const before = { N: String(fleet.now - hour / 12) };
  const { partitionKey, sortKey, name } = alertStateTable;
  const state = { judgedThrough: before, sweptAt: before, days: { S: '[]' } };
  keep({
    TableName: name,
    Item: { [partitionKey]: { S: 'sources' }, [sortKey]: { S: fleet.source }, ...state },
  });
}

noteSweep();
const server = createServer(answer);
server.keepAliveTimeout = 120_000;
process.send?.({ port: await listen(server) });
process.once('disconnect', () => process.exit());
