import { describe, expect, test } from 'vitest';
import { simOf, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

/** Lists for ranges whose records have expired. */

const ledger = runningLedger({ usageRetentionDays: 14 });
const now = (): number => Date.parse('2026-11-30T12:00:00Z');

describe('a list for days before the first kept day', () => {
  test('says for which unsealed days usage may be missing', async () => {
    await ledger.put('emnify', JSON.stringify(usageOf(0)));
    const run = (command: string) => ledger.run(`${command} --from 2026-11-14 --to 2026-11-18`, { now });
    const said = 'Incomplete where usage has expired, since these';
    expect((await run(`usage ${simOf(0)}`)).errors).toBe(
      `${said} days are not sealed: 2026-11-14 to 2026-11-16\n`,
    );
    expect((await run('usage --fleet')).errors).toContain(
      `${said} times are not sealed: 2026-11-14 00:00 to 2026-11-17 00:00 UTC\n`,
    );
    const recent = await ledger.run(`usage ${simOf(0)} --from 2026-11-17`, { now });
    expect(recent.errors).toBe('');
  });

  test('says from which day events exist', async () => {
    const { errors } = await ledger.run(`events ${simOf(0)} --from 100d`, { now });
    expect(errors).toBe(
      'Events before 2026-09-02 have expired (they are kept 90 days); explore has those of sealed days\n',
    );
    const recent = await ledger.run(`events ${simOf(0)} --from 80d`, { now });
    expect(recent.errors).toBe('');
  });
});
