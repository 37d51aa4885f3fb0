import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { listConnectionEvents } from '../../../lambda/queries/connection-events.ts';
import { listDataSessions } from '../../../lambda/queries/data-sessions.ts';
import { listFiles } from '../../../lambda/queries/files.ts';
import type { Page, PageRequest } from '../../../lambda/queries/page.ts';
import { findSim } from '../../../lambda/queries/sim-lookup.ts';
import { listSims } from '../../../lambda/queries/sims.ts';
import { listUsageRecords } from '../../../lambda/queries/usage-records.ts';
import { FilesTable } from '../../../lambda/store/files.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { now, takeExamples } from '../functions/query-api/api-under-test.ts';
import { ledgerTablesOf, runningTables } from '../store/running-tables.ts';

/** Queries with typed parameters, like those of the command line. */

const tables = runningTables();
let reader: LedgerReader;

beforeAll(async () => {
  reader = new LedgerReader({ ...ledgerTablesOf(tables.client), files: 'Files' });
  await takeExamples(tables.client);
  const files = new FilesTable(tables.client, 'Files');
  for (const [number, source] of ['1nce', 'emnify', '1nce', 'telekom', 'emnify'].entries()) {
    await files.write({
      ...{ object: `bucket/cdr_${number}.csv@v1`, source, carrier: '1nce', state: 'done' },
      ...{ rows: 9, accepted: 9, rejected: 0, position: 100, size: 100 },
      delivered: `2026-11-02T13:00:0${number}.000Z`,
    });
  }
});

const year = { from: '2026-01-01T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' };
const include = new Set<never>();
const superSim = '8988307000000120011';
const tracker = '8988280666001000101';

type ReadPage = (page: PageRequest<never>) => Promise<Page<object, unknown>>;

/** Each list of the ledger, ready to be read page by page. */
const lists: Readonly<Record<string, () => Promise<ReadPage>>> = {
  sims: async () => (page) => listSims(page, { reader }),
  sessions: async () => {
    const sim = await findSim(reader, superSim);
    const ports = { reader, sessionRefresh: 'update' } as const;
    return (page) => listDataSessions({ sim, period: year, status: undefined, ...page }, ports);
  },
  'usage by hour': async () => usagePages('hour'),
  'usage by day': async () => usagePages('day'),
  'usage records': async () => usagePages('raw'),
  events: async () => {
    const sim = await findSim(reader, tracker);
    return (page) => listConnectionEvents({ sim, period: year, type: undefined, ...page }, { reader });
  },
  files: async () => {
    const sources = ['1nce', 'emnify', 'telekom'];
    return (page) => listFiles({ sources, state: undefined, ...page }, { reader, now: () => now });
  },
};

async function usagePages(granularity: 'hour' | 'day' | 'raw'): Promise<ReadPage> {
  const sim = await findSim(reader, tracker);
  return (page) => listUsageRecords({ sim, period: year, granularity, ...page }, { reader });
}

/** A list's pages of a size, one after the other. */
async function readPages(readPage: ReadPage, size: number): Promise<(readonly object[])[]> {
  const pages: (readonly object[])[] = [];
  let after: unknown;
  do {
    const page: Page<object, unknown> = await readPage({ size, after: after as never, include });
    pages.push(page.resources);
    after = page.next;
  } while (after !== undefined);
  return pages;
}

describe('a list', () => {
  it.each(Object.entries(lists))(
    'has the same content on pages of any size, over a whole year: %s',
    async (_, open) => {
      const readPage = await open();
      const [whole = [], ...more] = await readPages(readPage, 1_000);
      expect(more).toEqual([]);
      expect(whole.length).toBeGreaterThan(0);
      for (const size of [1, 2]) {
        const pages = await readPages(readPage, size);
        expect(pages.flat()).toEqual(whole);
        expect(pages.every((page) => page.length <= size)).toBe(true);
      }
    },
  );
});

describe('queries and the command line', () => {
  const folder = (path: string): URL => new URL(`../../../${path}/`, import.meta.url);

  it.each(['lambda/queries', 'cli'])('import only the contract of the HTTP function: %s', (path) => {
    const modules = readdirSync(folder(path), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const imports = modules.flatMap((name) =>
      [...readFileSync(new URL(name, folder(path)), 'utf8').matchAll(/from '([^']*query-api\/[^']*)'/g)]
        .map(([, imported = '']) => imported)
        .filter((imported) => !imported.endsWith('/openapi.json')),
    );
    expect(modules.length).toBeGreaterThan(10);
    expect(imports).toEqual([]);
  });
});
