import { beforeAll, expect } from 'vitest';
import { FilesTable } from '../../../../lambda/store/files.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';
import { type RunningTables, runningTables } from '../../store/running-tables.ts';
import { apiOver, type ReadAnswer, type Sending, send, takeExamples } from './api-under-test.ts';

/** An API over the example records, for the tests of a file. */

export const superSim = '8988307000000120011';
export const superSimSid = 'HS79aedb75842db650f735156f08824402';
export const emnifySim = '8988303000000100001';
export const onceSim = '8988280666001000101';

/** Five files, two of them at the same time. */
export const manifests = ['1nce', 'emnify', '1nce', 'telekom', 'emnify'].map(
  (source, at): Manifest => ({
    object: `files-${source}/cdr_${at}.csv@v${at}`,
    source,
    carrier: source,
    state: at === 3 ? 'failed' : 'done',
    rows: 10 + at,
    accepted: 9 + at,
    rejected: 1,
    position: 1_000,
    size: 1_000,
    // Two at the same time, of different sources.
    delivered: `2026-11-02T1${at < 2 ? 0 : at}:00:00.000Z`,
    reason: at === 3 ? 'It has no column id' : undefined,
  }),
);

/** Requests to the API over the tables. */
export interface ExampleApi {
  readonly tables: RunningTables;
  readonly get: (path: string, sending?: Sending) => Promise<ReadAnswer>;
  /** The resources of all pages of a list. */
  readonly all: (path: string, key: string) => Promise<Record<string, unknown>[]>;
  /** Status, code and message of an error. */
  readonly messageOf: (path: string, sending?: Sending) => Promise<string>;
}

/** Provides the example records and files before the tests of a file. */
export function exampleApi(): ExampleApi {
  const tables = runningTables();

  beforeAll(async () => {
    await takeExamples(tables.client);
    const files = new FilesTable(tables.client, 'Files');
    for (const manifest of manifests) await files.write(manifest);
  });

  const get = (path: string, sending: Sending = {}): Promise<ReadAnswer> =>
    send(apiOver(tables.client), path, sending);

  const all = async (path: string, key: string): Promise<Record<string, unknown>[]> => {
    const resources: Record<string, unknown>[] = [];
    for (let next: string | null = path; next !== null; ) {
      const { status, body } = await get(next);
      expect(status).toBe(200);
      resources.push(...(body[key] as Record<string, unknown>[]));
      const { next_page_url: url } = body['meta'] as { next_page_url: string | null };
      next = url === null ? null : url.slice('https://api.example.com'.length);
    }
    return resources;
  };

  const messageOf = async (path: string, sending: Sending = {}): Promise<string> => {
    const { status, body } = await get(path, sending);
    return `${status} ${String(body['code'])} ${String(body['message'])}`;
  };

  return { tables, get, all, messageOf };
}
