import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSecretsEmulator } from '../../../../emulators/secrets/emulator.ts';
import { makeAlertEvent } from '../../../../lambda/alerts/delivery/cloud-event.ts';
import { judgeAnswer } from '../../../../lambda/alerts/delivery/http-receiver.ts';
import { readPagerDutySecret, writePagerDuty } from '../../../../lambda/alerts/delivery/pagerduty.ts';
import type { Message, Outcome, ReceiverSettings } from '../../../../lambda/alerts/delivery/receiver.ts';
import { makeReceiver } from '../../../../lambda/alerts/delivery/receivers.ts';
import { readSlackSecret, writeSlack } from '../../../../lambda/alerts/delivery/slack.ts';
import type { AlertTransition } from '../../../../lambda/alerts/delivery/transition.ts';
import { readWebhookSecret, writeWebhook } from '../../../../lambda/alerts/delivery/webhook.ts';
import { type EpisodeState, episodeStates } from '../../../../lambda/alerts/episode.ts';
import type { FailedReading } from '../../../../lambda/aws/cached-secret.ts';
import { transitionWith } from './transitions.ts';

/** Each kind of receiver: its messages, how its answers are read, and what is shown of it. */

interface Arrived {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let arrived: Arrived[];
let respond: (response: ServerResponse) => void;
let unreadable: FailedReading[];

const server = createServer(async (request, response) => {
  const { url: path, headers } = request;
  arrived.push({ path, headers, body: await text(request) });
  respond(response);
});
/** The content of Secrets Manager, which tests change. */
const secrets: Record<string, string> = {};
const secretsServer = createSecretsEmulator(secrets);
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const configuration = { region: async () => 'eu-central-1', credentials: async () => credentials };
const context = { deployment: 'simledger', apiUrl: 'https://api.example.com' };
let address: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { port } = await secretsServer.listen(0);
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', `${address}/events`);
  vi.stubEnv('AWS_ENDPOINT_URL_SNS', `${address}/sns`);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await secretsServer.close();
});

beforeEach(() => {
  arrived = [];
  unreadable = [];
  respond = (response) => response.end('{}');
});

afterEach(() => {
  for (const name of Object.keys(secrets)) delete secrets[name];
  vi.useRealTimers();
});

const subscription = { name: 'pager', minimumSeverity: 'info', rules: undefined } as const;
const hook: ReceiverSettings = {
  ...subscription,
  ...{ kind: 'webhook', secret: 'hook', allowPrivateAddresses: true },
};
const signedAt = new Date('2026-11-03T14:10:05.900Z');

function makeWithPorts(settings: ReceiverSettings) {
  return makeReceiver(settings, {
    configuration,
    readSigningTime: () => new Date(),
    onUnreadable: (failure) => void unreadable.push(failure),
    timeoutMilliseconds: 60_000,
  });
}

/** A message that follows another one. */
function makeMessage(transition: AlertTransition, told?: EpisodeState): Message {
  return { event: makeAlertEvent(transition, context), transition, told };
}

function send(settings: ReceiverSettings, transition: AlertTransition = transitionWith()): Promise<Outcome> {
  return makeWithPorts(settings).send(makeMessage(transition));
}

/** A receiver's message for an episode's state, after a previous state. */
function takenBy(settings: ReceiverSettings): string[] {
  const before = [undefined, ...episodeStates];
  return before.flatMap((told) =>
    episodeStates
      .filter((state) => makeWithPorts(settings).takes(transitionWith({ state }), told))
      .map((state) => `${told ?? 'nothing'} ${state}`),
  );
}

const everything = ['nothing', ...episodeStates].flatMap((told) =>
  episodeStates.map((state) => `${told} ${state}`),
);
const changes = everything.filter((change) => new Set(change.split(' ')).size === 2);
const newKey = (bytes = 32): string => `whsec_${randomBytes(bytes).toString('base64')}`;

describe('a webhook', () => {
  test('has a signature that the standardwebhooks package verifies', async () => {
    const secret = newKey();
    secrets['hook'] = JSON.stringify({ url: `${address}/alerts?team=1`, secret });
    expect(await send(hook)).toEqual({ kind: 'accepted' });
    const [one] = arrived;
    expect(new Webhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>)).toEqual(
      makeAlertEvent(transitionWith(), context),
    );
    expect(one?.path).toBe('/alerts?team=1');
    expect(one?.headers).toMatchObject({
      'webhook-id': 'ep1-1',
      'content-type': 'application/cloudevents+json; charset=utf-8',
    });
  });

  test('is not verified with another key or after a byte has changed', async () => {
    const secret = newKey();
    secrets['hook'] = JSON.stringify({ url: address, secret });
    await send(hook);
    const [{ body = '', headers = {} } = {}] = arrived;
    const given = headers as Record<string, string>;
    expect(() => new Webhook(newKey()).verify(body, given)).toThrow('No matching signature');
    expect(() => new Webhook(secret).verify(`${body} `, given)).toThrow('No matching signature');
    expect(() => new Webhook(secret).verify(body, { ...given, 'webhook-id': 'ep1-2' })).toThrow();
  });

  test('is signed with the previous key too, while the key is replaced', () => {
    const keys = [newKey(24), newKey(64)];
    const secret = readWebhookSecret({ url: address, secret: keys[0], previousSecret: keys[1] });
    if (secret === undefined) expect.fail('The secret is not read');
    const event = makeAlertEvent(transitionWith(), context);
    const { headers, body } = writeWebhook(secret, makeMessage(transitionWith()), signedAt);
    expect(headers['webhook-timestamp']).toBe(String(Date.parse('2026-11-03T14:10:05Z') / 1000));
    vi.useFakeTimers({ now: signedAt });
    for (const key of keys) expect(new Webhook(key).verify(body, { ...headers })).toEqual(event);
  });

  test('gets every transition', () => {
    expect(takenBy(hook)).toEqual(everything);
  });

  test.each([
    [{ url: 'https://example.com' }],
    [{ secret: newKey() }],
    [{ url: 'https://example.com', secret: 'whsec_short' }],
    [{ url: 'https://example.com', secret: newKey(23) }],
    [{ url: 'https://example.com', secret: newKey(65) }],
    [{ url: 'https://example.com', secret: randomBytes(32).toString('base64') }],
    [{ url: 'https://example.com', secret: newKey(), previousSecret: 'x' }],
    [{ url: 'https://example.com', secret: '', previousSecret: newKey() }],
    [{ url: 'example.com', secret: newKey() }],
    [{ url: 'ftp://example.com', secret: newKey() }],
    [{ url: 1, secret: newKey() }],
  ])('has a secret with an address and a key of 24 to 64 bytes, which %j is not', (members) => {
    expect(readWebhookSecret(members)).toBe(undefined);
  });
});

describe('PagerDuty', () => {
  const settings = { ...subscription, kind: 'pagerduty', secret: 'pager' } as const;
  const routingKey = 'R0123456789abcdefABCDEF012345678';
  const secret = readPagerDutySecret({ routingKey });
  const write = (transition: AlertTransition, told?: EpisodeState) => {
    if (secret === undefined) expect.fail('The secret is not read');
    const { url, headers, body } = writePagerDuty(secret, makeMessage(transition, told));
    return { url: url.href, headers, body: JSON.parse(body) as unknown };
  };

  test('opens an incident whose key is the episode', () => {
    const event = makeAlertEvent(transitionWith(), context);
    expect(write(transitionWith())).toEqual({
      url: 'https://events.pagerduty.com/v2/enqueue',
      headers: { 'content-type': 'application/json', 'user-agent': 'simledger' },
      body: {
        routing_key: routingKey,
        dedup_key: 'ep1',
        event_action: 'trigger',
        client: 'simledger',
        client_url: 'https://api.example.com/v1/Alerts/ep1',
        links: [{ href: 'https://api.example.com/v1/Alerts/ep1', text: 'Evidence' }],
        payload: {
          summary: 'Silent: van 17 since 2026-11-02 14:02 UTC',
          source: '8988303000000000001',
          severity: 'critical',
          timestamp: '2026-11-02T14:02:11.000Z',
          component: 'silent-24h',
          class: 'silent',
          custom_details: event.data,
        },
      },
    });
  });

  test.each(['closed', 'merged', 'withdrawn', 'rule-changed'] as const)('resolves it when %s', (kind) => {
    expect(write(transitionWith({ kind, state: kind, sequence: 3 })).body).toEqual({
      ...{ routing_key: routingKey, dedup_key: 'ep1', event_action: 'resolve' },
    });
  });

  test('opens it again when the episode reopens', () => {
    const { body } = write(transitionWith({ kind: 'amended', sequence: 3 }), 'closed');
    expect(body).toMatchObject({
      ...{ dedup_key: 'ep1', event_action: 'trigger' },
      payload: { summary: 'Open again: Silent: van 17 since 2026-11-02 14:02 UTC' },
    });
  });

  test('gets no amendments that change no state, as they would reopen a resolved incident', () => {
    expect(takenBy(settings)).toEqual(changes);
  });

  test('has another address if the secret has one', () => {
    const url = 'https://events.eu.pagerduty.com/v2/enqueue';
    expect(readPagerDutySecret({ routingKey, url })).toEqual({ routingKey, url: new URL(url) });
    const wrong = [{}, { routingKey: 'short' }, { routingKey, url: 'x' }, { routingKey: `${routingKey}\n` }];
    expect(wrong.map(readPagerDutySecret)).toEqual(wrong.map(() => undefined));
  });

  test('never gets its key over plain HTTP', async () => {
    secrets['pager'] = JSON.stringify({ routingKey, url: address });
    expect(await send(settings)).toEqual({ kind: 'unusable', reason: 'its IP address is private' });
    expect(arrived).toEqual([]);
  });
});

describe('Slack', () => {
  const settings = { ...subscription, kind: 'slack', secret: 'slack' } as const;
  const secret = readSlackSecret({ url: 'https://hooks.slack.com/services/T0/B0/x' });
  const write = (transition: AlertTransition): unknown => {
    if (secret === undefined) expect.fail('The secret is not read');
    return JSON.parse(writeSlack(secret, makeMessage(transition)).body);
  };

  test('gets a few lines', () => {
    expect(write(transitionWith())).toEqual({
      text: [
        '*Silent: van 17 since 2026-11-02 14:02 UTC*',
        'Rule silent-24h (critical)',
        'SIM 8988303000000000001 of source fleet, last in Telekom, DE',
        '<https://api.example.com/v1/Alerts/ep1|Evidence>',
      ].join('\n'),
      unfurl_links: false,
    });
  });

  test('gets the start and the end', () => {
    expect(takenBy(settings)).toEqual(changes);
  });

  test('mentions nobody, whatever a SIM’s name is', () => {
    const name = '<!channel> & <@U1>';
    const subject = { kind: 'sim', source: 'fleet', sim: '89', name } as const;
    expect(write(transitionWith({ subject }))).toMatchObject({
      text: expect.stringContaining(
        'Silent: &lt;!channel&gt; &amp; &lt;@U1&gt; since 2026-11-02 14:02 UTC*\n',
      ),
    });
  });

  test('has a secret with an address', () => {
    expect([{}, { url: 'x' }, { url: 1 }].map(readSlackSecret)).toEqual([undefined, undefined, undefined]);
  });
});

describe('an EventBridge bus', () => {
  const arn = 'arn:aws:events:eu-west-1:123456789012:event-bus/alerts';
  const settings = { ...subscription, kind: 'bus', arn } as const;

  test('gets the CloudEvent as the detail of an event, in the region of its ARN', async () => {
    respond = (response) => response.end('{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}');
    expect(await send(settings)).toEqual({ kind: 'accepted' });
    const [one] = arrived;
    expect(JSON.parse(one?.body ?? '')).toEqual({
      Entries: [
        {
          EventBusName: arn,
          Source: 'simledger',
          DetailType: 'simledger.alert.opened',
          Time: Date.parse('2026-11-03T14:10:00Z') / 1000,
          Detail: JSON.stringify(makeAlertEvent(transitionWith(), context)),
        },
      ],
    });
    expect(one?.headers['x-amz-target']).toBe('AWSEvents.PutEvents');
    expect(one?.headers.authorization).toContain('/eu-west-1/events/aws4_request');
    expect(takenBy(settings)).toEqual(everything);
  });

  test.each([
    [200, '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"ThrottlingException"}]}', 'later'],
    [200, '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure"}]}', 'later'],
    [200, '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"NotAuthorizedForSource"}]}', 'unusable'],
    [200, '{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail"}]}', 'refused'],
    [400, '{"__type":"com.amazonaws.events#AccessDeniedException"}', 'unusable'],
    [400, '{"__type":"ResourceNotFoundException"}', 'unusable'],
    [400, '{"__type":"ThrottlingException"}', 'later'],
    [400, '{"__type":"ValidationException"}', 'refused'],
    [403, '', 'unusable'],
    [500, '', 'later'],
    [429, '', 'later'],
  ])('that answers %s %s means %s', async (status, body, kind) => {
    respond = (response) => response.writeHead(status).end(body);
    expect(await send(settings)).toMatchObject({ kind });
  });
});

describe('an SNS topic', () => {
  const arn = 'arn:aws:sns:us-east-1:123456789012:alerts';
  const settings = { ...subscription, kind: 'topic', arn } as const;

  test('gets sentences for people, the CloudEvent for programs, and attributes to filter by', async () => {
    expect(await send(settings)).toEqual({ kind: 'accepted' });
    const [one] = arrived;
    const { Message: message = '', ...others } = Object.fromEntries(new URLSearchParams(one?.body));
    expect(others).toEqual({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: arn,
      Subject: 'Silent: van 17 since 2026-11-02 14:02 UTC',
      MessageStructure: 'json',
      'MessageAttributes.entry.1.Name': 'severity',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'critical',
      'MessageAttributes.entry.2.Name': 'rule',
      'MessageAttributes.entry.2.Value.DataType': 'String',
      'MessageAttributes.entry.2.Value.StringValue': 'silent-24h',
      'MessageAttributes.entry.3.Name': 'transition',
      'MessageAttributes.entry.3.Value.DataType': 'String',
      'MessageAttributes.entry.3.Value.StringValue': 'opened',
    });
    expect(JSON.parse(message)).toEqual({
      default: JSON.stringify(makeAlertEvent(transitionWith(), context)),
      email: [
        'Silent: van 17 since 2026-11-02 14:02 UTC',
        '',
        'Rule silent-24h (critical)',
        'SIM 8988303000000000001 of source fleet, last in Telekom, DE',
        'https://api.example.com/v1/Alerts/ep1',
      ].join('\n'),
      sms: 'Silent: van 17 since 2026-11-02 14:02 UTC',
    });
    expect(one?.headers.authorization).toContain('/us-east-1/sns/aws4_request');
    expect(takenBy(settings)).toEqual(changes);
  });

  test('gets a valid subject, whatever a SIM’s name is', async () => {
    const subject = {
      kind: 'sim',
      source: 'fleet',
      sim: '89',
      name: `Zähler 🚚 ${'x'.repeat(100)}`,
    } as const;
    await send(settings, transitionWith({ subject }));
    const sent = new URLSearchParams(arrived[0]?.body).get('Subject') ?? '';
    expect(sent).toMatch(/^Silent: Z\?hler \? x+/);
    expect(sent.length).toBeLessThanOrEqual(100);
  });

  test.each([
    [403, '<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>', 'unusable'],
    [404, '<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>', 'unusable'],
    [400, '<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>', 'refused'],
    [400, '<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>', 'later'],
    [503, '', 'later'],
  ])('that answers %s %s means %s', async (status, body, kind) => {
    respond = (response) => response.writeHead(status).end(body);
    expect(await send(settings)).toMatchObject({ kind });
  });
});

describe('the answer of an address', () => {
  test.each([
    ['accepted', [200, 201, 202, 204]],
    ['later', [408, 425, 429, 500, 502, 503, 504]],
    ['unusable', [301, 302, 307, 308, 401, 403, 404, 410]],
    ['refused', [400, 405, 406, 413, 415, 422]],
  ] as const)('is %s where its status is one of %j', (kind, statuses) => {
    expect(statuses.map((status) => judgeAnswer({ status }).kind)).toEqual(statuses.map(() => kind));
  });
});

describe('a secret', () => {
  test('that cannot be read is reported, and the message is kept for later', async () => {
    const reason = 'its secret cannot be read';
    expect(await send(hook)).toEqual({ kind: 'unusable', reason });
    secrets['hook'] = JSON.stringify({ url: `${address}/private-path` });
    expect(await send(hook)).toEqual({ kind: 'unusable', reason });
    expect(unreadable.map(({ owner, error, isKept }) => [owner, String(error), isKept])).toEqual([
      [
        'the receiver pager',
        'CredentialsError: Secrets Manager answered 400 when the secret of the receiver pager was read',
        false,
      ],
      [
        'the receiver pager',
        'CredentialsError: The secret of the receiver pager must be a JSON object with the string fields url (an address) and secret (whsec_ and 24 to 64 bytes in base64)',
        false,
      ],
    ]);
  });

  test('that was replaced is used immediately when the old one stops working', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const secret = newKey();
    secrets['hook'] = JSON.stringify({ url: `${address}/old`, secret });
    const receiver = makeWithPorts(hook);
    expect(await receiver.send(makeMessage(transitionWith()))).toEqual({ kind: 'accepted' });
    secrets['hook'] = JSON.stringify({ url: `${address}/new`, secret });
    vi.advanceTimersByTime(60_000);
    respond = (response) => response.writeHead(arrived.at(-1)?.path === '/new' ? 200 : 410).end();
    expect(await receiver.send(makeMessage(transitionWith()))).toEqual({ kind: 'accepted' });
    expect(arrived.map(({ path }) => path)).toEqual(['/old', '/old', '/new']);
  });

  test('never appears in the report of an attempt', async () => {
    const secret = newKey();
    const told: string[] = [];
    const addresses = [
      `${address}/secret-path`,
      'https://secret-host.invalid/secret-path',
      'http://127.0.0.1:9/secret-path',
      'https://10.0.0.1/secret-path',
      'http://8.8.8.8/secret-path',
    ];
    for (const url of addresses) {
      secrets['hook'] = JSON.stringify({ url, secret });
      respond = (response) => response.writeHead(404).end('secret-path');
      told.push(JSON.stringify(await send(hook)));
    }
    const shown = told.filter((text) => /secret|127\.0|10\.0|8\.8/.test(text) || text.includes(secret));
    expect([told.length, shown]).toEqual([addresses.length, []]);
  });
});
