import { BatchGetItemCommand, type BatchGetItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { readItems, tryReadItems } from '../../../lambda/store/batch-get.ts';
import type { Item } from '../../../lambda/store/items.ts';
import { asClient } from '../../property/memory-dynamodb.ts';
import { withoutWaiting } from './without-waiting.ts';

/** What one request asks for. */
interface Asked {
  readonly keys: readonly Item[];
  readonly consistent: boolean | undefined;
  readonly projection: string | undefined;
}

type Answer = Partial<Pick<BatchGetItemCommandOutput, 'Responses' | 'UnprocessedKeys'>>;

/** A client whose requests a test answers, and what was asked. */
function answering(answer: (keys: readonly Item[], request: number) => Answer) {
  const requests: Asked[] = [];
  const client = asClient({
    send: async (command) => {
      if (!(command instanceof BatchGetItemCommand)) throw new Error('Something else than a read was sent');
      const { Keys = [], ConsistentRead, ProjectionExpression } = command.input.RequestItems?.['Sims'] ?? {};
      requests.push({ keys: Keys, consistent: ConsistentRead, projection: ProjectionExpression });
      return answer(Keys, requests.length);
    },
  });
  return { client, requests };
}

function makeKeys(count: number): Item[] {
  return Array.from({ length: count }, (_, index) => ({ sim: { S: `${index}` } }));
}

test('unread keys are requested again, and no others', async () => {
  withoutWaiting();
  const keys = makeKeys(3);
  const { client, requests } = answering(([first, ...others]) => ({
    Responses: { Sims: first === undefined ? [] : [first] },
    ...(others.length > 0 && { UnprocessedKeys: { Sims: { Keys: others } } }),
  }));
  expect(await readItems(client, 'Sims', keys, { consistent: true })).toEqual(keys);
  expect(requests.map((request) => request.keys)).toEqual([keys, keys.slice(1), keys.slice(2)]);
});

test('keys that stay unread are given up after ten requests, with an error that counts them', async () => {
  withoutWaiting();
  const keys = makeKeys(3);
  const { client, requests } = answering(([first, ...others], request) =>
    request === 1
      ? {
          Responses: { Sims: first === undefined ? [] : [first] },
          UnprocessedKeys: { Sims: { Keys: others } },
        }
      : { UnprocessedKeys: { Sims: { Keys: keys.slice(1) } } },
  );
  const read = await tryReadItems(client, 'Sims', keys, { consistent: true });
  expect(read).toMatchObject({ items: keys.slice(0, 1), unread: keys.slice(1) });
  expect(read.error).toMatchObject({
    name: 'UnreadKeysError',
    message: '2 keys of Sims were left unread 10 times',
  });
  expect(requests.length).toBe(10);
});

test('the keys of a request that fails are unread, and those of the others are read', async () => {
  const keys = makeKeys(250);
  const failure = new Error('The connection broke');
  const { client, requests } = answering((asked, request) => {
    if (request === 2) throw failure;
    return { Responses: { Sims: [...asked] } };
  });
  expect(await tryReadItems(client, 'Sims', keys, { consistent: false })).toEqual({
    items: [...keys.slice(0, 100), ...keys.slice(200)],
    unread: keys.slice(100, 200),
    error: failure,
  });
  expect(requests.map((request) => request.keys.length)).toEqual([100, 100, 50]);
});

test('a caller that needs all items gets the error instead of some of them', async () => {
  const failure = new Error('The connection broke');
  const { client } = answering((asked, request) => {
    if (request === 1) throw failure;
    return { Responses: { Sims: [...asked] } };
  });
  await expect(readItems(client, 'Sims', makeKeys(101), { consistent: true })).rejects.toBe(failure);
});

test.each([
  ['all attributes by plain reads', { consistent: false }, { consistent: false, projection: undefined }],
  [
    'only named attributes by consistent reads',
    { consistent: true, attributes: ['sim', 'fullness'] },
    { consistent: true, projection: 'sim, fullness' },
  ],
])('items are read as asked: %s', async (_, options, expected) => {
  const { client, requests } = answering(() => ({}));
  expect(await readItems(client, 'Sims', makeKeys(1), options)).toEqual([]);
  expect(requests).toMatchObject([expected]);
});

test('without keys, no request is sent', async () => {
  const { client, requests } = answering(() => ({}));
  expect(await readItems(client, 'Sims', [], { consistent: true })).toEqual([]);
  expect(requests).toEqual([]);
});
