import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

/** The least that a function with a DynamoDB client can be: one item read. */

const client = new DynamoDBClient({});

export function handler() {
  return client.send(new GetItemCommand({ TableName: 'Sims', Key: { sim: { S: '8988307000000120011' } } }));
}
