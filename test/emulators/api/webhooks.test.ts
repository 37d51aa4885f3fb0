import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJson, minifyJson } from '../../../lambda/json/json.ts';
import {
  type Carrier,
  carriers,
  carrierTraits,
  type WebhookAuthentication,
} from '../../../lambda/ledger/source.ts';
import { readExampleDeliveries } from '../../../local/examples/index.ts';
import type { LocalLedger } from '../../../local/ledger-interface.ts';
import { startLocalLedger } from '../../../local/local-ledger.ts';
import { basic, koreSignature, twilioSigned } from '../../lambda/functions/webhook-receiver/requests.ts';
import { everything, optionsForTests } from '../../local/running-ledger.ts';
import { readAll } from '../../records/read-all.ts';

const options = optionsForTests();
const { account, token } = options.apiCredentials;

/** What carriers posted, and what came by Kinesis: the same records. */
let posted: LocalLedger;
let put: LocalLedger;

beforeAll(async () => {
  const start = () =>
    startLocalLedger({
      ...options,
      onLog: () => undefined,
      onTrouble: (sentence) => expect.fail(sentence),
    });
  [posted, put] = await Promise.all([start(), start()]);
});

afterAll(() => Promise.all([posted.stop(), put.stop()]));

function urlOf(source: string): string {
  return `${posted.endpoints.api}/v1/ingest/${source}`;
}

/** A request as a carrier sends it. */
interface Callback {
  readonly source: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const json = { 'content-type': 'application/json' };

/** Twilio's: the URL with the body's hash, signed. */
function fromTwilio(body: string, source = 'twilio'): Callback {
  const { query, signature } = twilioSigned(token, urlOf(source), body);
  const headers = {
    ...json,
    'user-agent': 'TwilioProxy/1.1',
    'i-twilio-idempotency-token': '1b1c2d3e-0000-4000-8000-000000000001',
    'x-twilio-signature': signature,
  };
  return { source, url: `${urlOf(source)}?${query}`, headers, body };
}

/** KORE's: method, URL and minified body, signed. */
function fromKore(body: string, source = 'kore'): Callback {
  const headers = {
    ...json,
    'user-agent': 'KoreProxy/1.1',
    date: '2026-11-02T10:00:00Z',
    'kore-idempotency-token': '1b1c2d3e-0000-4000-8000-000000000002',
    'kore-signature': koreSignature(token, urlOf(source), minifyJson(body)),
  };
  return { source, url: urlOf(source), headers, body };
}

/** 1NCE's and Telekom's: HTTP Basic. */
function byBasic(source: string, body: string | Buffer, more: Record<string, string> = {}): Callback {
  const headers = { ...json, authorization: basic(account, token), ...more };
  return { source, url: urlOf(source), headers, body };
}

/** emnify's: a token in a header. */
function byToken(source: string, body: string | Buffer, more: Record<string, string> = {}): Callback {
  const headers = { ...json, authorization: `Bearer ${token}`, ...more };
  return { source, url: urlOf(source), headers, body };
}

function send({ url, headers, body }: Callback, method = 'POST'): Promise<Response> {
  return fetch(url, { method, headers, body });
}

/** How often a busy machine answered too late, and was sent the same again. Its records may have arrived all the same. */
let resent = 0;

/** The status of a request, sent again for as long as its carrier would. */
async function statusOf(callback: Callback, method = 'POST'): Promise<number> {
  for (;;) {
    const answer = await send(callback, method);
    await answer.arrayBuffer();
    if (answer.status < 500) return answer.status;
    resent += 1;
  }
}

/** Fails unless this many records were received, or more where requests were sent again. */
function expectReceived(received: number, expected: number): void {
  if (resent === 0) expect(received).toBe(expected);
  else expect(received).toBeGreaterThanOrEqual(expected);
}

/** The example records as each carrier posts them; what is not JSON by itself, unchanged. */
async function exampleCallbacks(): Promise<Callback[]> {
  const { stream } = await readExampleDeliveries();
  const bodiesOf = (carrier: Carrier) =>
    stream.filter(({ source }) => source === carrier).map(({ data }) => data);
  const linesOf = (carrier: Carrier) => bodiesOf(carrier).map(String);
  const objects = (lines: readonly string[]) => lines.filter((line) => line.startsWith('{') && isJson(line));
  const others = (lines: readonly string[]) => lines.filter((line) => !objects(lines).includes(line));
  const inOne = (lines: readonly string[]) => `[${objects(lines).join(',')}]`;
  const inBulk = (lines: readonly string[]) => [inOne(lines), ...others(lines)];
  const callbacks: Readonly<Record<WebhookAuthentication, (carrier: Carrier) => Callback[]>> = {
    'twilio-hmac': (carrier) => inBulk(linesOf(carrier)).map((body) => fromTwilio(body, carrier)),
    'kore-hmac': (carrier) =>
      byType(linesOf(carrier).flatMap(valuesIn)).map((lines) =>
        fromKore(`[\n  ${lines.join(',\n  ')}\n]`, carrier),
      ),
    basic: (carrier) => {
      const lines = linesOf(carrier);
      return (carrier === '1nce' ? inBulk(lines) : lines).map((body) => byBasic(carrier, body));
    },
    token: (carrier) =>
      bodiesOf(carrier).map((body) => {
        const isGzip = body[0] === 0x1f;
        return byToken(carrier, body, isGzip ? { 'content-encoding': 'gzip' } : {});
      }),
  };
  return carriers.flatMap((carrier) => callbacks[carrierTraits[carrier].webhook](carrier));
}

/** The texts of the values in a body: KORE could not sign a body that is not JSON as a whole. */
function valuesIn(body: string): string[] {
  const { values, bytesOf } = readAll(Buffer.from(body));
  return values.map((_, index) => String(bytesOf(index)));
}

/** KORE puts events of one type into a batch. */
function byType(lines: readonly string[]): string[][] {
  const types = new Map<string, string[]>();
  for (const line of lines) {
    const { type } = JSON.parse(line) as { type: string };
    types.set(type, [...(types.get(type) ?? []), line]);
  }
  return [...types.values()];
}

/** Bodies in quarantine, by source. */
async function rejects(of: LocalLedger): Promise<string[]> {
  const lines = (await of.listQuarantined()).map((line) => JSON.parse(line) as Record<string, string>);
  return lines.map(({ source, code, body }) => `${source} ${code} ${body}`).sort();
}

describe('the carriers’ requests', () => {
  it('lead to the same ledger as Kinesis, and change nothing when they are sent again', async () => {
    const callbacks = await exampleCallbacks();
    for (const { source, data, partitionKey } of (await readExampleDeliveries()).stream) {
      await put.putRecord(source, data, partitionKey);
    }
    const statuses = await Promise.all(callbacks.map((callback) => statusOf(callback)));
    expect(statuses).toEqual(callbacks.map(() => 200));
    await Promise.all([posted.waitUntilIdle(), put.waitUntilIdle()]);
    const expected = await everything(put);
    expect(expected['Sessions']?.length).toBeGreaterThan(10);
    expect(await everything(posted)).toEqual(expected);
    expect(await rejects(posted)).toEqual(await rejects(put));
    const { received, ignored, rejected } = put.receipts.addUp();
    const total = posted.receipts.addUp();
    expectReceived(total.received, received);
    expectReceived(total.ignored, ignored);
    expectReceived(total.rejected, rejected);
    expect(total.failed).toBe(0);

    const again = await Promise.all(callbacks.toReversed().map((callback) => statusOf(callback)));
    expect(again).toEqual(callbacks.map(() => 200));
    await posted.waitUntilIdle();
    expect(await everything(posted)).toEqual(expected);
    expect(await rejects(posted)).toEqual(await rejects(put));
    expectReceived(posted.receipts.addUp().received, 2 * received);
  });

  it('may be CloudEvents, structured or batched, and in gzip', async () => {
    const { stream } = await readExampleDeliveries();
    const event = String(stream.find(({ source }) => source === 'kore')?.data);
    const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const batched = { 'content-type': 'application/cloudevents-batch+json' };
    const callbacks = [
      byBasic('default', event, structured),
      byBasic('default', `[${event},${event}]`, batched),
      byBasic('default', gzipSync(`[${event}]`), { ...batched, 'content-encoding': 'gzip' }),
    ];
    const before = posted.receipts.addUp();
    expect(await Promise.all(callbacks.map((callback) => statusOf(callback)))).toEqual([200, 200, 200]);
    await posted.waitUntilIdle();
    const { received, ignored } = posted.receipts.addUp();
    expectReceived(received - before.received, 4);
    expectReceived(ignored - before.ignored, 4);
  });

  it('may contain 3,000 records, close to Lambda’s limit of 6 MB', async () => {
    const test = { type: 'com.kore.eventstreams.test.event', specversion: '1.0', source: 'kore-events' };
    const events = Array.from({ length: 3_000 }, (_, id) =>
      JSON.stringify({ ...test, id: String(id), data: { test_id: 'x'.repeat(1_600) } }),
    );
    const body = `[${events.join(',')}]`;
    expect(body.length).toBeGreaterThan(4_900_000);
    const before = posted.receipts.addUp();
    expect(await statusOf(byBasic('default', body))).toBe(200);
    await posted.waitUntilIdle();
    expectReceived(posted.receipts.addUp().received - before.received, 3_000);
  });
});

/** What a raw connection is answered, whose client ends it in the middle of the body. */
async function halfSent({ url, headers, body }: Callback): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const lines = Object.entries({
    host: `${hostname}:${port}`,
    'content-length': String(body.length),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`POST ${pathname} HTTP/1.1\r\n${head}\r\n${body.slice(0, body.length / 2)}`);
  return (await text(socket)).split('\r\n')[0] ?? '';
}

describe('refused requests', () => {
  const usage =
    '[{"id":77,"start_timestamp":"2026-11-02T10:00:00Z","volume":{"total":1},"sim":{"iccid":"8988280666001000999"}}]';
  const large = JSON.stringify([{ id: 78, filling: 'x'.repeat(1_100_000) }]);

  it('get the right status, and store nothing', async () => {
    const before = [await everything(posted), await rejects(posted), posted.receipts.addUp()];
    const [twilio, kore] = [fromTwilio(usage), fromKore(usage)];
    const cases: readonly (readonly [string, number, Promise<number>])[] = [
      ['no credentials', 401, statusOf(byBasic('default', usage, { authorization: '' }))],
      ['a wrong password', 401, statusOf(byBasic('default', usage, { authorization: basic(account, 'no') }))],
      ['another user', 401, statusOf(byBasic('1nce', usage, { authorization: basic('AC1', token) }))],
      ['a wrong token', 401, statusOf(byToken('emnify', usage, { authorization: 'Bearer no' }))],
      ['Basic where a signature is asked for', 401, statusOf(byBasic('twilio', usage))],
      [
        'an altered body under Twilio’s signature',
        401,
        statusOf({ ...twilio, body: usage.replace('77', '79') }),
      ],
      ['Twilio’s signature without the body’s hash', 401, statusOf({ ...twilio, url: urlOf('twilio') })],
      [
        'Twilio’s signature for another source',
        401,
        statusOf({ ...fromTwilio(usage, 'kore'), url: twilio.url }),
      ],
      ['an altered body under KORE’s signature', 401, statusOf({ ...kore, body: usage.replace('77', '79') })],
      ['KORE’s signature, empty', 401, statusOf({ ...kore, headers: { 'kore-signature': '' } })],
      ['more than API Gateway takes', 413, statusOf(byBasic('default', 'x'.repeat(10_500_000)))],
      ['more than Lambda takes', 413, statusOf(byBasic('default', 'x'.repeat(6_400_000)))],
      ['a value larger than a record of a stream', 413, statusOf(byBasic('default', large))],
      ['a bomb', 413, statusOf(byBasic('default', gzipSync(Buffer.alloc(20 * 1024 * 1024))))],
      ['half of a gzip', 400, statusOf(byBasic('default', gzipSync(usage).subarray(0, -20)))],
      ['nothing', 400, statusOf(byBasic('default', ''))],
      [
        'an encoding that nobody announced',
        415,
        statusOf(byBasic('default', brotliCompressSync(usage), { 'content-encoding': 'br' })),
      ],
      ['a source that is not there', 404, statusOf(byBasic('elsewhere', usage))],
      ['another method', 404, statusOf(byBasic('default', usage), 'PUT')],
    ];
    const statuses = await Promise.all(cases.map(async ([name, , status]) => [name, await status]));
    expect(statuses).toEqual(cases.map(([name, status]) => [name, status]));
    expect(await halfSent(byBasic('default', usage))).toBe('HTTP/1.1 400 Bad Request');
    await posted.waitUntilIdle();
    expect([await everything(posted), await rejects(posted), posted.receipts.addUp()]).toEqual(before);
  });

  it('say which authentication they require', async () => {
    const answer = await send(byBasic('default', usage, { authorization: '' }));
    expect([answer.headers.get('www-authenticate'), await answer.json()]).toEqual([
      'Basic realm="simledger", charset="UTF-8"',
      { message: 'The credentials or the signature are missing or wrong' },
    ]);
  });
});
