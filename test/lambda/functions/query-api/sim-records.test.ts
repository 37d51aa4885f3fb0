import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { watch } from '../../store/watched-client.ts';
import { apiOver, send } from './api-under-test.ts';
import { emnifySim, exampleApi, onceSim, superSim, superSimSid } from './example-api.ts';

const { tables, get, all, messageOf } = exampleApi();

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

  it('is the carrier’s id of a SIM, or a name with spaces', async () => {
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

  it('is refused if two SIMs have the name, and the error names both', async () => {
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
  it('has Twilio’s fields for every carrier, followed by simledger’s', async () => {
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

  it('has IMSI and IP address on request, unless the deployment never shows them', async () => {
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

  it('costs one index query and one batch get, and one usage query for values that the session lacks', async () => {
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

  it('adds up the whole range by default', async () => {
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

  it('has the same sum by hour, by day and as records, on pages of any size', async () => {
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

  it('cuts the first and last hour to the requested range, and leaves out hours without usage', async () => {
    const query = 'Granularity=hour&StartTime=2026-10-28T05:00:00Z&EndTime=2026-11-02T12:20:00Z';
    const records = await all(`${path}?${query}`, 'usage_records');
    expect(records.map(({ period, data_total: bytes }) => [period, bytes])).toEqual([
      [{ start_time: '2026-11-02T12:00:00.000Z', end_time: '2026-11-02T12:20:00.000Z' }, 270000],
      [{ start_time: '2026-10-28T05:00:00.000Z', end_time: '2026-10-28T06:00:00.000Z' }, 50000],
    ]);
  });

  it('adds up only costs that are money, and text messages separately', async () => {
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

  it('ignores a cost that repeats the volume, in records and in sums', async () => {
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

  it('reads only the requested range and a second before and after it', async () => {
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

  it('shows the carrier’s details, which contain the IMSI and IP address, only on request', async () => {
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

  it('shows why something failed, with the carrier’s error code and message', async () => {
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
