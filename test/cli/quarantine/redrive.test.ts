import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { Deployment } from '../../../cli/deployment/deployment.ts';
import { readRejects } from '../../../cli/quarantine/objects.ts';
import { redriveRejects } from '../../../cli/quarantine/redrive-rejects.ts';
import { ClientBucket } from '../../../lambda/aws/client-bucket.ts';
import { interpret } from '../../../lambda/carriers/index.ts';
import type { Interpret } from '../../../lambda/ingest/entries.ts';
import {
  BucketQuarantine,
  type Reject,
  type RejectLine,
  rejectId,
} from '../../../lambda/store/quarantine.ts';
import { quarantineBucket } from '../../../local/places.ts';
import { header, iccidOf, row } from '../../lambda/ingest/files/cdr.ts';
import { repairedInterpret, simOf, usageOf, wrapped } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();

function redrive(
  deployment: Deployment,
  more: { dryRun?: boolean; interpret?: Interpret; source?: string } = {},
) {
  return redriveRejects(deployment, {
    ...{ dryRun: false, interpret: repairedInterpret, now: Date.now, signal: new AbortController().signal },
    onProgress: () => undefined,
    ...more,
  });
}

/** Puts bodies into the quarantine as the consumer does. */
async function keep(source: string, ...bodies: readonly string[]): Promise<void> {
  const { s3 } = await ledger.open();
  const quarantine = new BucketQuarantine(new ClientBucket(s3, quarantineBucket));
  const reason = { code: 'unknown-shape', reason: 'Nobody knows it', arrivedAt: Date.now() } as const;
  for (const [number, body] of bodies.entries()) {
    const position = `stream/shardId-000000000000/${number}`;
    await quarantine.keep([{ ...reason, source, position, bytes: Buffer.from(body) }]);
  }
}

async function linesOf(source: string): Promise<RejectLine[]> {
  return (await ledger.local.listQuarantined())
    .map((line) => JSON.parse(line) as RejectLine)
    .filter((line) => line.source === source);
}

async function keysOf(deployment: Deployment, prefix: string): Promise<string[]> {
  const { Contents = [] } = await deployment.s3.send(
    new ListObjectsV2Command({ Bucket: quarantineBucket, Prefix: prefix }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

/** Allows a client only this many requests, as if its process had ended. */
class Lifetime {
  #left: number;

  constructor(requests: number) {
    this.#left = requests;
  }

  limit(client: S3Client | DynamoDBClient): void {
    const spend = (): void => {
      if (this.#left <= 0) throw new Error('Killed');
      this.#left -= 1;
    };
    // Each kind of client has different types for the same middleware.
    const add = client.middlewareStack.add.bind(client.middlewareStack) as unknown as (
      middleware: (next: (args: unknown) => Promise<unknown>) => (args: unknown) => Promise<unknown>,
      options: { step: 'initialize' },
    ) => void;
    add(
      (next) => async (args) => {
        spend();
        return next(args);
      },
      { step: 'initialize' },
    );
  }
}

describe('a redrive', () => {
  test('that is killed at any point loses nothing, and has the same result when run again', async () => {
    const unreadable = '{"neither": "this nor that"}';
    let killed = 0;
    for (let requests = 0; ; requests += 1) {
      const numbers = [0, 1, 2].map((number) => 1_000 + 10 * requests + number);
      const bodies = numbers.map((number) => JSON.stringify(wrapped(usageOf(number))));
      await keep('kore', unreadable, ...bodies);
      const dying = await ledger.open();
      const lifetime = new Lifetime(requests);
      lifetime.limit(dying.s3);
      lifetime.limit(dying.dynamoDb);
      const isDone = await redrive(dying, { source: 'kore' }).then(
        ({ total }) => total.failed === 0,
        () => false,
      );
      const held = await linesOf('kore');
      for (const number of numbers) {
        const isHeld = held.some(({ body }) => body.includes(simOf(number)));
        const isStored = (await ledger.recordIds(simOf(number))).length === 1;
        expect([isHeld, isStored], `record ${number} after ${requests} requests`).not.toEqual([false, false]);
      }
      const { total } = await redrive(await ledger.open(), { source: 'kore' });
      expect([total.rejected, total.failed]).toEqual([1, 0]);
      for (const number of numbers) {
        expect(await ledger.recordIds(simOf(number))).toEqual([String(6_000_000_000 + number)]);
      }
      expect((await linesOf('kore')).map(({ body }) => body)).toEqual([unreadable]);
      if (isDone) break;
      killed += 1;
    }
    expect(killed).toBeGreaterThan(5);
  });

  test('stores the valid rows of a file’s rejects, read with the file’s own header, and leaves the others', async () => {
    const late = (number: number) => row(number, { event_start_timestamp: '2099-01-01 00:00:00' });
    const cut = row(3).split(',').slice(0, 5).join(',');
    const file = [header, late(1), late(2), cut, row(4)].join('\n');
    await ledger.local.putFile('1nce', 'cdr_20261102_130000.csv', Buffer.from(file));
    await ledger.local.waitUntilIdle();
    expect((await linesOf('1nce')).map(({ code }) => code).sort()).toEqual([
      'broken-row',
      'future-time',
      'future-time',
    ]);
    const deployment = await ledger.open();
    const early = await redrive(deployment, { source: '1nce' });
    expect([early.total.rejected, early.removed]).toEqual([3, 0]);
    // Later, their time is no longer in the future.
    const later = { now: () => Date.parse('2099-01-01T00:00:00Z') };
    const { total, removed } = await redriveRejects(deployment, {
      ...{ dryRun: false, interpret, signal: new AbortController().signal, source: '1nce', ...later },
      onProgress: () => undefined,
    });
    expect([total.received, total.stored, total.rejected, removed]).toEqual([3, 2, 1, 1]);
    expect((await linesOf('1nce')).map(({ body }) => body)).toEqual([cut]);
    expect(await ledger.recordIds(iccidOf(1))).toEqual(['5000000001']);
  });

  test('keeps the part that is still broken as a separate reject before it removes the whole', async () => {
    // An older version could not read the body; the current code finds two records in it.
    const bad = { ...usageOf(502), start_timestamp: '2026-02-30T10:00:00Z' };
    await keep('emnify', JSON.stringify([usageOf(501), bad]));
    const { total, removed } = await redrive(await ledger.open(), { source: 'emnify' });
    expect([total.received, total.stored, total.rejected, removed]).toEqual([2, 1, 1, 1]);
    expect((await linesOf('emnify')).map(({ code, body }) => [code, body])).toEqual([
      ['impossible-time', JSON.stringify(bad)],
    ]);
    expect(await ledger.recordIds(simOf(501))).toEqual(['6000000501']);
  });

  test('imports a refused file again from its copy, and updates its item', async () => {
    const lines = [row(7), row(8), row(9).replace('"9', '9"')];
    const content = Buffer.from([header.replace('"id"', '"identifier"'), ...lines].join('\n'));
    await ledger.local.putFile('telekom', 'cdr_20261102_140000.csv', content);
    await ledger.local.waitUntilIdle();
    const deployment = await ledger.open();
    const refused = await redrive(deployment, { source: 'telekom' });
    expect([refused.total.rejected, refused.removed]).toEqual([1, 0]);
    const [line] = await linesOf('telekom');
    expect(line?.code).toBe('no-id-column');
    // Instead of code that knows the column's other name, the copy gets the known name.
    const repaired = Buffer.from([header, ...lines].join('\n'));
    const place = { Bucket: quarantineBucket, Key: line?.object ?? '' };
    await deployment.s3.send(new PutObjectCommand({ ...place, Body: repaired }));

    const rehearsed = await redrive(deployment, { source: 'telekom', dryRun: true });
    const { total, removed } = await redrive(deployment, { source: 'telekom' });
    expect(total).toEqual(rehearsed.total);
    expect([total.received, total.rejected, removed]).toEqual([lines.length, rehearsed.total.rejected, 1]);
    expect(await keysOf(deployment, 'rejects/telekom/no-id-column/')).toEqual([]);
  });

  test('leaves rejects of a source that is no longer configured, and says so', async () => {
    const deployment = await ledger.open();
    const line = {
      ...{ id: 'a', code: 'unknown-shape', reason: 'Unknown', source: 'gone', position: 'stream/shard/1' },
      ...{ arrivedAt: '2026-11-02T12:00:00.000Z', encoding: 'utf8', body: JSON.stringify(usageOf(601)) },
    };
    for (const [name, Body] of [
      ['a', `${JSON.stringify(line)}\n`],
      ['b', 'no JSON'],
    ] as const) {
      const Key = `rejects/gone/unknown-shape/${name}.jsonl`;
      await deployment.s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key, Body }));
    }
    const { total, troubles, removed } = await redrive(deployment, { source: 'gone' });
    expect([total.received, total.rejected, removed]).toEqual([1, 1, 0]);
    expect(troubles).toEqual([
      'rejects/gone/unknown-shape/b.jsonl does not hold rejects, and is left unchanged: it was written by hand or by another version',
      'The source gone is no longer configured',
    ]);
    expect((await keysOf(deployment, 'rejects/gone/')).length).toBe(2);
  });
});

test('a reject is read with all its stored data', async () => {
  const deployment = await ledger.open();
  const { s3 } = deployment;
  const quarantine = new BucketQuarantine(new ClientBucket(s3, quarantineBucket));
  const reject: Required<Reject> = {
    ...{ code: 'impossible-time', reason: 'start_timestamp is not a possible time: 7' },
    ...{ member: 'start_timestamp', value: '7', source: 'telekom', arrivedAt: Date.parse('2026-11-02') },
    ...{ position: 'bucket/cdr_1.csv@1#7', bytes: Buffer.from('1,7,x'), header: 'id,start_timestamp,iccid' },
  };
  await quarantine.keep([reject]);
  const { arrivedAt, bytes, ...told } = reject;
  const id = rejectId(reject);
  expect(await readRejects(deployment, `rejects/telekom/impossible-time/${id}.jsonl`)).toEqual([
    { ...told, id, arrivedAt: '2026-11-02T00:00:00.000Z', encoding: 'utf8', body: '1,7,x' },
  ]);
});

test('records that are rejected for different values of one member are counted together', async () => {
  await keep('telekom', ...[7, 8, 9].map((time) => JSON.stringify({ ...usageOf(1), start_timestamp: time })));
  const { stillRejected } = await redrive(await ledger.open(), {
    interpret,
    source: 'telekom',
    dryRun: true,
  });
  expect([...stillRejected].filter(([problem]) => problem.startsWith('impossible-time'))).toEqual([
    ['impossible-time: start_timestamp is not a possible time', 3],
  ]);
});
