import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredUsage } from '../../../../lambda/store/records.ts';
import { flatUsageRecord, usageRecord } from '../../../records/datastreamer.ts';
import { connectionEvent, fullData, type Members } from '../../../records/supersim.ts';
import { runningTables } from '../../store/running-tables.ts';
import { apiOver, send, takeIn } from './api-under-test.ts';

const tables = runningTables();
const time = '2026-11-02T10:00:00Z';

/** Two SIMs of one carrier whose ICCIDs have 21 digits, with the same first 19. */
const pumps = [
  { name: 'pump-1', sid: `HS${'a'.repeat(32)}`, written: '898830709999999910001' },
  { name: 'pump-2', sid: `HS${'b'.repeat(32)}`, written: '898830709999999910012' },
];
/** A SIM in the spelling of a spreadsheet, and one whose ICCID is masked. */
const meter = { simId: 4711, iccid: '89882806660010047115', modem: '3586008428676712' };
const masked = { simId: 4712, written: '89882806660010xxxxx' };

beforeAll(async () => {
  const superSim = pumps.map(({ name, sid, written }, index) =>
    connectionEvent('data-session.started', {
      ...fullData,
      event_sid: `EZ${index}`,
      sim_sid: sid,
      sim_iccid: written,
      sim_unique_name: name,
      data_session_sid: `PI${index}`,
    }),
  );
  const endpoint = { ...usageRecord.endpoint, imei: meter.modem };
  const usage = [
    { ...usageRecord, id: 1, endpoint, sim: { id: meter.simId, iccid: `="${meter.iccid}"` } },
    { ...flatUsageRecord, id: 2, sim_id: masked.simId, sim_iccid: masked.written, endpoint_name: 'unknown' },
  ];
  const bodyOf = (record: Members) => Buffer.from(JSON.stringify(record));
  await takeIn(tables.client, [
    ...superSim.map((record) => ({ source: 'kore' as const, data: bodyOf(record) })),
    ...usage.map((record) => ({ source: '1nce' as const, data: bodyOf(record) })),
  ]);
});

async function sidOf(name: string): Promise<unknown> {
  const { status, body } = await send(apiOver(tables.client), `/v1/Sims/${encodeURIComponent(name)}`);
  return status === 200 ? body['sid'] : status;
}

describe('a SIM', () => {
  it.each(pumps)(
    'whose ICCID has too many digits is found by name, SID and the carrier’s text: $name',
    async (pump) => {
      const spellings = [
        pump.name,
        pump.sid,
        `'${pump.sid}`,
        pump.written,
        `'${pump.written}`,
        pump.written.replace(/(.{4})/g, '$1 '),
      ];
      expect(await Promise.all(spellings.map(sidOf))).toEqual(spellings.map(() => pump.sid));
      const { body } = await send(apiOver(tables.client), `/v1/Sims/${pump.name}/DataSessions`);
      expect(body['data_sessions']).toEqual([expect.objectContaining({ sim_sid: pump.sid })]);
    },
  );

  it('is not found by a part of its number', async () => {
    expect(await Promise.all(['8988307099999999100', '89883070999999991000'].map(sidOf))).toEqual([404, 404]);
  });

  it('is found by its ICCID as a spreadsheet or a person writes it', async () => {
    const stem = meter.iccid.slice(0, 19);
    const spellings = [
      stem,
      `${stem}F`,
      meter.iccid,
      `="${meter.iccid}"`,
      `'${meter.iccid}`,
      '8988-2806-6600-1004-7115',
      '8988\u00a02806\u00a06600\u00a01004\u00a07115',
      `\ufeff${meter.iccid}\u200b`,
      String(meter.simId),
      ` '${meter.simId} `,
    ];
    expect(await Promise.all(spellings.map(sidOf))).toEqual(spellings.map(() => stem));
  });

  it('with a masked ICCID is found by the carrier’s id, its name, and the masked ICCID', async () => {
    const spellings = [String(masked.simId), 'unknown', masked.written, `="${masked.written}"`];
    expect(await Promise.all(spellings.map(sidOf))).toEqual(spellings.map(() => String(masked.simId)));
  });

  it('is not found by a name that is too long, or by spaces and dashes', async () => {
    const names = ['9'.repeat(7_900), 'x'.repeat(5_000), '---', ' ', "'"];
    expect(await Promise.all(names.map(sidOf))).toEqual(names.map(() => 404));
  });

  it('and its usage have both the IMEI as the carrier wrote it and the normalized IMEI', async () => {
    const { body } = await send(apiOver(tables.client), `/v1/Sims/${meter.simId}`);
    const read = apiOver(tables.client).reader;
    const sim = meter.iccid.slice(0, 19);
    const usage: StoredUsage[] = [];
    for await (const records of read.readUsage({ sim, from: '0', to: '9' })) usage.push(...records);
    expect([
      body['imei'],
      (await read.readSim(sim))?.groups.device?.group,
      usage.map(({ imei, writtenImei, iccid, start }) => ({ imei, writtenImei, iccid, start })),
    ]).toEqual([
      '358600842867678',
      { imei: '358600842867678', writtenImei: meter.modem },
      [
        {
          imei: '358600842867678',
          writtenImei: meter.modem,
          iccid: meter.iccid,
          start: time.replace('Z', '.000Z'),
        },
      ],
    ]);
  });
});
