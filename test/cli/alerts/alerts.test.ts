import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeEpisode,
  makeGroup,
  makeSourceAlert,
  replaceEpisodes,
  silentSim,
  storeEpisodes,
  storeShared,
} from '../../lambda/queries/stored-alerts.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();
const now = () => Date.parse('2026-11-05T12:00:00Z');
const open = makeEpisode();
const loop = makeEpisode({
  ...{
    id: 'f'.repeat(32),
    rule: 'attach-loop',
    kind: 'attach-loop',
    severity: 'warning',
    state: 'closed',
    source: '1nce',
  },
  ...{ sim: '8988228066700001001', from: Date.parse('2026-11-04T08:00:00Z') },
  ...{ to: Date.parse('2026-11-04T11:00:00Z'), messages: [], isHeld: true, told: undefined },
});

beforeAll(() => storeEpisodes(ledger.local.dynamoDb, [open, loop]));

describe('alerts about many SIMs', () => {
  const member = makeEpisode({
    ...{ id: 'c'.repeat(32), rule: 'lost-vans', group: makeGroup().id },
    ...{ messages: [], sequence: 0, told: undefined },
  });

  beforeAll(async () => {
    await storeEpisodes(ledger.local.dynamoDb, [member]);
    await storeShared(ledger.local.dynamoDb, [makeGroup(), makeSourceAlert()]);
  });

  afterAll(() => replaceEpisodes(ledger.local.dynamoDb, [open, loop]));

  test.each([
    ['lost-vans', ['1 SIM: network 262-01', silentSim]],
    ['source', ['0 SIMs wait']],
  ])('are listed by their rule %s beside those of their SIMs', async (rule, sims) => {
    const { output } = await ledger.run(`alerts list --rule ${rule}`, { now });
    const rows = cells(output).slice(1, -1);
    expect(rows.map((row) => row[4]).sort()).toEqual(sims);
  });

  test('are listed for the source, and not for a SIM', async () => {
    const list = async (options: string): Promise<string[]> => {
      const { output } = await ledger.run(`alerts list ${options} --jsonl`, { now });
      return [...output.matchAll(/"id":"([^"]*)"/g)].map(([, id = '']) => id);
    };
    expect(await list('--source kore')).toEqual([makeSourceAlert().id]);
    expect(new Set(await list(`--sim ${silentSim}`))).toEqual(new Set([open.id, member.id]));
  });

  test('are shown with the alerts of their SIMs', async () => {
    const { output } = await ledger.run(`alerts show ${makeGroup().id}`, { now });
    expect(cells(output)).toEqual([
      ['rule', 'lost-vans (critical, version 5d41402abc4b2a76)'],
      ['state', 'open'],
      ['SIMs', '1 silent now, with network 262-01'],
      ['began', '2026-11-02 10:00 UTC'],
      ['ended', 'no, for 3 d'],
      ['judged', 'by the records up to 2026-11-03 11:00 UTC'],
      ['member', `${silentSim}, source emnify, open, 2026-11-02 10:00 to now UTC, alert ${member.id}`],
      ['told', 'open, message 1'],
    ]);
  });

  test('about a source say why its alerts are held back', async () => {
    const { output } = await ledger.run(`alerts show ${makeSourceAlert().id}`, { now });
    expect(cells(output).slice(0, 4)).toEqual([
      ['rule', 'source (critical, version 1)'],
      ['state', 'closed'],
      ['source', 'kore: the carrier delivers later than usual'],
      ['SIMs', 'the alerts of 0 are held back'],
    ]);
  });
});

/** A table's cells. */
function cells(output: string): string[][] {
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
}

describe('alerts list', () => {
  test('lists alerts, newest first', async () => {
    const { code, output } = await ledger.run('alerts list', { now });
    expect({ code, rows: cells(output) }).toEqual({
      code: 0,
      rows: [
        ['ID', 'rule', 'severity', 'state', 'SIM', 'source', 'began', 'lasts', 'told'],
        [
          loop.id,
          'attach-loop',
          'warning',
          'closed',
          loop.sim,
          '1nce',
          '2026-11-04 08:00',
          '3 h',
          'held back',
        ],
        [open.id, 'silent', 'critical', 'open', silentSim, 'emnify', '2026-11-02 10:00', '3 d', 'open'],
        ['Alerts that began from 2025-10-01 12:00 to 2026-11-05 12:00 UTC (now)'],
      ],
    });
  });

  test.each([
    ['--state open', [open.id]],
    ['--severity warning', [loop.id]],
    ['--rule silent', [open.id]],
    [`--sim ${silentSim}`, [open.id]],
    ['--source 1nce', [loop.id]],
    ['--from 2026-11-03 --to 2026-11-05', [loop.id]],
  ])('lists only those of %s', async (options, ids) => {
    const { output } = await ledger.run(`alerts list ${options} --jsonl`, { now });
    const listed = output
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(listed).toEqual(ids);
  });

  test('repeats the filters if there are no alerts', async () => {
    const { output } = await ledger.run('alerts list --rule blocked --from 2026-11-01', { now });
    expect(output).toBe(
      'No alert with --rule "blocked" began from 2026-11-01 00:00 to 2026-11-05 12:00 UTC (now).\n',
    );
  });
});

describe('alerts show', () => {
  test('shows an alert and the records that it is based on', async () => {
    const { code, output } = await ledger.run(`alerts show ${open.id}`, { now });
    expect({ code, rows: cells(output) }).toEqual({
      code: 0,
      rows: [
        ['rule', 'silent (critical, version 5d41402abc4b2a76)'],
        ['state', 'open'],
        ['SIM', `${silentSim}, source emnify`],
        ['began', '2026-11-02 10:00 UTC'],
        ['met', '2026-11-03 10:00 UTC'],
        ['ended', 'no, for 3 d'],
        ['judged', 'by the records up to 2026-11-03 11:00 UTC'],
        ['first', '2026-11-02 10:00 UTC, event 2026-11-02T10:00:00.000Z#1'],
        ['last', '2026-11-02 10:00 UTC, usage 2026-11-02T09:45:00.000Z#2'],
        ['told', 'open, message 1'],
        ['waits', 'message 1: opened, found 2026-11-03 11:05 UTC'],
      ],
    });
  });

  test.each(['0'.repeat(32), 'nothing'])('does not know %s', async (id) => {
    expect(await ledger.run(`alerts show ${id}`, { now })).toEqual({
      ...{ code: 1, output: '' },
      errors: `The alert "${id}" was not found\n`,
    });
  });
});

describe('alerts mute', () => {
  test('mutes alerts that match all values, shows the mute with the alert, and ends it', async () => {
    const muted = await ledger.json<{ id: string }>(
      [
        'alerts',
        'mute',
        '--rule',
        'silent',
        '--sim',
        silentSim,
        '--for',
        '8h',
        '--reason',
        'In the workshop',
      ],
      { now },
    );
    const mute = {
      ...{ id: muted.id, rule: 'silent', sim: silentSim, source: null, reason: 'In the workshop' },
      ...{ until: '2026-11-05T20:00:00.000Z', created: '2026-11-05T12:00:00.000Z' },
    };
    expect(muted).toEqual(mute);
    expect(await ledger.json('alerts mutes', { now })).toEqual([mute]);
    expect(await ledger.json(`alerts show ${open.id}`, { now })).toMatchObject({ mute });
    expect(await ledger.json(`alerts show ${loop.id}`, { now })).toMatchObject({ mute: null });

    await ledger.run(`alerts mute --rule silent --sim ${silentSim} --until 2026-11-06`, { now });
    const { output } = await ledger.run('alerts mutes', { now });
    expect(cells(output)).toEqual([
      ['ID', 'rule', 'SIM', 'source', 'until', 'left', 'reason'],
      [mute.id, 'silent', silentSim, '2026-11-06 00:00', '12 h'],
    ]);
    const later = { now: () => Date.parse('2026-11-06T00:00:00Z') };
    expect((await ledger.run('alerts mutes', later)).output).toBe('Nothing is muted.\n');

    expect((await ledger.run(`alerts unmute ${mute.id}`, { now })).code).toBe(0);
    expect(await ledger.run(`alerts unmute ${mute.id}`, { now })).toEqual({
      ...{ code: 1, output: '' },
      errors: `The mute "${mute.id}" was not found\n`,
    });
    expect(await ledger.json('alerts mutes', { now })).toEqual([]);
  });

  test('warns of a rule that no alert had', async () => {
    const misspelt = await ledger.run('alerts mute --rule silnet --for 8h', { now });
    expect(misspelt.code).toBe(0);
    expect(misspelt.output).toMatch(
      /\nNo alert of the rule silnet began in the last \d+ days\. Check its name\.\n$/,
    );
    const known = await ledger.run('alerts mute --rule silent --for 8h', { now });
    expect(known.output).not.toContain('No alert');
    for (const { id } of await ledger.json<{ id: string }[]>('alerts mutes', { now })) {
      await ledger.run(`alerts unmute ${id}`, { now });
    }
  });

  test.each([
    ['--for 8h', 'Say what to mute: give --rule, --sim or --source, or several of them'],
    ['--rule silent', 'Give either --for, such as --for 8h, or --until with a time'],
    [
      '--rule silent --for 8h --until 2026-11-06',
      'Give either --for, such as --for 8h, or --until with a time',
    ],
    [
      '--rule silent --until 2026-11-05',
      '--until 2026-11-05T00:00:00.000Z is not in the future: give a later time',
    ],
    ['--source nobody --for 8h', 'nobody'],
    ['--rule Silent --for 8h', 'the name of a rule'],
  ])('refuses %s', async (options, sentence) => {
    const { code, errors } = await ledger.run(`alerts mute ${options}`, { now });
    expect(code).toBe(2);
    expect(errors).toContain(sentence);
    expect(await ledger.json('alerts mutes', { now })).toEqual([]);
  });
});
