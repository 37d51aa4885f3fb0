import {
  BatchExecuteStatementCommand,
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { toError } from '../../lambda/errors.ts';
import type { WriteMode } from '../../lambda/store/ledger-tables.ts';
import type { Lacks } from './lacks.ts';

const TableName = 'simledger-test-statements';

const insertion = `INSERT INTO "${TableName}" VALUE {'sim': ?}`;
const update = `UPDATE "${TableName}" SET "a" = 'b' WHERE "sim" = ?`;

/**
 * Finds how the stack's functions can write at an endpoint: in batches of statements only where it refuses those whose
 * conditions do not hold. Otherwise it would lose what it says it has written.
 */
export async function findWriteMode(client: DynamoDBClient, lacks: Lacks): Promise<WriteMode> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'sim', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'sim', KeyType: 'HASH' }],
    }),
  );
  try {
    await waitUntilTableExists({ client, maxWaitTime: 120 }, { TableName });
    await execute(client, insertion, 'stored');
    for (const { text, sim, code, lack } of [
      { text: insertion, sim: 'stored', code: 'DuplicateItem', lack: 'an item is inserted over another one' },
      { text: update, sim: 'absent', code: 'ConditionalCheckFailed', lack: 'an absent item is updated' },
    ]) {
      if ((await execute(client, text, sim)) === code) continue;
      lacks.add('DynamoDB BatchExecuteStatement', lack);
      return 'single';
    }
    return 'batched';
  } catch (error) {
    lacks.add('DynamoDB BatchExecuteStatement', toError(error).message);
    return 'single';
  } finally {
    await client.send(new DeleteTableCommand({ TableName }));
  }
}

/** @returns the code with which the statement failed; undefined where it did not. */
async function execute(client: DynamoDBClient, Statement: string, sim: string): Promise<string | undefined> {
  const { Responses: [response] = [] } = await client.send(
    new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters: [{ S: sim }] }] }),
  );
  return response?.Error?.Code;
}
