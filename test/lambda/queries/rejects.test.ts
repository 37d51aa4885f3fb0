import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { QuarantineBucketList } from '../../../lambda/aws/quarantine-list.ts';
import { listRejects, readRejectsPosition } from '../../../lambda/queries/rejects.ts';
import { runningS3 } from '../../emulators/s3/running-emulator.ts';
import { runs } from '../../records/runs.ts';

/** What is in quarantine, by the API's query, over the local S3. */

const running = runningS3();
const client = new DynamoDBClient({
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
});
const quarantine = new QuarantineBucketList(client.config, 'quarantine');

const sources = ['emnify', 'kore-eu', 'kore'];
const codes = ['broken-json', 'broken-row', 'impossible-time'];
/** Ordered by key: a hyphen comes before a slash. */
const rejects = sources.flatMap((source, place) =>
  codes.flatMap((code, index) =>
    Array.from({ length: 2 + ((place + index) % 3) }, (_, number) => ({
      ...{ source, code, id: `${number}${code.length}` },
    })),
  ),
);
/** Objects that are not rejects: a copy of a whole file, something that a person put there, an abandoned batch. */
const others = [
  'rejects/emnify/broken-row/00.csv',
  'rejects/kore/a note & <more> of it, é+.txt',
  'rejects/zzz.jsonl',
  'failed-batches/1.json',
];

beforeAll(async () => {
  running.s3.createBucket('quarantine', { permanent: true });
  for (const { source, code, id } of rejects)
    await running.s3.putObject('quarantine', `rejects/${source}/${code}/${id}.jsonl`, Buffer.from('{}\n'));
  for (const key of others) await running.s3.putObject('quarantine', key, Buffer.from('x'));
});

afterAll(() => client.destroy());
afterEach(() => vi.unstubAllEnvs());

describe('the list of the quarantine', () => {
  test('has each object with rejects that matches the filters once, with any page size', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${running.port}`);
    await fc.assert(
      fc.asyncProperty(
        fc.option(fc.constantFrom(...sources, 'none'), { nil: undefined }),
        fc.option(fc.constantFrom(...codes, 'none'), { nil: undefined }),
        fc.integer({ min: 1, max: 30 }),
        async (source, code, size) => {
          const listed: object[] = [];
          let after: string | undefined;
          do {
            const page = await listRejects({ source, code, size, after }, { quarantine });
            expect(page.resources.length).toBeLessThanOrEqual(size);
            listed.push(
              ...page.resources.map(({ source: of, code: why, id }) => ({ source: of, code: why, id })),
            );
            // As in a token.
            after = page.next && readRejectsPosition(JSON.parse(JSON.stringify(page.next)));
            expect(after === undefined).toBe(page.next === undefined);
          } while (after !== undefined);
          expect(listed).toEqual(
            rejects.filter(
              (one) =>
                (source === undefined || one.source === source) && (code === undefined || one.code === code),
            ),
          );
        },
      ),
      runs(25),
    );
  });

  test('says how large an object is, and when it was kept', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${running.port}`);
    const { resources } = await listRejects(
      { source: 'kore', code: 'broken-json', size: 1, after: undefined },
      { quarantine },
    );
    expect(resources).toEqual([
      { id: '011', source: 'kore', code: 'broken-json', bytes: 3, kept: expect.any(String) },
    ]);
    expect(Math.abs(Date.now() - Date.parse(resources[0]?.kept ?? ''))).toBeLessThan(3_600_000);
  });

  test('reports that S3 refuses access', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${running.port}`);
    const missing = new QuarantineBucketList(client.config, 'another');
    await expect(missing.list('rejects/', 10, undefined)).rejects.toThrow(
      "The quarantine's bucket answered 404 NoSuchBucket to a list of rejects/",
    );
  });

  test('is empty without a quarantine', async () => {
    const query = { source: undefined, code: undefined, size: 10, after: undefined };
    expect(await listRejects(query, { quarantine: undefined })).toEqual({ resources: [], next: undefined });
  });
});
