import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRecordOperations } from '../../emulators/kinesis/record-operations.ts';
import { createStreamOperations } from '../../emulators/kinesis/stream-operations.ts';
import { StreamRegistry } from '../../emulators/kinesis/stream-registry.ts';
import { operations as s3Operations } from '../../emulators/s3/router.ts';
import { createSqsOperations } from '../../emulators/sqs/operations.ts';
import { QueueRegistry } from '../../emulators/sqs/queue-registry.ts';

const streams = new StreamRegistry(0, Date.now);

/** The operations of each emulator by its folder. DynamoDB's are those of dynalite. */
const emulators: Readonly<Record<string, object>> = {
  kinesis: { ...createStreamOperations(streams), ...createRecordOperations(streams, Date.now) },
  sqs: createSqsOperations(new QueueRegistry()),
  s3: s3Operations,
};

/** The text of an emulator's tests. */
function readTests(folder: string): string {
  const url = new URL(`${folder}/`, import.meta.url);
  return readdirSync(url)
    .map((name) => readFileSync(new URL(name, url), 'utf8'))
    .join('\n');
}

describe.each(Object.entries(emulators))('the operations of the emulator of %s', (folder, operations) => {
  const text = readTests(folder);

  it.each(Object.keys(operations))('%s is called by a client of the AWS SDK in its tests', (name) => {
    const isCalled = new RegExp(`\\b(?:new ${name}Command|paginate${name})\\(`).test(text);
    expect(isCalled, `${name}: no test in test/emulators/${folder} calls it with a client of the SDK`).toBe(
      true,
    );
  });
});
