import { BatchWriteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { AlertState } from '../../../../lambda/alerts/sweep/alert-state.ts';
import { respond } from '../../../../lambda/functions/query-api/api.ts';
import { readRequest } from '../../../../lambda/functions/query-api/request.ts';
import { routes } from '../../../../lambda/functions/query-api/routes.ts';
import { ClientThrottle } from '../../../../lambda/functions/query-api/throttle.ts';
import { formatTime } from '../../../../lambda/ledger/time.ts';
import { divideIntoChunks } from '../../../../lambda/store/concurrency.ts';
import { FilesTable } from '../../../../lambda/store/files.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import { expectedItems } from '../../../local/examples/truth.ts';
import { usageRecord } from '../../../records/datastreamer.ts';
import { runs } from '../../../records/runs.ts';
import { runningTables } from '../../store/running-tables.ts';
import { watch } from '../../store/watched-client.ts';
import {
  apiEvent,
  apiOver,
  basic,
  credentials,
  now,
  type Sending,
  send,
  takeExamples,
  takeIn,
} from './api-under-test.ts';

const tables = runningTables();
const superSim = '8988307000000120011';
const superSimSid = 'HS79aedb75842db650f735156f08824402';
const emnifySim = '8988303000000100001';
const onceSim = '8988280666001000101';

beforeAll(async () => {
  await takeExamples(tables.client);
  const files = new FilesTable(tables.client, 'Files');
  for (const manifest of manifests) await files.write(manifest);
});

const manifests = ['1nce', 'emnify', '1nce', 'telekom', 'emnify'].map(
  (source, at): Manifest => ({
    object: `files-${source}/cdr_${at}.csv@v${at}`,
    source,
    carrier: source,
    state: at === 3 ? 'failed' : 'done',
    rows: 10 + at,
    accepted: 9 + at,
    rejected: 1,
    position: 1_000,
    size: 1_000,
    // Two of one moment, of different sources.
    delivered: `2026-11-02T1${at < 2 ? 0 : at}:00:00.000Z`,
    reason: at === 3 ? 'It has no column id' : undefined,
  }),
);

async function get(path: string, sending: Sending = {}) {
  return send(apiOver(tables.client), path, sending);
}

/** The resources of all pages of a list. */
async function all(path: string, key: string): Promise<Record<string, unknown>[]> {
  const resources: Record<string, unknown>[] = [];
  for (let next: string | null = path; next !== null; ) {
    const { status, body } = await get(next);
    expect(status).toBe(200);
    resources.push(...(body[key] as Record<string, unknown>[]));
    const { next_page_url: url } = body['meta'] as { next_page_url: string | null };
    next = url === null ? null : url.slice('https://api.example.com'.length);
  }
  return resources;
}

async function messageOf(path: string, sending: Sending = {}): Promise<unknown> {
  const { status, body } = await get(path, sending);
  return `${status} ${String(body['code'])} ${String(body['message'])}`;
}

describe('{sim}', () => {
  it.each([
    ['the ICCID with 19 digits', superSim],
    ['the ICCID with 20 digits', `${superSim}0`],
    ['the SID', superSimSid],
    ['the unique name', 'cold-chain-17'],
  ])('is %s of a Super SIM', async (_, name) => {
    const { status, body } = await get(`/v1/Sims/${name}/DataSessions`);
    const sessions = body['data_sessions'] as { sid: string; sim_sid: string }[];
    expect(status).toBe(200);
    expect(sessions.map(({ sid, sim_sid }) => [sid.slice(0, 6), sim_sid])).toEqual([
      ['PI4586', superSimSid],
      ['PI687a', superSimSid],
    ]);
  });

  it('is the carrier’s id of a SIM, or a name with blanks', async () => {
    const byId = await get('/v1/Sims/233746');
    const byName = await get('/v1/Sims/Vending%2012');
    const withoutIccid = await get('/v1/Sims/1500103');
    expect([byId.body['sid'], byName.body['sid'], withoutIccid.body['sid']]).toEqual([
      emnifySim,
      '8988228066700001002',
      '1500103',
    ]);
  });

  it.each([
    '8988307999999999999',
    'HS00000000000000000000000000000000',
    '99',
    'no-such-name',
    'account:emnify:839921',
  ])('is not found: %s', async (name) => {
    for (const list of ['', '/DataSessions', '/UsageRecords', '/ConnectionEvents']) {
      const answer = await get(`/v1/Sims/${encodeURIComponent(name)}${list}`);
      expect(answer).toMatchObject({
        status: 404,
        body: {
          code: 20404,
          message: `The SIM "${name}" was not found`,
          more_info: 'https://api.example.com/docs#error-20404',
          status: 404,
        },
      });
    }
  });

  it('is refused if two SIMs have one name, with both', async () => {
    for (const sim of ['8900000000000000001', '8900000000000000002']) {
      const item = {
        sim: { S: sim },
        simName: { S: 'twin' },
        lastUpdated: { S: '2026-11-02T00:00:00.000Z' },
      };
      await tables.client.send(new PutItemCommand({ TableName: 'Sims', Item: item }));
    }
    expect(await messageOf('/v1/Sims/twin')).toBe(
      '400 20001 {sim}: "twin" given; accepted is one of the SIMs with this name: 8900000000000000001, 8900000000000000002',
    );
  });
});

describe('DataSessions', () => {
  it('has Twilio’s fields for every carrier, and simledger’s after them', async () => {
    const { body } = await get(`/v1/Sims/${superSimSid}/DataSessions?PageSize=1`);
    expect(body['data_sessions']).toEqual([
      {
        sid: 'PI4586f825c6c54b4049af459f9c99d672',
        sim_sid: superSimSid,
        account_sid: 'ACe7ea554f7fc0fad65e689bb5899bb6c3',
        radio_link: '4G',
        operator_mcc: '310',
        operator_mnc: '260',
        operator_country: 'USA',
        operator_name: 'T-Mobile',
        cell_id: '47322374',
        cell_location_estimate: { lat: 34.166991, lon: -118.5720773 },
        packets_uploaded: 0,
        packets_downloaded: 0,
        last_updated: '2026-11-02T08:14:10.000Z',
        start: '2026-11-02T08:02:10.000Z',
        end: null,
        imei: '358600842867678',
        data_uploaded: 1000,
        data_downloaded: 1000,
        data_total: 2000,
        apn: 'super',
        ip_address: null,
        imsi: null,
        status: 'open',
        source: 'twilio',
        error: null,
      },
    ]);
    const emnify = await get(`/v1/Sims/${emnifySim}/DataSessions`);
    expect(emnify.body['data_sessions']).toEqual([
      {
        sid: '7c6ed113-2038-4b0c-92de-a160e3f74c4d',
        sim_sid: emnifySim,
        account_sid: null,
        radio_link: '4G',
        operator_mcc: '262',
        operator_mnc: '03',
        operator_country: 'DEU',
        operator_name: 'EPlus',
        cell_id: '5559',
        cell_location_estimate: {},
        packets_uploaded: 0,
        packets_downloaded: 0,
        last_updated: '2026-11-02T08:30:00.000Z',
        start: '2026-11-02T08:00:00.000Z',
        end: '2026-11-02T08:30:00.000Z',
        imei: '359339075910017',
        data_uploaded: 11480,
        data_downloaded: 12671,
        data_total: 24151,
        apn: null,
        ip_address: null,
        imsi: null,
        status: 'ended',
        source: 'emnify',
        error: null,
      },
    ]);
  });

  it('gives IMSI and IP address where they are asked for, unless the deployment never does', async () => {
    const path = `/v1/Sims/${superSimSid}/DataSessions?PageSize=1`;
    const shown = async (query: string, changes = {}) => {
      const { body } = await send(apiOver(tables.client, changes), `${path}${query}`);
      const [first] = (body['data_sessions'] ?? [{}]) as { imsi: unknown; ip_address: unknown }[];
      return [first?.imsi, first?.ip_address];
    };
    expect(await shown('&Include=imsi')).toEqual(['732123200563187', null]);
    expect(await shown('&Include=ip_address,imsi')).toEqual(['732123200563187', '100.68.56.159']);
    expect(await shown('', { personalData: 'always' })).toEqual(['732123200563187', '100.68.56.159']);
    const refused = await send(apiOver(tables.client, { personalData: 'never' }), `${path}&Include=imsi`);
    expect([refused.status, refused.body['message']]).toEqual([
      400,
      'Include: "imsi" given; accepted is nothing: this deployment never answers with personal data',
    ]);
  });

  it('is filtered by time and status', async () => {
    const starts = async (query: string) =>
      (await all(`/v1/Sims/${superSim}/DataSessions?${query}`, 'data_sessions')).map(({ start }) => start);
    const both = ['2026-11-02T08:02:10.000Z', '2026-11-02T06:15:01.000Z'];
    expect(await starts('StartTime=2026-11-02T06:15:01Z&EndTime=2026-11-02T08:02:10.000Z')).toEqual(both);
    expect(await starts('StartTime=2026-11-02T06:15:02Z')).toEqual(both.slice(0, 1));
    expect(await starts('EndTime=2026-11-02T08:02:09Z')).toEqual(both.slice(1));
    expect(await starts('EndTime=2026-11-02T09:02:09%2B01:00')).toEqual(both.slice(1));
    expect(await starts('EndTime=2026-11-02T09:02:09+01:00')).toEqual(both.slice(1));
    expect(await starts('EndTime=2026-11-02')).toEqual([]);
    expect(await starts('Status=ended')).toEqual(both.slice(1));
    expect(await starts('Status=open&PageSize=1')).toEqual(both.slice(0, 1));
    expect(await starts('Status=failed')).toEqual([]);
  });

  it('costs one read of the index and one batch get, and for what is not stated one read of usage', async () => {
    const requestsFor = async (path: string): Promise<string[]> => {
      const client = tables.newClient();
      const watched = watch(client);
      await send(apiOver(client), path);
      client.destroy();
      return watched.operations;
    };
    // Both sessions state their totals.
    expect(await requestsFor(`/v1/Sims/${superSim}/DataSessions`)).toEqual([
      'Query Sessions',
      'BatchGetItem Sessions',
    ]);
    expect(await requestsFor('/v1/Sims/cold-chain-17/DataSessions')).toEqual([
      'Query Sims',
      'Query Sessions',
      'BatchGetItem Sessions',
    ]);
    // 1NCE's open session states none.
    expect(await requestsFor(`/v1/Sims/${onceSim}/DataSessions`)).toEqual([
      'Query Sessions',
      'BatchGetItem Sessions',
      'Query Usage',
    ]);
  });
});

describe('UsageRecords', () => {
  const path = `/v1/Sims/${onceSim}/UsageRecords`;

  it('sums the whole time up by default', async () => {
    const { body } = await get(`${path}?StartTime=2026-11-02T10:00:00Z&EndTime=2026-11-02T12:15:27Z`);
    expect(body['usage_records']).toEqual([
      {
        account_sid: null,
        sim_sid: onceSim,
        fleet_sid: null,
        network_sid: null,
        iso_country: null,
        period: { start_time: '2026-11-02T10:00:00.000Z', end_time: '2026-11-02T12:15:27.000Z' },
        data_upload: 101176,
        data_download: 0,
        data_total: 101176,
        data_total_billed: null,
        billed_unit: null,
      },
    ]);
  });

  it('has the same sum by hour, by day and raw, on pages of any size', async () => {
    const total = (records: readonly Record<string, unknown>[]): number =>
      records.reduce((sum, { data_total: bytes }) => sum + Number(bytes), 0);
    const [whole] = await all(path, 'usage_records');
    for (const granularity of ['hour', 'day', 'raw']) {
      for (const size of [1, 2, 50]) {
        const records = await all(`${path}?Granularity=${granularity}&PageSize=${size}`, 'usage_records');
        expect(total(records)).toBe(whole?.['data_total']);
        const starts = records.map(({ period }) => (period as { start_time: string }).start_time);
        expect(starts).toEqual([...starts].sort().reverse());
      }
    }
  });

  it('cuts the first and last hour to the time asked for, and leaves hours without usage out', async () => {
    const query = 'Granularity=hour&StartTime=2026-10-28T05:00:00Z&EndTime=2026-11-02T12:20:00Z';
    const records = await all(`${path}?${query}`, 'usage_records');
    expect(records.map(({ period, data_total: bytes }) => [period, bytes])).toEqual([
      [{ start_time: '2026-11-02T12:00:00.000Z', end_time: '2026-11-02T12:20:00.000Z' }, 270000],
      [{ start_time: '2026-10-28T05:00:00.000Z', end_time: '2026-10-28T06:00:00.000Z' }, 50000],
    ]);
  });

  it('bills what is money, and text messages apart', async () => {
    const [whole] = await all(`/v1/Sims/${emnifySim}/UsageRecords`, 'usage_records');
    const raw = await all(`/v1/Sims/${emnifySim}/UsageRecords?Granularity=raw`, 'usage_records');
    expect([whole?.['data_total_billed'], whole?.['billed_unit']]).toEqual([0.024151, 'EUR']);
    expect(
      raw.map(({ traffic_type: type, messages, cost, data_total_billed: billed }) => [
        type,
        messages,
        cost,
        billed,
      ]),
    ).toEqual([
      ['data', null, '0.003671', 0.003671],
      ['data', null, '0.01048', 0.01048],
      ['sms', 1, '1', null],
      ['data', null, '0.01', 0.01],
    ]);
  });

  it('shows a cost that repeats the volume neither as a cost nor in a sum', async () => {
    const raw = await all(`${path}?Granularity=raw&PageSize=1`, 'usage_records');
    expect(
      raw.map(({ cost, currency, data_total_billed: billed, billed_unit: unit }) => [
        cost,
        currency,
        billed,
        unit,
      ]),
    ).toEqual(raw.map(() => [null, null, null, null]));
  });

  it('reads only the time asked for, and a second before and after it', async () => {
    const client = tables.newClient();
    const watched = watch(client);
    await send(
      apiOver(client),
      `${path}?Granularity=day&StartTime=2026-11-02T10:00:00Z&EndTime=2026-11-02T11:00:00Z`,
    );
    client.destroy();
    const ranges = watched.requests.flatMap(({ input }) => {
      const { ExpressionAttributeValues: values } = input as {
        ExpressionAttributeValues?: Record<string, unknown>;
      };
      return values === undefined ? [] : [values];
    });
    expect(ranges).toEqual([
      {
        ':sim': { S: onceSim },
        ':from': { S: '2026-11-02T09:59:59.000Z' },
        ':to': { S: '2026-11-02T11:00:01.000Z' },
      },
    ]);
  });
});

describe('ConnectionEvents', () => {
  const path = `/v1/Sims/${onceSim}/ConnectionEvents`;

  it('is newest first, filtered by type and time, on pages of any size', async () => {
    const everything = await all(path, 'connection_events');
    const times = everything.map(({ timestamp }) => String(timestamp));
    expect(times.length).toBeGreaterThan(5);
    expect(times).toEqual([...times].sort().reverse());
    for (const size of [1, 2, 3]) {
      expect(await all(`${path}?PageSize=${size}`, 'connection_events')).toEqual(everything);
      const created = await all(
        `${path}?PageSize=${size}&EventType=pdp-context.created`,
        'connection_events',
      );
      expect(created).toEqual(everything.filter(({ event_type: type }) => type === 'pdp-context.created'));
    }
    const [newest] = times;
    const last = await all(`${path}?StartTime=${newest}&EndTime=${newest}`, 'connection_events');
    expect(last).toEqual(everything.filter(({ timestamp }) => timestamp === newest));
  });

  it('shows the carrier’s own words, which name IMSI and IP address, only where they are asked for', async () => {
    const imsi = '901405100000101';
    const quiet = JSON.stringify((await get(path)).body);
    expect(quiet).not.toContain(imsi);
    expect(quiet).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
    const [open] = await all(
      `${path}?EventType=pdp-context.created&Include=imsi,detail`,
      'connection_events',
    );
    expect(open?.['imsi']).toBe(imsi);
    expect(open?.['detail']).toContain(`"imsi":"${imsi}"`);
  });

  it('says why something failed, with code and message where the carrier states an error', async () => {
    const errors = async (sim: string) =>
      (await all(`/v1/Sims/${sim}/ConnectionEvents`, 'connection_events'))
        .map(({ event_type: type, error_code: code, error_message: message }) => [type, code, message])
        .filter(([, code, message]) => code !== null || message !== null);
    expect(await errors('bike-231')).toEqual([
      ['data-session.failed', '31005', 'PDP context activation failed'],
      ['attachment.failed', '31001', 'DIAMETER_UNABLE_TO_COMPLY'],
      ['attachment.rejected', '31004', 'DIAMETER_ERROR_ROAMING_NOT_ALLOWED'],
    ]);
    expect(await errors(onceSim)).toEqual([]);
  });
});

describe('Sims', () => {
  it('tells what is known of a SIM now', async () => {
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

  it('is null where nothing is known, and where the last session has ended', async () => {
    const { body } = await get('/v1/Sims/1500103');
    expect(body).toMatchObject({ iccid: null, online: null, status: 'active', network: null, cell: null });
    const ended = await get(`/v1/Sims/${emnifySim}`);
    expect(ended.body).toMatchObject({ online: false, open_session: null });
  });

  it('tells exactly when a SIM was last active and heard, whenever that was, and in the list the granule', async () => {
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

  it('lists the SIMs that were not heard for some time, page by page, exactly', async () => {
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

  it('says beside silent SIMs how far each source is known, by the last sweep', async () => {
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

  it('finds the silent SIMs of a large fleet in the list of the last sweep, and says so', async () => {
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

  it('takes a page of silent SIMs on with its own silence only', async () => {
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

  it('says of a SIM of which only its item is left that its last activity is a day', async () => {
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

  it('lists the fleet once, on pages of any size, and as filtered', async () => {
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
  it('lists all sources’ files, those delivered last first, each once on pages of any size', async () => {
    const names = async (query: string) => (await all(`/v1/Files?${query}`, 'files')).map(({ key }) => key);
    const everything = ['cdr_4.csv', 'cdr_3.csv', 'cdr_2.csv', 'cdr_0.csv', 'cdr_1.csv'];
    for (const size of [1, 2, 3, 50]) expect(await names(`PageSize=${size}`)).toEqual(everything);
    expect(await names('Source=1nce&PageSize=1')).toEqual(['cdr_2.csv', 'cdr_0.csv']);
    expect(await names('State=failed&PageSize=1')).toEqual(['cdr_3.csv']);
    expect(await names('Source=nobody')).toEqual([]);
  });

  it('fetches a file by its id', async () => {
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

describe('paging', () => {
  const path = `/v1/Sims/${superSim}/DataSessions`;

  it('has absolute addresses with the stage, or the base path of a domain', async () => {
    const meta = async (sending: Sending, query = '') =>
      (await get(`${path}?PageSize=1${query}`, sending)).body['meta'] as Record<string, string>;
    const staged = await meta({ stage: 'prod', domainName: 'abc.execute-api.eu-central-1.amazonaws.com' });
    const root = 'https://abc.execute-api.eu-central-1.amazonaws.com/prod';
    expect(staged).toEqual({
      key: 'data_sessions',
      page: 0,
      page_size: 1,
      first_page_url: `${root}${path}?PageSize=1&Page=0`,
      previous_page_url: null,
      next_page_url: expect.stringMatching(
        /^https:\/\/abc\.execute.*\/prod\/v1\/Sims\/.*\?PageSize=1&Page=1&PageToken=[\w-]+$/,
      ),
      url: `${root}${path}?PageSize=1&Page=0`,
    });
    expect((await meta({ basePath: '/iot/v1' }))['url']).toBe(
      `https://api.example.com/iot/v1${path}?PageSize=1&Page=0`,
    );
    expect((await meta({ stage: 'v1' }))['url']).toBe(`https://api.example.com/v1${path}?PageSize=1&Page=0`);
    expect((await meta({}, '&Status=open'))['first_page_url']).toBe(
      `https://api.example.com${path}?Status=open&PageSize=1&Page=0`,
    );
  });

  it('keeps a name’s blanks and slashes encoded', async () => {
    const { body } = await get('/v1/Sims/Vending%2012/DataSessions');
    expect((body['meta'] as { url: string }).url).toBe(
      'https://api.example.com/v1/Sims/Vending%2012/DataSessions?PageSize=50&Page=0',
    );
  });

  it('makes a page smaller that Lambda would not take as an answer, and goes on behind it', async () => {
    const sim = '8959000000000000003';
    const common = { sim: { S: sim }, source: { S: 'emnify' }, carrier: { S: 'emnify' }, type: { S: 'any' } };
    // Characters that take six bytes in JSON, and seven in JSON within JSON.
    const detail = { S: '\u0001'.repeat(1_000) };
    const ids = Array.from({ length: 1_000 }, (_, at) => `event-${at}`);
    const requests = ids.map((id) => {
      const time = '2026-11-02T00:00:00.000Z';
      const keys = { eventKey: { S: `${time}#${id}` }, time: { S: time }, eventId: { S: id } };
      return { PutRequest: { Item: { ...common, ...keys, detail } } };
    });
    for (const some of divideIntoChunks(requests, 25)) {
      await tables.client.send(new BatchWriteItemCommand({ RequestItems: { Events: some } }));
    }
    const sids: unknown[] = [];
    const sizes: number[] = [];
    let next: string | null = `/v1/Sims/${sim}/ConnectionEvents?PageSize=1000&Include=detail`;
    while (next !== null) {
      const answer = await respond(readRequest(apiEvent(next)), apiOver(tables.client));
      expect(answer.statusCode).toBe(200);
      expect(JSON.stringify(answer).length).toBeLessThan(6_291_456);
      const { connection_events: events, meta } = JSON.parse(answer.body);
      sids.push(...events.map(({ sid }: { sid: string }) => sid));
      sizes.push(meta.page_size);
      next = meta.next_page_url?.slice('https://api.example.com'.length) ?? null;
    }
    expect(sids.length).toBe(1_000);
    expect(new Set(sids)).toEqual(new Set(ids));
    expect(sizes.length).toBeGreaterThan(1);
  });

  it('takes a page size up to 1,000, and more as 1,000', async () => {
    const size = async (given: string) =>
      ((await get(`${path}?PageSize=${given}`)).body['meta'] as { page_size: number }).page_size;
    expect(await Promise.all(['1', '1000', '1001', '99999999999999999999'].map(size))).toEqual([
      1, 1000, 1000, 1000,
    ]);
  });

  it('goes on with its token, by whatever name the SIM is called, and refuses any other', async () => {
    const { body } = await get(`${path}?PageSize=1`);
    const next = new URL((body['meta'] as { next_page_url: string }).next_page_url);
    const token = next.searchParams.get('PageToken') ?? '';
    const second = await get(`/v1/Sims/cold-chain-17/DataSessions?PageToken=${token}&Page=7`);
    expect(second.body).toMatchObject({
      data_sessions: [{ start: '2026-11-02T06:15:01.000Z' }],
      meta: { page: 7, page_size: 50, next_page_url: null },
    });
    const accepted = 'accepted is the PageToken of a meta.next_page_url of the same list';
    const flipped = `${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`;
    for (const [address, given] of [
      [path, flipped],
      [path, `${token}A`],
      [path, token.slice(0, -2)],
      [path, 'PTx'],
      [`/v1/Sims/${emnifySim}/DataSessions`, token],
      [`/v1/Sims/${superSim}/ConnectionEvents`, token],
      [`/v1/Sims/${superSim}/UsageRecords`, token],
      ['/v1/Sims', token],
      ['/v1/Files', token],
    ] as const) {
      const message = await messageOf(`${address}?PageToken=${given}`);
      const shown = given.length <= 80 ? given : `${given.slice(0, 79)}…`;
      expect(message).toBe(`400 20001 PageToken: "${shown}" given; ${accepted}`);
    }
  });

  it('refuses other filters than those that the listing began with, and a page without its token', async () => {
    const { body } = await get(`${path}?PageSize=1&StartTime=2026-11-01`);
    const token = new URL((body['meta'] as { next_page_url: string }).next_page_url).searchParams.get(
      'PageToken',
    );
    expect((await get(`${path}?PageToken=${token}&StartTime=2026-11-01T00:00:00Z`)).status).toBe(200);
    expect(await messageOf(`${path}?PageToken=${token}&StartTime=2026-10-31`)).toBe(
      '400 20001 StartTime: "2026-10-31T00:00:00.000Z" given; accepted is 2026-11-01T00:00:00.000Z, with which the PageToken\'s listing began',
    );
    expect(await messageOf(`${path}?PageToken=${token}&Status=open`)).toBe(
      '400 20001 Status: "open" given; accepted is nothing, with which the PageToken\'s listing began',
    );
    expect(await messageOf(`${path}?Page=1`)).toBe(
      '400 20001 Page: "1" given; accepted is 0, or the page that a PageToken belongs to: follow meta.next_page_url',
    );
    expect((await get(`${path}?Page=0`)).status).toBe(200);
  });
});

describe('lists, while records arrive between their pages', () => {
  const minute = (count: number): string => new Date(Date.UTC(2026, 10, 2, 0, count)).toISOString();
  let partitions = 0;

  /** Puts events and usage records of one SIM, one of each for each minute. */
  async function putRecords(sim: string, minutes: readonly number[], mark: string): Promise<void> {
    const common = { sim: { S: sim }, source: { S: 'emnify' }, carrier: { S: 'emnify' } };
    await Promise.all(
      minutes.flatMap((count, at) => {
        const [time, id] = [{ S: minute(count) }, { S: `${mark}${at}` }];
        const key = { S: `${minute(count)}#${mark}${at}` };
        const bytes = { dataTotal: { N: '1' }, trafficType: { S: 'data' }, end: time };
        const type = { S: at % 2 === 0 ? 'even' : 'odd' };
        return [
          { TableName: 'Events', Item: { ...common, eventKey: key, time, eventId: id, type } },
          { TableName: 'Usage', Item: { ...common, usageId: key, start: time, recordId: id, ...bytes } },
        ].map((input) => tables.client.send(new PutItemCommand(input)));
      }),
    );
  }

  it.each([
    ['ConnectionEvents', '', 'connection_events'],
    ['ConnectionEvents', '&EventType=even', 'connection_events'],
    ['UsageRecords', '&Granularity=raw', 'usage_records'],
  ])('give each that was there throughout once: %s%s', async (list, query, key) => {
    const minutes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        minutes,
        fc.array(minutes, { maxLength: 3 }),
        fc.integer({ min: 1, max: 7 }),
        async (first, later, size) => {
          partitions += 1;
          const sim = `895${String(partitions).padStart(16, '0')}`;
          const known = {
            sim: { S: sim },
            lastUpdated: { S: minute(0) },
            source: { S: 'emnify' },
            carrier: { S: 'emnify' },
          };
          await tables.client.send(new PutItemCommand({ TableName: 'Sims', Item: known }));
          await putRecords(sim, first, 'first');
          const sids: string[] = [];
          let path: string | null = `/v1/Sims/${sim}/${list}?PageSize=${size}${query}`;
          for (let page = 0; path !== null; page += 1) {
            const { body } = await get(path);
            sids.push(...(body[key] as { sid: string }[]).map(({ sid }) => sid));
            await putRecords(sim, later[page] ?? [], `late${page}-`);
            const { next_page_url: next } = body['meta'] as { next_page_url: string | null };
            path = next === null ? null : next.slice('https://api.example.com'.length);
          }
          const throughout = first
            .map((_, at) => `first${at}`)
            .filter((_, at) => (query === '&EventType=even' ? at % 2 === 0 : true));
          expect(new Set(sids).size).toBe(sids.length);
          expect(throughout.filter((sid) => !sids.includes(sid))).toEqual([]);
        },
      ),
      runs(25),
    );
  });
});

describe('parameters', () => {
  const sim = `/v1/Sims/${superSim}`;

  it.each([
    [
      `${sim}/DataSessions?PageSize=0`,
      'PageSize: "0" given; accepted is a whole number from 1; more than 1000 counts as 1000',
    ],
    [
      `${sim}/DataSessions?PageSize=ten`,
      'PageSize: "ten" given; accepted is a whole number from 1; more than 1000 counts as 1000',
    ],
    [`${sim}/DataSessions?Page=-1`, 'Page: "-1" given; accepted is a whole number from 0'],
    [
      `${sim}/DataSessions?PageToken=`,
      'PageToken: "" given; accepted is the PageToken of a meta.next_page_url',
    ],
    [`${sim}/DataSessions?Status=closed`, 'Status: "closed" given; accepted is one of open, ended, failed'],
    [
      `${sim}/DataSessions?Status=open&Status=ended`,
      'Status: "open, ended" given; accepted is one value: one of open, ended, failed',
    ],
    [
      `${sim}/DataSessions?StartTime=yesterday`,
      'StartTime: "yesterday" given; accepted is a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
    ],
    [
      `${sim}/DataSessions?EndTime=2026-02-30`,
      'EndTime: "2026-02-30" given; accepted is a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
    ],
    [
      `${sim}/DataSessions?StartTime=2026-10-01&EndTime=2026-10-31T00:00:00.001Z`,
      'EndTime: "2026-10-31T00:00:00.001Z" given; accepted is a time up to 2026-10-31T00:00:00.000Z, 30 days after StartTime',
    ],
    [
      `${sim}/DataSessions?StartTime=2026-10-02&EndTime=2026-10-01`,
      'EndTime: "2026-10-01T00:00:00.000Z" given; accepted is a time at or after StartTime, which is 2026-10-02T00:00:00.000Z',
    ],
    [
      `${sim}/DataSessions?StartTime=2026-10-01`,
      'StartTime: "2026-10-01T00:00:00.000Z" given; accepted is a time from 2026-10-04T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 30 days',
    ],
    [
      `${sim}/ConnectionEvents?StartTime=2025-01-01`,
      'StartTime: "2025-01-01T00:00:00.000Z" given; accepted is a time from 2025-09-29T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 400 days',
    ],
    [
      `${sim}/UsageRecords?Granularity=hour&StartTime=2026-10-01`,
      'StartTime: "2026-10-01T00:00:00.000Z" given; accepted is a time from 2026-10-03T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 31 days',
    ],
    [
      `${sim}/UsageRecords?Granularity=raw&StartTime=2025-01-01`,
      'StartTime: "2025-01-01T00:00:00.000Z" given; accepted is a time from 2025-09-29T12:00:00.000Z on: without EndTime the list goes on until now, and it may cover at most 400 days',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-04`,
      'StartTime: "2026-11-04T00:00:00.000Z" given; accepted is a time before now, which is 2026-11-03T12:00:00.000Z, unless EndTime is given too',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-02&EndTime=2026-11-02`,
      'EndTime: "2026-11-02T00:00:00.000Z" given; accepted is a time after StartTime, which is 2026-11-02T00:00:00.000Z',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-02&EndTime=2026-11-01`,
      'EndTime: "2026-11-01T00:00:00.000Z" given; accepted is a time after StartTime, which is 2026-11-02T00:00:00.000Z',
    ],
    [
      `${sim}/UsageRecords?StartTime=2026-11-02T25:00:00Z`,
      'StartTime: "2026-11-02T25:00:00Z" given; accepted is a time in ISO 8601 such as 2026-01-31T00:00:00Z, or a date such as 2026-01-31, which begins at 00:00 UTC',
    ],
    [
      `${sim}/DataSessions?Startime=2026-10-02`,
      'Startime: "2026-10-02" given; accepted is one of the parameters PageSize, Page, PageToken, StartTime, EndTime, Status, Include',
    ],
    [
      `${sim}/DataSessions?Include=msisdn`,
      'Include: "msisdn" given; accepted is one or more of imsi, ip_address, detail, with commas between them',
    ],
    [
      `${sim}/UsageRecords?Granularity=week`,
      'Granularity: "week" given; accepted is one of hour, day, all, raw',
    ],
    [
      `${sim}/UsageRecords?Granularity=hour&StartTime=2026-10-01&EndTime=2026-11-02`,
      'EndTime: "2026-11-02T00:00:00.000Z" given; accepted is a time up to 2026-11-01T00:00:00.000Z, 31 days after StartTime',
    ],
    [
      `${sim}/UsageRecords?Granularity=day&StartTime=2025-01-01&EndTime=2026-11-02`,
      'EndTime: "2026-11-02T00:00:00.000Z" given; accepted is a time up to 2026-02-05T00:00:00.000Z, 400 days after StartTime',
    ],
    [
      `${sim}/ConnectionEvents?EventType=a%20b`,
      'EventType: "a b" given; accepted is the type of an event, such as data-session.started',
    ],
    ['/v1/Sims?Online=maybe', 'Online: "maybe" given; accepted is true or false'],
    [
      '/v1/Sims?Source=Emnify',
      'Source: "Emnify" given; accepted is the name of a source: 1 to 32 lower-case letters, digits and hyphens',
    ],
    ['/v1/Sims?Fleet=', 'Fleet: "" given; accepted is the SID of a fleet, of 1 to 64 characters'],
    ['/v1/Sims?Name=', 'Name: "" given; accepted is a part of a name, of 1 to 128 characters'],
    [
      '/v1/Sims?Status=',
      'Status: "" given; accepted is the status of a SIM as its carrier words it, such as active, of 1 to 64 characters',
    ],
    [`${sim}?PageSize=1`, 'PageSize: "1" given; accepted is one of the parameters Include'],
    ['/v1/Files?State=open', 'State: "open" given; accepted is one of importing, done, failed'],
    ['/health?deep=1', 'deep: "1" given; accepted is nothing: there is no such parameter here'],
  ])('that are wrong are named, with the value and what is accepted: %s', async (path, message) => {
    expect(await messageOf(path)).toBe(`400 20001 ${message}`);
  });

  it('take the longest times that are documented', async () => {
    const usage = `${sim}/UsageRecords?StartTime=2025-10-01`;
    const statuses = await Promise.all(
      [
        `${sim}/DataSessions?StartTime=2026-10-01&EndTime=2026-10-31`,
        `${usage}&EndTime=2025-11-01&Granularity=hour`,
        `${usage}&EndTime=2026-11-05&Granularity=day`,
        `${usage}&EndTime=2026-11-05&Granularity=raw`,
        `${sim}/UsageRecords?StartTime=2000-01-01&EndTime=2030-01-01&Granularity=all`,
        `${sim}/DataSessions?StartTime=2026-10-04T12:00:00Z`,
        // The clock is a little behind.
        `${sim}/DataSessions?StartTime=2026-10-04T11:59:58Z`,
        `${sim}/UsageRecords?StartTime=2026-10-03T12:00:00Z&Granularity=hour`,
        `${sim}/UsageRecords?StartTime=2025-09-29T12:00:00Z&Granularity=day`,
        `${sim}/UsageRecords?StartTime=2000-01-01`,
        `${sim}/ConnectionEvents?StartTime=2025-09-29T12:00:00Z`,
      ].map(async (path) => (await get(path)).status),
    );
    expect(statuses).toEqual(statuses.map(() => 200));
  });
});

describe('a period', () => {
  const path = `/v1/Sims/${onceSim}`;
  const periodsOf = (records: readonly Record<string, unknown>[]): unknown[] =>
    records.map(({ period, data_total: bytes }) => [period, bytes]);
  const untilNow = '2026-11-03T12:00:00.000Z';

  it('without an end goes on until now, however long that is', async () => {
    const year = await all(`${path}/UsageRecords?StartTime=2000-01-01`, 'usage_records');
    const month = await all(`${path}/UsageRecords?StartTime=2026-10-05`, 'usage_records');
    const [, bytes] = periodsOf(month)[0] as [unknown, number];
    expect(bytes).toBeGreaterThan(0);
    expect(periodsOf(year)).toEqual([
      [{ start_time: '2000-01-01T00:00:00.000Z', end_time: untilNow }, bytes],
    ]);
    const days = await all(`${path}/UsageRecords?StartTime=2026-01-01&Granularity=day`, 'usage_records');
    expect(days.reduce((sum, { data_total: ofDay }) => sum + Number(ofDay), 0)).toBe(bytes);
    const raw = await all(`${path}/UsageRecords?StartTime=2026-01-01&Granularity=raw`, 'usage_records');
    expect(raw.reduce((sum, { data_total: ofRecord }) => sum + Number(ofRecord), 0)).toBe(bytes);

    const sessions = await all(`${path}/DataSessions`, 'data_sessions');
    expect(sessions.length).toBeGreaterThan(0);
    expect(await all(`${path}/DataSessions?StartTime=2026-10-05`, 'data_sessions')).toEqual(sessions);
    const events = await all(`${path}/ConnectionEvents`, 'connection_events');
    expect(events.length).toBeGreaterThan(0);
    expect(await all(`${path}/ConnectionEvents?StartTime=2026-01-01`, 'connection_events')).toEqual(events);
  });

  it('without a beginning has 30 days before its end', async () => {
    expect(periodsOf(await all(`${path}/UsageRecords?EndTime=2026-10-28`, 'usage_records'))).toEqual([
      [{ start_time: '2026-09-28T00:00:00.000Z', end_time: '2026-10-28T00:00:00.000Z' }, 0],
    ]);
  });

  it('may be a moment where its end is part of the list', async () => {
    const [{ timestamp } = { timestamp: '' }] = await all(`${path}/ConnectionEvents`, 'connection_events');
    const moment = await all(
      `${path}/ConnectionEvents?StartTime=${timestamp}&EndTime=${timestamp}`,
      'connection_events',
    );
    expect(moment.map((event) => event['timestamp'])).toContain(timestamp);
  });

  it('that is open and as long as it may be can be listed to its end while time goes on', async () => {
    let time = now;
    const api = apiOver(tables.client, { now: () => time });
    const pages: number[] = [];
    let next: string | null = `/v1/Sims/${superSim}/DataSessions?StartTime=2026-10-04T12:00:00Z&PageSize=1`;
    while (next !== null) {
      const { status, body } = await send(api, next);
      expect(status).toBe(200);
      pages.push((body['data_sessions'] as unknown[]).length);
      const { next_page_url: url } = body['meta'] as { next_page_url: string | null };
      next = url === null ? null : url.slice('https://api.example.com'.length);
      time += 86_400_000;
    }
    expect(pages.length).toBeGreaterThan(1);
  });

  it('whose usage takes too long to be added up is refused, with what to do', async () => {
    const api = apiOver(tables.client, { maxSumSeconds: 0 });
    const { status, body } = await send(api, `${path}/UsageRecords?StartTime=2026-10-01&EndTime=2026-11-03`);
    expect([status, body['message']]).toEqual([
      400,
      'StartTime: "2026-10-01T00:00:00.000Z" given; accepted is a later time, or an earlier EndTime: adding up all usage from then to 2026-11-03T00:00:00.000Z takes more than 0 seconds. Ask for shorter periods, and add up their answers',
    ]);
  });
});

describe('access', () => {
  it('is by account and token, the previous one too while it is replaced', async () => {
    const { account } = credentials;
    const status = async (authorization: string | undefined) =>
      (await get('/v1/Sims', { authorization })).status;
    expect(await status(basic(account, 'token'))).toBe(200);
    expect(await status(basic(account, 'previous'))).toBe(200);
    expect(await status(basic(account, 'token').replace('Basic', 'basic'))).toBe(200);
    for (const wrong of [
      undefined,
      '',
      'Basic',
      'Basic !!!',
      'Bearer token',
      basic(account, ''),
      basic(account, 'Token'),
      basic('AC00000000000000000000000000000002', 'token'),
      Buffer.from(`${account}:token`).toString('base64'),
    ]) {
      expect(await status(wrong)).toBe(401);
    }
  });

  it('is refused with 401 before anything else is looked at', async () => {
    const answer = await get('/v1/Sims/nowhere?Nothing=1', { authorization: undefined });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="simledger", charset="UTF-8"' },
      body: { code: 20003, status: 401, more_info: 'https://api.example.com/docs#error-20003' },
    });
  });

  it('is by a principal of IAM where that is configured, and by no token', async () => {
    const api = apiOver(tables.client, { access: { kind: 'iam' } });
    const principal = 'arn:aws:sts::123456789012:assumed-role/reader/me';
    expect((await send(api, '/v1/Sims', { principal, authorization: undefined })).status).toBe(200);
    expect((await send(api, '/v1/Sims')).status).toBe(401);
    expect((await send(api, '/health')).status).toBe(200);
  });

  it('is given so many times a second to each client, told apart by credentials and address', async () => {
    const api = apiOver(tables.client, { throttle: new ClientThrottle(1) });
    const status = async (sending: Sending) => (await send(api, '/v1/Files', sending)).status;
    expect([await status({}), await status({}), await status({})]).toEqual([200, 200, 429]);
    expect(await status({ sourceIp: '192.0.2.2' })).toBe(200);
    const refused = await send(api, '/v1/Files');
    expect(refused).toMatchObject({ headers: { 'retry-after': '1' }, body: { code: 20429, status: 429 } });
  });

  it('is refused to who tries out many tokens, and still given to who has the right one', async () => {
    const api = apiOver(tables.client, { throttle: new ClientThrottle(1) });
    const statuses: number[] = [];
    for (const token of ['a', 'b', 'c', 'd', 'token']) {
      const authorization = basic(credentials.account, token);
      statuses.push((await send(api, '/v1/Files', { authorization })).status);
    }
    expect(statuses).toEqual([401, 401, 429, 429, 200]);
  });

  it('is not told to who guesses on and on, while who has had the right token goes on', async () => {
    const api = apiOver(tables.client, { throttle: new ClientThrottle(1) });
    const status = async (token: string, sourceIp: string) =>
      (await send(api, '/v1/Files', { authorization: basic(credentials.account, token), sourceIp })).status;
    expect(await status('token', '192.0.2.1')).toBe(200);
    for (let guess = 0; guess < 30; guess += 1) {
      for (const address of ['192.0.2.1', '192.0.2.2']) await status(`guess ${guess}`, address);
    }
    expect(await status('token', '192.0.2.1')).toBe(200);
    expect(await status('token', '192.0.2.2')).toBe(429);
    expect(await status('previous', '192.0.2.1')).toBe(429);
    expect(await status('previous', '192.0.2.3')).toBe(200);
  });
});

describe('usage of the fleet', () => {
  it('names each SIM by the name that it has now, and no SIM where it adds up several', async () => {
    const range = 'StartTime=2026-10-01&EndTime=2026-12-01';
    const { body } = await get(`/v1/UsageRecords?Group=sim&${range}&PageSize=1000`);
    const { body: fleet } = await get('/v1/Sims?PageSize=1000');
    const sims = fleet['sims'] as { sid: string; unique_name: string | null }[];
    const names = new Map(sims.map(({ sid, unique_name: name }) => [sid, name]));
    const records = body['usage_records'] as { sim_sid: string; sim_name: string | null }[];
    expect(records.length).toBeGreaterThan(3);
    expect(records.map(({ sim_name: name }) => name)).toEqual(
      records.map(({ sim_sid: sid }) => names.get(sid)),
    );
    const { body: whole } = await get(`/v1/UsageRecords?${range}`);
    expect(whole['usage_records']).toMatchObject([{ sim_sid: null, sim_name: null }]);
  });
});

describe('what is not there', () => {
  it('is an error in the same form', async () => {
    expect(await messageOf('/v1/Nothing')).toBe('404 20404 The path "/v1/Nothing" was not found');
    expect(await messageOf('/v1/Sims/', { stage: 'prod' })).toBe(
      '404 20404 The path "/v1/Sims/" was not found',
    );
    const post = await get('/v1/Sims', { method: 'POST' });
    expect(post).toMatchObject({ status: 405, headers: { allow: 'GET' }, body: { code: 20004 } });
  });

  it('is a ledger that can’t be reached: 503 or 500, and its message tells nothing of it', async () => {
    const told: unknown[] = [];
    const failing = (name: string) => {
      const client = tables.newClient();
      client.middlewareStack.add(() => async () => {
        throw Object.assign(new Error('secret words'), { name });
      });
      return apiOver(client, { onError: (error) => told.push(error) });
    };
    const throttled = await send(failing('ThrottlingException'), `/v1/Sims/${superSim}`);
    const broken = await send(failing('ValidationException'), `/v1/Sims/${superSim}`);
    expect([throttled.body['code'], broken.body['code'], told.length]).toEqual([20503, 20500, 2]);
    expect(JSON.stringify([throttled, broken])).not.toContain('secret words');
  });

  it('is a right of the function, and its message names that one and nothing else', async () => {
    const client = tables.newClient();
    client.middlewareStack.add(() => async () => {
      const message =
        'User: arn:aws:sts::123456789012:assumed-role/reader/one is not authorized to perform: dynamodb:GetItem on resource: Sims';
      throw Object.assign(new Error(message), { name: 'AccessDeniedException' });
    });
    const answer = await send(apiOver(client, { onError: () => undefined }), `/v1/Sims/${superSim}`);
    expect([answer.status, answer.body['message']]).toEqual([
      500,
      "The API's function lacks the right dynamodb:GetItem: deploy the stack of this version; see the function's log",
    ]);
    client.destroy();
  });

  it.each([
    ['is throttled', { name: 'ProvisionedThroughputExceededException' }],
    ['is throttled for the account', { name: 'RequestLimitExceeded' }],
    ['does not answer in time', { name: 'TimeoutError' }],
    ['fails', { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } }],
    ['can not be connected to', { code: 'ECONNREFUSED' }],
    ['is not found in the network', { code: 'EAI_AGAIN' }],
  ])('is for a moment a ledger that %s, and says when to come back', async (_, members) => {
    const client = tables.newClient();
    client.middlewareStack.add(() => async () => {
      throw Object.assign(new Error('any'), members);
    });
    const answer = await send(apiOver(client, { onError: () => undefined }), `/v1/Sims/${superSim}`);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: { code: 20503 } });
    client.destroy();
  });
});

describe('the documentation', () => {
  it('is a page that loads nothing, with every route, and an anchor for each error', async () => {
    const { body, headers } = await get('/docs', { authorization: undefined, stage: 'prod' });
    const html = String(body['html']);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(html).not.toMatch(/<(script|link|img|iframe|object|embed)|src=|@import|url\(/i);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href);
    expect(links.filter((href) => !href.startsWith('#'))).toEqual([
      'https://api.example.com/prod/openapi.json',
    ]);
    const anchors = new Set([...html.matchAll(/id="([^"]*)"/g)].map(([, id]) => `#${id}`));
    expect(links.filter((href) => href.startsWith('#') && !anchors.has(href))).toEqual([]);
    expect(html).toContain('GET /v1/Sims/{sim}/DataSessions');
    expect(html).toContain('id="error-20404"');
  });

  it('has a table of contents, and for each request a command with the address that it was read from', async () => {
    const { body } = await get('/docs', { authorization: undefined, stage: 'prod' });
    const html = String(body['html']);
    const [contents = ''] = /<nav.*?<\/nav>/s.exec(html) ?? [];
    const operations = routes.map(({ operation }) => operation);
    const linked = [...contents.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(operations.filter((operation) => !linked.includes(operation))).toEqual([]);
    const commands = [...html.matchAll(/<code>curl ([^<]*)<\/code>/g)].map(([, command = '']) => command);
    const root = 'https://api.example.com/prod';
    expect(commands).toHaveLength(routes.length);
    expect(commands).toContain(
      `-s -u &quot;$ACCOUNT:$TOKEN&quot; '${root}/v1/Sims/8988307000000120011/DataSessions?StartTime=2026-11-02&amp;EndTime=2026-11-03'`,
    );
    expect(commands).toContain(`-s '${root}/health'`);
    expect(html).not.toContain('{{');
  });

  it('names as its server the address that it was read from', async () => {
    const { body } = await get('/openapi.json', { authorization: undefined, stage: 'prod' });
    expect(body['servers']).toEqual([{ url: 'https://api.example.com/prod' }]);
  });
});
