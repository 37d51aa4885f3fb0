import { readFileSync } from 'node:fs';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../../cli/deployment/deployment.ts';
import { readFailedBatch } from '../../../cli/failures/given-up.ts';

/** As Lambda writes them; the values are invented. */
function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/lambda/${name}.json`, import.meta.url), 'utf8');
}

async function read(text: string) {
  const s3 = new S3Client({ region: 'us-east-1' });
  const body = { transformToString: async () => text, transformToByteArray: async () => Buffer.from(text) };
  mockClient(s3)
    .on(GetObjectCommand)
    .resolves({ Body: body as never });
  const places = { quarantineBucket: 'quarantine' } as Deployment['places'];
  return readFailedBatch({ s3, places }, 'aws/lambda/any');
}

const streamArn = 'arn:aws:kinesis:eu-central-1:123456789012:stream/simledger-stream';

describe('a batch that Lambda abandoned', () => {
  it.each([
    ['function-error', { condition: 'RetryAttemptsExhausted', functionError: 'Unhandled', streamArn }],
    ['partial-failure', { condition: 'RetryAttemptsExhausted', functionError: undefined, streamArn }],
    ['never-invoked', { condition: 'RecordAgeExceeded', functionError: undefined, streamArn }],
  ])('is read as Lambda writes it: %s', async (name, expected) => {
    const batch = await read(fixture(name));
    expect(batch).toMatchObject(expected);
    expect(batch?.records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString())).toEqual([
      '{"id":1}',
    ]);
  });

  it('is read with any other members null', async () => {
    const whole = JSON.parse(fixture('partial-failure'));
    for (const member of ['requestId', 'functionArn', 'approximateInvokeCount']) {
      whole.requestContext[member] = null;
    }
    for (const member of ['statusCode', 'executedVersion', 'functionError']) {
      whole.responseContext[member] = null;
    }
    for (const member of ['shardId', 'startSequenceNumber', 'endSequenceNumber', 'batchSize']) {
      whole.KinesisBatchInfo[member] = null;
    }
    expect((await read(JSON.stringify({ ...whole, version: null, timestamp: null })))?.records).toHaveLength(
      1,
    );
  });

  it('is undefined for an object of another program', async () => {
    expect(await read('{"requestContext":{}}')).toBeUndefined();
  });
});
