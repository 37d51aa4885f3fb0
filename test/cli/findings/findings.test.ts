import { beforeAll, describe, expect, test } from 'vitest';
import type { FindingFields } from '../../../lambda/queries/findings.ts';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import { header, row } from '../../lambda/ingest/files/cdr.ts';
import { usageRecord } from '../../records/datastreamer.ts';
import { runningLedger } from '../running-ledger.ts';

/** The findings of the example records, once their days are closed. */

const ledger = runningLedger();
const now = (): number => Date.parse('2026-11-11T12:00:00Z');
const month = 'findings --month 2026-11';

beforeAll(async () => {
  const { stream, files } = await readExampleDeliveries();
  for (const { source, data, partitionKey } of stream)
    await ledger.local.putRecord(source, data, partitionKey);
  for (const { source, key, bytes } of files) await ledger.local.putFile(source, key, bytes);
  await ledger.local.waitUntilIdle();
  await ledger.local.closeDays(now());
});

const list = (options = ''): Promise<FindingFields[]> =>
  ledger.json<FindingFields[]>(`${month}${options}`, { now });

describe('simledger findings', () => {
  test('lists missing data, with bytes, money and records', async () => {
    const found = await list();
    expect(
      found.map(({ day, check, reason, source }) => `${day} ${source} ${check} ${reason}`).sort(),
    ).toEqual([
      '2026-11-02 1nce path not-by-stream',
      '2026-11-02 1nce path not-by-stream',
      '2026-11-02 1nce path not-by-stream',
      '2026-11-02 emnify orphan no-session',
      '2026-11-02 emnify orphan no-session',
      '2026-11-02 emnify path not-by-stream',
      '2026-11-02 emnify path not-by-stream',
      '2026-11-09 1nce orphan no-end',
      '2026-11-09 1nce orphan no-end',
      '2026-11-09 emnify orphan no-end',
      '2026-11-09 twilio orphan no-end',
    ]);
    expect(found.filter(({ check }) => check === 'orphan')).toContainEqual(
      expect.objectContaining({ bytes: 777_777, cost: '0.777777', currency: 'EUR', records: ['672000020'] }),
    );
  });

  test('adds up each check', async () => {
    const { code, output } = await ledger.run(`${month} --check path`, { now });
    expect(code).toBe(0);
    expect(output).toMatch(/^path +5 +7,281,728 +4\.777777 EUR *$/m);
    expect(output).toContain('Findings of closed days from 2026-11-01 00:00 to 2026-12-01 00:00 UTC');
  });

  test('has filters, and says that nothing is missing', async () => {
    const sim = '8988280666001000101';
    expect((await list(` --sim ${sim}`)).map((one) => one.sim)).toEqual(Array(4).fill(sim));
    expect((await list(' --source twilio')).map(({ check }) => check)).toEqual(['orphan']);
    const nothing = await ledger.run(`${month} --source kore`, { now });
    expect(nothing.output).toBe(
      'Nothing is missing in the closed days from 2026-11-01 00:00 to 2026-12-01 00:00 UTC.\n',
    );
    expect(nothing.errors).toBe(
      'Days after 2026-11-10 are not closed yet, so they were not checked: days close reads them\n',
    );
    const unread = await ledger.run('findings --month 2026-09', { now });
    expect([unread.output, unread.errors]).toEqual([
      'No day from 2026-09-01 00:00 to 2026-10-01 00:00 UTC is closed, so there was nothing to check.\n',
      '',
    ]);
  });

  test('writes CSV', async () => {
    const { output } = await ledger.run(`${month} --csv --check path`, { now });
    const [head = '', ...rows] = output.trimEnd().split('\n');
    expect(head.trim()).toBe(
      'id,check,reason,day,sim,source,carrier,session_sid,start_time,end_time,bytes,cost,currency,records',
    );
    expect(rows).toHaveLength(5);
  });

  test('removes a finding when the missing record arrives', async () => {
    const lost = 'PI4586f825c6c54b4049af459f9c99d672';
    const type = 'com.twilio.iot.supersim.connection.data-session.ended';
    const data = {
      ...{ event_sid: `EZ${'e'.repeat(32)}`, event_type: type, timestamp: '2026-11-02T08:20:10Z' },
      ...{ sim_sid: 'HS79aedb75842db650f735156f08824402', sim_iccid: '89883070000001200110' },
      ...{ data_session_sid: lost, data_session_start_time: '2026-11-02T08:02:10Z' },
      data_session_end_time: '2026-11-02T08:20:10Z',
      data_session_update_start_time: '2026-11-02T08:14:10Z',
      data_session_update_end_time: '2026-11-02T08:20:10Z',
      ...{ data_upload: 5, data_download: 0, data_total: 5, data_session_data_total: 2_005 },
    };
    const ended = JSON.stringify({ specversion: '1.0', type, time: data.timestamp, data });
    await ledger.put('twilio', ended);
    await ledger.local.closeDays(now());
    expect((await list(' --source twilio')).filter(({ session_sid: session }) => session === lost)).toEqual(
      [],
    );
    expect((await list(' --check orphan')).filter(({ reason }) => reason === 'no-end')).toHaveLength(3);
  });

  describe('of a SIM with usage by stream and by file', () => {
    const iccid = '8988280666001000777';
    const minutes = (count: number): string =>
      new Date(Date.parse('2026-11-03T10:00:00Z') + count * 60_000).toISOString().slice(0, 19);

    async function putByStream(ids: readonly number[]): Promise<void> {
      for (const id of ids) {
        const record = {
          ...usageRecord,
          ...{ id, sim: { ...usageRecord.sim, iccid } },
          ...{ start_timestamp: `${minutes(15 * id)}Z`, end_timestamp: `${minutes(15 * id + 15)}Z` },
        };
        await ledger.put('1nce', JSON.stringify(record));
      }
    }

    async function putFile(hour: number, ids: readonly number[]): Promise<void> {
      const lines = ids.map((id) =>
        row(0, {
          ...{ id: String(id), iccid, volume: '0.001176', volume_tx: '0.001', volume_rx: '0.000176' },
          event_start_timestamp: minutes(15 * id).replace('T', ' '),
          event_stop_timestamp: minutes(15 * id + 15).replace('T', ' '),
        }),
      );
      const key = `cdr_20261103_${String(hour).padStart(2, '0')}0000.csv`;
      await ledger.local.putFile('1nce', key, Buffer.from(`${[header, ...lines].join('\n')}\n`));
      await ledger.local.waitUntilIdle();
    }

    const listPaths = async (): Promise<unknown[]> =>
      (
        await ledger.json<FindingFields[]>('findings --from 2026-11-03 --to 2026-11-04 --check path', { now })
      ).map(({ sim, reason, bytes, records }) => [sim, reason, bytes, records.join(' ')]);

    test('name a record that a file lacks, and a missing file, until they arrive', async () => {
      await putByStream([1, 2, 3, 4, 5, 6]);
      // Files of 16 hours: some have no rows, and one is lost.
      for (let hour = 0; hour < 16; hour += 1) {
        if (hour !== 7) await putFile(hour, hour === 11 ? [1, 2] : hour === 12 ? [3, 5] : []);
      }
      await ledger.local.closeDays(now());
      const files = ['files:1nce', 'file-missing', null, 'cdr_20261103_060000.csv cdr_20261103_080000.csv'];
      expect(await listPaths()).toEqual([files, [iccid, 'not-by-file', 1_176, '4']]);

      await putFile(16, [4]);
      await ledger.local.closeDays(now());
      expect(await listPaths()).toEqual([files]);

      await putFile(7, [6]);
      await ledger.local.closeDays(now());
      expect(await listPaths()).toEqual([]);
    });
  });
});
