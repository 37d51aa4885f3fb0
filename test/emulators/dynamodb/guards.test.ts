import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { expect, test } from 'vitest';
import { closeIteratorsOnReturn, type LevelPrototype } from '../../../emulators/dynamodb/guards.ts';

test('a query with a limit closes the iterator that it opened', async () => {
  const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
  const { MemoryLevel }: { MemoryLevel: { readonly prototype: LevelPrototype } } = require('memory-level');
  const iterators = countIterators(MemoryLevel.prototype);
  closeIteratorsOnReturn(MemoryLevel.prototype);

  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A server on a port has no other kind of address.
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'Queried',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'sim', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'sim', AttributeType: 'S' },
        { AttributeName: 'id', AttributeType: 'S' },
      ],
    }),
  );
  for (const id of ['1', '2', '3']) {
    await client.send(new PutItemCommand({ TableName: 'Queried', Item: { sim: { S: 'A' }, id: { S: id } } }));
  }
  const query = {
    TableName: 'Queried',
    KeyConditionExpression: 'sim = :sim',
    ExpressionAttributeValues: { ':sim': { S: 'A' } },
  };
  const answers = [
    await client.send(new QueryCommand({ ...query, Limit: 2 })),
    await client.send(new QueryCommand(query)),
  ];
  // Closing the database closes every iterator: count before.
  const counted = { ...iterators };
  client.destroy();
  await new Promise((resolve) => server.close(resolve));

  expect(answers.map((answer) => answer.Count)).toEqual([2, 3]);
  expect(counted).toEqual({ opened: 2, closed: 2 });
});

/** Counts what is opened and closed, without changing what it does. */
function countIterators(prototype: LevelPrototype): { opened: number; closed: number } {
  const count = { opened: 0, closed: 0 };
  const open = prototype.values;
  prototype.values = function (options) {
    const iterator = open.call(this, options);
    const close = iterator.close;
    count.opened++;
    iterator.close = function () {
      count.closed++;
      return close.call(this);
    };
    return iterator;
  };
  return count;
}
