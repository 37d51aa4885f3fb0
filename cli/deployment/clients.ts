import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { makeDynamoDbClient } from '../../lambda/aws/dynamodb-client.ts';
import { environment } from '../../lambda/aws/names.ts';
import { type DayTableNames, makeProcessFence } from '../../lambda/aws/process-fence.ts';
import { readSessionRefresh, readSources, writeModeFromEnvironment } from '../../lambda/aws/sources.ts';
import type { ChunkFence } from '../../lambda/days/fence/chunk-fence.ts';
import { UnreachableError } from '../../lambda/errors.ts';
import { outputName } from '../../lib/output-names.ts';
import type { Access, Places } from './deployment.ts';

/** Service endpoints, if they are not AWS's own. */
export interface Endpoints {
  readonly kinesis: string;
  readonly s3: string;
  readonly sqs: string;
  readonly dynamoDb: string;
}

/** The clients of the services that every deployment has. */
export class Clients {
  readonly s3: S3Client;
  readonly kinesis: KinesisClient;
  readonly sqs: SQSClient;
  readonly dynamoDb: DynamoDBClient;
  readonly #access: Access;
  readonly #endpoints: Endpoints | undefined;
  readonly #furtherDynamoDbs: DynamoDBClient[] = [];

  constructor(access: Access, endpoints?: Endpoints) {
    this.#access = access;
    this.#endpoints = endpoints;
    this.s3 = new S3Client({
      ...access,
      ...setEndpoint(endpoints?.s3),
      maxAttempts: 5,
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    this.kinesis = new KinesisClient({
      ...access,
      ...setEndpoint(endpoints?.kinesis),
      maxAttempts: 8,
      // By default, only this client uses HTTP/2, which not every endpoint supports.
      requestHandler: new NodeHttpHandler(),
    });
    // The queue's URL names AWS's own endpoint; AWS_ENDPOINT_URL and a profile's endpoint_url take precedence.
    this.sqs = new SQSClient({ ...access, ...setEndpoint(endpoints?.sqs), useQueueUrlAsEndpoint: false });
    this.dynamoDb = makeDynamoDbClient({ ...access, ...setEndpoint(endpoints?.dynamoDb) });
  }

  get s3Endpoint(): string | undefined {
    return this.#endpoints?.s3;
  }

  openDynamoDb(): DynamoDBClient {
    const client = makeDynamoDbClient({ ...this.#access, ...setEndpoint(this.#endpoints?.dynamoDb) });
    this.#furtherDynamoDbs.push(client);
    return client;
  }

  close(): void {
    for (const client of [this.s3, this.kinesis, this.sqs, this.dynamoDb, ...this.#furtherDynamoDbs]) {
      client.destroy();
    }
  }
}

function setEndpoint(endpoint: string | undefined): { endpoint?: string } {
  return endpoint === undefined ? {} : { endpoint };
}

/** What both kinds of deployment share: places, and clients that reach them. */
export class ConnectedDeployment {
  readonly title: string;
  readonly places: Places;
  readonly fence: ChunkFence;
  readonly #clients: Clients;

  constructor(
    title: string,
    places: Places,
    clients: Clients,
    makeFence: (client: DynamoDBClient, names: DayTableNames) => ChunkFence = makeProcessFence,
  ) {
    this.title = title;
    this.places = places;
    this.#clients = clients;
    this.fence = makeFence(clients.dynamoDb, places.dayTables);
  }

  get s3Endpoint(): string | undefined {
    return this.#clients.s3Endpoint;
  }

  get s3(): S3Client {
    return this.#clients.s3;
  }

  get kinesis(): KinesisClient {
    return this.#clients.kinesis;
  }

  get sqs(): SQSClient {
    return this.#clients.sqs;
  }

  get dynamoDb(): DynamoDBClient {
    return this.#clients.dynamoDb;
  }

  openDynamoDb(): DynamoDBClient {
    return this.#clients.openDynamoDb();
  }

  close(): void {
    this.#clients.close();
  }
}

/**
 * The resources in a stack's outputs; the local run has the same outputs.
 *
 * @throws UnreachableError if an output is missing: the stack is not simledger's, or has an older version.
 */
export function readPlaces(outputs: Readonly<Record<string, string>>, title: string): Places {
  const output = (name: string): string => {
    const value = outputs[name];
    if (value !== undefined && value !== '') return value;
    throw new UnreachableError(
      `Cannot use ${title}: it has no output ${name}. Give the name of a simledger stack with --stack, or deploy this version`,
    );
  };
  const files = outputs[outputName.fileQueue];
  const episodes = outputs[outputName.alertsTable];
  const database = outputs[outputName.lakeDatabase];
  // Uses the names of the functions' environment, so that the same code can read it.
  const configured = {
    [environment.sources]: output(outputName.sources),
    [environment.sessionRefresh]: output(outputName.sessionRefresh),
    [environment.writes]: output(outputName.writes),
  };
  return {
    tables: {
      sessions: output(outputName.sessionsTable),
      usage: output(outputName.usageTable),
      events: output(outputName.eventsTable),
      sims: output(outputName.simsTable),
      files: output(outputName.filesTable),
    },
    dayTables: {
      dayState: output(outputName.dayStateTable),
      dayMarkers: output(outputName.dayMarkersTable),
      simDays: output(outputName.simDaysTable),
      findings: output(outputName.findingsTable),
      sessionDays: output(outputName.sessionDaysTable),
    },
    lake: { lake: output(outputName.lakeBucket), accounts: output(outputName.accountLakeBucket) },
    catalog: database === undefined ? undefined : { database, workGroup: output(outputName.lakeWorkGroup) },
    dayQueue: output(outputName.dayQueue),
    alertTables: episodes === undefined ? undefined : { episodes, state: output(outputName.alertStateTable) },
    quarantineBucket: output(outputName.quarantineBucket),
    sources: readSources(configured),
    sessionRefresh: readSessionRefresh(configured),
    writes: writeModeFromEnvironment(configured),
    eventRetentionDays: Number(output(outputName.eventRetentionDays)),
    usageRetentionDays: Number(output(outputName.usageRetentionDays)),
    queues: files === undefined ? undefined : { files, deadLetters: output(outputName.deadLetterQueue) },
    version: output(outputName.version),
  };
}
