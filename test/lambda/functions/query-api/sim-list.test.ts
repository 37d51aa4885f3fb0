import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { AlertState } from '../../../../lambda/alerts/sweep/alert-state.ts';
import { formatTime } from '../../../../lambda/ledger/time.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import { expectedItems } from '../../../local/examples/truth.ts';
import { usageRecord } from '../../../records/datastreamer.ts';
import { now, takeIn } from './api-under-test.ts';
import { emnifySim, exampleApi, superSim, superSimSid } from './example-api.ts';

const { tables, get, all, messageOf } = exampleApi();

describe('Sims', () => {
  it('shows a SIM’s current state', async () => {
    const { body } = await get(`/v1/Sims/${superSim}?Include=imsi`);
    expect(body).toMatchObject({
      sid: superSimSid,
      unique_name: 'cold-chain-17',
      iccid: '89883070000001200110',
      imsi: '732123200563187',
      fleet_sid: 'HF925ae5b4af6aeb7d5034d3f4b09c78ce',
      source: 'twilio',
      carrier: 'twilio',
      online: true,
      online_changed: '2026-11-02T08:02:10.000Z',
      last_activity: '2026-11-02T08:14:10.000Z',
      last_event: 'data-session.started',
      network: { radio_link: '4G', operator_country: 'USA', operator_name: 'T-Mobile' },
      cell: { cell_id: '47322374', location_estimate: { lat: 34.166991, lon: -118.5720773 } },
      url: `https://api.example.com/v1/Sims/${superSim}`,
      open_session: { status: 'open', start: '2026-11-02T08:02:10.000Z', data_total: 2000 },
      usage_this_month: {
        period: { start_time: '2026-11-01T00:00:00.000Z', end_time: '2026-12-01T00:00:00.000Z' },
        data_upload: 8000,
        data_download: 4000,
        data_total: 12000,
      },
    });
  });

  it('has null for unknown values and for a session that has ended', async () => {
    const { body } = await get('/v1/Sims/1500103');
    expect(body).toMatchObject({ iccid: null, online: null, status: 'active', network: null, cell: null });
    const ended = await get(`/v1/Sims/${emnifySim}`);
    expect(ended.body).toMatchObject({ online: false, open_session: null });
  });

  it('shows exactly when a SIM was last active and heard, and only the granule in the list', async () => {
    const sim = '8950000000000000001';
    const usage = {
      ...usageRecord,
      ...{ id: 1, start_timestamp: '2026-09-15T12:00:00Z', end_timestamp: '2026-09-15T12:15:27Z' },
      sim: { ...usageRecord.sim, iccid: sim },
    };
    await takeIn(tables.client, [{ source: '1nce', data: Buffer.from(JSON.stringify(usage)) }]);
    const activity = (body: Record<string, unknown>) => [
      [body['last_activity'], body['last_activity_precision']],
      [body['last_heard'], body['last_heard_precision']],
    ];
    const { body } = await get(`/v1/Sims/${sim}`);
    const exact = ['2026-09-15T12:15:27.000Z', 'exact'];
    expect(activity(body)).toEqual([exact, exact]);
    const listed = (await all('/v1/Sims', 'sims')).find(({ iccid }) => iccid === sim) ?? {};
    const granule = ['2026-09-15T04:10:18.000Z', 'granule'];
    expect(activity(listed)).toEqual([granule, granule]);
    expect((await get(`/v1/Sims/${emnifySim}`)).body).toMatchObject({
      online: false,
      online_changed: '2026-11-02T08:30:00.000Z',
      online_stated_at: '2026-11-02T08:30:00.000Z',
      last_activity_precision: 'exact',
    });
  });

  it('lists exactly the SIMs that were not heard for some time, page by page', async () => {
    const heard = (sims: readonly Record<string, unknown>[]) =>
      sims.map((sim) => [sim['sid'], sim['last_heard'], sim['last_heard_precision']]);
    const each = await all('/v1/Sims?PageSize=1000', 'sims');
    const single = await Promise.all(each.map(({ sid }) => get(`/v1/Sims/${sid}`)));
    for (const [silence, milliseconds] of [
      ['30m', 1_800_000],
      ['26h', 93_600_000],
      ['27h', 97_200_000],
    ] as const) {
      const expected = heard(single.map(({ body }) => body)).filter(
        ([, at]) => at === null || Date.parse(String(at)) <= now - milliseconds,
      );
      const listed = heard(await all(`/v1/Sims?Silent=${silence}&PageSize=2`, 'sims'));
      expect(listed.toSorted()).toEqual(expected.toSorted());
    }
    const one = heard(await all('/v1/Sims?Silent=27h&Source=twilio', 'sims'));
    expect(one).toEqual([
      ['HS36573379c42fc6849ed8a0133f11a656', '2026-11-02T07:13:30.000Z', 'exact'],
      [superSimSid, '2026-11-02T08:14:10.000Z', 'exact'],
    ]);
  });

  it('lists with silent SIMs how up to date each source was at the last sweep', async () => {
    const state = new AlertState(tables.client, alertStateTable.name);
    const [judgedThrough, sweptAt] = [now - 240_000, now - 60_000];
    await state.writeSource('twilio', { judgedThrough, sweptAt, days: [] });
    const known = { source: 'twilio', watermark: formatTime(judgedThrough), swept: formatTime(sweptAt) };
    const unswept = ['1nce', 'emnify', 'kore', 'telekom'].map((source) => {
      return { source, watermark: null, swept: null };
    });
    const { body } = await get('/v1/Sims?Silent=27h');
    expect(body['watermarks']).toEqual([...unswept, known]);
    expect((await get('/v1/Sims?Silent=27h&Source=twilio')).body['watermarks']).toEqual([known]);
    expect((await get('/v1/Sims')).body).not.toHaveProperty('watermarks');
  });

  it('takes the silent SIMs of a large fleet from the last sweep, and says so', async () => {
    const state = new AlertState(tables.client, alertStateTable.name);
    const sweptAt = now - 60_000;
    const [{ key = '' } = {}] = (await all('/v1/Sims?Silent=27h&Source=twilio', 'sims')).map(({ url }) => {
      return { key: String(url).split('/').at(-1) };
    });
    const part = { source: 'twilio', part: 0, isCut: true, sims: [[key, now - 172_800_000]] } as const;
    await state.writeSilent(part, sweptAt);
    const ask = async (silence: string) => {
      const { body } = await get(`/v1/Sims?Silent=${silence}`);
      return [(body['sims'] as unknown[]).length, body['list']];
    };
    await state.writeFleet({ sims: 100_000, sources: ['twilio'], countries: undefined, sweptAt });
    expect((await ask('27h'))[1]).toBeUndefined();
    await state.writeFleet({ sims: 100_001, sources: ['twilio'], countries: undefined, sweptAt });
    const list = { as_of: formatTime(sweptAt), is_complete: false };
    expect(await ask('27h')).toEqual([1, list]);
    expect(await ask('72h')).toEqual([0, { ...list, is_complete: true }]);
    await state.writeFleet({ sims: 5, sources: [], countries: undefined, sweptAt });
  });

  it.each(['24', '0h', 'PT24H', '1.5h', ''])('refuses the silence %s', async (silence) => {
    const { status, body } = await get(`/v1/Sims?Silent=${silence}`);
    expect([status, body['message']]).toEqual([
      400,
      `Silent: ${JSON.stringify(silence)} given; accepted is a number of minutes, hours or days such as 90m, 24h or 7d`,
    ]);
  });

  it('continues a list of silent SIMs only with the same silence', async () => {
    const { body } = await get('/v1/Sims?Silent=1h&PageSize=1');
    const { next_page_url: url } = body['meta'] as { next_page_url: string };
    const next = new URL(url);
    const go = async (change: (query: URLSearchParams) => void) => {
      const query = new URLSearchParams(next.search);
      change(query);
      return (await get(`/v1/Sims?${query}`)).status;
    };
    expect([
      await go(() => undefined),
      await go((query) => query.set('Silent', '2h')),
      await go((query) => query.delete('Silent')),
    ]).toEqual([200, 400, 200]);
  });

  it('gives the last activity as a day if only the SIM’s item is left', async () => {
    const item = {
      ...{ sim: { S: '8950000000000000002' }, source: { S: 'emnify' }, carrier: { S: 'emnify' } },
      lastUpdated: { S: '2026-10-01T00:00:00.000Z' },
    };
    await tables.client.send(new PutItemCommand({ TableName: 'Sims', Item: item }));
    const { body } = await get('/v1/Sims/8950000000000000002');
    expect(body).toMatchObject({
      last_activity: '2026-10-01T00:00:00.000Z',
      last_activity_precision: 'day',
      online: null,
      online_stated_at: null,
    });
  });

  it('lists each SIM once, on pages of any size, with filters', async () => {
    const sids = async (query: string) =>
      (await all(`/v1/Sims?${query}`, 'sims'))
        .map(({ sid }) => String(sid))
        .filter((sid) => !/^89[05]/.test(sid));
    const everyone = await sids('');
    expect(new Set(everyone).size).toBe(expectedItems.sims);
    expect(await sids('PageSize=1')).toEqual(everyone);
    expect(await sids('PageSize=5')).toEqual(everyone);
    expect((await sids('Source=emnify')).sort()).toEqual([emnifySim, '8988303000000100002']);
    expect(await sids('Source=emnify&Online=true')).toEqual(['8988303000000100002']);
    expect((await sids('Online=true&PageSize=1')).length).toBe(3);
    expect(await sids('Name=COLD-chain')).toEqual([superSimSid]);
    expect(await sids('Fleet=HF925ae5b4af6aeb7d5034d3f4b09c78ce&Name=chain')).toEqual([superSimSid]);
    expect(await sids('Name=nobody')).toEqual([]);
  });
});

describe('Files', () => {
  it('lists the files of all sources once each, newest first, on pages of any size', async () => {
    const names = async (query: string) => (await all(`/v1/Files?${query}`, 'files')).map(({ key }) => key);
    const everything = ['cdr_4.csv', 'cdr_3.csv', 'cdr_2.csv', 'cdr_0.csv', 'cdr_1.csv'];
    for (const size of [1, 2, 3, 50]) expect(await names(`PageSize=${size}`)).toEqual(everything);
    expect(await names('Source=1nce&PageSize=1')).toEqual(['cdr_2.csv', 'cdr_0.csv']);
    expect(await names('State=failed&PageSize=1')).toEqual(['cdr_3.csv']);
    expect(await names('Source=nobody')).toEqual([]);
  });

  it('returns a file by its id', async () => {
    const [failed] = await all('/v1/Files?State=failed', 'files');
    const { body } = await get(`/v1/Files/${String(failed?.['id'])}`);
    expect(body).toEqual(failed);
    expect(body).toEqual({
      id: Buffer.from('files-telekom/cdr_3.csv@v3').toString('base64url'),
      bucket: 'files-telekom',
      key: 'cdr_3.csv',
      version: 'v3',
      source: 'telekom',
      carrier: 'telekom',
      state: 'failed',
      rows: 13,
      accepted: 12,
      rejected: 1,
      size: 1_000,
      imported: 1_000,
      delivered: '2026-11-02T13:00:00.000Z',
      noted: null,
      stalled: false,
      reason: 'It has no column id',
      url: `https://api.example.com/v1/Files/${String(failed?.['id'])}`,
    });
    expect(await messageOf('/v1/Files/bm93aGVyZQ')).toBe('404 20404 The file "bm93aGVyZQ" was not found');
    expect(await messageOf('/v1/Files/%C3%A4')).toBe('404 20404 The file "ä" was not found');
  });
});
