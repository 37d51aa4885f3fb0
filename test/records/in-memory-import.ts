import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { type ImportPorts, importFile } from '../../lambda/ingest/files/import-file.ts';
import type { Manifest } from '../../lambda/store/manifest.ts';
import type { Reject } from '../../lambda/store/quarantine.ts';
import { arrivalFrom, arrivedAt } from './arrival.ts';

/** How a file's import ended, and what came of it. */
export interface Imported {
  readonly state: Manifest['state'] | undefined;
  readonly rows: number | undefined;
  /** Keys of the usage items that it makes. */
  readonly usageIds: readonly string[];
  /** Codes of its rejects; of a file that was refused, the one of the file. */
  readonly rejects: readonly string[];
}

/** Imports a file of 1NCE's with nothing around it: a store that takes all, and a quarantine in memory. */
export async function importInMemory(key: string, bytes: Uint8Array): Promise<Imported> {
  const usageIds: string[] = [];
  const rejects: Pick<Reject, 'code'>[] = [];
  const nothing = new Set<number>();
  const ports: ImportPorts = {
    writer: {
      write: async (changes) => {
        usageIds.push(...changes.usage.map(({ state }) => state.usageId));
        return { repeated: nothing, failed: nothing, errors: [], gains: [] };
      },
    },
    fence: noDaysClosed,
    quarantine: { keep: async (kept) => void rejects.push(...kept) },
    files: { read: async () => undefined, write: async () => undefined },
    open: async () => ({
      bytes: once(bytes),
      size: bytes.length,
      deliveredAt: arrivedAt,
      close: async () => undefined,
    }),
    keepFile: async (_, reject) => void rejects.push(reject),
    count: () => undefined,
    askedAt: 0,
    isTimeShort: () => false,
    now: () => 0,
  };
  const object = { bucket: 'files', key, versionId: 'v1', eTag: undefined };
  const { manifest } = await importFile(object, arrivalFrom('1nce').source, ports);
  return {
    state: manifest?.state,
    rows: manifest?.rows,
    usageIds,
    rejects: rejects.map(({ code }) => code),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
