import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  InvalidArgumentException,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  ProvisionedThroughputExceededException,
  PutRecordCommand,
  PutRecordsCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  ValidationException,
} from '@aws-sdk/client-kinesis';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createKinesisEmulator, type KinesisEmulator } from '../../../emulators/kinesis/emulator.ts';

const name = 'simledger-stream';
const arn = `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;
const startOfTime = Date.parse('2026-03-01T12:00:00.500Z');

let emulator: KinesisEmulator;
let port: number;
let client: KinesisClient;
let now: number;

function createClient(options: ConstructorParameters<typeof KinesisClient>[0] = {}): KinesisClient {
  return new KinesisClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    ...options,
  });
}

/** A client that speaks HTTP/1.1: the handler is the one that most of the SDK's clients have by default. */
function createHttp1Client(timeout: { requestTimeout?: number } = {}): KinesisClient {
  const { requestHandler } = new SQSClient({
    region: 'us-east-1',
    requestHandler: { ...timeout, throwOnRequestTimeout: true },
  }).config;
  return createClient({ requestHandler, maxAttempts: 1 });
}

/** A client that speaks HTTP/2, as the Kinesis client does by default. */
function createHttp2Client(timeout: { requestTimeout?: number } = {}): KinesisClient {
  return createClient({ requestHandler: timeout, maxAttempts: 1 });
}

beforeEach(async () => {
  now = startOfTime;
  emulator = createKinesisEmulator({ clock: () => now });
  ({ port } = await emulator.listen(0));
  client = createClient();
});

afterEach(async () => {
  client.destroy();
  await emulator.close();
});

async function iterator(input: Partial<GetShardIteratorCommandInput> = {}): Promise<string> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: name,
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
      ...input,
    }),
  );
  return ShardIterator ?? '';
}

async function put(...texts: string[]): Promise<string[]> {
  const { Records = [] } = await client.send(
    new PutRecordsCommand({
      StreamName: name,
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: 'key' })),
    }),
  );
  return Records.map((record) => record.SequenceNumber ?? '');
}

async function texts(input: Partial<GetShardIteratorCommandInput> = {}): Promise<string[]> {
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator: await iterator(input) }));
  return Records.map((record) => Buffer.from(record.Data ?? []).toString());
}

describe.each([
  ['HTTP/2, the default of its SDK client', createHttp2Client],
  ['HTTP/1.1', createHttp1Client],
])('the Kinesis emulator over %s', (_, create) => {
  beforeEach(() => {
    client.destroy();
    client = create();
  });

  it('returns what was put, in order, with key, number and time of arrival', async () => {
    emulator.createStream(name, 1);
    const data = Uint8Array.from({ length: 256 }, (_, index) => index);
    const first = await client.send(
      new PutRecordCommand({ StreamName: name, PartitionKey: 'ключ', Data: data }),
    );
    now += 1234;
    const second = await client.send(
      new PutRecordCommand({ StreamARN: arn, PartitionKey: '2', Data: new Uint8Array() }),
    );
    const { Records, MillisBehindLatest, NextShardIterator } = await client.send(
      new GetRecordsCommand({ ShardIterator: await iterator(), StreamARN: arn }),
    );
    expect(Records).toEqual([
      {
        SequenceNumber: first.SequenceNumber,
        ApproximateArrivalTimestamp: new Date(startOfTime),
        Data: data,
        PartitionKey: 'ключ',
        EncryptionType: 'NONE',
      },
      {
        SequenceNumber: second.SequenceNumber,
        ApproximateArrivalTimestamp: new Date(startOfTime + 1234),
        Data: new Uint8Array(),
        PartitionKey: '2',
        EncryptionType: 'NONE',
      },
    ]);
    expect(MillisBehindLatest).toBe(0);
    const later = await client.send(new GetRecordsCommand({ ShardIterator: NextShardIterator }));
    expect(later.Records).toEqual([]);
  });

  it('accepts a record of 10 MiB and returns it', async () => {
    emulator.createStream(name, 1);
    const data = Buffer.alloc(10 * 1024 * 1024 - 1, 'x');
    await client.send(new PutRecordCommand({ StreamName: name, PartitionKey: 'k', Data: data }));
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: await iterator() }));
    expect(Records?.map((record) => data.equals(record.Data ?? new Uint8Array()))).toEqual([true]);
  });

  it('answers with errors for which the SDK has classes', async () => {
    const failure = client.send(new DescribeStreamSummaryCommand({ StreamName: 'nowhere' }));
    await expect(failure).rejects.toThrow('Stream nowhere under account 000000000000 not found.');
    await expect(failure).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it('keeps running if clients abort during requests and responses', async () => {
    emulator.createStream(name, 1);
    const errors = vi.spyOn(console, 'error');
    onTestFinished(() => void vi.restoreAllMocks());
    const data = Buffer.alloc(5 * 1024 * 1024);
    await client.send(new PutRecordCommand({ StreamName: name, PartitionKey: 'k', Data: data }));
    const ShardIterator = await iterator();
    const outcomes = [1, 2, 5, 10, 20].map(async (requestTimeout) => {
      const impatient = create({ requestTimeout });
      const settled = await Promise.allSettled([
        impatient.send(new PutRecordCommand({ StreamName: name, PartitionKey: 'k', Data: data })),
        impatient.send(new GetRecordsCommand({ ShardIterator })),
      ]);
      impatient.destroy();
      return settled.map(({ status }) => status);
    });
    expect((await Promise.all(outcomes)).flat()).toContain('rejected');
    expect(await put('after')).toHaveLength(1);
    expect(errors).not.toHaveBeenCalled();
  });
});

describe('the Kinesis emulator', () => {
  it('creates, lists, describes and deletes streams', async () => {
    await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 3 }));
    await client.send(
      new CreateStreamCommand({ StreamName: 'other', StreamModeDetails: { StreamMode: 'ON_DEMAND' } }),
    );
    await expect(client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }))).rejects.toThrow(
      ResourceInUseException,
    );
    const listed = await client.send(new ListStreamsCommand({ Limit: 1 }));
    expect([listed.StreamNames, listed.HasMoreStreams]).toEqual([['other'], true]);
    const rest = await client.send(new ListStreamsCommand({ NextToken: listed.NextToken }));
    expect([rest.StreamNames, rest.HasMoreStreams]).toEqual([[name], false]);

    const summary = await client.send(new DescribeStreamSummaryCommand({ StreamARN: arn }));
    expect(summary.StreamDescriptionSummary).toEqual({
      StreamName: name,
      StreamARN: arn,
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      StreamCreationTimestamp: new Date(startOfTime),
      RetentionPeriodHours: 24,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
      EncryptionType: 'NONE',
      OpenShardCount: 3,
      ConsumerCount: 0,
    });
    const other = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'other' }));
    expect(other.StreamDescriptionSummary?.OpenShardCount).toBe(4);

    await client.send(new DeleteStreamCommand({ StreamName: name }));
    expect((await client.send(new ListStreamsCommand({}))).StreamNames).toEqual(['other']);
    expect(emulator.findStream(name)).toBeUndefined();
  });

  it('lists shards in pages that cover all hash keys without a gap', async () => {
    emulator.createStream(name, 7);
    const first = await client.send(new ListShardsCommand({ StreamName: name, MaxResults: 4 }));
    const second = await client.send(new ListShardsCommand({ NextToken: first.NextToken }));
    const shards = [...(first.Shards ?? []), ...(second.Shards ?? [])];
    const ends = shards.map((shard) => BigInt(shard.HashKeyRange?.EndingHashKey ?? -1));
    expect(shards.map((shard) => BigInt(shard.HashKeyRange?.StartingHashKey ?? -1))).toEqual([
      0n,
      ...ends.slice(0, -1).map((end) => end + 1n),
    ]);
    expect([ends.at(-1), second.NextToken]).toEqual([2n ** 128n - 1n, undefined]);
    const after = await client.send(
      new ListShardsCommand({
        StreamARN: arn,
        ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000005' },
      }),
    );
    expect(after.Shards?.map((shard) => shard.ShardId)).toEqual(['shardId-000000000006']);
  });

  it("puts a record into the shard of its key's MD5 or of its explicit hash key", async () => {
    const { shards } = emulator.createStream(name, 5);
    const keys = Array.from({ length: 50 }, (_, index) => `8988${index}`);
    const { Records = [] } = await client.send(
      new PutRecordsCommand({
        StreamName: name,
        Records: keys.map((key) => ({ Data: new Uint8Array(), PartitionKey: key })),
      }),
    );
    const shardOf = (hashKey: bigint): string =>
      `shardId-${String((hashKey * 5n) / 2n ** 128n).padStart(12, '0')}`;
    expect(Records.map((record) => record.ShardId)).toEqual(
      keys.map((key) => shardOf(BigInt(`0x${createHash('md5').update(key).digest('hex')}`))),
    );
    const ends = shards.map((shard) => BigInt(`0x${shard.hashKeyRange.ending}`));
    const explicit = await client.send(
      new PutRecordsCommand({
        StreamName: name,
        Records: [0n, ...ends, ...ends.slice(0, -1).map((end) => end + 1n)].map((hashKey) => ({
          Data: new Uint8Array(),
          PartitionKey: 'same',
          ExplicitHashKey: String(hashKey),
        })),
      }),
    );
    expect(explicit.Records?.map((record) => Number(record.ShardId?.slice(-2)))).toEqual([
      0, 0, 1, 2, 3, 4, 1, 2, 3, 4,
    ]);
  });

  it('starts reading where each of the five iterator types says', async () => {
    emulator.createStream(name, 1);
    const [a, b] = await put('a', 'b');
    now += 1000;
    await put('c');
    const latest = await iterator({ ShardIteratorType: 'LATEST' });
    now += 1000;
    await put('d');
    const startingNumber = emulator.findStream(name)?.shards[0]?.startingSequenceNumber;
    const at = (Timestamp: number) =>
      texts({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(Timestamp) });
    expect({
      horizon: await texts(),
      latest: (await client.send(new GetRecordsCommand({ ShardIterator: latest }))).Records?.length,
      atB: await texts({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: b }),
      afterA: await texts({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: a }),
      atStart: await texts({
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: startingNumber,
      }),
      afterStart: await texts({
        ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
        StartingSequenceNumber: startingNumber,
      }),
      longAgo: await at(0),
      exactly: await at(startOfTime + 1000),
      justAfter: await at(startOfTime + 1001),
      now: await at(now),
    }).toEqual({
      horizon: ['a', 'b', 'c', 'd'],
      latest: 1,
      atB: ['b', 'c', 'd'],
      afterA: ['b', 'c', 'd'],
      atStart: ['a', 'b', 'c', 'd'],
      afterStart: ['a', 'b', 'c', 'd'],
      longAgo: ['a', 'b', 'c', 'd'],
      exactly: ['c', 'd'],
      justAfter: ['d'],
      now: ['d'],
    });
  });

  it('continues from page to page, and says how far behind the reader is', async () => {
    emulator.createStream(name, 1);
    await put('a', 'b', 'c');
    now += 2500;
    const first = await client.send(new GetRecordsCommand({ ShardIterator: await iterator(), Limit: 2 }));
    const second = await client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }));
    expect(
      [first, second].map((page) => [
        page.Records?.map((record) => Buffer.from(record.Data ?? []).toString()),
        page.MillisBehindLatest,
      ]),
    ).toEqual([
      [['a', 'b'], 2500],
      [['c'], 0],
    ]);
  });

  it('drops records after a day', async () => {
    emulator.createStream(name, 1);
    await put('old');
    now += 24 * 3_600_000;
    await put('new');
    expect(await texts()).toEqual(['old', 'new']);
    now += 1_000;
    expect(await texts()).toEqual(['new']);
  });

  it('refuses iterators that are expired, of a former stream, or invalid', async () => {
    emulator.createStream(name, 1);
    const ShardIterator = await iterator();
    now += 300_001;
    await expect(client.send(new GetRecordsCommand({ ShardIterator }))).rejects.toThrow(
      ExpiredIteratorException,
    );
    const former = await iterator();
    await client.send(new DeleteStreamCommand({ StreamName: name }));
    await expect(client.send(new GetRecordsCommand({ ShardIterator: former }))).rejects.toThrow(
      ResourceNotFoundException,
    );
    emulator.createStream(name, 1);
    await expect(client.send(new GetRecordsCommand({ ShardIterator: former }))).rejects.toThrow(
      ExpiredIteratorException,
    );
    await expect(client.send(new GetRecordsCommand({ ShardIterator: 'nonsense' }))).rejects.toThrow(
      InvalidArgumentException,
    );
  });

  it.each<[string, object, Partial<GetShardIteratorCommandInput>]>([
    ['an unknown shard', ResourceNotFoundException, { ShardId: 'shardId-000000000009' }],
    ['an unknown stream', ResourceNotFoundException, { StreamName: 'nowhere' }],
    [
      "another account's stream",
      ResourceNotFoundException,
      { StreamName: undefined, StreamARN: arn.replace('000000000000', '111111111111') },
    ],
    ['no stream at all', InvalidArgumentException, { StreamName: undefined }],
    ['no sequence number', InvalidArgumentException, { ShardIteratorType: 'AT_SEQUENCE_NUMBER' }],
    [
      'a foreign sequence number',
      InvalidArgumentException,
      { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '7'.repeat(56) },
    ],
    ['no time', InvalidArgumentException, { ShardIteratorType: 'AT_TIMESTAMP' }],
    [
      'a time to come',
      InvalidArgumentException,
      { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(startOfTime + 1) },
    ],
  ])('gives no iterator for %s', async (_, error, input) => {
    emulator.createStream(name, 1);
    await expect(iterator(input)).rejects.toBeInstanceOf(error);
  });

  it.each<[string, object, string, { Data: Uint8Array; PartitionKey: string; ExplicitHashKey?: string }[]]>([
    ['without records', ValidationException, "'records'", []],
    [
      'with 501 records',
      ValidationException,
      "'records'",
      Array.from({ length: 501 }, () => ({ Data: new Uint8Array(), PartitionKey: 'k' })),
    ],
    [
      'with a key of 257 characters',
      ValidationException,
      "'records.1.member.partitionKey'",
      [{ Data: new Uint8Array(), PartitionKey: 'é'.repeat(257) }],
    ],
    [
      'with an empty key',
      ValidationException,
      "'records.1.member.partitionKey'",
      [{ Data: new Uint8Array(), PartitionKey: '' }],
    ],
    [
      'with a hash key of 2^128',
      ValidationException,
      "'records.1.member.explicitHashKey'",
      [{ Data: new Uint8Array(), PartitionKey: 'k', ExplicitHashKey: String(2n ** 128n) }],
    ],
    [
      'with a record above 10 MiB',
      ValidationException,
      '10485761 bytes',
      [{ Data: Buffer.alloc(10 * 1024 * 1024), PartitionKey: 'k' }],
    ],
    [
      'of more than 10 MiB in all',
      InvalidArgumentException,
      '10485763 bytes',
      [
        { Data: Buffer.alloc(5 * 1024 * 1024), PartitionKey: 'k' },
        { Data: Buffer.alloc(5 * 1024 * 1024 + 1), PartitionKey: 'k' },
      ],
    ],
  ])('refuses a PutRecords %s, and stores nothing of it', async (_, error, fault, Records) => {
    const stream = emulator.createStream(name, 1);
    const failure = client.send(new PutRecordsCommand({ StreamName: name, Records }));
    await expect(failure).rejects.toBeInstanceOf(error);
    await expect(failure).rejects.toThrow(fault);
    expect(stream.shards[0]?.end).toBe(0);
  });

  it('accepts a key of 256 characters with any number of bytes', async () => {
    emulator.createStream(name, 1);
    const PartitionKey = '📡'.repeat(256);
    await client.send(new PutRecordCommand({ StreamName: name, PartitionKey, Data: new Uint8Array() }));
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator: await iterator() }));
    expect(Records?.map((record) => record.PartitionKey)).toEqual([PartitionKey]);
  });

  it('refuses members of an input that it does not honour, and names them', async () => {
    const tagged = new CreateStreamCommand({ StreamName: name, ShardCount: 1, Tags: { owner: 'a' } });
    await expect(client.send(tagged)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('"Tags"'),
    });
    await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
    const ShardFilter = { Type: 'AT_TIMESTAMP', Timestamp: new Date(startOfTime) } as const;
    const { Shards } = await client.send(new ListShardsCommand({ StreamName: name, ShardFilter }));
    expect(Shards).toHaveLength(1);
    const Data = new Uint8Array();
    const { SequenceNumber } = await client.send(
      new PutRecordCommand({ StreamName: name, PartitionKey: 'k', Data, SequenceNumberForOrdering: '0' }),
    );
    expect(SequenceNumber).toMatch(/^\d+$/);
    await client.send(new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true }));
  });

  it('names an operation that it does not support', async () => {
    emulator.createStream(name, 2);
    await expect(
      client.send(new MergeShardsCommand({ StreamName: name, ShardToMerge: 'a', AdjacentShardToMerge: 'b' })),
    ).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining(
        'does not support the operation MergeShards. It supports: CreateStream,',
      ),
    });
  });

  it.each([
    ['what is not JSON', { body: '{' }, 400, 'SerializationException'],
    ['data that is not base64', { body: '{"PartitionKey":"k","Data":"a"}' }, 400, 'ValidationException'],
    ['data of the wrong type', { body: '{"PartitionKey":"k","Data":7}' }, 400, 'ValidationException'],
    ['CBOR', { type: 'application/x-amz-cbor-1.1' }, 400, 'SerializationException'],
    ['no operation', { target: '' }, 400, 'UnknownOperationException'],
    ["an object's inherited name", { target: 'Kinesis_20131202.toString' }, 400, 'UnknownOperationException'],
    [
      'more than any request may have',
      { body: 'x'.repeat(33 * 1024 * 1024) },
      413,
      'RequestEntityTooLargeException',
    ],
  ])('answers %s with an error', async (_, request, status, code) => {
    const {
      body = '{}',
      type = 'application/x-amz-json-1.1',
      target = 'Kinesis_20131202.PutRecord',
    } = {
      body: undefined,
      type: undefined,
      target: undefined,
      ...request,
    };
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { 'content-type': type, 'x-amz-target': target },
      body,
    });
    expect([response.status, await response.json()]).toEqual([
      status,
      { __type: code, message: expect.any(String) },
    ]);
  });

  it('keeps running if a connection sends invalid bytes, or one byte and then nothing', async () => {
    emulator.createStream(name, 1);
    for (const bytes of ['P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish rubbish rubbish', 'rubbish\r\n\r\n']) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
        socket.on('data', () => undefined);
        socket.on('close', () => resolve());
        socket.setTimeout(50, () => socket.resetAndDestroy());
      });
    }
    expect(await put('after')).toHaveLength(1);
  });

  it('calls listeners after each put, when its records can be read', async () => {
    const stream = emulator.createStream(name, 1);
    const ends: (number | undefined)[] = [];
    const stop = stream.onPut(() => ends.push(stream.shards[0]?.end));
    await put('a', 'b', 'c');
    await put('d');
    stop();
    await put('e');
    expect(ends).toEqual([3, 4]);
  });

  it('refuses records while its memory is full of records that a reader protects, and accepts them afterwards', async () => {
    const small = createKinesisEmulator({ maximumBytesPerStream: 10 * 1024 * 1024 });
    const smallClient = createClient({
      endpoint: `http://127.0.0.1:${(await small.listen(0)).port}`,
      maxAttempts: 1,
    });
    const shard = small.createStream(name, 1).shards[0];
    const Records = Array.from({ length: 4 }, () => ({ Data: Buffer.alloc(1024 * 1024), PartitionKey: 'k' }));
    const putFour = async () => {
      const answer = await smallClient.send(new PutRecordsCommand({ StreamName: name, Records }));
      return [
        answer.FailedRecordCount,
        answer.Records?.map((record) => record.ErrorCode),
        shard?.start,
        shard?.end,
      ];
    };
    const taken = [undefined, undefined, undefined, undefined];
    const refused = 'ProvisionedThroughputExceededException';
    shard?.keepFrom(0);
    expect([await putFour(), await putFour(), await putFour()]).toEqual([
      [0, taken, 0, 4],
      [0, taken, 0, 8],
      [2, [undefined, undefined, refused, refused], 0, 10],
    ]);
    await expect(
      smallClient.send(new PutRecordCommand({ StreamName: name, ...Records[0]! })),
    ).rejects.toBeInstanceOf(ProvisionedThroughputExceededException);
    shard?.keepFrom(10);
    expect(await putFour()).toEqual([0, taken, 4, 14]);
    smallClient.destroy();
    await small.close();
  });

  it('does not become slower with 100,000 records, and returns them all', async () => {
    const stream = emulator.createStream(name, 2);
    const entries = Array.from({ length: 500 }, (_, index) => ({
      partitionKey: `${index}`,
      data: Buffer.alloc(20),
    }));
    // Processor time, the least of many puts. To go over the records takes a hundred times as long.
    const leastWork = (): number => {
      const works = Array.from({ length: 30 }, () => {
        const before = process.cpuUsage();
        stream.put(entries);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      });
      return Math.min(...works);
    };
    const withNone = leastWork();
    for (let put = 0; put < 200; put += 1) stream.put(entries);
    expect(leastWork()).toBeLessThan(10 * withNone);
    let read = 0;
    for (const ShardId of ['shardId-000000000000', 'shardId-000000000001']) {
      let ShardIterator: string | undefined = await iterator({ ShardId });
      for (let more = true; more; ) {
        const page: { Records?: unknown[] | undefined; NextShardIterator?: string | undefined } =
          await client.send(new GetRecordsCommand({ ShardIterator }));
        read += page.Records?.length ?? 0;
        more = page.Records?.length !== 0;
        ShardIterator = page.NextShardIterator;
      }
    }
    expect(read).toBe(130_000);
  });

  it('says which port is in use', async () => {
    const other = createKinesisEmulator();
    await expect(other.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  });

  it('frees its port when closed, even with clients connected', async () => {
    await client.send(new ListStreamsCommand({}));
    await emulator.close();
    await emulator.listen(port);
    expect((await createHttp1Client().send(new ListStreamsCommand({}))).StreamNames).toEqual([]);
  });
});
