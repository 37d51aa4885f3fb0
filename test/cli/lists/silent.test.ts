import { beforeAll, describe, expect, test } from 'vitest';
import { prices } from '../../../bench/prices.ts';
import { dollarsPerMillionReadUnits } from '../../../cli/lists/commands.ts';
import { AlertState } from '../../../lambda/alerts/sweep/alert-state.ts';
import { alertStateTable } from '../../../lambda/store/tables.ts';
import { contextCreatedOf, simOf, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();
const now = () => Date.parse('2026-11-05T12:00:00Z');

beforeAll(async () => {
  const times = { start_timestamp: '2026-11-05T10:00:00Z', end_timestamp: '2026-11-05T10:15:00Z' };
  const records = [
    contextCreatedOf(1),
    // A session that stays open after the battery was removed.
    usageOf(1, { ...times, id: 1, volume: { total: 0 } }),
    usageOf(2),
    usageOf(3, { volume: { total: 0.5, tx: 0, rx: 0.5 } }),
    usageOf(4, times),
  ];
  await ledger.put('1nce', ...records.map((record) => JSON.stringify(record)));
  await ledger.put('emnify', JSON.stringify(usageOf(5)));
});

/** A table's cells. */
function cells(output: string): string[][] {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
}

describe('silent', () => {
  test('lists silent SIMs, first those that were never heard, then the longest silent', async () => {
    const { code, output, errors } = await ledger.run(['silent', '--for', '24h', '--source', '1nce'], {
      now,
    });
    expect({ code, rows: cells(output), errors }).toEqual({
      code: 0,
      rows: [
        ['ICCID', 'name', 'source', 'silent', 'last heard', 'online', 'last event', 'device', 'network'],
        [simOf(3), 'tracker-3', '1nce', 'never', expect.any(String)],
        [
          ...[
            simOf(1),
            'tracker-1',
            '1nce',
            '3 d',
            '2026-11-02 12:00',
            'yes, 3 d ago',
            'pdp-context.created',
          ],
          ...[expect.any(String), 'DEU T-Mobile 4G'],
        ],
        [simOf(2), 'tracker-2', '1nce', '2 d', '2026-11-02 12:15', expect.any(String)],
        ['Nothing heard since 2026-11-04 12:00 UTC'],
      ],
      errors: '3 of 5 SIMs may be silent: up to 6 queries, less than $0.01\n',
    });
  });

  test('says up to when each source’s records are complete, by the last sweep', async () => {
    const state = new AlertState(ledger.local.dynamoDb, alertStateTable.name);
    await state.writeSource('1nce', { judgedThrough: now() - 300_000, sweptAt: now() - 60_000, days: [] });
    const { errors } = await ledger.run(['silent', '--for', '24h'], { now });
    expect(errors).toBe(
      '4 of 5 SIMs may be silent: up to 8 queries, less than $0.01\nRecords read up to: 1nce 2026-11-05 11:55 UTC\n',
    );
  });

  test('says for a large fleet in which sweep its SIMs were found', async () => {
    const state = new AlertState(ledger.local.dynamoDb, alertStateTable.name);
    const sweptAt = now() - 60_000;
    await state.writeFleet({ sims: 200_000, sources: ['1nce'], countries: undefined, sweptAt });
    const run = async (isCut: boolean) => {
      const sims = [[simOf(1).slice(0, 19), Date.parse('2026-11-02T12:00:00Z')]] as const;
      await state.writeSilent({ source: '1nce', part: 0, isCut, sims }, sweptAt);
      const { output, errors } = await ledger.run(['silent', '--for', '24h', '--source', '1nce'], { now });
      return {
        sims: cells(output)
          .slice(1, -1)
          .map(([iccid]) => iccid),
        errors,
      };
    };
    const found = '1 of 200,000 SIMs may be silent: up to 2 queries, less than $0.01';
    const known = 'Records read up to: 1nce 2026-11-05 11:55 UTC';
    expect(await run(true)).toEqual({
      sims: [simOf(1)],
      errors: `${found}\nOnly the longest silent as of the sweep of 2026-11-05 11:59 UTC\n${known}\n`,
    });
    expect((await run(false)).errors).toBe(
      `${found}\nCandidates as of the sweep of 2026-11-05 11:59 UTC\n${known}\n`,
    );
    await state.writeFleet({ sims: 5, sources: [], countries: undefined, sweptAt });
  });

  test('prints the API’s answer as JSON lines, exact to the record, even for a silence below two granules', async () => {
    const { output } = await ledger.run(['silent', '--for', '90m', '--source', '1nce', '--jsonl'], { now });
    const sims = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(sims.map((sim) => [sim['iccid'], sim['last_heard'], sim['last_heard_precision']])).toEqual([
      [simOf(3), null, 'never'],
      [simOf(1), '2026-11-02T12:00:00.000Z', 'exact'],
      [simOf(2), '2026-11-02T12:15:27.000Z', 'exact'],
      [simOf(4), '2026-11-05T10:15:00.000Z', 'exact'],
    ]);
  });

  test('says so if every SIM was heard', async () => {
    const { output } = await ledger.run(['silent', '--for', '30d', '--source', 'emnify'], { now });
    expect(output).toBe('No SIM with --source "emnify" was silent for the last 30d.\n');
  });

  test.each(['24', '0h', '24 h', 'PT24H', '1234567d', '-1h'])('refuses --for %s', async (duration) => {
    const { code, errors } = await ledger.run(['silent', `--for=${duration}`], { now });
    expect(code).toBe(2);
    expect(errors).toContain('Give a number of minutes, hours or days such as 90m, 24h or 7d.');
  });

  test('counts queries at the price that docs/costs.md computes with', () => {
    expect(dollarsPerMillionReadUnits).toBe(prices.dynamoDb.millionReadUnits);
  });
});
