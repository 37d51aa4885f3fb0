import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { findAuthentication } from '../../../../lambda/functions/webhook-receiver/authentication.ts';
import { receive, type WebhookSource } from '../../../../lambda/functions/webhook-receiver/receiver.ts';
import { RequestLimit } from '../../../../lambda/functions/webhook-receiver/request-limit.ts';
import { StreamWriter } from '../../../../lambda/functions/webhook-receiver/stream-writer.ts';
import { arrivalFrom, observationsOf } from '../../../records/arrival.ts';
import { usageRecord } from '../../../records/datastreamer.ts';
import { ledgerOf } from '../../../records/ledger-of.ts';
import { runs } from '../../../records/runs.ts';
import { basic, requestWith } from './requests.ts';
import { TroubledStream, troubles } from './troubled-stream.ts';

const writer = new StreamWriter({
  region: async () => 'us-east-1',
  credentials: async () => ({ accessKeyId: 'any', secretAccessKey: 'any' }),
});
const headers = { authorization: basic('fleet', 'password') };

/** How long a carrier waits: briefly while the stream fails, and afterwards without limit. */
const retryPolicy = { inTrouble: 150, afterwards: 20_000 };

/** A carrier's post: records in one of the shapes. */
interface Post {
  readonly records: readonly { readonly id: number }[];
  readonly body: Buffer;
}

const shapes: readonly ((texts: readonly string[]) => string | Buffer)[] = [
  (texts) => `[${texts.join(',')}]`,
  (texts) => texts.join('\n'),
  (texts) => gzipSync(`[${texts.join(', ')}]`),
];

/** Posts of distinct records, about few SIMs and sessions. Some posts are split into several chunks. */
const posts = fc
  .array(
    fc.record({
      count: fc.integer({ min: 1, max: 6 }),
      kilobytes: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(200) }),
      shape: fc.constantFrom(...shapes),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((plans) => {
    let id = 0;
    return plans.map(({ count, kilobytes, shape }): Post => {
      const records = Array.from({ length: count }, () => recordOf(++id, kilobytes));
      return { records, body: Buffer.from(shape(records.map((record) => JSON.stringify(record)))) };
    });
  });

function recordOf(id: number, kilobytes: number) {
  return {
    ...usageRecord,
    id,
    sim: { ...usageRecord.sim, iccid: `898828066600100000${id % 3}` },
    session_id: `session-${id % 4}`,
    start_timestamp: `2026-11-02T10:${String(id % 60).padStart(2, '0')}:00Z`,
    filling: 'x'.repeat(kilobytes * 1024),
  };
}

/** Sends posts at the same time, and returns those that must be sent again. */
async function send(all: readonly Post[], source: WebhookSource, milliseconds: number): Promise<Post[]> {
  const ports = { stream: writer, onError: () => undefined };
  const until = performance.now() + milliseconds;
  const outcomes = await Promise.all(
    all.map(({ body }) => receive(requestWith(body, { headers }), source, ports, until)),
  );
  const statuses = outcomes.map(({ status }) => status);
  expect(statuses.filter((status) => ![200, 500, 503].includes(status))).toEqual([]);
  return all.filter((_, index) => statuses[index] !== 200);
}

/** The resulting ledger of values that are read in batches of three. */
function ledgerFrom(values: readonly unknown[]) {
  const observed = values.map((value) => observationsOf(interpret(value, arrivalFrom('1nce'))));
  const batches = observed.flatMap((_, at) => (at % 3 === 0 ? [observed.slice(at, at + 3)] : []));
  return ledgerOf(batches);
}

describe('concurrent bulk posts to a stream that fails at random', () => {
  it('lose no record that got 200, and repeated posts give the same ledger', async () => {
    await fc.assert(
      fc.asyncProperty(
        posts,
        fc.array(fc.option(fc.constantFrom(...troubles), { nil: undefined }), { maxLength: 24 }),
        async (all, plan) => {
          const stream = new TroubledStream();
          await stream.start(3);
          vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', stream.endpoint);
          try {
            await loseNothing(all, plan, stream);
          } finally {
            vi.unstubAllEnvs();
            await stream.stop();
          }
        },
      ),
      runs(15),
    );
  });
});

async function loseNothing(
  all: readonly Post[],
  plan: TroubledStream['troubles'],
  stream: TroubledStream,
): Promise<void> {
  const verifier = findAuthentication('1nce').makeVerifier({ username: 'fleet', password: 'password' });
  if (verifier === undefined) expect.fail('The secret is of no use');
  const secret = { get: async () => verifier, refresh: async () => verifier };
  const source = { name: 'fleet', streamArn: stream.arn, verifier: secret, limit: new RequestLimit(0) };
  stream.troubles = [...plan];

  const again = await send(all, source, retryPolicy.inTrouble);
  await expectInStream(
    all.filter((post) => !again.includes(post)),
    stream,
  );

  stream.troubles = [];
  expect(await send(again, source, retryPolicy.afterwards)).toEqual([]);
  await expectInStream(all, stream);
  const values = await stream.values();
  const sent = all.flatMap(({ records }) => records);
  expect(new Set(values.map(idOf))).toEqual(new Set(sent.map(idOf)));
  expect(ledgerFrom(values)).toEqual(ledgerFrom(sent));
}

async function expectInStream(posted: readonly Post[], stream: TroubledStream): Promise<void> {
  const there = new Set((await stream.values()).map((value) => JSON.stringify(value)));
  const missing = posted.flatMap(({ records }) =>
    records.filter((record) => !there.has(JSON.stringify(record))).map(idOf),
  );
  expect(missing).toEqual([]);
}

function idOf(record: unknown): unknown {
  return (record as { id: unknown }).id;
}
