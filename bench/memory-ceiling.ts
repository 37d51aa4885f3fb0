import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type { KinesisStreamRecord } from 'aws-lambda';
import { readSources } from '../lambda/aws/sources.ts';
import { functions } from '../lib/limits.ts';
import { createDeployedFunction } from '../local/deployed-function.ts';
import {
  arrivedAt,
  batchOfBombs,
  largeFile,
  largestBatch,
  megabyte,
} from '../test/property/large-deliveries.ts';
import { type FunctionName, readDeployedFunction } from './deployed.ts';
import { listen } from './listen.ts';
import { startStub } from './processes.ts';

/**
 * The peak memory of the functions, each in a process of its own, bundled and started as it is deployed: the importer
 * with a real file of 1 GB, the consumer with the largest batch of Lambda, and with one that would unpack to gigabytes.
 * DynamoDB and S3 stubs accept everything and keep nothing, so that only the functions' memory is measured.
 *
 *   npx tsx bench/memory-ceiling.ts                   a file of 1,024 MB
 *   npx tsx bench/memory-ceiling.ts --megabytes 100   another size
 *   npx tsx bench/memory-ceiling.ts --json            figures under stable names
 *
 * Exits with 1 if one exceeds its ceiling.
 */

/** The most resident megabytes of a function while it processes something. */
const ceilings = { file: 200, batch: 400, bombs: 400 } as const;
type What = keyof typeof ceilings;

const fileKey = 'cdr_20261102_120000.csv';
/** Where the records arrive in the deployed configuration: a source that has a stream and a bucket. */
const source = readSources(readDeployedFunction('fileImporter').environment).all.find(
  ({ carrier }) => carrier === '1nce',
);
if (source?.streamArn === undefined || source.bucket === undefined)
  throw new Error('No 1NCE source with a stream and a bucket is deployed');
const { streamArn, bucket } = source;
/** Longer than the import takes. An import that is divided into several invocations takes the same memory. */
const timeoutSeconds = 6 * 3_600;

/** A function and its event. */
interface Task {
  readonly name: FunctionName;
  readonly makeEvent: () => object;
}

const notification = {
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: bucket }, object: { key: fileKey } },
};
const message = {
  messageId: 'message',
  body: JSON.stringify({ Records: [notification] }),
  attributes: { SentTimestamp: String(arrivedAt) },
};
const putInStream = (records: readonly KinesisStreamRecord[]): object => ({
  Records: records.map((record) => ({ ...record, eventSourceARN: streamArn })),
});
const tasks: Readonly<Record<What, Task>> = {
  file: { name: 'fileImporter', makeEvent: () => ({ Records: [message] }) },
  batch: { name: 'kinesisConsumer', makeEvent: () => putInStream(largestBatch()) },
  bombs: { name: 'kinesisConsumer', makeEvent: () => putInStream(batchOfBombs()) },
};

interface Measured {
  /** Peak resident memory. */
  readonly megabytes: number;
  readonly ceiling: number;
  readonly seconds: number;
}

/** The addresses of AWS's services for a function. */
interface Endpoints extends Record<string, string> {
  readonly AWS_ENDPOINT_URL: string;
  readonly AWS_ENDPOINT_URL_DYNAMODB: string;
}

/** How often to deliver something that is reported as failed, because requests of a busy machine may time out. */
const maxDeliveries = 5;

/** @throws Error if the function fails, or keeps reporting something as failed. */
async function measure(what: What, endpoints: Endpoints): Promise<Measured> {
  const { name, makeEvent } = tasks[what];
  const { memoryMegabytes, environment } = readDeployedFunction(name);
  const lambda = await createDeployedFunction({
    ...functions[name],
    name: `memory-of-${what}`,
    memoryMegabytes,
    timeoutSeconds,
    environment: { ...environment, ...endpoints },
  });
  try {
    const begin = performance.now();
    let failed = 1;
    for (let delivery = 1; failed > 0; delivery += 1) {
      if (delivery > maxDeliveries) throw new Error(`${what}: ${failed} records or messages keep failing`);
      const result = await lambda.invoke(makeEvent());
      if (!result.ok) throw new Error(`${what}: ${result.error.name}: ${result.error.message}`);
      failed = (result.response as { readonly batchItemFailures: readonly unknown[] }).batchItemFailures
        .length;
    }
    return {
      megabytes: Math.round(lambda.peakMemoryBytes() / megabyte),
      ceiling: ceilings[what],
      seconds: Math.round((performance.now() - begin) / 1000),
    };
  } finally {
    await lambda.stop();
  }
}

/** Answers as an S3 with one file, and as the services that need not answer anything. */
function answer(file: string, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  request.once('end', () => {
    if (request.method === 'GET') void sendFile(file, response);
    else response.end('{}');
  });
}

async function sendFile(file: string, response: ServerResponse): Promise<void> {
  const { size } = await stat(file);
  // Minutes after its last rows, because fresh files are written with more care.
  const delivered = new Date(arrivedAt).toUTCString();
  response.writeHead(200, { 'content-length': size, 'last-modified': delivered, etag: '"file"' });
  await pipeline(createReadStream(file), response);
}

async function measureAll(megabytes: number): Promise<Record<What, Measured>> {
  const folder = await mkdtemp(join(tmpdir(), 'simledger-memory-'));
  const file = join(folder, fileKey);
  const stub = await startStub();
  const server = createServer((request, response) => answer(file, request, response));
  try {
    await pipeline(Readable.from(largeFile(megabytes)), createWriteStream(file));
    const endpoints = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${await listen(server)}`,
      AWS_ENDPOINT_URL_DYNAMODB: stub.endpoint,
    };
    const batch = await measure('batch', endpoints);
    const bombs = await measure('bombs', endpoints);
    return { file: await measure('file', endpoints), batch, bombs };
  } finally {
    stub.stop();
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  }
}

const { values: options } = parseArgs({
  options: { megabytes: { type: 'string', default: '1024' }, json: { type: 'boolean', default: false } },
});
const fileMegabytes = Number(options.megabytes);
if (!(fileMegabytes > 0))
  throw new RangeError(`Invalid --megabytes "${options.megabytes}". Accepted: a number above 0.`);
const measured = await measureAll(fileMegabytes);
if (options.json) console.log(JSON.stringify({ fileMegabytes, ...measured }));
else {
  const names: Readonly<Record<What, string>> = {
    file: `importer, a file of ${fileMegabytes} MB`,
    batch: 'consumer, the largest batch',
    bombs: 'consumer, a batch that would unpack to gigabytes',
  };
  for (const [what, name] of Object.entries(names)) {
    const { megabytes, ceiling, seconds } = measured[what as What];
    console.log(`${name}: ${megabytes} MB at most, of ${ceiling}; ${seconds} s`);
  }
}
const isExceeded = Object.values(measured).some(({ megabytes, ceiling }) => megabytes > ceiling);
process.exitCode = isExceeded ? 1 : 0;
