import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

/** The smallest function with a DynamoDB client: it reads one item. */

const client = new DynamoDBClient({});

export function handler() {
  return client.send(new GetItemCommand({ TableName: 'Sims', Key: { sim: { S: '8988307000000120011' } } }));
}
