import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { readPlaces } from '../../cli/deployment/clients.ts';
import type { Places } from '../../cli/deployment/deployment.ts';
import { type LocalGateway, startGateway } from '../../emulators/api/gateway.ts';
import type { LocalFunction } from '../../emulators/lambda-runtime/function.ts';
import { makeDynamoDbClient } from '../../lambda/aws/dynamodb-client.ts';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { routes } from '../../lambda/functions/query-api/routes.ts';
import { makeWebhookPath, webhookRoot } from '../../lambda/functions/webhook-receiver/routes.ts';
import type { Item } from '../../lambda/store/items.ts';
import { makeSourceId } from '../../lib/source-ids.ts';
import { Receipts } from '../../local/receipts.ts';
import { withoutExpiry } from '../lambda/store/running-tables.ts';
import { calledSourceOfEachCarrier } from '../lib/synthesised.ts';
import { fetchFunction, functionPaths } from './deployed-functions.ts';
import { type Ended, type Endpoint, openEndpoint, projectFolder, runScript } from './endpoint.ts';
import {
  createKinesisClient,
  createSqsClient,
  type Delivered,
  deliverQueue,
  deliverStream,
  type Imported,
  type StreamMappingProperties,
} from './event-sources.ts';
import { Lacks } from './lacks.ts';
import {
  completeAnnouncement,
  completeBuckets,
  createSecrets,
  readSecret,
  switchMappings,
} from './missing-parts.ts';
import { isLack } from './recording-proxy.ts';
import { bootstrap, deploy, physicalIdAt, type StackAtEndpoint } from './stack.ts';
import { findWriteMode } from './write-mode.ts';

/** A source of each carrier, and somebody to tell of alarms. */
const configuration = { sources: calledSourceOfEachCarrier, alarmEmail: 'operator@example.com' };

/** simledger as it stands at an endpoint; its functions run here, as their bundles and environment are there. */
export class TestDeployment {
  readonly lacks: Lacks;
  readonly stack: StackAtEndpoint;
  readonly places: Places;
  readonly receipts: Receipts;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly kinesis: KinesisClient;
  readonly dynamoDb: DynamoDBClient;
  readonly #endpoint: Endpoint;
  readonly #functions = new Map<keyof typeof functionPaths, LocalFunction>();
  #gateway: LocalGateway | undefined;

  private constructor(
    endpoint: Endpoint,
    stack: StackAtEndpoint,
    clients: Pick<TestDeployment, 's3' | 'sqs'>,
    lacks: Lacks,
  ) {
    const { proxy, region, credentials } = endpoint;
    this.#endpoint = endpoint;
    this.stack = stack;
    this.lacks = lacks;
    this.places = readPlaces(stack.outputs, `the stack ${stack.name}`);
    this.receipts = new Receipts(Date.now, stack.name);
    this.s3 = clients.s3;
    this.sqs = clients.sqs;
    this.kinesis = createKinesisClient(endpoint);
    this.dynamoDb = makeDynamoDbClient({ endpoint: proxy.url, region, credentials });
  }

  /** Bootstraps and deploys, completes what the endpoint leaves out, and starts the functions. */
  static async open(url: string): Promise<TestDeployment> {
    const lacks = new Lacks();
    const endpoint = await openEndpoint(url);
    const folder = await mkdtemp(join(tmpdir(), 'simledger-endpoint-'));
    const { proxy, region, credentials } = endpoint;
    const s3 = new S3Client({ endpoint: proxy.url, region, credentials });
    const sqs = createSqsClient(endpoint);
    try {
      await bootstrap(endpoint, lacks);
      const name = `simledger-test-${Date.now().toString(36)}`;
      const client = makeDynamoDbClient({ endpoint: proxy.url, region, credentials });
      const writes = await findWriteMode(client, lacks);
      client.destroy();
      const stack = await deploy(
        endpoint,
        { name, configuration: { ...configuration, writes }, folder },
        lacks,
        (template, missing) => createSecrets(endpoint, template, missing),
      );
      await completeBuckets({ s3, sqs }, stack, lacks);
      const deployment = new TestDeployment(endpoint, stack, { s3, sqs }, lacks);
      await deployment.#start();
      return deployment;
    } catch (error) {
      await endpoint.proxy.close();
      throw error;
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #start(): Promise<void> {
    const onLog = (line: string): void => void this.receipts.takeLine(line);
    for (const [name, path] of Object.entries(functionPaths)) {
      const fetched = await fetchFunction(this.#endpoint, this.stack, path, {
        ...{ s3: this.s3, lacks: this.lacks, onLog },
      });
      this.#functions.set(name as keyof typeof functionPaths, fetched);
    }
    await this.switchMappings(false);
    this.#gateway = await startGateway(0);
    this.#gateway.ready([
      { root: '/', routes, hasDefault: true, target: this.#function('queryApi') },
      {
        root: webhookRoot,
        routes: this.places.sources.all.map(({ name }) => ({ method: 'POST', path: makeWebhookPath(name) })),
        hasDefault: false,
        target: this.#function('receiver'),
      },
    ]);
  }

  #function(name: keyof typeof functionPaths): LocalFunction {
    const found = this.#functions.get(name);
    if (found === undefined) throw new Error(`The function ${name} is not started`);
    return found;
  }

  /** Where the two HTTP APIs are, which hand requests to the deployed functions. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.#gateway?.port}`;
  }

  /** Invocations of all functions that have failed. */
  get failedInvocations(): number {
    return [...this.#functions.values()].reduce((sum, one) => sum + one.countInvocations().failed, 0);
  }

  /** Switches what feeds the functions at the endpoint, so that only the tests feed them. */
  async switchMappings(enabled: boolean): Promise<void> {
    const { consumer, importer } = functionPaths;
    const names = [consumer, importer].map((path) => physicalIdAt(this.stack, path));
    await switchMappings(this.#endpoint, names, enabled);
  }

  /** What a secret holds, by the output that names it. */
  readSecret(output: string): Promise<Readonly<Record<string, unknown>>> {
    return readSecret(this.#endpoint, this.stack.outputs[output] ?? '');
  }

  /** Puts a record on a source's stream, as its carrier does. */
  async putRecord(source: string, data: Buffer, partitionKey: string): Promise<void> {
    const { streamArn } = this.source(source);
    const client = createKinesisClient(await this.#asWriter(source));
    await client.send(new PutRecordCommand({ StreamARN: streamArn, Data: data, PartitionKey: partitionKey }));
    client.destroy();
  }

  /** Puts a file into a source's bucket, as its carrier does. */
  async putFile(source: string, key: string, bytes: Buffer): Promise<void> {
    const { bucket } = this.source(source);
    const { proxy, region, credentials } = await this.#asWriter(source);
    const client = new S3Client({ endpoint: proxy.url, region, credentials });
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    client.destroy();
  }

  source(name: string): KnownSource {
    const found = this.places.sources.all.find((source) => source.name === name);
    if (found === undefined) throw new Error(`There is no source ${name}`);
    return found;
  }

  readonly #writers = new Map<string, Promise<Endpoint>>();

  /** The endpoint with the credentials of the role that a source's carrier assumes; where it has none, with our own. */
  #asWriter(source: string): Promise<Endpoint> {
    const known = this.#writers.get(source) ?? this.#assumeRole(source);
    this.#writers.set(source, known);
    return known;
  }

  async #assumeRole(name: string): Promise<Endpoint> {
    const id = makeSourceId(this.source(name));
    const { [`${id}IAMRoleARN`]: RoleArn, [`${id}ExternalId`]: ExternalId } = this.stack.outputs;
    if (RoleArn === undefined) return this.#endpoint;
    const { proxy, region, credentials } = this.#endpoint;
    const sts = new STSClient({ endpoint: proxy.url, region, credentials });
    const session = { RoleArn, ExternalId, RoleSessionName: name };
    const { Credentials } = await sts.send(new AssumeRoleCommand(session));
    sts.destroy();
    const assumed = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    return { ...this.#endpoint, credentials: assumed };
  }

  /** Delivers all that the streams hold to the consumer. */
  async deliverStreams(): Promise<Delivered> {
    const all: Delivered[] = [];
    for (const { name, streamArn = '' } of this.places.sources.all) {
      all.push(
        await deliverStream(this.kinesis, this.s3, {
          ...{ streamArn, target: this.#function('consumer'), mapping: this.#mappingOf(name) },
          failureBucket: this.places.quarantineBucket,
        }),
      );
    }
    return {
      records: all.reduce((sum, { records }) => sum + records, 0),
      failures: all.flatMap(({ failures }) => failures),
    };
  }

  /** The mapping of a source's stream, as it is deployed. */
  #mappingOf(source: string): StreamMappingProperties {
    const { streamArn = '' } = this.source(source);
    const stream = [...this.stack.physicalIds].find(([, id]) => streamArn.endsWith(`/${id}`))?.[0] ?? '';
    const mapping = Object.values(this.stack.template.Resources).find(
      ({ Type, Properties }) =>
        Type === 'AWS::Lambda::EventSourceMapping' && JSON.stringify(Properties).includes(`"${stream}"`),
    );
    if (mapping === undefined) throw new Error(`The template has no mapping of the stream ${stream}`);
    return mapping.Properties as unknown as StreamMappingProperties;
  }

  /** Delivers all that the queue holds to the importer. */
  deliverFiles(isOver?: () => boolean): Promise<Imported> {
    return deliverQueue(this.sqs, {
      ...{ queueUrl: this.places.queues?.files ?? '', target: this.#function('importer') },
      complete: (body) => completeAnnouncement(this.s3, body, this.lacks),
      ...(isOver !== undefined && { isOver }),
    });
  }

  /** All items of the ledger, in the order of their texts and without expiry. */
  async items(): Promise<Record<'sessions' | 'usage' | 'events' | 'sims', Item[]>> {
    const { sessions, usage, events, sims } = this.places.tables;
    const read = (table: string): Promise<Item[]> => scan(this.dynamoDb, table);
    return {
      sessions: await read(sessions),
      usage: await read(usage),
      events: await read(events),
      sims: await read(sims),
    };
  }

  /**
   * Runs a command line on the stack.
   *
   * @param code with which it must end.
   * @returns undefined where it ends otherwise because the endpoint lacks something; this is noted.
   * @throws Error where it ends otherwise, and the endpoint lacks nothing that was asked of it.
   */
  async run(args: readonly string[], code = 0): Promise<Ended | undefined> {
    const { failed } = this.#endpoint.proxy;
    const before = failed.length;
    const script = join(projectFolder, 'cli/simledger.mjs');
    const ended = await runScript(this.#endpoint, script, ['--stack', this.stack.name, ...args]);
    const lacking = failed.slice(before).filter(isLack);
    for (const { service, operation, error } of lacking) this.lacks.add(`${service} ${operation}`, error);
    if (ended.code === code) return ended;
    if (lacking.length === 0) {
      throw new Error(
        `simledger ${args.join(' ')} ended with ${ended.code}:\n${ended.output}${ended.errors}`,
      );
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#gateway?.close();
    await Promise.all([...this.#functions.values()].map((one) => one.stop()));
    for (const client of [this.s3, this.sqs, this.kinesis, this.dynamoDb]) client.destroy();
    for (const call of this.#endpoint.proxy.failed.filter(isLack)) {
      this.lacks.add(`${call.service} ${call.operation}`, call.error);
    }
    await this.#endpoint.proxy.close();
  }
}

async function scan(client: DynamoDBClient, TableName: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    items.push(...(page.Items ?? []).map(withoutExpiry));
  }
  return items.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

function textOf(item: Item): string {
  return JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}
