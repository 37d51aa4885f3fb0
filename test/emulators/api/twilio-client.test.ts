import twilio from 'twilio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import type { LocalLedger } from '../../../local/ledger-interface.ts';
import { startLocalLedger } from '../../../local/local-ledger.ts';

/** Twilio's own client against the local run, with nothing changed in it but its base URL. */

const apiCredentials = { account: 'AC0123456789abcdef0123456789abcdef', token: 'a token of ours' };
const superSim = { sid: 'HS79aedb75842db650f735156f08824402', iccid: '8988307000000120011' };
const onceSim = '8988280666001000101';
const emnifySim = '8988303000000100001';
const busySim = { sid: `HS${'b'.repeat(32)}`, iccid: '89883070000001999995' };

let ledger: LocalLedger;

beforeAll(async () => {
  ledger = await startLocalLedger({
    ports: { kinesis: 0, s3: 0, dynamoDb: 0, api: 0 },
    apiCredentials,
    onLog: () => undefined,
    onTrouble: (sentence) => expect.fail(sentence),
  });
  // The client gives no dates, so it sees the last 30 days: the examples are told as if they were of yesterday.
  const { stream } = await readExampleDeliveries();
  for (const { source, data, partitionKey } of stream.filter(
    (body) => !body.partitionKey.includes('history'),
  )) {
    const text = data.toString('utf8').replaceAll('2026-11-02', daysAgo(1).slice(0, 10));
    await ledger.putRecord(source, Buffer.from(text), partitionKey);
  }
  await startSessions(0, 23);
});

afterAll(() => ledger.stop());

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}

/** Starts sessions of one SIM, an hour apart, the first of them two days ago. */
async function startSessions(first: number, count: number): Promise<void> {
  for (let number = first; number < first + count; number += 1) {
    await startSession(number, new Date(Date.now() - 2 * 86_400_000 + number * 3_600_000));
  }
  await ledger.waitUntilIdle();
}

async function startSession(number: number, start: Date, at = start): Promise<void> {
  const time = at.toISOString();
  const type = 'com.kore.supersim.connection.data-session.started';
  const data = {
    event_sid: `EZ${number}-${start.getTime()}`,
    event_type: type,
    timestamp: time,
    account_sid: apiCredentials.account,
    sim_sid: busySim.sid,
    sim_iccid: busySim.iccid,
    data_session_sid: sessionSid(number),
    data_session_start_time: start.toISOString(),
  };
  const event = { specversion: '1.0', type, source: 'kore-events', id: String(number), time, data };
  await ledger.putRecord('kore', Buffer.from(JSON.stringify(event)), 'busy');
}

function sessionSid(number: number): string {
  return `PI${String(number).padStart(32, '0')}`;
}

function client(account = apiCredentials.account, token = apiCredentials.token): twilio.Twilio {
  const made = twilio(account, token);
  made.wireless.baseUrl = ledger.endpoints.api;
  return made;
}

function dataSessions(sim: string) {
  return client().wireless.v1.sims(sim).dataSessions;
}

describe('Twilio’s client', () => {
  it('lists the data sessions of a Super SIM, of 1NCE and of emnify', async () => {
    const day = daysAgo(1).slice(0, 10);
    const known = await Promise.all(
      [superSim.sid, superSim.iccid, onceSim, emnifySim].map(async (sim) =>
        (await dataSessions(sim).list()).map((session) => session.toJSON()),
      ),
    );
    const [bySid, byIccid, once, emnify] = known;
    expect(bySid).toEqual(byIccid);
    expect(bySid).toEqual([
      {
        sid: 'PI4586f825c6c54b4049af459f9c99d672',
        simSid: superSim.sid,
        accountSid: 'ACe7ea554f7fc0fad65e689bb5899bb6c3',
        radioLink: '4G',
        operatorMcc: '310',
        operatorMnc: '260',
        operatorCountry: 'USA',
        operatorName: 'T-Mobile',
        cellId: '47322374',
        cellLocationEstimate: { lat: 34.166991, lon: -118.5720773 },
        packetsUploaded: 0,
        packetsDownloaded: 0,
        lastUpdated: new Date(`${day}T08:14:10Z`),
        start: new Date(`${day}T08:02:10Z`),
        end: null,
        imei: '358600842867678',
      },
      expect.objectContaining({ start: new Date(`${day}T06:15:01Z`), end: new Date(`${day}T06:35:44Z`) }),
    ]);
    expect(once?.map(({ operatorCountry, start, end }) => [operatorCountry, start, end])).toEqual([
      ['DEU', new Date(`${day}T13:05:00Z`), null],
      ['DEU', new Date(`${day}T12:00:27Z`), new Date(`${day}T12:47:10Z`)],
    ]);
    expect(emnify?.map(({ sid, radioLink, operatorName }) => [sid, radioLink, operatorName])).toEqual([
      ['7c6ed113-2038-4b0c-92de-a160e3f74c4d', '4G', 'EPlus'],
    ]);
  });

  it('limits the list, also to more than a page', async () => {
    const counts = await Promise.all(
      [{ limit: 3 }, { limit: 20, pageSize: 7 }, { limit: 5_000 }, { pageSize: 1_000 }].map(
        async (options) => (await dataSessions(busySim.sid).list(options)).length,
      ),
    );
    expect(counts).toEqual([3, 20, 23, 23]);
  });

  it('pages forward, by itself and page by page', async () => {
    const whole = (await dataSessions(busySim.sid).list({ pageSize: 5 })).map(({ sid }) => sid);
    expect(whole).toEqual(Array.from({ length: 23 }, (_, at) => sessionSid(22 - at)));
    const sizes: number[] = [];
    let page: Awaited<ReturnType<ReturnType<typeof dataSessions>['page']>> | undefined = await dataSessions(
      busySim.sid,
    ).page({ pageSize: 10 });
    while (page !== undefined) {
      sizes.push(page.instances.length);
      page = (await page.nextPage()) as typeof page;
    }
    expect(sizes).toEqual([10, 10, 3]);
    const each: string[] = [];
    await new Promise<void>((resolve, reject) => {
      dataSessions(busySim.sid).each({
        pageSize: 4,
        callback: ({ sid }) => each.push(sid),
        done: (error?: Error) => (error === undefined ? resolve() : reject(error)),
      });
    });
    expect(each).toEqual(whole);
  });

  it('gets each session once, even if sessions start meanwhile and a start moves back', async () => {
    const sids: string[] = [];
    const list = dataSessions(busySim.sid);
    let page = await list.page({ pageSize: 6 });
    sids.push(...page.instances.map(({ sid }) => sid));
    // Given on the first page, the session is told to have started before all others.
    await startSession(20, new Date(Date.now() - 3 * 86_400_000), new Date());
    await startSessions(23, 4);
    while (page.nextPageUrl !== undefined) {
      page = await list.getPage(page.nextPageUrl);
      sids.push(...page.instances.map(({ sid }) => sid));
    }
    const throughout = Array.from({ length: 23 }, (_, at) => sessionSid(at));
    expect(new Set(sids).size).toBe(sids.length);
    expect(throughout.filter((sid) => !sids.includes(sid))).toEqual([]);
  });

  it('receives a RestException with the code of what is wrong', async () => {
    const failure = async (request: Promise<unknown>) => {
      const error = await request.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(twilio.RestException);
      const { status, code, message, moreInfo } = error as InstanceType<typeof twilio.RestException>;
      return { status, code, message, moreInfo };
    };
    const docs = `${ledger.endpoints.api}/docs`;
    expect(await failure(dataSessions(`HS${'0'.repeat(32)}`).list())).toEqual({
      status: 404,
      code: 20404,
      message: `The SIM "HS${'0'.repeat(32)}" was not found`,
      moreInfo: `${docs}#error-20404`,
    });
    expect(await failure(dataSessions(superSim.sid).page({ pageToken: 'PTx', pageNumber: 1 }))).toEqual({
      status: 400,
      code: 20001,
      message: 'PageToken: "PTx" given; accepted is the PageToken of a meta.next_page_url of the same list',
      moreInfo: `${docs}#error-20001`,
    });
    const stranger = client(apiCredentials.account, 'another token').wireless.v1.sims(superSim.sid);
    expect(await failure(stranger.dataSessions.list())).toMatchObject({ status: 401, code: 20003 });
  });
});
