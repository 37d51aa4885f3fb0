import { BatchWriteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { respond } from '../../../../lambda/functions/query-api/api.ts';
import { readRequest } from '../../../../lambda/functions/query-api/request.ts';
import { divideIntoChunks } from '../../../../lambda/store/concurrency.ts';
import { runs } from '../../../records/runs.ts';
import { apiEvent, apiOver, type Sending } from './api-under-test.ts';
import { emnifySim, exampleApi, superSim } from './example-api.ts';

const { tables, get, messageOf } = exampleApi();

describe('paging', () => {
  const path = `/v1/Sims/${superSim}/DataSessions`;

  it('has absolute URLs with the stage or a domain’s base path', async () => {
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

  it('keeps spaces and slashes of a name encoded', async () => {
    const { body } = await get('/v1/Sims/Vending%2012/DataSessions');
    expect((body['meta'] as { url: string }).url).toBe(
      'https://api.example.com/v1/Sims/Vending%2012/DataSessions?PageSize=50&Page=0',
    );
  });

  it('shortens a page that is too large for Lambda, and continues after it', async () => {
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

  it('accepts a page size up to 1,000, and treats more as 1,000', async () => {
    const size = async (given: string) =>
      ((await get(`${path}?PageSize=${given}`)).body['meta'] as { page_size: number }).page_size;
    expect(await Promise.all(['1', '1000', '1001', '99999999999999999999'].map(size))).toEqual([
      1, 1000, 1000, 1000,
    ]);
  });

  it('continues with its token, by any name of the SIM, and refuses other tokens', async () => {
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

  it('refuses filters that differ from the first page’s, and a page without its token', async () => {
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

  /** Puts an event and a usage record of one SIM for each minute. */
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
