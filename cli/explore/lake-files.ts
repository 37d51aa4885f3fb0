import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Day } from '../../lambda/days/day.ts';
import { LakeReader } from '../../lambda/days/lake-reader.ts';
import type { LakeFile, Manifest } from '../../lambda/days/manifest.ts';
import { daysPrefix, makeManifestKey } from '../../lambda/days/pass/lake-objects.ts';
import { AttentionError, UsageError } from '../../lambda/errors.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { listLakeDays, openLake } from '../days/lake.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { printBytes } from '../terminal/quantities.ts';

/** Finds sealed days and their files. */
export interface LakeFiles {
  /** The days in the lake, oldest first. */
  listDays(): Promise<readonly Day[]>;
  /** A day's seal; undefined if it has none. */
  readManifest(day: Day): Promise<Manifest | undefined>;
  /**
   * Paths of files on this machine.
   *
   * @param folder for copies, if copies are needed.
   */
  provide(files: readonly LakeFile[], folder: string): Promise<readonly string[]>;
}

/** The most bytes that are copied from a bucket. */
const maxCopiedBytes = 4_000_000_000;

/** Concurrent requests. */
const concurrentReads = 16;

/** Opens the lake of a deployment, and copies its files on request. */
export function openDeployedLake(deployment: Deployment): LakeFiles {
  const reader = new LakeReader(openLake(deployment));
  return {
    listDays: () => listLakeDays(deployment),
    readManifest: (day) => reader.readManifest(day),
    provide: async (files, folder) => {
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      if (bytes > maxCopiedBytes) {
        throw new UsageError(
          `The files of these days are ${printBytes(bytes)}, and at most ${printBytes(maxCopiedBytes)} are copied: query fewer days, or copy the lake and give its folder with --lake`,
        );
      }
      return mapConcurrently(files, concurrentReads, ({ key }) =>
        copyObject(deployment, key, join(folder, key)),
      );
    },
  };
}

async function copyObject({ s3, places }: Deployment, key: string, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: places.lake.lake, Key: key }));
  if (!(body instanceof Readable)) throw new Error(`S3 answered ${key} without a body`);
  await pipeline(body, createWriteStream(path, { mode: 0o600 }));
  return path;
}

/**
 * Opens a lake in a local folder: that of a local run, or a copy of a stack's.
 *
 * @throws AttentionError if the folder holds no lake.
 */
export async function openLakeFolder(folder: string): Promise<LakeFiles> {
  const path = resolve(folder);
  const days = join(path, daysPrefix);
  const isThere = await stat(days).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) {
    throw new AttentionError(
      `${path} holds no lake: give the folder that has ${daysPrefix} and usage/, such as DIR/lake of npm start -- --data DIR`,
    );
  }
  return {
    listDays: async () => {
      const names = await readdir(days);
      return names.flatMap((name) => /^day=(\d{4}-\d{2}-\d{2})$/.exec(name)?.[1] ?? []).sort();
    },
    readManifest: async (day) => {
      const text = await readFile(join(path, makeManifestKey(day)), 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      });
      return text === undefined ? undefined : (JSON.parse(text) as Manifest);
    },
    provide: async (files) => files.map(({ key }) => join(path, key)),
  };
}

/** Days of a range. */
export interface FoundDays {
  /** Seals of the sealed days, oldest first. */
  readonly sealed: ReadonlyMap<Day, Manifest>;
  /** The first and the last day in the lake; undefined if it is empty. */
  readonly first: Day | undefined;
  readonly last: Day | undefined;
}

/** Finds the sealed days of a range, inclusive. */
export async function findSealedDays(
  lake: LakeFiles,
  { from, to }: { readonly from: Day; readonly to: Day },
): Promise<FoundDays> {
  const all = await lake.listDays();
  const days = all.filter((day) => day >= from && day <= to);
  const manifests = await mapConcurrently(days, concurrentReads, (day) => lake.readManifest(day));
  const sealed = new Map<Day, Manifest>();
  for (const [index, day] of days.entries()) {
    const manifest = manifests[index];
    if (manifest !== undefined) sealed.set(day, manifest);
  }
  return { sealed, first: all[0], last: all.at(-1) };
}
