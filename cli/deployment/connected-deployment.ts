import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clients } from './clients.ts';
import type { Places } from './deployment.ts';

/** What both kinds of deployment have: places, and clients that reach them. */
export class ConnectedDeployment {
  readonly title: string;
  readonly places: Places;
  readonly #clients: Clients;

  constructor(title: string, places: Places, clients: Clients) {
    this.title = title;
    this.places = places;
    this.#clients = clients;
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

  newDynamoDb(): DynamoDBClient {
    return this.#clients.newDynamoDb();
  }

  close(): void {
    this.#clients.close();
  }
}
