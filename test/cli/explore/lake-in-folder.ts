import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Row } from '../../../lambda/days/columns.ts';
import { type Day, findDay } from '../../../lambda/days/day.ts';
import type { Finding } from '../../../lambda/days/findings/finding.ts';
import type { LakeFile } from '../../../lambda/days/manifest.ts';
import { RowFile } from '../../../lambda/days/parquet.ts';
import { makeFileKey, makeManifestKey } from '../../../lambda/days/pass/lake-objects.ts';
import type { EventRow, RowKind, SessionRow } from '../../../lambda/days/rows.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';

/** Rows of a lake, by kind. */
export interface LakeRows {
  readonly usage?: readonly Usage[];
  readonly events?: readonly EventRow[];
  readonly sessions?: readonly SessionRow[];
  readonly findings?: readonly FindingOfDay[];
}

/** A finding, and the day of its row. */
export interface FindingOfDay extends Finding {
  readonly day: Day;
}

const times: { readonly [K in keyof LakeRows]-?: (row: never) => string } = {
  usage: ({ start }: Usage) => start,
  events: ({ time }: EventRow) => time,
  sessions: ({ terminal }: SessionRow) => terminal.end,
  findings: ({ day }: FindingOfDay) => day,
};

function divideByDay(rows: readonly Row[], readTime: (row: never) => string): Map<Day, Row[]> {
  const byDay = new Map<Day, Row[]>();
  for (const row of rows) {
    const day = findDay(readTime(row as never));
    byDay.set(day, [...(byDay.get(day) ?? []), row]);
  }
  return byDay;
}

/** A lake in a folder, with real Parquet files: two buckets per day, and a seal that names them. */
export class LakeInFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<LakeInFolder> {
    return new LakeInFolder(await mkdtemp(join(tmpdir(), 'simledger-lake-in-folder-')));
  }

  /** Writes the days of rows, and some days without rows, and seals all days except the given ones. */
  async write(
    rows: LakeRows,
    {
      days: further = [],
      unsealed = [],
    }: { readonly days?: readonly Day[]; readonly unsealed?: readonly Day[] } = {},
  ): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await mkdir(join(this.path, 'days'), { recursive: true });
    const files = new Map<Day, LakeFile[]>(further.map((day) => [day, []]));
    for (const kind of ['usage', 'events', 'sessions', 'findings'] as const) {
      for (const [day, some] of divideByDay(rows[kind] ?? [], times[kind])) {
        const half = Math.ceil(some.length / 2);
        const written = [
          await this.#write(kind, day, 0, some.slice(0, half)),
          await this.#write(kind, day, 1, some.slice(half)),
        ];
        files.set(day, [...(files.get(day) ?? []), ...written]);
      }
    }
    for (const [day, named] of files) {
      const key = unsealed.includes(day) ? `days/day=${day}/plan.json` : makeManifestKey(day);
      await this.#put(key, new TextEncoder().encode(JSON.stringify({ day, files: named })));
    }
  }

  async #write(kind: RowKind, day: Day, bucket: number, rows: readonly Row[]): Promise<LakeFile> {
    const file = new RowFile<RowKind>(kind);
    file.add(rows);
    const key = makeFileKey(kind, day, bucket, 2);
    const bytes = file.finish();
    await this.#put(key, bytes);
    return { kind, key, rows: rows.length, bytes: bytes.byteLength, sha256: '' };
  }

  async #put(key: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}
