import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProgram } from '../../cli/program.ts';
import { makeProcessTerminal } from '../../cli/terminal/terminal.ts';
import { makeFailureObject } from '../../emulators/event-source-mapping/invocation-record.ts';
import { makeWebhookPath } from '../../lambda/functions/webhook-receiver/routes.ts';
import { makeContinuation } from '../../lambda/ingest/files/messages.ts';
import type { Receipt } from '../../lambda/ledger/receipt.ts';
import { readExampleDeliveries } from '../../local/examples/index.ts';
import { compareLedger } from '../../simulator/compare.ts';
import { readLedgerTables } from '../../simulator/dynamodb-tables.ts';
import type { FleetTruth } from '../../simulator/truth.ts';
import { simOf, usageOf } from '../cli/records.ts';
import { expectedItems, expectedReceipt, makeExamplesTruth } from '../local/examples/truth.ts';
import { TestDeployment } from './deployment.ts';

const isShort = process.env['TEST_AWS_SHORT'] === 'true';

let deployed: TestDeployment;
let truth: FleetTruth;
let folder: string;

beforeAll(async () => {
  [deployed, truth, folder] = await Promise.all([
    TestDeployment.open(process.env['AWS_ENDPOINT_URL'] ?? ''),
    makeExamplesTruth(),
    mkdtemp(join(tmpdir(), 'simledger-export-')),
  ]);
});

afterAll(async () => {
  await deployed?.close();
  await rm(folder, { recursive: true, force: true });
  console.log(`\n${deployed?.lacks}`);
});

/** SIMs that the examples name, each with what must be known of it. */
function sims(): [string, ReturnType<FleetTruth['partitions']['get']> & object][] {
  return [...truth.partitions].filter(([sim]) => !sim.startsWith('account:'));
}

/** Compares the tables at the endpoint with what the examples come to. */
async function compareTables(): Promise<readonly string[]> {
  const { differences } = await compareLedger(
    truth,
    readLedgerTables(deployed.dynamoDb, deployed.places.tables),
  );
  return differences;
}

test('what carriers put into streams and buckets is in the tables, exactly as the examples say', async () => {
  const { stream, files } = await readExampleDeliveries();
  for (const { source, data, partitionKey } of stream) await deployed.putRecord(source, data, partitionKey);
  for (const { source, key, bytes } of files) await deployed.putFile(source, key, bytes);

  const streams = await deployed.deliverStreams();
  const imported = await deployed.deliverFiles();
  expect({ streams, failed: imported.failures }).toEqual({
    streams: { records: stream.length, failures: [] },
    failed: [],
  });
  expect(imported.messages).toBeGreaterThanOrEqual(files.length);

  expect(await compareTables()).toEqual([]);
  const { sessions, usage, events, sims: known } = await deployed.items();
  const found = [known.length, sessions.length, usage.length, events.length];
  expect(found).toEqual([
    expectedItems.sims,
    expectedItems.sessions,
    expectedItems.usage,
    expectedItems.events,
  ]);
  const { received, ignored, rejected, failed } = deployed.receipts.addUp();
  expect({ received, ignored, rejected, failed }).toEqual({ ...expectedReceipt, failed: 0 });
});

test('what is delivered once more changes nothing', async () => {
  const before = await deployed.items();
  expect((await deployed.deliverStreams()).failures).toEqual([]);
  expect(await deployed.items()).toEqual(before);
});

describe('the query API', () => {
  /** Asks the deployed function, through a gateway that speaks as API Gateway does. */
  async function ask(path: string, authorization?: string): Promise<Response> {
    return fetch(`${deployed.apiUrl}${path}`, { headers: authorization ? { authorization } : {} });
  }

  async function authorize(): Promise<string> {
    const { account, token } = await deployed.readSecret('ApiCredentials');
    return `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  }

  test('lets nobody in but who knows the secret', async () => {
    expect((await ask('/health')).status).toBe(200);
    expect((await ask('/v1/Sims')).status).toBe(401);
    expect((await ask('/v1/Sims', 'Basic YTpi')).status).toBe(401);
    expect((await ask('/v1/Sims', await authorize())).status).toBe(200);
  });

  test('answers what the examples say of each SIM', async () => {
    const authorization = await authorize();
    const period = 'StartTime=2026-10-20&EndTime=2026-11-10';
    const answers: object[] = [];
    const expected: object[] = [];
    for (const [sim, { sessions, usage }] of sims()) {
      const listed = await ask(`/v1/Sims/${sim}/DataSessions?${period}&PageSize=1000`, authorization);
      const used = await ask(`/v1/Sims/${sim}/UsageRecords?${period}&Granularity=all`, authorization);
      const { data_sessions: found } = (await listed.json()) as {
        data_sessions: { status: string; start: string }[];
      };
      const { usage_records: sums } = (await used.json()) as { usage_records: { data_total: number }[] };
      answers.push({
        sim,
        sessions: found.map(({ status, start }) => `${start} ${status}`).sort(),
        bytes: sums.reduce((sum, { data_total: total }) => sum + total, 0),
      });
      expected.push({
        sim,
        sessions: [...sessions.values()].map(({ status, start }) => `${start} ${status}`).sort(),
        bytes: [...usage.values()].reduce((sum, { dataTotal }) => sum + dataTotal, 0),
      });
    }
    expect(answers).toEqual(expected);
  });
});

test('what a carrier posts is in the stream, and then in the tables', async () => {
  const { username, password } = await deployed.readSecret('Source1nceCallbackSecret');
  const post = (credentials: string): Promise<Response> =>
    fetch(`${deployed.apiUrl}${makeWebhookPath('1nce')}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      },
      body: JSON.stringify([usageOf(1), usageOf(2)]),
    });
  expect((await post('1nce:wrong')).status).toBe(401);
  expect((await post(`${username}:${password}`)).status).toBe(200);
  expect((await deployed.deliverStreams()).failures).toEqual([]);
  expect(await recordsOf(1)).toEqual(['6000000001']);
  expect(await recordsOf(2)).toEqual(['6000000002']);
});

/** Usage records in the tables of the SIM of a number. */
async function recordsOf(number: number): Promise<(string | undefined)[]> {
  const { usage } = await deployed.items();
  return usage.filter(({ sim }) => sim?.S === simOf(number)).map(({ recordId }) => recordId?.S);
}

describe.skipIf(isShort)('every simledger command, on the deployed stack', () => {
  const used = new Set<string>();

  /** Runs a command; undefined where the endpoint lacks what it needs. */
  function run(command: string, args: readonly string[] = [], code = 0) {
    used.add(command);
    return deployed.run([...command.split(' '), ...args], code);
  }

  /** What a command prints with `--json`; undefined where the endpoint lacks what it needs. */
  async function json<Answer>(command: string, args: readonly string[] = [], code = 0) {
    const ended = await run(command, ['--json', ...args], code);
    return ended === undefined ? undefined : (JSON.parse(ended.output) as Answer);
  }

  test('status', async () => {
    const found = await json<{ sources: { source: string }[]; queues: { waiting: number }[] }>('status');
    if (found === undefined) return;
    expect(found.sources.map(({ source }) => source)).toEqual(
      deployed.places.sources.all.map(({ name }) => name),
    );
    expect(found.queues.map(({ waiting }) => waiting)).toEqual([0, 0]);
  });

  test('quarantine list, show and redrive', async () => {
    const listed = await json<{ groups: { objects: number }[]; latest: { key: string }[] }>(
      'quarantine list',
    );
    const rejects = listed?.latest ?? [];
    expect(rejects.length).toBe(listed?.groups.reduce((sum, { objects }) => sum + objects, 0));
    let lines = 0;
    for (const { key } of rejects) {
      const shown = await json<{ rejects: object[] }>('quarantine show', [key]);
      lines += shown?.rejects.length ?? 0;
    }
    expect(lines).toBe(expectedReceipt.rejected);
    const redriven = await json<{ total: Receipt }>('quarantine redrive');
    expect(redriven?.total).toMatchObject({ received: expectedReceipt.rejected, stored: 0, failed: 0 });
  });

  test('replay finds nothing to change', async () => {
    const replayed = await json<{ verification: object; total: Receipt }>('replay', ['--verify']);
    expect(replayed?.verification).toMatchObject({ added: 0, changed: 0 });
    expect(replayed?.total).toMatchObject({ stored: 0, failed: 0 });
  });

  test('sims, sessions, usage and events', async () => {
    const fleet = await json<object[]>('sims');
    expect(fleet?.length).toBe((await deployed.items()).sims.length);
    const period = ['--from', '2026-10-20', '--to', '2026-11-10'];
    for (const [sim, { sessions, usage, events }] of sims().slice(0, 3)) {
      const found = {
        sessions: (await json<object[]>('sessions', [sim, ...period]))?.length,
        usage: (await json<object[]>('usage', [sim, '--by', 'raw', ...period]))?.length,
        events: (await json<object[]>('events', [sim, ...period]))?.length,
      };
      expect({ sim, ...found }).toEqual({
        ...{ sim, sessions: sessions.size, usage: usage.size, events: events.size },
      });
    }
  });

  test('explore', async () => {
    const ended = await run('explore', ['usage', '--count', '--month', '2026-11']);
    // No day is closed there.
    expect(ended?.output).toContain('nothing matches');
  });

  test('export', async () => {
    await run('export', ['--out', folder, '--format', 'jsonl']);
    const { sessions, sims: known } = await deployed.items();
    const linesOf = async (table: string): Promise<number> =>
      (await readFile(join(folder, `${table}.jsonl`), 'utf8')).trimEnd().split('\n').length;
    expect([await linesOf('sessions'), await linesOf('sims')]).toEqual([sessions.length, known.length]);
  });

  test('import', async () => {
    const { files } = await readExampleDeliveries();
    const { bytes } = files[0] ?? expect.fail('The examples have no file');
    const csv = join(folder, 'cdr_20261103_130000.csv');
    const jsonl = join(folder, 'history.jsonl');
    await writeFile(csv, bytes);
    await writeFile(jsonl, `${JSON.stringify(usageOf(3))}\n`);
    let isOver = false;
    const importing = run('import', ['--source', '1nce', csv, jsonl]).finally(() => {
      isOver = true;
    });
    const [imported] = await Promise.all([deployed.deliverFiles(() => isOver), importing]);
    expect(imported.failures).toEqual([]);
    expect(await recordsOf(3)).toEqual(['6000000003']);
  });

  test('failures list and redrive', async () => {
    const { streamArn = '', bucket = '' } = deployed.source('1nce');
    const kinesis = {
      ...{ kinesisSchemaVersion: '1.0', partitionKey: '1', sequenceNumber: '1' },
      data: Buffer.from(JSON.stringify(usageOf(4))).toString('base64'),
      approximateArrivalTimestamp: Date.now() / 1000,
    };
    const record = {
      ...{ kinesis, eventSource: 'aws:kinesis', eventVersion: '1.0', eventID: 'shardId-0:1' },
      ...{ eventName: 'aws:kinesis:record', invokeIdentityArn: '', awsRegion: '', eventSourceARN: streamArn },
    };
    const { key, body } = makeFailureObject(
      {
        ...{ mappingId: 'test', functionArn: '', streamArn, shardId: 'shardId-0', records: [record] },
        ...{ condition: 'RetryAttemptsExhausted', invocations: 3 },
        lastInvocation: { requestId: 'test', functionFailed: false },
      },
      new Date(),
    );
    const { quarantineBucket: Bucket, queues } = deployed.places;
    await deployed.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body }));
    const object = { bucket, key: 'cdr_20261102_130000.csv', versionId: undefined, eTag: undefined };
    await deployed.sqs.send(
      new SendMessageCommand({ QueueUrl: queues?.deadLetters, MessageBody: makeContinuation(object) }),
    );
    const listed = await json<{ batches: number; files: object[] }>('failures list');
    expect([listed?.batches, listed?.files.length]).toEqual([1, 1]);
    await run('failures redrive');
    expect(await recordsOf(4)).toEqual(['6000000004']);
    const left = await json<{ batches: number; files: object[] }>('failures list');
    expect([left?.batches, left?.files.length]).toEqual([0, 0]);
  });

  test('doctor', async () => {
    await deployed.switchMappings(true);
    const ended = await run('doctor', ['--json'], 1);
    await deployed.switchMappings(false);
    const { checks } = JSON.parse(ended?.output ?? '{"checks":[]}') as {
      checks: { subject: string; outcome: string; sentence: string }[];
    };
    expect(checks.length).toBeGreaterThan(30);
    // Nobody has followed the link in the mail; what can't be asked for can't be well.
    const isExcused = ({ subject }: { subject: string }): boolean =>
      subject === 'alarms' ||
      (subject.startsWith('writing to ') && deployed.lacks.has('iam SimulatePrincipalPolicy'));
    expect(checks.filter((check) => check.outcome !== 'ok' && !isExcused(check))).toEqual([]);
  });

  test('connect', async () => {
    for (const { name, streamArn = '' } of deployed.places.sources.all) {
      const ended = await run('connect', [name, '--no-wait']);
      expect(ended?.output).toContain(streamArn.slice(streamArn.lastIndexOf('/') + 1));
    }
  });

  test('completion', async () => {
    expect((await run('completion', ['bash']))?.output).toContain('simledger');
  });

  test('and none is left out', () => {
    const context = { terminal: makeProcessTerminal(), signal: new AbortController().signal };
    const commands = makeProgram(context, () => undefined).commands.flatMap((command) =>
      command.commands.length === 0
        ? [command.name()]
        : command.commands.map((inner) => `${command.name()} ${inner.name()}`),
    );
    expect([...used].sort()).toEqual(commands.filter((name) => name !== 'complete').sort());
  });
});

test('no invocation of a deployed bundle has failed', () => {
  expect(deployed.failedInvocations).toBe(0);
});
