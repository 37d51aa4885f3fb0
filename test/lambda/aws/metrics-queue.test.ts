import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSqsEmulator } from '../../../emulators/sqs/emulator.ts';
import { MetricsQueue, MetricsSender, makeVolumeSender } from '../../../lambda/aws/metrics-queue.ts';
import { noDaysClosed } from '../../../lambda/days/fence/chunk-fence.ts';
import { type Entry, ingest, type LedgerPorts } from '../../../lambda/ingest/ingest.ts';
import { maxMessageGroups, parseMessage } from '../../../lambda/metrics/messages.ts';
import type { VolumeGroup } from '../../../lambda/metrics/volumes.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { asClient, type Command, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { minute, usageAt } from '../store/observations.ts';
import { ledgerTablesOf } from '../store/running-tables.ts';

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
const configuration = { region: async () => 'us-east-1', credentials: async () => credentials };

async function startQueue(): Promise<string> {
  const sqs = createSqsEmulator();
  await sqs.listen(0);
  onTestFinished(() => sqs.close());
  return sqs.createQueue('metrics', {}).url;
}

function groupOf(operator: string, bytes: number): VolumeGroup {
  return {
    ...{
      source: 'fleet',
      carrier: '1nce',
      country: undefined,
      operator,
      radio: undefined,
      currency: undefined,
    },
    ...{ bytes, uploaded: 0, downloaded: 0, cost: '0' },
  };
}

describe('the queue of volumes', () => {
  test('delivers messages until they are deleted, and sends no empty ones', async () => {
    const url = await startQueue();
    const sender = new MetricsSender(configuration, url);
    const queue = new MetricsQueue(configuration, url);
    await sender.send({ kind: 'gain', groups: [] });
    const day = { kind: 'day', day: '2026-11-01', version: 2, groups: [groupOf('a', 1)] } as const;
    await sender.send(day);
    const messages = await queue.receive();
    expect(messages.map(({ body }) => parseMessage(body))).toEqual([day]);
    await queue.delete(messages);
    await queue.delete([]);
    expect(await queue.receive()).toEqual([]);
  });

  test('accepts a message with any number of networks, and adds up the smallest', async () => {
    const url = await startQueue();
    const names = Array.from({ length: 3_000 }, (_, index) => `${index} ${'ü'.repeat(100)}`);
    const groups = names.map((name, index) => groupOf(name, index + 1));
    await new MetricsSender(configuration, url).send({ kind: 'gain', groups });
    const [message] = await new MetricsQueue(configuration, url).receive();
    expect(Buffer.byteLength(message?.body ?? '')).toBeLessThan(256 * 1024);
    const { groups: sent = [] } = parseMessage(message?.body ?? '') ?? {};
    expect(sent.length).toBe(maxMessageGroups + 1);
    expect(sent.reduce((sum, { bytes }) => sum + bytes, 0)).toBe((3_000 * 3_001) / 2);
  });

  test('says why it refuses a message', async () => {
    const url = await startQueue();
    const sender = new MetricsSender(configuration, `${url}-else`);
    await expect(sender.send({ kind: 'gain', groups: [groupOf('a', 1)] })).rejects.toThrow(
      'The queue of metrics answered 400',
    );
  });
});

describe('a batch', () => {
  const records = Array.from({ length: 30 }, (_, index) => usageAt(minute(index), 'sim', `${index}`));
  const source = { name: 'main', carrier: '1nce', bytesPerMegabyte: 1_000_000 } as const;
  const entries: Entry[] = records.map((usage, delivery) => ({
    reading: { kind: 'observed', session: undefined, usage, event: undefined, sim: undefined },
    ...{ delivery, position: `${delivery}`, source, arrivedAt: Date.parse(minute(31)) },
    readBytes: () => Buffer.from(''),
  }));

  /**
   * Ingests the batch; the queue is at an address.
   *
   * @returns the outcome, the stored items, the lost messages, and how long requests may wait.
   */
  async function takeIn(url: string | undefined) {
    const engine = new MemoryDynamoDb();
    const client = asClient({ send: async (command: Command) => engine.answer(command, {}) });
    const lost: unknown[] = [];
    const reportVolumes =
      url === undefined
        ? undefined
        : makeVolumeSender(new MetricsSender(configuration, url), (error) => lost.push(error));
    const ports: LedgerPorts = {
      writer: new LedgerWriter({ ...ledgerTablesOf(client), measuresUsage: url !== undefined }),
      quarantine: { keep: async () => undefined },
      fence: noDaysClosed,
      ...(reportVolumes !== undefined && { reportVolumes }),
    };
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    const first = await ingest(entries, ports, { readBeforeWrite: false });
    const again = await ingest(entries.slice(0, 3), ports, { readBeforeWrite: false });
    const waits = timeout.mock.calls.flat();
    vi.restoreAllMocks();
    return { first, again, items: engine.items('Usage'), lost, waits };
  }

  /** An address that accepts requests and never answers. */
  async function startHanging(): Promise<string> {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/queue`;
  }

  test('sends what usage gained once, and nothing for a repeat', async () => {
    const url = await startQueue();
    const { lost } = await takeIn(url);
    const messages = await new MetricsQueue(configuration, url).receive();
    const groups = messages.flatMap(({ body }) => parseMessage(body)?.groups ?? []);
    expect([groups.map(({ bytes, uploaded, downloaded }) => [bytes, uploaded, downloaded]), lost]).toEqual([
      [[90, 30, 60]],
      [],
    ]);
  });

  test('is stored as usual, and waits at most a second, when the queue hangs or is down', async () => {
    const { waits: _, lost: __, ...plain } = await takeIn(undefined);
    for (const url of [await startHanging(), 'http://127.0.0.1:1/queue']) {
      const { waits, lost, ...told } = await takeIn(url);
      // The second batch does not try again: its repeats gain nothing, and sending is paused.
      expect(lost).toHaveLength(1);
      expect({ ...told, first: told.first.receipt }).toEqual({
        ...plain,
        again: told.again,
        first: plain.first.receipt,
      });
      expect(told.again.receipt).toMatchObject({ received: 3, failed: 0 });
      expect(waits).toEqual([1_000]);
    }
  });

  test('pauses after a failure, and sends again later', async () => {
    let fails = true;
    let calls = 0;
    const send = async () => {
      calls += 1;
      if (fails) throw new Error('The queue is away');
    };
    const lost: unknown[] = [];
    const tell = makeVolumeSender({ send }, (error) => lost.push(error));
    for (let batch = 0; batch < 5; batch += 1) await tell([groupOf('a', 1)]);
    fails = false;
    await tell([groupOf('a', 1)]);
    expect([calls, lost]).toEqual([1, [new Error('The queue is away')]]);
  });
});
