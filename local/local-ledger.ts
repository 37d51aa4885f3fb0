import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type LocalGateway, startGateway } from '../emulators/api/gateway.ts';
import { localRegion } from '../emulators/aws-json-protocol.ts';
import { expireItems } from '../emulators/dynamodb/expiry.ts';
import type { LocalDynamoDb } from '../emulators/dynamodb/start.ts';
import { createKinesisMapping } from '../emulators/event-source-mapping/kinesis.ts';
import type { EventSourceMapping, StreamMapping } from '../emulators/event-source-mapping/mapping.ts';
import { createSqsMapping } from '../emulators/event-source-mapping/sqs.ts';
import { createKinesisEmulator, type KinesisEmulator } from '../emulators/kinesis/emulator.ts';
import type { FunctionFiles } from '../emulators/lambda-runtime/bundle.ts';
import type { LocalFunction } from '../emulators/lambda-runtime/function.ts';
import type { LoopbackServer } from '../emulators/loopback-server.ts';
import type { ObjectRead } from '../emulators/s3/account.ts';
import { createS3Emulator, type S3Emulator } from '../emulators/s3/emulator.ts';
import { createSecretsEmulator } from '../emulators/secrets/emulator.ts';
import { createSqsEmulator, type SqsEmulator } from '../emulators/sqs/emulator.ts';
import { makeDynamoDbClient } from '../lambda/aws/dynamodb-client.ts';
import { MetricsSender } from '../lambda/aws/metrics-queue.ts';
import { consoleRoutes, consoleSessionPath, routes } from '../lambda/functions/query-api/routes.ts';
import { makeWebhookPath, webhookRoot } from '../lambda/functions/webhook-receiver/routes.ts';
import { describeSealedDay } from '../lambda/metrics/gains.ts';
import { tables, usageTable } from '../lambda/store/tables.ts';
import {
  fileMapping,
  functions,
  metricsExport,
  partialHours,
  retention,
  streamMapping,
} from '../lib/limits.ts';
import { type ClosedDays, LocalDays, maxDayMessageReceives } from './days.ts';
import { createDeployedFunction } from './deployed-function.ts';
import { descriptionPath, type LocalDescription } from './description.ts';
import type { FileRead, LocalLedger, LocalLedgerOptions } from './ledger-interface.ts';
import { startLedgerTables } from './ledger-tables.ts';
import {
  ingestVariables,
  type LocalStack,
  listOutputs,
  makeWebhookReceiverVariables,
  queryApiVariables,
} from './local-stack.ts';
import { LocalMetrics } from './metrics.ts';
import {
  dayDeadLetterQueue,
  dayQueue,
  deadLetterQueue,
  fileQueue,
  findPlace,
  lakeFolders,
  localSources,
  metricsQueue,
  quarantineBucket,
} from './places.ts';
import { preparePrivateFolder } from './private-folder.ts';
import { readQueryApiFiles } from './query-api-files.ts';
import { Receipts } from './receipts.ts';
import { makeSecrets } from './secrets.ts';
import { explainPort, waitUntilStarted } from './start-servers.ts';
import { startWriters, type Writers } from './writers.ts';

/**
 * Processes per function: one for each core of the smallest machine that must be sufficient. More processes would only
 * compete with each other and with the engine; further invocations wait, as at a concurrency limit.
 */
const processesPerFunction = 2;

/** Seconds until a failed import is retried. */
const fileRetrySeconds = 2;

/** Seconds until a message of the day pass is received again if its receiver does not finish. */
const dayMessageSeconds = 3_600;

/** Shards of the default stream, and of each carrier's. */
const shards = { default: 2, carrier: 1 };

const fullStreamMilliseconds = 20;

/** How long running invocations may continue after the run is stopped. */
const graceMilliseconds = 5_000;

/**
 * Starts everything. Resolves when records can be put.
 *
 * @throws UsageError if a port is in use.
 */
export async function startLocalLedger(options: LocalLedgerOptions): Promise<LocalLedger> {
  const ledger = new RunningLedger(options);
  try {
    await ledger.start();
    return ledger;
  } catch (error) {
    await ledger.stop();
    throw error;
  }
}

class RunningLedger implements LocalLedger {
  readonly receipts = new Receipts();
  readonly endpoints = { kinesis: '', s3: '', dynamoDb: '', api: '' };
  readonly #options: LocalLedgerOptions;
  readonly #kinesis: KinesisEmulator = createKinesisEmulator();
  readonly #s3: S3Emulator = createS3Emulator();
  readonly #sqs: SqsEmulator = createSqsEmulator();
  readonly #streamMappings = new Map<string, StreamMapping>();
  /** How much of each file was read, by bucket and key. */
  readonly #filesRead = new Map<string, FileRead>();
  #sqsEndpoint = '';
  #engine: LocalDynamoDb | undefined;
  #client: DynamoDBClient | undefined;
  #gateway: LocalGateway | undefined;
  #secrets: LoopbackServer | undefined;
  #queryApi: LocalFunction | undefined;
  #receiver: LocalFunction | undefined;
  #consumer: LocalFunction | undefined;
  #importer: LocalFunction | undefined;
  #fileMapping: EventSourceMapping | undefined;
  #writers: Writers | undefined;
  #days: LocalDays | undefined;
  #metrics: LocalMetrics | undefined;
  #givenUp = 0;
  #stopping = false;

  constructor(options: LocalLedgerOptions) {
    this.#options = options;
  }

  get dynamoDb(): DynamoDBClient {
    if (this.#client === undefined) throw new Error('The local ledger is not started');
    return this.#client;
  }

  async start(): Promise<void> {
    const { ports } = this.#options;
    this.#gateway = await explainPort('api', ports.api, startGateway);
    this.endpoints.api = `http://127.0.0.1:${this.#gateway.port}`;
    this.#secrets = createSecretsEmulator(makeSecrets(this.#options.apiCredentials));
    const [kinesis, s3, sqs, secrets, engine] = await waitUntilStarted([
      explainPort('kinesis', ports.kinesis, (port) => this.#kinesis.listen(port)),
      explainPort('s3', ports.s3, (port) => this.#s3.listen(port)),
      this.#sqs.listen(0),
      this.#secrets.listen(0),
      explainPort('dynamoDb', ports.dynamoDb, (port) => this.#startEngine(port)),
    ]);
    this.endpoints.kinesis = `http://127.0.0.1:${kinesis.port}`;
    this.endpoints.s3 = `http://127.0.0.1:${s3.port}`;
    this.endpoints.dynamoDb = engine.endpoint;
    this.#sqsEndpoint = `http://127.0.0.1:${sqs.port}`;
    this.#client = makeDynamoDbClient({
      endpoint: engine.endpoint,
      region: localRegion,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    this.#writers = await startWriters();
    await this.#createPlaces();
    this.#metrics = this.#startMetrics();
    this.#days = this.#startDays();
    const secretsEndpoint = `http://127.0.0.1:${secrets.port}`;
    const [queryApi, receiver] = await Promise.all([
      this.#startQueryApi(secretsEndpoint),
      this.#startReceiver(secretsEndpoint),
      this.#startFunctions(),
    ]);
    const apis = [
      { root: '/', routes: [...routes, ...consoleRoutes], hasDefault: true, target: queryApi },
      { root: webhookRoot, routes: webhookRoutes, hasDefault: false, target: receiver },
    ];
    const { account, token } = this.#options.apiCredentials;
    this.#gateway.ready(apis, [
      { path: descriptionPath, readContent: () => this.#describe() },
      // The console needs no sign-in here, because a client that reaches this port may read all tables anyway.
      { path: consoleSessionPath, readContent: () => ({ account, token }) },
    ]);
  }

  measurePeakMemory(): { kinesisConsumer: number; fileImporter: number } {
    return {
      kinesisConsumer: this.#consumer?.peakMemoryBytes() ?? 0,
      fileImporter: this.#importer?.peakMemoryBytes() ?? 0,
    };
  }

  countGivenUp(): number {
    return this.#givenUp + (this.#sqs.findQueue(deadLetterQueue)?.counts().visible ?? 0);
  }

  async putRecord(source: string, data: Buffer, partitionKey: string): Promise<void> {
    const stream = this.#kinesis.findStream(findPlace(source).stream);
    if (stream === undefined) throw new Error(`The source ${source} has no stream`);
    for (;;) {
      const [receipt] = stream.put([{ data, partitionKey }]);
      if (receipt?.sequenceNumber !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, fullStreamMilliseconds));
    }
  }

  async putFile(source: string, key: string, bytes: Uint8Array): Promise<void> {
    await this.#s3.putObject(findPlace(source).bucket, key, bytes, { contentType: 'text/csv' });
  }

  fileRead(source: string, key: string): FileRead {
    return this.#filesRead.get(`${findPlace(source).bucket}/${key}`) ?? nothingRead;
  }

  countPendingRecords(source: string): number {
    return this.#streamMappings.get(source)?.countPendingRecords() ?? 0;
  }

  async waitUntilIdle(): Promise<void> {
    // S3's notification of an object follows one turn of the event loop after the put.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(
      [...this.#streamMappings.values(), this.#fileMapping].map((mapping) => mapping?.waitUntilIdle()),
    );
  }

  async waitUntilSettled(): Promise<void> {
    await Promise.all([
      this.#consumer?.waitUntilSettled(),
      this.#importer?.waitUntilSettled(),
      this.#writers?.waitUntilSettled(),
    ]);
  }

  async closeDays(now: number): Promise<ClosedDays> {
    if (this.#days === undefined) throw new Error('The local ledger is not started');
    return this.#days.run(now);
  }

  async exportMetrics(): Promise<void> {
    const report = await this.#metrics?.run();
    if (report?.failure !== undefined) {
      this.#options.onTrouble(`--otlp: metrics are not accepted (${report.failure})`);
    }
  }

  async listQuarantined(): Promise<readonly string[]> {
    const objects = this.#s3.listObjects(quarantineBucket);
    const bodies = objects.map(({ key }) =>
      key.endsWith('.jsonl') ? this.#s3.getObject(quarantineBucket, key) : undefined,
    );
    return (await Promise.all(bodies)).flatMap((body) => body?.toString('utf8').trimEnd().split('\n') ?? []);
  }

  async expire(now: number): Promise<void> {
    for (const { name, partitionKey, sortKey, expiryAttribute: attribute } of tables) {
      if (attribute === undefined) continue;
      if (name === usageTable.name && this.#days?.usageExpires === false) continue;
      const keys = [partitionKey, sortKey].filter((key) => key !== undefined);
      await expireItems(this.dynamoDb, { name, keys, attribute }, now);
    }
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const mappings = Promise.all(
      [...this.#streamMappings.values(), this.#fileMapping].map((mapping) => mapping?.stop()),
    );
    const days = this.#days?.stop();
    await this.#gateway?.close();
    // What is not stored by then, for example of a large file, is aborted. Nothing is lost that would not be lost on
    // AWS.
    await Promise.race([Promise.all([mappings, days]), wait(graceMilliseconds, undefined, { ref: false })]);
    const processes = [this.#consumer, this.#importer, this.#queryApi, this.#receiver];
    await Promise.all(processes.map((one) => one?.stop()));
    await mappings;
    await days;
    this.#client?.destroy();
    await Promise.all([
      this.#engine?.stop(),
      this.#kinesis.close(),
      this.#s3.close(),
      this.#sqs.close(),
      this.#secrets?.close(),
      this.#writers?.close(),
    ]);
  }

  async #startEngine(port: number): Promise<LocalDynamoDb> {
    const { dataDirectory, onTrouble } = this.#options;
    if (dataDirectory !== undefined) await preparePrivateFolder(dataDirectory);
    this.#engine = await startLedgerTables({
      port,
      ...(dataDirectory === undefined ? {} : { dataDirectory }),
      onCrash: (error) => onTrouble(`The local DynamoDB has stopped: ${error.message}`),
    });
    return this.#engine;
  }

  /** Creates streams, buckets and queues, and subscribes the queue to the buckets' notifications. */
  async #createPlaces(): Promise<void> {
    const { visibilityTimeoutSeconds } = fileMapping;
    const deadLetters = this.#sqs.createQueue(deadLetterQueue, { visibilityTimeoutSeconds });
    const queue = this.#sqs.createQueue(fileQueue, {
      visibilityTimeoutSeconds,
      maxReceives: fileMapping.maximumReceives,
      deadLetterQueue: deadLetters,
    });
    const dayDeadLetters = this.#sqs.createQueue(dayDeadLetterQueue);
    this.#sqs.createQueue(dayQueue, {
      visibilityTimeoutSeconds: dayMessageSeconds,
      maxReceives: maxDayMessageReceives,
      deadLetterQueue: dayDeadLetters,
    });
    this.#s3.onObjectRead((read) => this.#noteRead(read));
    this.#s3.createBucket(quarantineBucket, { permanent: true });
    await this.#createLake();
    for (const source of localSources) {
      const count = source.name === 'default' ? shards.default : shards.carrier;
      this.#kinesis.createStream(source.stream, count, { permanent: true });
      this.#s3.createBucket(source.bucket, { versioned: true, permanent: true });
      this.#s3.onObjectCreated(source.bucket, (message) => queue.send(JSON.stringify(message)));
    }
  }

  /** The exporter of metrics, and its queue; undefined if there is no receiver. */
  #startMetrics(): LocalMetrics | undefined {
    const { otlp } = this.#options;
    if (otlp === undefined) return undefined;
    const { visibilityTimeoutSeconds } = metricsExport;
    const { url } = this.#sqs.createQueue(metricsQueue, { visibilityTimeoutSeconds });
    return new LocalMetrics(otlp, this.dynamoDb.config, url);
  }

  /** Days that usage is kept. */
  get #usageDays(): number {
    return this.#options.usageRetentionDays ?? retention.usageDays;
  }

  /** What functions get in their environment, and clients in the stack's outputs. */
  get #stack(): LocalStack {
    return {
      endpoints: { ...this.endpoints, sqs: this.#sqsEndpoint },
      sessionRefresh: this.#options.sessionRefresh ?? 'update',
      usageDays: this.#usageDays,
      findQueueUrl: (name) => this.#sqs.findQueue(name)?.url,
    };
  }

  #startDays(): LocalDays {
    const queue = this.#sqs.findQueue(dayQueue);
    if (queue === undefined) throw new Error('The queue of the day pass does not exist');
    const { region, credentials } = this.dynamoDb.config;
    return new LocalDays({
      client: this.dynamoDb,
      s3: { region, credentials, s3Endpoint: this.endpoints.s3 },
      queue,
      usageDays: this.#usageDays,
      partialHours,
      maxLiveSims: this.#options.maxLiveSims,
      waitUntilSettled: () => this.waitUntilSettled(),
      onSealed: async (manifest) => {
        const { url } = this.#sqs.findQueue(metricsQueue) ?? {};
        if (url === undefined) return;
        await new MetricsSender(this.dynamoDb.config, url).send(describeSealedDay(manifest));
      },
      onTrouble: this.#options.onTrouble,
    });
  }

  /** Creates the buckets of closed days; with `--data`, their objects are files in that folder. */
  async #createLake(): Promise<void> {
    const { dataDirectory } = this.#options;
    for (const [name, folder] of lakeFolders) {
      if (dataDirectory === undefined) this.#s3.createBucket(name, { permanent: true });
      else await this.#s3.openBucket(name, join(dataDirectory, folder), { permanent: true });
    }
  }

  /** Bytes that are read again after a failure do not count again. */
  #noteRead({ bucket, key, piece, end }: ObjectRead): void {
    const name = `${bucket}/${key}`;
    const { bytes, rows } = this.#filesRead.get(name) ?? nothingRead;
    if (end <= bytes) return;
    const added = piece.subarray(Math.max(0, piece.length - (end - bytes)));
    this.#filesRead.set(name, { bytes: end, rows: rows + countLineFeeds(added) });
  }

  /** Starts the API's function. Requests reach it through the gateway. */
  async #startQueryApi(secretsEndpoint: string): Promise<LocalFunction> {
    this.#queryApi = await this.#createFunction(
      'query-api',
      functions.queryApi,
      queryApiVariables(this.#stack, secretsEndpoint),
      await readQueryApiFiles(),
    );
    return this.#queryApi;
  }

  /** Starts the function that carriers of all sources call. Requests reach it through the gateway. */
  async #startReceiver(secretsEndpoint: string): Promise<LocalFunction> {
    this.#receiver = await this.#createFunction(
      'webhook-receiver',
      functions.webhookReceiver,
      makeWebhookReceiverVariables(this.#stack, secretsEndpoint),
    );
    return this.#receiver;
  }

  async #startFunctions(): Promise<void> {
    const queue = this.#sqs.findQueue(fileQueue);
    if (queue === undefined) throw new Error('The file queue does not exist');
    const variables = ingestVariables(this.#stack);
    const [consumer, importer] = await Promise.all([
      this.#createFunction('kinesis-consumer', functions.kinesisConsumer, variables),
      this.#createFunction('file-importer', functions.fileImporter, variables),
    ]);
    this.#consumer = consumer;
    this.#importer = importer;
    for (const { name, stream: streamName } of localSources) {
      const stream = this.#kinesis.findStream(streamName);
      if (stream === undefined) continue;
      const mapping = createKinesisMapping({
        stream,
        target: consumer,
        rules: streamMapping,
        onFailure: (object) => this.#giveUp(object),
        onError: (error) =>
          this.#options.onTrouble(`Records that were given up could not be stored: ${String(error)}`),
      });
      this.#streamMappings.set(name, mapping);
      mapping.start();
    }
    this.#fileMapping = createSqsMapping({
      queue,
      target: importer,
      rules: fileMapping,
      retryDelaySeconds: fileRetrySeconds,
    });
    this.#fileMapping.start();
  }

  /** What a deployed stack's outputs and CloudWatch would say. */
  #describe(): LocalDescription {
    const { kinesis, s3, dynamoDb } = this.endpoints;
    const readTraffic = (source: string, minutes: number) => {
      const { received, rejected } = this.receipts.countLately(source, minutes);
      return { received, rejected };
    };
    return {
      endpoints: { kinesis, s3, dynamoDb, sqs: this.#sqsEndpoint, writers: this.#writers?.url ?? '' },
      outputs: listOutputs(this.#stack),
      traffic: localSources.map(({ name }) => {
        const last = this.receipts.findLastRecord(name);
        return {
          source: name,
          lastRecord: last === undefined ? null : new Date(last).toISOString(),
          lagSeconds: (this.#streamMappings.get(name)?.measureLag() ?? 0) / 1000,
          hour: readTraffic(name, 60),
          day: readTraffic(name, 24 * 60),
        };
      }),
      functions: [this.#consumer, this.#importer, this.#queryApi, this.#receiver].flatMap(
        (one) => one?.name ?? [],
      ),
    };
  }

  #createFunction(
    name: string,
    definition: (typeof functions)[keyof typeof functions],
    variables: Record<string, string>,
    files?: FunctionFiles,
  ): Promise<LocalFunction> {
    const onLog = (line: string): void => {
      if (!this.receipts.takeLine(line)) this.#options.onLog(line);
    };
    return createDeployedFunction({
      ...{ ...definition, name, onLog, files },
      concurrency: processesPerFunction,
      environment: variables,
    });
  }

  async #giveUp({
    key,
    body,
    records,
    condition,
  }: {
    key: string;
    body: string;
    records: number;
    condition: string;
  }) {
    await this.#s3.putObject(quarantineBucket, key, Buffer.from(body));
    this.#givenUp += records;
    this.#options.onTrouble(
      `${records} Kinesis records were given up (${condition}): s3://${quarantineBucket}/${key}`,
    );
  }
}

const nothingRead: FileRead = { bytes: 0, rows: 0 };

function countLineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

const webhookRoutes = localSources.map(({ name }) => ({
  method: 'POST' as const,
  path: makeWebhookPath(name),
}));
