import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RejectLine } from '../../lambda/store/quarantine.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { Receipts } from '../../local/receipts.ts';
import {
  describeBills,
  describeEndpoints,
  describeSealedDays,
  formatLedger,
  formatMessages,
  formatReceipt,
  openAlertsTable,
  rejectTable,
  type ShownAlert,
} from '../../local/report.ts';
import { transitionWith } from '../lambda/alerts/delivery/transitions.ts';
import { changesOf, minute, sessionAt, simAt, usageAt } from '../lambda/store/observations.ts';
import { runningTables } from '../lambda/store/running-tables.ts';

const tables = runningTables();

beforeEach(() => tables.clear());

/** A table's rows as lists of cells; a cell's lines are joined. */
function rows(table: string): string[][] {
  const found: string[][] = [];
  let open = false;
  for (const line of table.split('\n')) {
    if (!line.startsWith('│')) {
      open = false;
      continue;
    }
    const cells = line.split('│').slice(1, -1);
    const last = found.at(-1);
    if (open && last !== undefined) {
      cells.forEach((cell, column) => {
        last[column] = `${last[column]} ${cell.trim()}`.trim();
      });
    } else found.push(cells.map((cell) => cell.trim()));
    open = true;
  }
  return found;
}

describe('the table of the ledger', () => {
  test('says that an empty one is empty', async () => {
    expect(await formatLedger(tables.client)).toBe('The ledger is empty.');
  });

  test('shows the control characters of a name, and does not send them to the terminal', async () => {
    const simName = 'a\u001b]0;title\u0007\u001b[2Jb\u009b1Ac\n│ d';
    await tables.newWriter().write(changesOf({ sims: [simAt(minute(1), 'sim-1', { label: { simName } })] }), {
      readBeforeWrite: false,
    });
    const table = await formatLedger(tables.client);
    expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(table).toContain('a�]0;title��[2Jb�1Ac�│ d');
  });

  test('has a row per SIM: its latest sessions, the sum of its usage, its last event', async () => {
    const totals = (bytes: number) => ({ dataUploaded: 0, dataDownloaded: bytes, dataTotal: bytes });
    const network = { radio: '4G', ratType: '6', mcc: '262', mnc: '01' };
    const session = (id: string, from: number, more: Parameters<typeof sessionAt>[2]) => ({
      ...sessionAt(minute(from + 1), 'sim-1', { start: minute(from), ...more }),
      sessionId: id,
    });
    const sessions = [
      session('c', 0, {}),
      session('a', 60, { totals: totals(1234), terminal: { status: 'failed', end: minute(70) } }),
      session('b', 120, { network: { ...network, operatorName: 'T-Mobile', country: 'DE' } }),
      session('d', 30, { totals: totals(5), terminal: { status: 'ended', end: minute(40) } }),
    ];
    const usage = [
      usageAt(minute(1), 'sim-1', '1', { dataTotal: 1_000_000 }),
      usageAt(minute(2), 'sim-1', '2', { dataTotal: 500 }),
      usageAt(minute(3), 'sim-1', '3', { trafficType: 'sms', dataTotal: 0, messages: 2 }),
    ];
    const lastEvent = { lastEvent: 'location.updated', lastEventTime: minute(5) };
    const sims = [
      simAt(minute(5), 'sim-1', { label: { simName: 'tracker-1' }, lastEvent }),
      simAt(minute(0), 'sim-2'),
    ];
    await tables.newWriter().write(changesOf({ sessions, usage, sims }), { readBeforeWrite: false });
    const [head, ...found] = rows(await formatLedger(tables.client));
    expect(head).toEqual(['SIM', 'carrier', 'name', 'sessions, latest first', 'bytes', 'SMS', 'last event']);
    expect(found.toSorted()).toEqual([
      [
        'sim-1',
        'twilio',
        'tracker-1',
        'open   2026-11-02 02:00, DE T-Mobile failed 2026-11-02 01:00, 1,234 B ended  2026-11-02 00:30, 5 B …',
        '1,000,500',
        '2',
        'location.updated',
      ],
      ['sim-2', 'twilio', '', '', '0', '0', ''],
    ]);
  });

  test('shows the first SIMs, and says that there are more', async () => {
    const sims = Array.from({ length: 25 }, (_, n) => simAt(minute(0), `sim-${n}`));
    await tables.newWriter().write(changesOf({ sims }), { readBeforeWrite: false });
    const table = await formatLedger(tables.client);
    expect(rows(table).length).toBe(1 + 20);
    expect(table.split('\n').at(-1)).toBe('and more: the first 20 SIMs are shown');
  });
});

test('the table of receipts has a row per source and one for all', () => {
  const receipts = new Receipts();
  for (const [source, received] of [
    ['twilio', 1200],
    ['kore', 34],
  ] as const) {
    const Metrics = [{ Name: 'received' }, { Name: 'stored' }];
    const CloudWatchMetrics = [{ Namespace: 'simledger', Dimensions: [['source']], Metrics }];
    receipts.takeLine(JSON.stringify({ _aws: { CloudWatchMetrics }, source, received, stored: received }));
  }
  expect(rows(formatReceipt(receipts))).toEqual([
    ['source', 'received', 'stored', 'repeated', 'ignored', 'rejected'],
    ['twilio', '1,200', '1,200', '0', '0', '0'],
    ['kore', '34', '34', '0', '0', '0'],
    ['all', '1,234', '1,234', '0', '0', '0'],
  ]);
});

test('the table of rejects has a row per reject, shortens long sentences, and counts those that it omits', () => {
  const line: RejectLine = {
    id: '1',
    code: 'broken-json',
    reason: 'x'.repeat(100),
    source: 'twilio',
    position: 'simledger-stream/shardId-000000000000/1',
    arrivedAt: minute(0),
    encoding: 'utf8',
    body: 'secret',
  };
  const table = rejectTable(Array.from({ length: 1000 }, () => JSON.stringify(line)));
  const [head, first, ...others] = rows(table);
  expect(head).toEqual(['source', 'code', 'reason', 'position']);
  expect(first).toEqual(['twilio', 'broken-json', `${'x'.repeat(59)}…`, line.position]);
  expect(others.length).toBe(11);
  expect(table.split('\n').at(-1)).toBe('and 988 more');
  expect(table).not.toContain('secret');
});

test('the hints name each endpoint', () => {
  const endpoints = { kinesis: 'http://k', s3: 'http://s', dynamoDb: 'http://d', api: 'http://a' };
  const text = describeEndpoints({ endpoints } as LocalLedger, { account: 'ACtest', token: 'secret' });
  for (const endpoint of Object.values(endpoints)) expect(text).toContain(endpoint);
});

describe('the messages of alerts', () => {
  const told = (name: string) =>
    transitionWith({
      decidedAt: '2026-11-03T14:10:00.000Z',
      from: '2026-11-02T14:02:11.000Z',
      subject: { kind: 'sim', source: 'fleet', sim: '8988303000000000001', name },
    });

  test('are one line each, with the time of the sweep', () => {
    expect(formatMessages([told('van 17'), told('van\u001b[2J 18')])).toEqual([
      '  2026-11-03 14:10  Silent: van 17 since 2026-11-02 14:02 UTC',
      '  2026-11-03 14:10  Silent: van [2J 18 since 2026-11-02 14:02 UTC',
    ]);
  });

  test('end after 30 lines, with the number of those that are omitted', () => {
    const lines = formatMessages(Array.from({ length: 42 }, (_, index) => told(`van ${index}`)));
    expect(lines.length).toBe(31);
    expect(lines.at(-1)).toBe('  and 12 more: npx simledger --local alerts list');
  });
});

describe('the table of open alerts', () => {
  const alert = (state: ShownAlert['state'], sim: string | null): ShownAlert => ({
    ...{ state, sim, start_time: '2026-11-02T14:02:11.000Z', rule: 'silent' },
    ...{ severity: 'critical', source: sim && 'emnify' },
    ...(sim === null
      ? { subject: 'group', sims: 32, shared_by: 'network', shared_value: '262-02' }
      : { subject: 'sim', sims: 1, shared_by: null, shared_value: null }),
  });

  test('shows open alerts, and counts those beyond 20', () => {
    const many = Array.from({ length: 23 }, (_, index) => alert('open', `898830300000000${1000 + index}`));
    const table = openAlertsTable([alert('closed', '8988303000000000001'), ...many]);
    expect(rows(table).slice(0, 2)).toEqual([
      ['since', 'rule', 'severity', 'source', 'SIM'],
      ['2026-11-02 14:02', 'silent', 'critical', 'emnify', '8988303000000001000'],
    ]);
    expect([rows(table).length, table.split('\n').at(-1)]).toEqual([21, 'and 3 more']);
  });

  test('shows one about many SIMs', () => {
    expect(rows(openAlertsTable([alert('open', null)])).at(-1)).toEqual([
      ...['2026-11-02 14:02', 'silent', 'critical', '', '32 SIMs: network 262-02'],
    ]);
  });

  test('says that no alert is open', () => {
    expect(openAlertsTable([alert('withdrawn', '8988303000000000001')])).toBe('No alert is open.');
  });
});

describe('sealed days', () => {
  test('are named, with the place of their files and how to query them', () => {
    expect(describeSealedDays(['2026-10-31', '2026-11-01'], { dataDirectory: 'data', once: false })).toBe(
      [
        `The days from 2026-10-31 to 2026-11-01 are over and sealed, as Parquet files in ${join('data', 'lake')}.`,
        '  days         npx simledger --local days list',
        '  fleet        npx simledger --local usage --fleet --by country,tariff --month 2026-11',
        '  missing      npx simledger --local findings --month 2026-11',
      ].join('\n'),
    );
    expect(describeSealedDays(['2026-11-01'], { dataDirectory: undefined, once: true })).toBe(
      'The day 2026-11-01 is over and sealed.',
    );
  });

  test('are explained to be absent if none has ended by the records’ time', () => {
    expect(describeSealedDays([], { dataDirectory: 'data', once: false })).toBe(
      "No day is sealed, because none has ended by the records' time.",
    );
  });
});

describe('bills', () => {
  const bills = ['2026-10', '2026-09'].map((month) => ({
    ...{ month, version: 1, made_at: '2026-11-02T00:00:00.000Z', sims: 1_200, tariffs: ['emnify'] },
    totals: [
      { amount: '12.5', currency: 'EUR' },
      { amount: '3', currency: null },
    ],
  }));

  test('are shown with amounts by currency, and with how to query them while the run is up', () => {
    expect(describeBills(bills, { once: true })).toBe(
      [
        'The bill of 2026-10 for 1,200 SIMs: 12.5 EUR, 3 without a currency.',
        'The bill of 2026-09 for 1,200 SIMs: 12.5 EUR, 3 without a currency.',
      ].join('\n'),
    );
    expect(describeBills(bills, { once: false })).toContain(
      'npx simledger --local bill --month 2026-10 --stored',
    );
    expect(describeBills([], { once: false })).toBeUndefined();
  });
});
