import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runningLedger } from '../running-ledger.ts';

/** The walkthrough of docs/bills.md from an invoice to the dispute pack, with its files. */

const project = fileURLToPath(new URL('../../../', import.meta.url));
const ledger = runningLedger();
let folder: string;

/** The commands of the walkthrough, in order, with absolute paths, and the pack in a temporary folder. */
async function readCommands(): Promise<string[]> {
  const page = await readFile(join(project, 'docs/bills.md'), 'utf8');
  const block =
    /## Argue with the carrier.*?```sh\n(?<commands>.*?)```/s.exec(page)?.groups?.['commands'] ?? '';
  return block
    .trim()
    .split('\n')
    .map((line) =>
      line.replaceAll('docs/', `${project}docs/`).replace('--pack pack', `--pack ${folder}/pack`),
    );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-dispute-'));
  const examples = join(project, 'local/examples');
  const stream = await readFile(join(examples, 'emnify.jsonl'), 'utf8');
  await ledger.put('emnify', ...stream.trim().split('\n'));
  await ledger.run(['import', join(examples, 'emnify'), '--source', 'emnify']);
});

afterAll(() => rm(folder, { recursive: true }));

const simledger = 'npx simledger --local ';

async function run(command: string): Promise<{ readonly code: number; readonly output: string }> {
  expect(command.startsWith(simledger)).toBe(true);
  return ledger.run(command.slice(simledger.length));
}

/** Runs `sha256sum` in a folder. */
async function verify(pack: string): Promise<{ readonly code: number; readonly output: string }> {
  return promisify(execFile)('sha256sum', ['--check', 'SHA256SUMS'], { cwd: pack }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, output: error.stdout }),
  );
}

describe('the walk of docs/bills.md', () => {
  test('leads from an invoice to a dispute pack that anyone can verify', async () => {
    const [close = '', bill = '', check = '', verifying = ''] = await readCommands();
    expect((await run(close)).output).toContain('Sealed: 3 days');
    expect((await run(bill)).output).toContain('2026-11, 2 SIMs: 16.95 EUR');
    const checked = await run(check);
    expect(checked.code).toBe(1);
    // Each planted fault, named and priced.
    const causes = checked.output.split('\n').filter((line) => /^-?[\d.]+, /.test(line));
    expect(causes).toEqual([
      '8, 61.9 % (1): the price of data zone 2 instead of its own',
      '2.56, 19.8 % (1): no record of the SIM in the period',
      '1.77, 13.7 % (1): the discount rebate is missing',
      '0.5, 3.9 % (1): a line appears twice',
      '0.1, 0.8 % (1): a session or record is charged twice',
    ]);
    expect(checked.output).toContain('Invoice 35.56 = ours 16.95 + differences 12.93 + not rated 5.68');
    expect(verifying).toBe('cd pack && sha256sum --check SHA256SUMS');
    const pack = join(folder, 'pack');
    expect(await readdir(pack)).toEqual([
      ...[
        'SHA256SUMS',
        'findings.csv',
        'given',
        'index.html',
        'lines.csv',
        'records.csv',
        'seals',
        'seals.csv',
      ],
    ]);
    const verified = await verify(pack);
    expect(verified.code).toBe(0);
    expect(verified.output).toContain('seals/2026-11-02/usage.txt: OK');
    const page = await readFile(join(pack, 'index.html'), 'utf8');
    expect(page).toContain('The invoice is 12.93 EUR higher');
    expect(page).not.toMatch(/<script|src=|href=|url\(/);
    const all = await readAll(pack);
    // IMSI and IMEI of the SIMs.
    expect(all).not.toMatch(/90143010000000|35\d{13}/);
  });

  test('shows the sealed rows with --reveal, and their sums match the seal', async () => {
    const [, , check = ''] = await readCommands();
    const pack = join(folder, 'revealed');
    await run(check.replace('--local ', '--local --reveal ').replace(/--pack \S+/, `--pack ${pack}`));
    const verified = await verify(pack);
    expect(verified).toEqual({
      code: 0,
      output: expect.stringMatching(/rows\/2026-11-02\/usage\/[0-9a-f]{3}\.jsonl: OK/),
    });
    const records = await readFile(join(pack, 'records.csv'), 'utf8');
    const held = records
      .trim()
      .split('\r\n')
      .slice(1)
      .map((row) => row.split(',').at(-1));
    const [, seal = ''] = (await readFile(join(pack, 'seals.csv'), 'utf8')).split('\r\n');
    expect(new Set(held)).toEqual(new Set([seal.split(',')[2]]));
  });

  test('refuses a folder that is not empty', async () => {
    const [, , check = ''] = await readCommands();
    const { code, errors } = await ledger.run(check.slice(simledger.length));
    expect([code, errors]).toEqual([2, expect.stringContaining('is not empty: give a new folder')]);
  });
});

async function readAll(pack: string): Promise<string> {
  const names = await readdir(pack, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
  return texts.join('\n');
}
