import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKinesisEmulator } from '../../../../emulators/kinesis/emulator.ts';
import {
  type MetricValue,
  parseEmbeddedMetrics,
} from '../../../../emulators/lambda-runtime/embedded-metrics.ts';
import type { LocalFunction } from '../../../../emulators/lambda-runtime/function.ts';
import { environment } from '../../../../lambda/aws/names.ts';
import type { AlertSourceDescription } from '../../../../lambda/aws/sources.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { Fold } from '../../../../lambda/ledger/fold.ts';
import { formatTime } from '../../../../lambda/ledger/time.ts';
import { alertOutboxTable, alertStateTable, alertsTable } from '../../../../lambda/store/tables.ts';
import { functions } from '../../../../lib/limits.ts';
import { createDeployedFunction } from '../../../../local/deployed-function.ts';
import { usageRecord } from '../../../records/datastreamer.ts';
import { anyRule } from '../../alerts/arbitraries.ts';
import { ledgerTablesOf, runningTables } from '../../store/running-tables.ts';

/** The deployed bundle in a separate process, with emulators. */

const hour = 3_600_000;
const now = Date.parse('2026-11-10T00:00:00.000Z');
const iccid = '8988280666000000001';
const tables = runningTables();
const streams = createKinesisEmulator();
const lines: string[] = [];
let sweeper: LocalFunction;

beforeAll(async () => {
  const { port } = await streams.listen(0);
  streams.createStream('meters', 1);
  const { sessions, usage, events, sims } = ledgerTablesOf(tables.client);
  const sources: AlertSourceDescription[] = ['meters', 'vans'].map((name) => {
    // The stream of the vans does not exist.
    return { name, carrier: '1nce', lateness: hour / 2, hasStream: true, streamName: name };
  });
  const rules = [{ ...anyRule, name: 'silent', kind: 'silent', missing: 'everything', after: 24 * hour }];
  sweeper = await createDeployedFunction({
    ...functions.alertSweep,
    name: 'alert-sweep',
    onLog: (line) => void lines.push(line),
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
      AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${port}`,
      [environment.sessionsTable]: sessions,
      [environment.usageTable]: usage,
      [environment.eventsTable]: events,
      [environment.simsTable]: sims,
      [environment.filesTable]: 'Files',
      [environment.alertsTable]: alertsTable.name,
      [environment.alertOutboxTable]: alertOutboxTable.name,
      [environment.progressTable]: alertStateTable.name,
      [environment.alertRules]: JSON.stringify({ rules, groupWait: 0 }),
      [environment.alertSources]: JSON.stringify(sources),
      [environment.alertReceivers]: JSON.stringify([{ name: 'phone', minimumSeverity: 'info' }]),
      [environment.metricNamespace]: 'my-stack',
    },
  });
  await storeUsage('meters', iccid);
  await storeUsage('vans', '8988280666000000002');
});

afterAll(async () => {
  await sweeper.stop();
  await streams.close();
});

/** Stores a SIM that was heard 30 hours ago. */
async function storeUsage(source: string, sim: string): Promise<void> {
  const record = {
    ...usageRecord,
    sim: { id: 1, iccid: sim },
    start_timestamp: formatTime(now - 30 * hour - 60_000),
    end_timestamp: formatTime(now - 30 * hour),
    volume: { tx: 0.01, rx: 0, total: 0.01 },
  };
  const described = { name: source, carrier: '1nce', bytesPerMegabyte: 1_000_000 } as const;
  const reading = interpret(record, { source: described, arrivedAt: now - 30 * hour });
  if (reading.kind !== 'observed') throw new Error(JSON.stringify(reading));
  const fold = new Fold();
  fold.add(0, reading);
  await tables.newWriter().write(fold.listChanges(), { readBeforeWrite: false });
}

function takeMetrics(): MetricValue[] {
  return lines.flatMap((line) => parseEmbeddedMetrics(line) ?? []);
}

test('silence is judged only if the progress of its source is known, and a sweep is measured', async () => {
  expect(await sweeper.invoke({ time: formatTime(now) })).toMatchObject({ ok: true });
  const episodes = await tables.items(alertsTable.name);
  // The source that cannot be read has an alert; its SIMs have none.
  const vans = { kind: 'source', source: 'vans', cause: 'carrier-or-devices' };
  expect(
    episodes.map(({ source, subject, state, from }) => [
      source?.S ?? JSON.parse(subject?.S ?? ''),
      state?.S,
      from?.N,
    ]),
  ).toEqual([
    ['meters', 'open', String(now - 30 * hour)],
    [vans, 'open', String(now - 30 * hour)],
  ]);
  const logged = lines.join('\n');
  expect(logged).toContain('Cannot determine up to when a source is read');
  expect(logged).not.toContain(iccid);
  const metrics = takeMetrics().map(({ name, value, dimensions }) => [name, value, dimensions]);
  const dimensions = { service: 'alert-sweep' };
  expect(metrics.toSorted()).toEqual([
    ['alertDeliveryLagSeconds', 30 * 3_600, dimensions],
    ['alertMessages', 2, dimensions],
    ['alertSims', 2, dimensions],
    ['alertSimsJudged', 2, dimensions],
  ]);
});

test('an event without a time is an error', async () => {
  expect(await sweeper.invoke({ time: 'now' })).toMatchObject({
    ...{ ok: false, error: { message: 'time: "now" given; accepted is ISO 8601' } },
  });
});
