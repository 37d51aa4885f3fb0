import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Item } from '../../lambda/store/items.ts';
import { compareNumbers, normalNumber } from './dynamodb-values.ts';
import { type Command, MemoryDynamoDb } from './memory-dynamodb.ts';

/** The engine that the properties trust refuses what DynamoDB refuses. */

let engine = new MemoryDynamoDb();

beforeEach(() => {
  engine = new MemoryDynamoDb();
});

const key: Item = { sim: { S: 'a' }, usageId: { S: 'b' } };

function put(item: Item, more: Partial<PutItemCommand['input']> = {}): PutItemCommand {
  return new PutItemCommand({ TableName: 'Usage', Item: { ...key, ...item }, ...more });
}

function update(more: Partial<UpdateItemCommand['input']>): UpdateItemCommand {
  return new UpdateItemCommand({ TableName: 'Usage', Key: key, ...more });
}

function puts(count: number, item: Item = {}): BatchWriteItemCommand {
  const requests = Array.from({ length: count }, (_, index) => ({
    PutRequest: { Item: { sim: { S: 'a' }, usageId: { S: String(index) }, ...item } },
  }));
  return new BatchWriteItemCommand({ RequestItems: { Usage: requests } });
}

function readWith(ProjectionExpression: string): BatchGetItemCommand {
  return new BatchGetItemCommand({ RequestItems: { Usage: { Keys: [key], ProjectionExpression } } });
}

const one = { ':one': { N: '1' } };

describe('the engine in memory refuses', () => {
  test.each<[string, Command]>([
    ['an unknown table', new GetItemCommand({ TableName: 'Nothing', Key: key })],
    ['a key that is not whole', new GetItemCommand({ TableName: 'Usage', Key: { sim: { S: 'a' } } })],
    [
      'a key with more than the key',
      new GetItemCommand({ TableName: 'Usage', Key: { ...key, x: { S: 'x' } } }),
    ],
    ['an empty key', put({ usageId: { S: '' } })],
    ['a key of another type', put({ usageId: { N: '1' } })],
    ['a sort key that is too long', put({ usageId: { S: 'x'.repeat(1_025) } })],
    [
      'an index key that is too long',
      new PutItemCommand({ TableName: 'Sims', Item: { sim: { S: 'a' }, simName: { S: 'x'.repeat(1_025) } } }),
    ],
    [
      'an index key that is empty',
      new PutItemCommand({ TableName: 'Sims', Item: { sim: { S: 'a' }, simId: { S: '' } } }),
    ],
    ['an invalid number', put({ cost: { N: 'NaN' } })],
    ['a number of too many digits', put({ cost: { N: '1'.repeat(39) } })],
    ['a number that is too small', put({ cost: { N: '1e-200' } })],
    ['a number that is too great', put({ cost: { N: '1e126' } })],
    ['half a character', put({ tariff: { S: '\ud800' } })],
    ['an item that is too large', put({ tariff: { S: 'x'.repeat(400 * 1024) } })],
    ['26 puts at once', puts(26)],
    ['no puts at once', puts(0)],
    ['two puts of one key', puts(2, { usageId: { S: 'same' } })],
    ['two reads of one key', new BatchGetItemCommand({ RequestItems: { Usage: { Keys: [key, key] } } })],
    ['a reserved word in a projection', readWith('sim, start')],
    ['an attribute that a projection names twice', readWith('sim, cost, sim')],
    ['a reserved word', update({ UpdateExpression: 'SET start = :one', ExpressionAttributeValues: one })],
    ['a reserved word in a condition', put({}, { ConditionExpression: 'attribute_not_exists(source)' })],
    [
      'a value that is not given',
      update({ UpdateExpression: 'SET cost = :two', ExpressionAttributeValues: one }),
    ],
    ['a value that is not used', update({ UpdateExpression: 'REMOVE cost', ExpressionAttributeValues: one })],
    [
      'a name that is not used',
      put({}, { ConditionExpression: 'attribute_exists(sim)', ExpressionAttributeNames: { '#x': 'x' } }),
    ],
    [
      'an attribute that is set and removed',
      update({ UpdateExpression: 'SET cost = :one REMOVE cost', ExpressionAttributeValues: one }),
    ],
    ['an update of the key', update({ UpdateExpression: 'SET sim = :one', ExpressionAttributeValues: one })],
    ['an invalid syntax', put({}, { ConditionExpression: 'attribute_exists(sim) AND' })],
    ['an unknown operator', put({}, { ConditionExpression: 'sim == usageId' })],
    [
      'an expression that is too long',
      put({}, { ConditionExpression: `sim = usageId${' OR sim = usageId'.repeat(300)}` }),
    ],
  ])('%s', (_, command) => {
    expect(() => engine.answer(command)).toThrow(expect.objectContaining({ name: 'ValidationException' }));
    expect(engine.items('Usage')).toEqual([]);
  });
});

describe('the engine in memory', () => {
  test('sets, keeps what is there, and removes', () => {
    engine.answer(put({ cost: { N: '1' }, tariff: { S: 'x' }, currency: { S: 'EUR' } }));
    engine.answer(
      update({
        UpdateExpression:
          'SET cost = if_not_exists(cost, :two), volume = if_not_exists(volume, :two) REMOVE tariff, apn',
        ConditionExpression: 'cost < :two AND (attribute_not_exists(apn) OR apn = :two) AND NOT cost > :two',
        ExpressionAttributeValues: { ':two': { N: '2' } },
      }),
    );
    expect(engine.items('Usage')).toEqual([
      { ...key, cost: { N: '1' }, volume: { N: '2' }, currency: { S: 'EUR' } },
    ]);
  });

  test('returns the item that made a condition fail, on request', () => {
    engine.answer(put({ cost: { N: '1' } }));
    const failing = (asked: 'ALL_OLD' | 'NONE', returnsOld: boolean): Item | undefined => {
      const condition = { ConditionExpression: 'attribute_not_exists(sim)' };
      try {
        engine.answer(put({}, { ...condition, ReturnValuesOnConditionCheckFailure: asked }), { returnsOld });
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return error.Item;
        throw error;
      }
      throw new Error('The condition held');
    };
    const old = { ...key, cost: { N: '1' } };
    expect([failing('ALL_OLD', true), failing('ALL_OLD', false), failing('NONE', true)]).toEqual([
      old,
      undefined,
      undefined,
    ]);
  });

  test('shows the previous item to an eventually consistent read, on request', () => {
    engine.answer(put({ cost: { N: '1' } }));
    engine.answer(put({ cost: { N: '2' } }));
    const costs = [true, false].map((ConsistentRead) => {
      const command = new BatchGetItemCommand({ RequestItems: { Usage: { Keys: [key], ConsistentRead } } });
      return engine.answer(command, { stale: true });
    });
    expect(costs).toEqual([
      { Responses: { Usage: [{ ...key, cost: { N: '2' } }] }, UnprocessedKeys: {} },
      { Responses: { Usage: [{ ...key, cost: { N: '1' } }] }, UnprocessedKeys: {} },
    ]);
  });

  test('reads only the attributes that are asked for', () => {
    engine.answer(put({ cost: { N: '1' }, tariff: { S: 'x' } }));
    expect(engine.answer(readWith('sim, cost, apn'))).toEqual({
      Responses: { Usage: [{ sim: key.sim, cost: { N: '1' } }] },
      UnprocessedKeys: {},
    });
  });

  test('knows numbers in whatever spelling', () => {
    expect(['007', '-0', '1e3', '1.50', '-0.0010E+1', '1E-130', '.5'].map(normalNumber)).toEqual([
      '7',
      '0',
      '1000',
      '1.5',
      '-0.01',
      `0.${'0'.repeat(129)}1`,
      '0.5',
    ]);
    const ascending = [
      '-10',
      '-9.5',
      '-1e-5',
      '0',
      '0.00001',
      '2',
      '10',
      '9007199254740993',
      '9007199254740994',
    ];
    for (const [index, number] of ascending.entries()) {
      const orders = ascending.map((other) => Math.sign(compareNumbers(number, other)));
      expect(orders).toEqual(ascending.map((_, other) => Math.sign(index - other)));
    }
  });
});
