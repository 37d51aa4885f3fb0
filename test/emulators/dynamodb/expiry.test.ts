import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { expireItems } from '../../../emulators/dynamodb/expiry.ts';
import { runningTables } from '../../lambda/store/running-tables.ts';
import { intercept } from '../../lambda/store/watched-client.ts';

const tables = runningTables();

const now = Date.parse('2026-11-10T00:00:00.000Z');
const usage = { name: 'Usage', keys: ['sim', 'usageId'], attribute: 'expiresAt' };

function put(usageId: string, expiresAt?: number) {
  const expiry = expiresAt === undefined ? {} : { expiresAt: { N: String(expiresAt) } };
  const Item = { sim: { S: 'a' }, usageId: { S: usageId }, ...expiry };
  return tables.client.send(new PutItemCommand({ TableName: 'Usage', Item }));
}

async function listIds(): Promise<unknown> {
  return (await tables.items('Usage')).map(({ usageId }) => usageId?.S);
}

test('expired items are deleted, and items without an expiry stay', async () => {
  await put('before', now / 1_000 - 1);
  await put('now', now / 1_000);
  await put('later', now / 1_000 + 1);
  await put('never');
  expect([await expireItems(tables.client, usage, now), await listIds()]).toEqual([
    1,
    ['later', 'never', 'now'],
  ]);
  expect([await expireItems(tables.client, usage, now + 10_000), await listIds()]).toEqual([2, ['never']]);
});

test('an item that is replaced meanwhile stays', async () => {
  await tables.clear();
  await put('renewed', now / 1_000 - 1);
  const client = tables.newClient();
  intercept(client, async ({ operation }, proceed) => {
    if (operation !== 'DeleteItem') return proceed();
    await tables.client.send(
      new UpdateItemCommand({
        TableName: 'Usage',
        Key: { sim: { S: 'a' }, usageId: { S: 'renewed' } },
        UpdateExpression: 'SET expiresAt = :later',
        ExpressionAttributeValues: { ':later': { N: String(now / 1_000 + 1) } },
      }),
    );
    return proceed();
  });
  expect([await expireItems(client, usage, now), await listIds()]).toEqual([0, ['renewed']]);
  client.destroy();
});
