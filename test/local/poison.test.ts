import { gzipSync } from 'node:zlib';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RejectLine } from '../../lambda/store/quarantine.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { basic } from '../lambda/functions/webhook-receiver/requests.ts';
import { aggregateOf } from '../records/aggregate.ts';
import { usageRecord } from '../records/datastreamer.ts';
import { optionsForTests } from './running-ledger.ts';

/**
 * A body that cannot be read, made in any way, and a good record behind it in the same shard: the good one is stored, and
 * receipt and quarantine account for the other. A body on which the consumer times out or crashes would be rejected as
 * `stops-consumer`.
 */

const options = optionsForTests();
const { account, token } = options.apiCredentials;

let ledger: LocalLedger;

beforeAll(async () => {
  ledger = await startLocalLedger({
    ...options,
    onLog: () => undefined,
    onTrouble: (sentence) => expect.fail(sentence),
  });
});

afterAll(() => ledger.stop());

let count = 0;

/** A usage record of a SIM of its own. */
function goodRecord(): { readonly sim: string; readonly text: string } {
  count += 1;
  const sim = `898828066601${String(count).padStart(7, '0')}`;
  return { sim, text: JSON.stringify({ ...usageRecord, id: 9_000_000 + count, sim: { iccid: sim } }) };
}

async function isStored(sim: string): Promise<boolean> {
  const { Items = [] } = await ledger.dynamoDb.send(
    new QueryCommand({
      TableName: 'Usage',
      KeyConditionExpression: 'sim = :sim',
      ExpressionAttributeValues: { ':sim': { S: sim } },
      ConsistentRead: true,
    }),
  );
  return Items.length === 1;
}

async function quarantined(): Promise<RejectLine[]> {
  return (await ledger.listQuarantined()).map((line) => JSON.parse(line) as RejectLine);
}

/** What was new in receipts and quarantine, once a poison and a good record behind it are through. */
async function takeIn(bring: () => Promise<void>) {
  const before = { receipt: ledger.receipts.addUp(), lines: await quarantined() };
  const known = new Set(before.lines.map(({ id }) => id));
  await bring();
  const good = goodRecord();
  await ledger.putRecord('1nce', Buffer.from(good.text), 'the same shard');
  await ledger.waitUntilIdle();
  const { received, stored, rejected, failed } = ledger.receipts.addUp();
  return {
    isStored: await isStored(good.sim),
    receipt: {
      received: received - before.receipt.received,
      stored: stored - before.receipt.stored,
      rejected: rejected - before.receipt.rejected,
      failed: failed - before.receipt.failed,
    },
    rejects: (await quarantined())
      .filter(({ id }) => !known.has(id))
      .map(({ code, encoding, body }) => ({ code, body: Buffer.from(body, encoding) })),
  };
}

const logLines = Array.from({ length: 200_000 }, (_, index) =>
  JSON.stringify({ level: 'info', index, message: `request ${(index * 7_919) % 1_000} done` }),
);

const poisons: readonly (readonly [what: string, code: string, body: Buffer])[] = [
  ['250 KB of small objects', 'too-many-values', Buffer.from('{}'.repeat(125_000))],
  ['2 KB of gzip that unpack to 2 MB of small objects', 'too-many-values', gzipSync('{}'.repeat(1_000_000))],
  ['16 MB of small objects in an array', 'too-many-values', gzipSync(`[${'{},'.repeat(5_500_000)}{}]`)],
  ['16 MB of small objects in one', 'too-many-values', gzipSync(`{"a":[${'{},'.repeat(5_500_000)}{}]}`)],
  ['200,000 lines of a log', 'too-many-values', gzipSync(logLines.join('\n'))],
  ['16 MB of brackets', 'too-many-values', gzipSync('['.repeat(16_000_000))],
  ['100,000 levels', 'unknown-shape', gzipSync(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)],
  ['a number of 16 million digits', 'unknown-shape', gzipSync(`{"a":${'1'.repeat(16_000_000)}}`)],
  [
    'a zero byte and more behind gzip',
    'broken-gzip',
    Buffer.concat([gzipSync('{"a":1}'), Buffer.from('\0{"b":2}')]),
  ],
  ['an archive', 'not-text', Buffer.from('504b0304140000000800ffff', 'hex')],
  ['an aggregate in an aggregate', 'not-text', aggregateOf(Buffer.from('{"a":1}'))],
];

describe('a good record is stored, and everything before it is accounted for,', () => {
  test.each(poisons)('after %s', async (_, code, body) => {
    const isNested = code === 'not-text' && body[0] === 0xf3;
    const sent = isNested ? aggregateOf(body) : body;
    const outcome = await takeIn(() => ledger.putRecord('1nce', sent, 'the same shard'));
    const isUnpacked = code === 'unknown-shape';
    const [reject] = outcome.rejects;
    expect({ ...outcome, rejects: outcome.rejects.map((one) => one.code) }).toEqual({
      isStored: true,
      receipt: { received: 2, stored: 1, rejected: 1, failed: 0 },
      rejects: [code],
    });
    if (!isUnpacked) expect(reject?.body.equals(body)).toBe(true);
  });

  test('after a thousand unreadable records, and so are the valid ones among these', async () => {
    const good = goodRecord();
    const unreadable = Array.from({ length: 999 }, (_, index) => `{"log":${index}}`);
    const body = [...unreadable, good.text].join('\n');
    const objects = (): Promise<number> => ledger.listQuarantined().then((lines) => lines.length);
    const before = await objects();
    const outcome = await takeIn(() => ledger.putRecord('1nce', Buffer.from(body), 'the same shard'));
    expect([outcome.isStored, await isStored(good.sim), (await objects()) - before]).toEqual([
      true,
      true,
      999,
    ]);
    expect(outcome.receipt).toEqual({ received: 1_001, stored: 2, rejected: 999, failed: 0 });
    expect(outcome.rejects.map((one) => String(one.body))).toEqual(unreadable);
  });

  test.each(poisons.filter(([, , body]) => body[0] !== 0xf3))(
    'behind what a webhook answered: %s',
    async (_, __, body) => {
      let status = 0;
      const outcome = await takeIn(async () => {
        const answer = await fetch(`${ledger.endpoints.api}/v1/ingest/1nce`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: basic(account, token) },
          body,
        });
        await answer.arrayBuffer();
        ({ status } = answer);
      });
      expect([200, 400, 413, 500, 503]).toContain(status);
      // A refused body stays with the carrier; an accepted one may be a reject that is stored already, and so may one for
      // which a busy machine had too little time.
      const rejected = status === 200 || status >= 500 ? outcome.receipt.rejected : 0;
      expect(rejected).toBeGreaterThanOrEqual(status === 200 ? 1 : 0);
      expect([outcome.isStored, outcome.receipt]).toEqual([
        true,
        { received: 1 + rejected, stored: 1, rejected, failed: 0 },
      ]);
    },
  );
});
