import { beforeAll, expect, test } from 'vitest';
import { contextCreatedOf, simOf, usageOf } from './records.ts';
import { runningLedger } from './running-ledger.ts';

const ledger = runningLedger();
/** More than a page of the API. */
const records = 1_050;

beforeAll(async () => {
  const usage = Array.from({ length: records }, (_, at) => usageOf(1, { id: 1_000 + at }));
  await ledger.put('1nce', ...[contextCreatedOf(1), ...usage].map((record) => JSON.stringify(record)));
});

test.each([
  ['sims'],
  [`sessions ${simOf(1)}`],
  [`usage ${simOf(1)} --by raw`],
  [`usage ${simOf(1)} --by day`],
  [`events ${simOf(1)}`],
])('%s names no address of an API, as JSON or as CSV', async (command) => {
  const range = command === 'sims' ? '' : '--from 2026-11-01 --to 2026-11-20';
  for (const format of ['--json', '--csv']) {
    const { code, errors, output } = await ledger.run(`${command} ${range} ${format}`.replace('  ', ' '));
    expect([code, errors]).toEqual([0, expect.not.stringContaining('rror')]);
    expect(output).toContain(simOf(1));
    expect(output).not.toMatch(/:\/\/|\b(url|links)\b/);
  }
});

test('a list continues from page to page without an address', async () => {
  const listed = await ledger.json<unknown[]>(
    `usage ${simOf(1)} --by raw --limit 2000 --from 2026-11-01 --to 2026-11-20`,
  );
  expect(listed.length).toBe(records);
});
