import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type ExportPorts, VolumeExporter } from '../../../lambda/metrics/export.ts';
import { makeOtlpReceiver, readOtlpSecret } from '../../../lambda/metrics/otlp-receiver.ts';
import type { VolumeGroup } from '../../../lambda/metrics/volumes.ts';
import { Collector, type CollectorBehaviour, readBySchema } from './collector.ts';
import { QueueInMemory } from './queue-in-memory.ts';

const minute = 60_000;
const start = Date.parse('2026-11-02T10:00:00Z');

function groupOf(operator: string, bytes: number, others: Partial<VolumeGroup> = {}): VolumeGroup {
  return {
    ...{ source: 'fleet', carrier: 'emnify', country: 'DE', operator, radio: '4G', currency: 'EUR' },
    ...{ bytes, uploaded: bytes, downloaded: 0, cost: '0.5', ...others },
  };
}

let collector: Collector;
let address: string;
let queue: QueueInMemory;

/** Only a receiver that hangs makes anybody wait for the time limit, however busy the machine is. */
const options = { allowPrivateAddresses: true, timeoutMilliseconds: 0 };

function expectAnswer(behaviour: CollectorBehaviour): void {
  options.timeoutMilliseconds = String(behaviour).endsWith('hangs') ? 150 : 30_000;
}

beforeEach(async () => {
  collector = new Collector();
  address = await collector.listen();
  queue = new QueueInMemory();
  expectAnswer('takes');
});

afterEach(() => collector.close());

function newExporter({
  maxSeries = 100,
  url = address,
  ports = (sound) => sound,
}: {
  readonly maxSeries?: number;
  readonly url?: string;
  readonly ports?: ((ports: ExportPorts) => ExportPorts) | undefined;
} = {}): VolumeExporter {
  const secret = readOtlpSecret({ url, headers: { 'DD-API-KEY': 'key' } }) ?? expect.fail('Not a secret');
  const send = makeOtlpReceiver({ get: async () => secret, refresh: async () => secret }, options);
  return new VolumeExporter(ports({ queue, send }), { deployment: 'my-stack', maxSeries, interval: minute });
}

const taken = { dropped: 0, rejectedPoints: 0, warning: undefined, failure: undefined };

test('gains are summed up and sent once per run, with contiguous time spans', async () => {
  const exporter = newExporter();
  queue.send({ kind: 'gain', groups: [groupOf('a', 1), groupOf('b', 10)] });
  queue.send({ kind: 'gain', groups: [groupOf('a', 2)] });
  expect(await exporter.run(start)).toEqual({ ...taken, exported: 2 });
  expect(await exporter.run(start + minute)).toEqual({ ...taken, exported: 0 });
  queue.send({ kind: 'gain', groups: [groupOf('a', 4)] });
  expect(await exporter.run(start + 2 * minute)).toEqual({ ...taken, exported: 1 });
  const volumes = collector.points('endpoint.volume');
  expect(volumes.map(({ attributes, from, to, value }) => [attributes['operator'], from, to, value])).toEqual(
    [
      ['b', start - minute, start, 10],
      ['a', start - minute, start, 3],
      ['a', start, start + 2 * minute, 4],
    ],
  );
  expect(collector.sum('endpoint.cost')).toBe(2);
  expect(queue.size).toBe(0);
  const { headers, path, json } = collector.requests[0] ?? expect.fail('Nothing was sent');
  expect([headers['dd-api-key'], headers['content-type'], headers['content-encoding'], path]).toEqual([
    ...['key', 'application/json', 'gzip', '/v1/metrics'],
  ]);
  expect(readBySchema(json)).toEqual(json);
});

describe('a receiver that', () => {
  const troubles = [
    ['hangs', 'no answer within 0.15 s'],
    ['takes, then hangs', 'no answer within 0.15 s'],
    ['cuts the connection', 'ECONNRESET'],
    [503, 'status 503'],
    [429, 'status 429'],
    [401, 'status 401'],
  ] as const;

  test.each(troubles)(
    'answers with %s gets the same points again, and all later ones',
    async (trouble, failure) => {
      const exporter = newExporter();
      collector.behaviours.push(trouble, trouble);
      expectAnswer(trouble);
      queue.send({ kind: 'gain', groups: [groupOf('a', 1)] });
      expect(await exporter.run(start)).toEqual({ ...taken, exported: 0, failure });
      queue.send({ kind: 'gain', groups: [groupOf('a', 2)] });
      // Meanwhile the queue shows what was not deleted again.
      queue.showAll();
      expect(await exporter.run(start + minute)).toEqual({ ...taken, exported: 0, failure });
      queue.send({ kind: 'gain', groups: [groupOf('a', 4)] });
      expectAnswer('takes');
      expect((await exporter.run(start + 2 * minute)).failure).toBeUndefined();
      const points = collector.points('endpoint.volume');
      expect(points.map(({ from, to, value }) => [from, to, value])).toEqual([
        [start - minute, start, 1],
        [start, start + 2 * minute, 6],
      ]);
      queue.showAll();
      await exporter.run(start + 3 * minute);
      expect([collector.sum('endpoint.volume'), queue.size]).toEqual([7, 0]);
    },
  );

  test('asks to wait is left alone for that long, but at most an hour', async () => {
    const sent: number[] = [];
    const waits = [90_000, 90 * minute];
    let now = start;
    const exporter = newExporter({
      ports: (sound) => ({
        ...sound,
        send: async () => {
          sent.push(now - start);
          const wait = waits.shift();
          return wait === undefined
            ? { kind: 'accepted' }
            : { kind: 'later', reason: 'status 429', retryAfterMilliseconds: wait };
        },
      }),
    });
    queue.send({ kind: 'gain', groups: [groupOf('a', 1)] });
    const failures: (string | undefined)[] = [];
    for (; now <= start + 63 * minute; now += minute) failures.push((await exporter.run(now)).failure);
    expect(sent).toEqual([0, 2 * minute, 62 * minute]);
    expect(failures).toEqual([...Array.from({ length: 62 }, () => 'status 429'), undefined, undefined]);
    expect(queue.size).toBe(0);
  });

  test('is unavailable gets everything once it is back', async () => {
    const exporter = newExporter();
    collector.close();
    for (let run = 0; run < 3; run += 1) {
      queue.send({ kind: 'gain', groups: [groupOf('a', 1)] });
      expect(await exporter.run(start + run * minute)).toMatchObject({
        exported: 0,
        failure: 'ECONNREFUSED',
      });
    }
    collector = new Collector();
    address = await collector.listen();
    // A process that ends forgets what it was about to send; the queue does not.
    queue.showAll();
    expect(await newExporter().run(start + 3 * minute)).toEqual({ ...taken, exported: 3 });
    expect(collector.sum('endpoint.volume')).toBe(3);
  });

  test('refuses a request does not hold up the next ones', async () => {
    const exporter = newExporter();
    collector.behaviours.push(400);
    queue.send({ kind: 'gain', groups: [groupOf('a', 1)] });
    expect(await exporter.run(start)).toEqual({ ...taken, exported: 0, dropped: 1, failure: 'status 400' });
    queue.send({ kind: 'gain', groups: [groupOf('a', 2)] });
    expect(await exporter.run(start + minute)).toEqual({ ...taken, exported: 1 });
    expect(collector.sum('endpoint.volume')).toBe(2);
  });
});

describe('a receiver that accepts part of a request', () => {
  test.each([
    ['{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too\\nold"}}', 3, 'too old'],
    ['{"partialSuccess":{"rejectedDataPoints":2}}', 2, ''],
    [`{"partialSuccess":{"errorMessage":"${'w'.repeat(300)}"}}`, 0, 'w'.repeat(200)],
    ['{"partialSuccess":{"rejectedDataPoints":"0","errorMessage":""}}', 0, undefined],
    ['{"partialSuccess":{"rejectedDataPoints":"-1"}}', 0, undefined],
    ['{"partialSuccess":{}}', 0, undefined],
    ['{"partialSuccess":"all"}', 0, undefined],
    ['<html>', 0, undefined],
    ['', 0, undefined],
    [`{"partialSuccess":{"rejectedDataPoints":"1"},"more":"${'x'.repeat(20_000)}"}`, 0, undefined],
  ])('is not asked again, and what it rejects is counted: %.60s', async (body, rejectedPoints, warning) => {
    const exporter = newExporter();
    collector.behaviours.push({ body });
    queue.send({ kind: 'gain', groups: [groupOf('a', 1)] });
    expect(await exporter.run(start)).toEqual({ ...taken, exported: 1, rejectedPoints, warning });
    expect([await exporter.run(start + minute), queue.size]).toEqual([{ ...taken, exported: 0 }, 0]);
    expect(collector.requests).toHaveLength(1);
  });
});

test('series are bounded, whatever names records state, and nothing is missing from their sum', async () => {
  const exporter = newExporter({ maxSeries: 10 });
  let sum = 0;
  for (let run = 0; run < 4; run += 1) {
    const groups = Array.from({ length: 200 }, (_, index) => {
      const number = run * 150 + index;
      sum += number;
      return groupOf(`operator ${number} ${'x'.repeat(500)}`, number, { country: `C${number % 7}` });
    });
    queue.send({ kind: 'gain', groups });
    queue.send({ kind: 'day', day: `2026-10-0${run + 1}`, version: 1, groups });
    await exporter.run(start + run * minute);
  }
  for (const metric of ['endpoint.volume', 'endpoint.daily_volume']) {
    const series = new Set(collector.points(metric).map(({ attributes }) => JSON.stringify(attributes)));
    expect(series.size).toBe(11);
    expect(collector.sum(metric)).toBe(sum);
  }
  const others = collector
    .points('endpoint.volume')
    .filter(({ attributes }) => attributes['operator'] === 'other');
  expect(others.map(({ attributes }) => attributes)).toEqual(
    Array(4).fill({
      ...{
        source: 'fleet',
        carrier: 'emnify',
        country: 'other',
        operator: 'other',
        radio: 'other',
        currency: 'EUR',
      },
    }),
  );
  expect(Math.max(...collector.requests.map(({ json }) => JSON.stringify(json).length))).toBeLessThan(50_000);
});

test('the newest version of a sealed day is sent, and replaces older ones', async () => {
  const exporter = newExporter();
  queue.send({ kind: 'day', day: '2026-11-01', version: 2, groups: [groupOf('a', 20)] });
  queue.send({ kind: 'day', day: '2026-11-01', version: 1, groups: [groupOf('a', 10)] });
  await exporter.run(start);
  expect(collector.points('endpoint.daily_volume').map(({ value }) => value)).toEqual([20]);
  queue.send({ kind: 'day', day: '2026-11-01', version: 3, groups: [groupOf('a', 30)] });
  await exporter.run(start + minute);
  expect(collector.points('endpoint.daily_volume')).toMatchObject([
    {
      ...{ from: Date.parse('2026-11-01'), to: Date.parse('2026-11-02'), value: 30, unit: 'By' },
      attributes: { source: 'fleet', country: 'DE', operator: 'a' },
    },
  ]);
});

test('many days that are sealed at the same time need several requests', async () => {
  const exporter = newExporter();
  for (let day = 1; day <= 25; day += 1) {
    const name = `2026-10-${String(day).padStart(2, '0')}`;
    queue.send({ kind: 'day', day: name, version: 1, groups: [groupOf('a', 1)] });
  }
  for (let run = 0; run < 3; run += 1) {
    queue.showAll();
    await exporter.run(start + run * minute);
  }
  expect(collector.requests).toHaveLength(3);
  expect([collector.sum('endpoint.daily_volume'), queue.size]).toEqual([25, 0]);
});

test('malformed messages are deleted, and a second run for the same time sends nothing', async () => {
  const exporter = newExporter();
  for (const body of ['{', '{"kind":"gain","rows":[["fleet"]]}', '{"kind":"hour","rows":[]}'])
    queue.sendText(body);
  queue.send({ kind: 'gain', groups: [groupOf('a', 1)] });
  await exporter.run(start);
  queue.send({ kind: 'gain', groups: [groupOf('a', 2)] });
  expect(await exporter.run(start)).toEqual({ ...taken, exported: 0 });
  expect([collector.sum('endpoint.volume'), queue.size]).toEqual([1, 1]);
});

/** What a planted fault changes. */
interface Fault {
  readonly ports?: (ports: ExportPorts) => ExportPorts;
  /** Whether each run is one of a new process, which remembers nothing. */
  readonly forgets?: boolean;
}

/** Sends gains through receivers and queues that fail, and expects each to count once. */
async function checkCounting(numRuns: number, { ports, forgets = false }: Fault = {}): Promise<void> {
  const behaviour = fc.constantFrom(
    'takes' as const,
    503,
    'takes, then hangs' as const,
    'cuts the connection' as const,
  );
  const step = fc.record({
    gains: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 3 }),
    behaviour,
    isShown: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const own = new Collector();
      onTestFinished(() => own.close());
      queue = new QueueInMemory();
      const url = await own.listen();
      let exporter = newExporter({ url, ports });
      let sum = 0;
      let now = start;
      for (const { gains, behaviour: next, isShown } of [...steps, ...Array(2).fill(lastStep)]) {
        own.behaviours.splice(0, 1, next);
        expectAnswer(next);
        for (const bytes of gains) {
          queue.send({ kind: 'gain', groups: [groupOf('a', bytes, { cost: '0' })] });
          sum += bytes;
        }
        if (isShown) queue.showAll();
        now += minute;
        if (forgets) exporter = newExporter({ url, ports });
        await exporter.run(now);
      }
      own.close();
      const points = own.points('endpoint.volume');
      expect([own.sum('endpoint.volume'), queue.size]).toEqual([sum, 0]);
      for (const [index, { from, to }] of points.entries()) {
        expect(from).toBeLessThan(to);
        if (index > 0) expect(from).toBeGreaterThanOrEqual(points[index - 1]?.to ?? 0);
      }
    }),
    { numRuns, endOnFailure: ports !== undefined || forgets },
  );
}

const lastStep = { gains: [], behaviour: 'takes' as const, isShown: true };

test('whatever receiver and queue do, each message counts once', () =>
  checkCounting(12 * Number(process.env['PROPERTY_RUNS'] ?? 1)));

/** Sends by another way. */
function changeSend(
  change: (send: ExportPorts['send'], body: string) => ReturnType<ExportPorts['send']>,
): Fault {
  return { ports: ({ queue: own, send }) => ({ queue: own, send: (body) => change(send, body) }) };
}

test.each<readonly [string, Fault]>([
  [
    'a request without an acknowledgement counts as accepted',
    changeSend(async (send, body) => {
      await send(body);
      return { kind: 'accepted' };
    }),
  ],
  [
    'what failed is dropped',
    changeSend(async (send, body) => {
      const outcome = await send(body);
      return outcome.kind === 'later' ? { kind: 'refused', reason: outcome.reason } : outcome;
    }),
  ],
  [
    'a request that is sent again has another time',
    changeSend((send, body) =>
      send(
        body.replaceAll(
          /"timeUnixNano":"(\d+)\d{6}"/g,
          (_, most) => `"timeUnixNano":"${most}${String(Date.now() % 1_000_000).padStart(6, '0')}"`,
        ),
      ),
    ),
  ],
  [
    'sent messages stay in the queue',
    {
      ports: ({ queue: own, send }) => ({
        send,
        queue: { receive: () => own.receive(), delete: async () => undefined },
      }),
    },
  ],
  ['a process forgets what it was about to send', { forgets: true }],
  [
    'a repeated message counts again',
    {
      ports: ({ queue: own, send }) => {
        let deliveries = 0;
        const receive = async () =>
          (await own.receive()).map((message) => {
            deliveries += 1;
            return { ...message, id: `${message.id}-${deliveries}` };
          });
        return { send, queue: { receive, delete: (messages) => own.delete(messages) } };
      },
    },
  ],
])('the counting of messages shows that %s', async (_, fault) => {
  await expect(checkCounting(60, fault)).rejects.toThrow(/Property failed/);
});
