import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { Receipt } from '../../../lambda/ledger/receipt.ts';
import { carriers } from '../../../lambda/ledger/source.ts';
import { findPlace, quarantineBucket } from '../../../local/places.ts';
import { file, iccidOf } from '../../lambda/ingest/files/cdr.ts';
import { GivenFiles } from '../given-files.ts';
import { simOf, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();
const given = new GivenFiles();

describe('import', () => {
  interface Outcome {
    readonly file: string;
    readonly outcome: string;
    readonly rows: number;
    readonly rejected: number;
  }
  const shown = (outcomes: readonly Outcome[]) =>
    outcomes.map(({ outcome, rows, rejected }) => [outcome, rows, rejected]);

  test('imports several files of both kinds, and changes nothing when repeated', async () => {
    const bad = { ...usageOf(21), id: 1.5 };
    const lines = [usageOf(20), bad, usageOf(22)].map((record) => JSON.stringify(record)).join('\n');
    const files = [
      await given.write('cdr_20261101_000000.csv', file(40, 20)),
      await given.write('more.jsonl', lines),
      await given.write('array.json', JSON.stringify([usageOf(23), usageOf(24)])),
    ];
    const first = await ledger.json<Outcome[]>(['import', ...files, '--source', 'telekom']);
    expect(shown(first)).toEqual([
      ['done', 40, 0],
      ['done', 3, 1],
      ['done', 2, 0],
    ]);
    expect(await ledger.recordIds(simOf(22))).toEqual(['6000000022']);
    expect((await ledger.recordIds(iccidOf(5))).length).toBe(2);
    const again = await ledger.json<Outcome[]>(['import', ...files, '--source', 'telekom']);
    expect(again.map(({ outcome }) => outcome)).toEqual(['done before', 'done before', 'done before']);
  });

  test('continues where it was interrupted', async () => {
    const lines = Array.from({ length: 2_500 }, (_, number) =>
      JSON.stringify(usageOf(30, { id: 10_000 + number })),
    );
    const path = await given.write('long.jsonl', lines.join('\n'));
    const interruption = new AbortController();
    interruption.abort();
    const env = { ...ledger.env };
    // Started, then stopped after its first batch, as the signal is checked between batches.
    const { importJson } = await import('../../../cli/import/json-import.ts');
    const { openInputs } = await import('../../../cli/import/inputs.ts');
    const { interpret } = await import('../../../lambda/carriers/index.ts');
    const deployment = await ledger.open();
    const { stream: _, ...source } = findPlace('emnify');
    for await (const input of openInputs(deployment.s3, [path])) {
      const terminal = { out: { write: () => true }, err: { write: () => true }, env, now: Date.now };
      const context = { deployment, signal: interruption.signal, interpret, terminal };
      const ended = await importJson({
        context,
        input,
        source,
        maxWaitSeconds: 300,
        onProgress: () => undefined,
      });
      expect([ended.outcome, ended.rows]).toEqual(['interrupted', 1_000]);
    }
    const [outcome] = await ledger.json<(Outcome & { receipt: Receipt })[]>([
      'import',
      path,
      '--source',
      'emnify',
    ]);
    expect([outcome?.outcome, outcome?.rows, outcome?.receipt.received]).toEqual(['done', 2_500, 1_500]);
    expect((await ledger.recordIds(simOf(30))).length).toBe(2_500);
  });

  test('sends a notification for a file that is in the bucket already, and copies a file from another bucket', async () => {
    const deployment = await ledger.open();
    const put = (Bucket: string, Key: string, Body: Buffer) =>
      deployment.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    // The quarantine has no notifications, like a bucket outside the stack.
    await put(quarantineBucket, 'elsewhere/cdr_1.csv', file(3, 100));
    await put(quarantineBucket, 'elsewhere/usage.jsonl', Buffer.from(JSON.stringify(usageOf(40))));
    const outcomes = await ledger.json<Outcome[]>([
      ...['import', `s3://${quarantineBucket}/elsewhere/`, '--source', 'emnify'],
    ]);
    expect(shown(outcomes)).toEqual([
      ['done', 3, 0],
      ['done', 1, 0],
    ]);
    await put(findPlace('kore').bucket, 'cdr_2.csv', file(2, 200));
    await ledger.local.waitUntilIdle();
    const there = await ledger.json<Outcome[]>(['import', `s3://${findPlace('kore').bucket}/cdr_2.csv`]);
    expect(shown(there)).toEqual([['done before', 2, 0]]);
  });

  test('imports the files of a folder, whatever else is in it', async () => {
    const inner = await mkdtemp(join(given.folder, 'inbox-'));
    await mkdir(join(inner, 'old.csv'));
    if (process.platform !== 'win32') await symlink(join(inner, 'gone'), join(inner, 'notes.txt'));
    await writeFile(join(inner, 'usage.jsonl'), JSON.stringify(usageOf(41)));
    const outcomes = await ledger.json<Outcome[]>(['import', inner, '--source', 'emnify']);
    expect(shown(outcomes)).toEqual([['done', 1, 0]]);
  });

  test('says why a file was refused, and what cannot be imported', async () => {
    const path = await given.write('cdr_refused.csv', 'a,b\n1,2\n');
    const refused = await ledger.run(['import', path]);
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(
      /cdr_refused\.csv +default +failed +0 +0 +0 +The header has no column id: "a,b"/,
    );
    const wrong = await Promise.all([
      ledger.run(['import', join(given.folder, 'missing.csv')]),
      ledger.run(['import', await given.write('x.xlsx', '')]),
      ledger.run(['import', `s3://${quarantineBucket}/missing.csv`]),
      ledger.run(['import', path, '--source', 'nobody']),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(wrong[3]?.errors).toBe(`Unknown source "nobody". Sources here: default, ${carriers.join(', ')}\n`);
  });
});
