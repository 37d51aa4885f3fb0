import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { dynamoDbClient } from '../../lambda/aws/dynamodb-client.ts';

/** Whose services are called, and in which region; what is left out is the AWS SDK's to find. */
export type Access = Pick<DynamoDBClientConfig, 'region' | 'profile' | 'credentials'>;

/** Where services are, if they are elsewhere than AWS has them. */
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
      ...at(endpoints?.s3),
      maxAttempts: 5,
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    this.kinesis = new KinesisClient({
      ...access,
      ...at(endpoints?.kinesis),
      maxAttempts: 8,
      // By default this client alone speaks HTTP/2 without asking, which not every endpoint understands.
      requestHandler: new NodeHttpHandler(),
    });
    // The queue's URL names AWS's own endpoint; AWS_ENDPOINT_URL and a profile's endpoint_url come before it.
    this.sqs = new SQSClient({ ...access, ...at(endpoints?.sqs), useQueueUrlAsEndpoint: false });
    this.dynamoDb = dynamoDbClient({ ...access, ...at(endpoints?.dynamoDb) });
  }

  newDynamoDb(): DynamoDBClient {
    const client = dynamoDbClient({ ...this.#access, ...at(this.#endpoints?.dynamoDb) });
    this.#furtherDynamoDbs.push(client);
    return client;
  }

  close(): void {
    for (const client of [this.s3, this.kinesis, this.sqs, this.dynamoDb, ...this.#furtherDynamoDbs]) {
      client.destroy();
    }
  }
}

function at(endpoint: string | undefined): { endpoint?: string } {
  return endpoint === undefined ? {} : { endpoint };
}
