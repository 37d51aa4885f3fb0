import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import fc, { type Arbitrary } from 'fast-check';
import { expect, test } from 'vitest';
import { startLedgerTables } from '../../local/ledger-tables.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';

type Parameter = { S: string } | { N: string };
interface Phrase {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

const value: Arbitrary<Parameter> = fc.oneof(
  fc.constantFrom('a', 'b', '10', '9').map((S) => ({ S })),
  fc.constantFrom('9', '10', '-1', '0').map((N) => ({ N })),
);
const name = fc.constantFrom('"a"', 'b', '"lastSeen"', 'c');
const { condition } = fc.letrec<{ condition: Phrase }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(name, fc.constantFrom('=', '<>', '<', '<=', '>', '>='), value)
      .map(([left, sign, right]) => ({ text: `${left} ${sign} ?`, parameters: [right] })),
    fc
      .tuple(name, fc.constantFrom('IS MISSING', 'IS NOT MISSING'))
      .map(([left, is]) => ({ text: `${left} ${is}`, parameters: [] })),
    tie('condition').map(({ text, parameters }) => ({ text: `NOT (${text})`, parameters })),
    fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition')).map(([left, word, right]) => ({
      text: `(${left.text} ${word} ${right.text})`,
      parameters: [...left.parameters, ...right.parameters],
    })),
  ),
}));
const sims = ['1', '2', '3', '4'];
const insert = (sim: string): Arbitrary<BatchStatementRequest> =>
  fc.tuple(value, value).map(([a, b]) => ({
    Statement: `INSERT INTO "Sessions" VALUE {'sim': ?, 'sessionId': ?, 'a': ?, 'b': ?}`,
    Parameters: [{ S: sim }, { S: 'x' }, a, b],
  }));
const update = (sim: string): Arbitrary<BatchStatementRequest> =>
  fc
    .tuple(value, value, condition, fc.constantFrom('ALL_OLD' as const, 'NONE' as const))
    .map(([a, c, where, old]) => ({
      Statement: `UPDATE "Sessions" SET "a" = ? SET c = ? REMOVE b WHERE sim = ? AND sessionId = ? AND (${where.text})`,
      Parameters: [a, c, { S: sim }, { S: 'x' }, ...where.parameters],
      ReturnValuesOnConditionCheckFailure: old,
    }));
const batch = fc
  .subarray(sims, { minLength: 1 })
  .chain((some) => fc.tuple(...some.map((sim) => fc.oneof(insert(sim), update(sim)))));

test('the local DynamoDB answers statements and leaves tables as the engine in memory does', async () => {
  const dynamoDb = await startLedgerTables({ port: 0 });
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new DynamoDBClient({ endpoint: dynamoDb.endpoint, region: 'us-east-1', credentials });
  const memory = new MemoryDynamoDb();
  try {
    await fc.assert(
      fc.asyncProperty(batch, async (Statements) => {
        const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements }));
        expect({ Responses }).toEqual(memory.answer(new BatchExecuteStatementCommand({ Statements })));
        const { Items = [] } = await client.send(new ScanCommand({ TableName: 'Sessions' }));
        expect(new Set(Items)).toEqual(new Set(memory.items('Sessions')));
      }),
      { numRuns: 300, endOnFailure: true },
    );
  } finally {
    client.destroy();
    await dynamoDb.stop();
  }
});
