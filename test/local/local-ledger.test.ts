import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../lambda/errors.ts';
import type { Item } from '../../lambda/store/items.ts';
import { readExampleDeliveries } from '../../local/examples/index.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { portVariables } from '../../local/options.ts';
import { localSources } from '../../local/places.ts';
import { replayExamples } from '../../local/replay.ts';
import { describeEndpoints } from '../../local/report.ts';
import { aws, installed, python } from '../emulators/installed-clients.ts';
import { header, row } from '../lambda/ingest/files/cdr.ts';
import { expectedItems, expectedReceipt } from './examples/truth.ts';
import { everything, optionsForTests } from './running-ledger.ts';

const options = optionsForTests();
const account = { region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } };
const nowhere = { write: () => true };

const troubles: string[] = [];
let ledger: LocalLedger;
let kinesis: KinesisClient;
let s3: S3Client;

function start(dataDirectory?: string): Promise<LocalLedger> {
  return startLocalLedger({
    ...options,
    dataDirectory,
    onLog: () => undefined,
    onTrouble: (sentence) => troubles.push(sentence),
  });
}

beforeAll(async () => {
  ledger = await start();
  kinesis = new KinesisClient({ ...account, endpoint: ledger.endpoints.kinesis });
  s3 = new S3Client({ ...account, endpoint: ledger.endpoints.s3 });
});

afterAll(async () => {
  kinesis.destroy();
  s3.destroy();
  await ledger.stop();
  expect(troubles).toEqual([]);
});

async function itemsOf(table: string, sim: string): Promise<Item[]> {
  const { Items = [] } = await ledger.dynamoDb.send(
    new ScanCommand({ TableName: table, ConsistentRead: true }),
  );
  return Items.filter((item) => item['sim']?.S === sim);
}

test('expired items, and no others, are deleted on request', async () => {
  const put = (sim: string, expiresAt: number) =>
    ledger.dynamoDb.send(
      new PutItemCommand({
        TableName: 'Usage',
        Item: { sim: { S: sim }, usageId: { S: 'any' }, expiresAt: { N: String(expiresAt) } },
      }),
    );
  await put('expired', 1_799_999_999);
  await put('kept', 1_800_000_001);
  await ledger.expire(1_800_000_000_000);
  expect([await itemsOf('Usage', 'expired'), (await itemsOf('Usage', 'kept')).length]).toEqual([[], 1]);
  await ledger.expire(1_800_000_002_000);
  expect(await itemsOf('Usage', 'kept')).toEqual([]);
});

// Two runs of the same things in opposite order, before anything else is in either ledger.
describe('the examples', () => {
  test('lead to the expected items and receipt, and change nothing when repeated', async () => {
    const { stream, files } = await readExampleDeliveries();
    for (const { source, data, partitionKey } of stream) await ledger.putRecord(source, data, partitionKey);
    await ledger.waitUntilIdle();
    for (const { source, key, bytes } of files) await ledger.putFile(source, key, bytes);
    await ledger.waitUntilIdle();
    const first = await everything(ledger);
    const { Sessions = [], Usage = [], Events = [], Sims = [] } = first;
    expect({
      sims: Sims.length,
      sessions: Sessions.length,
      usage: Usage.length,
      events: Events.length,
    }).toEqual(expectedItems);
    const { received, stored, repeated, ignored, rejected, failed } = ledger.receipts.addUp();
    expect({ received, ignored, rejected }).toEqual(expectedReceipt);
    expect([stored + repeated + ignored + rejected, failed, ledger.countGivenUp()]).toEqual([received, 0, 0]);
    const quarantined = await ledger.listQuarantined();
    expect(quarantined.length).toBe(expectedReceipt.rejected);

    await replayExamples(ledger, nowhere);
    expect(await everything(ledger)).toEqual(first);
    expect(ledger.receipts.addUp()).toMatchObject({
      received: 2 * received,
      ignored: 2 * ignored,
      rejected: 2 * rejected,
      failed: 0,
    });
  });

  test('lead to the same ledger in the opposite order', async () => {
    const other = await start();
    onTestFinished(() => other.stop());
    const { stream, files } = await readExampleDeliveries();
    for (const { source, key, bytes } of files.toReversed()) await other.putFile(source, key, bytes);
    await other.waitUntilIdle();
    const { Items: manifests } = await other.dynamoDb.send(new ScanCommand({ TableName: 'Files' }));
    expect(manifests?.map(({ state }) => state?.S)).toEqual(files.map(() => 'done'));
    for (const { source, data, partitionKey } of stream.toReversed()) {
      await other.putRecord(source, data, partitionKey);
    }
    await other.waitUntilIdle();
    const { received, ignored, rejected } = other.receipts.addUp();
    expect({ received, ignored, rejected }).toEqual(expectedReceipt);
    expect(await everything(other)).toEqual(await everything(ledger));
  });
});

let count = 0;

/** A data-streamer usage record of a SIM that no other test uses. */
function usageRecord(more: object = {}): { sim: string; id: number; record: object } {
  count += 1;
  const sim = `89882806660099${String(count).padStart(5, '0')}`;
  const id = 7_000_000_000 + count;
  const record = {
    id,
    imsi: '901405100000101',
    organisation: { id: 12345, name: '8100xxxx' },
    start_timestamp: '2026-11-02T12:00:27Z',
    end_timestamp: '2026-11-02T12:15:27Z',
    sim: { msisdn: '882285100000101', iccid: sim, id: 1_500_101 },
    currency: { id: 1, symbol: '€', code: 'EUR' },
    operator: { id: 2, name: 'T-Mobile', mnc: '01', country: { id: 74, mcc: '262', name: 'Germany' } },
    tariff: { ratezone: { name: 'Rate Zone 1 (DE)', id: 2171 }, name: '1NCE Production 01', id: 442 },
    traffic_type: { description: 'Data', id: 5 },
    endpoint: { name: 'tracker-1', imei: '8635760478500101', id: 1_500_101 },
    cost: 0.101176,
    volume: { total: 0.101176, tx: 0.101, rx: 0.000176 },
    ...more,
  };
  return { sim, id, record };
}

/** The same record as a file. */
function usageFile({ sim, id }: { sim: string; id: number }): string {
  return `${header}\n${row(0, {
    id: String(id),
    iccid: sim,
    event_start_timestamp: '2026-11-02 12:00:27',
    event_stop_timestamp: '2026-11-02 12:15:27',
    ...{ volume: '0.101176', volume_tx: '0.101000', volume_rx: '0.000176', cost: '0.1011760000' },
    ...{ sim_id: '1500101', imsi: '901405100000101', endpoint_name: 'tracker-1' },
  })}\n`;
}

async function putRecord(record: object, StreamName = 'simledger-stream'): Promise<void> {
  const Data = Buffer.from(JSON.stringify(record));
  await kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: 'any', Data }));
}

async function putFile(Key: string, Body: string, Bucket = 'simledger-files'): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
}

describe('a client of AWS', () => {
  // Mappings wait for a second at most: their own tests hold that, by a clock of their own.
  test('reads a record that it has put, without requesting its delivery', async () => {
    const { sim, id, record } = usageRecord();
    const before = ledger.receipts.addUp();
    await putRecord(record);
    const Key = { sim: { S: sim }, usageId: { S: `2026-11-02T12:00:27.000Z#${id}` } };
    const get = new GetItemCommand({ TableName: 'Usage', Key, ConsistentRead: true });
    await expect.poll(async () => (await ledger.dynamoDb.send(get)).Item !== undefined).toBe(true);
    await expect.poll(() => ledger.receipts.addUp().received - before.received).toBe(1);
  });

  test('finds its records and files of each source’s stream and bucket under that source', async () => {
    const records = localSources.map(({ name, carrier }) => ({
      name,
      carrier,
      byStream: usageRecord(),
      byFile: usageRecord(),
    }));
    for (const { name, byStream, byFile } of records) {
      const { stream, bucket } = localSources.find((source) => source.name === name)!;
      const Data = Buffer.from(JSON.stringify(byStream.record));
      await kinesis.send(
        new PutRecordsCommand({ StreamName: stream, Records: [{ PartitionKey: 'any', Data }] }),
      );
      await putFile(`cdr_${name}.csv`, usageFile(byFile), bucket);
    }
    await ledger.waitUntilIdle();
    for (const { name, carrier, byStream, byFile } of records) {
      for (const { sim } of [byStream, byFile]) {
        const [item] = await itemsOf('Usage', sim);
        // A source of the other format's carriers does not say which of this one's it is.
        const expected = carrier === 'twilio' || carrier === 'kore' ? 'emnify' : carrier;
        expect([item?.['source']?.S, item?.['carrier']?.S]).toEqual([name, expected]);
      }
    }
  });

  test('sends the same usage by stream, which names the session, and by file, in either order', async () => {
    const streamFirst = usageRecord({ session_id: '7c6ed113-2038-4b0c-92de-a160e3f74c4d' });
    const fileFirst = usageRecord({ session_id: '7c6ed113-2038-4b0c-92de-a160e3f74c4d' });
    await putRecord(streamFirst.record);
    await putFile('cdr_file_first.csv', usageFile(fileFirst));
    await ledger.waitUntilIdle();
    await putRecord(fileFirst.record);
    await putFile('cdr_stream_first.csv', usageFile(streamFirst));
    await ledger.waitUntilIdle();
    const expected = ({ sim, id }: typeof streamFirst): Item => ({
      sim: { S: sim },
      usageId: { S: `2026-11-02T12:00:27.000Z#${id}` },
      source: { S: 'default' },
      carrier: { S: '1nce' },
      iccid: { S: sim },
      imsi: { S: '901405100000101' },
      start: { S: '2026-11-02T12:00:27.000Z' },
      end: { S: '2026-11-02T12:15:27.000Z' },
      recordId: { S: String(id) },
      sessionId: { S: '7c6ed113-2038-4b0c-92de-a160e3f74c4d' },
      trafficType: { S: 'data' },
      dataUploaded: { N: '101000' },
      dataDownloaded: { N: '176' },
      dataTotal: { N: '101176' },
      volume: { S: '0.101176' },
      costVolume: { S: '0.101176' },
      operatorName: { S: 'T-Mobile' },
      mcc: { S: '262' },
      mnc: { S: '01' },
      country: { S: 'DE' },
      imei: { S: '863576047850016' },
      writtenImei: { S: '8635760478500101' },
      tariff: { S: '1NCE Production 01' },
      rateZone: { S: 'Rate Zone 1 (DE)' },
    });
    for (const record of [streamFirst, fileFirst]) {
      expect(await itemsOf('Usage', record.sim)).toEqual([expected(record)]);
      const [session, ...others] = await itemsOf('Sessions', record.sim);
      expect([session?.['lastUpdated']?.S, others]).toEqual(['2026-11-02T12:15:27.000Z', []]);
    }
  });

  test('sees in /health that everything is started', async () => {
    const answer = await fetch(`${ledger.endpoints.api}/health`);
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'ok' }]);
    const head = await fetch(`${ledger.endpoints.api}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test.runIf(installed.aws)('can use the commands that the local run shows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simledger-commands-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const byCli = usageRecord();
    const byFile = usageRecord();
    await writeFile(join(folder, 'record.json'), JSON.stringify(byCli.record));
    await writeFile(join(folder, 'cdr_20260101_000000.csv'), usageFile(byFile));
    const commands = [
      ...describeEndpoints(ledger, options.apiCredentials).matchAll(
        / aws --endpoint-url (\S+) (.*?)(?: {3}\(.*)?$/gm,
      ),
    ].map(([, endpoint = '', command = '']) => {
      const args = command
        .replace('fileb://record.json', `fileb://${join(folder, 'record.json')}`)
        .replace('cdr_20260101_000000.csv', join(folder, 'cdr_20260101_000000.csv'))
        .replace('s3 cp', 's3 cp --only-show-errors')
        .split(' ');
      return () => (args[0] === 's3' && args[1] === 'ls' ? undefined : aws(endpoint, ...args));
    });
    expect(commands.length).toBe(4);
    const [scan, , putOne, copy] = commands;
    await Promise.all([putOne?.(), copy?.()]);
    await ledger.waitUntilIdle();
    expect([await itemsOf('Usage', byCli.sim), await itemsOf('Usage', byFile.sim)]).toMatchObject([
      [{ recordId: { S: String(byCli.id) } }],
      [{ recordId: { S: String(byFile.id) } }],
    ]);
    const { Items = [] } = ((await scan?.()) ?? {}) as { Items?: Item[] };
    expect(Items.length).toBeGreaterThanOrEqual(expectedItems.sessions);
  });

  test.runIf(installed.boto3)('may be boto3', async () => {
    const { sim, id, record } = usageRecord();
    const script = `
import boto3, json, sys
kinesis, s3, dynamodb = json.loads(sys.argv[1])
client = lambda name, url: boto3.client(name, endpoint_url=url)
data = ${JSON.stringify(JSON.stringify(record))}.encode()
client('kinesis', kinesis).put_record(StreamName='simledger-stream', PartitionKey='1', Data=data)
client('s3', s3).put_object(Bucket='simledger-files', Key='boto3.csv', Body=b'id\\n1\\n')
print(json.dumps(client('dynamodb', dynamodb).scan(TableName='Files', Select='COUNT')['Count']))
`;
    const { kinesis: streams, s3: buckets, dynamoDb } = ledger.endpoints;
    await python(JSON.stringify([streams, buckets, dynamoDb]), script);
    await ledger.waitUntilIdle();
    expect(await itemsOf('Usage', sim)).toMatchObject([{ recordId: { S: String(id) } }]);
    const { Items } = await ledger.dynamoDb.send(new ScanCommand({ TableName: 'Files' }));
    const file = Items?.find(({ object }) => object?.S?.includes('/boto3.csv@'));
    expect(file?.['reason']?.S).toMatch(/^The header has the columns of neither usage nor events/);
  });
});

describe('the local ledger', () => {
  test.for(['kinesis', 's3', 'dynamoDb', 'api'] as const)(
    'names the variable that changes a port that is taken: %s',
    async (name) => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const { variable } = portVariables[name];
      const starting = startLocalLedger({
        ...options,
        ports: { ...options.ports, [name]: port },
        onLog: () => undefined,
        onTrouble: () => undefined,
      });
      const error = await starting.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).toBe(
        `UsageError: Port ${port} is in use: set ${variable} to a free port, or stop the process that listens there`,
      );
    },
  );

  test('keeps its tables in a folder, which one run at a time may use', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simledger-data-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { sim, record } = usageRecord();
    const first = await start(folder);
    await first.putRecord('1nce', Buffer.from(JSON.stringify(record)), 'any');
    await first.waitUntilIdle();
    const before = await everything(first);
    const refused = await start(folder).catch((reason: unknown) => reason);
    await first.stop();
    expect(String(refused)).toBe(
      'UsageError: The folder of --data is in use by another local run: give another folder, or stop that run',
    );
    const second = await start(folder);
    const after = await everything(second);
    await Promise.all([second.stop(), second.stop()]);
    await expect(fetch(`${second.endpoints.api}/health`)).rejects.toThrow();
    expect(after).toEqual(before);
    expect(after['Usage']?.map((item) => item['sim']?.S)).toEqual([sim]);
  });
});
