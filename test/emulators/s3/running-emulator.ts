import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ServiceException } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { createS3Emulator, type S3Emulator } from '../../../emulators/s3/emulator.ts';

/** An S3 emulator that runs for the tests of a file, which fail when it reports an error of its own. */
export interface RunningS3 {
  readonly s3: S3Emulator;
  readonly port: number;
  readonly endpoint: string;
  /** A client with the SDK's defaults, except for the endpoint. */
  readonly client: S3Client;
  /** Tells how many files hold bytes of objects that were not there when this was called: those may be on their way out. */
  watchFiles(): () => number;
}

export function runningS3(): RunningS3 {
  const running = { port: 0, endpoint: '' } as { -readonly [name in keyof RunningS3]: RunningS3[name] };
  const errors: unknown[] = [];
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 's3-test-'));
    for (const name of ['TMPDIR', 'TMP', 'TEMP']) vi.stubEnv(name, folder);
    running.watchFiles = () => {
      const before = new Set(filesIn(folder));
      return () => filesIn(folder).filter((path) => !before.has(path)).length;
    };
    running.s3 = createS3Emulator({ region: 'eu-central-1', onError: (error) => errors.push(error) });
    running.port = (await running.s3.listen(0)).port;
    running.endpoint = `http://127.0.0.1:${running.port}`;
    running.client = clientOf(running.endpoint);
    return async () => {
      running.client.destroy();
      await running.s3.close();
      const left = readdirSync(folder);
      rmSync(folder, { recursive: true });
      vi.unstubAllEnvs();
      expect(left).toEqual([]);
    };
  });
  afterAll(() => expect(errors).toEqual([]));
  return running;
}

function clientOf(endpoint: string): S3Client {
  const credentials = { accessKeyId: 'anything', secretAccessKey: 'anything' };
  return new S3Client({ endpoint, region: 'eu-central-1', credentials });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** What the SDK makes of a refusal: the error's code, and the status of the answer. */
export async function refusalOf(
  request: Promise<unknown>,
): Promise<{ code: string; status: number | undefined }> {
  const error = await request.then(
    () => expect.fail('The request was not refused'),
    (thrown: S3ServiceException) => thrown,
  );
  return { code: error.name, status: error.$metadata.httpStatusCode };
}

/** Bytes without repetitions, the same each time. */
export function variedBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Tells whether bytes are the same, at once where comparing megabytes one by one would take seconds. */
export function fingerprint(bytes: Uint8Array): string {
  return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`;
}
