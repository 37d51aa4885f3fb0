import { describe, expect, test } from 'vitest';
import { environment, service } from '../../../lambda/aws/names.ts';
import { measureSweep } from '../../../lambda/aws/sweep-telemetry.ts';
import { createTelemetry, type Telemetry } from '../../../lambda/aws/telemetry.ts';
import { Measures } from '../../../lambda/ingest/measures.ts';
import { emptyReceipt, type Receipt } from '../../../lambda/ledger/receipt.ts';
import { eventAt, minute, usageAt } from '../store/observations.ts';

/** A line of metrics without its frame: namespace, dimension sets, units, and everything else. */
interface Published {
  readonly namespace: string;
  readonly sets: readonly (readonly string[])[];
  readonly units: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

function parsed(line: string): Published {
  const { _aws, ...members } = JSON.parse(line);
  const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
  expect(_aws.CloudWatchMetrics.length).toBe(1);
  expect(Math.abs(Date.now() - _aws.Timestamp)).toBeLessThan(60_000);
  const units = Metrics.map(({ Name, Unit }: { Name: string; Unit: string }) => [Name, Unit]);
  return { namespace: Namespace, sets: Dimensions, units: Object.fromEntries(units), ...members };
}

function telemetry(env: Record<string, string> = {}): { told: Telemetry; lines: Published[] } {
  const lines: Published[] = [];
  const write = (line: string) => lines.push(parsed(line));
  return { told: createTelemetry(service.kinesisConsumer, { env, write }), lines };
}

function measured(counts: Record<string, Partial<Receipt>>): { receipt: Receipt; measures: Measures } {
  const measures = new Measures();
  const receipt: Record<keyof Receipt, number> = { ...emptyReceipt };
  for (const [kind, ofKind] of Object.entries(counts)) {
    for (const [name, records] of Object.entries(ofKind)) {
      measures.count(kind, name as keyof Receipt, records);
      receipt[name as keyof Receipt] += records;
    }
  }
  return { receipt, measures };
}

function used(measures: Measures, networks: readonly (readonly [string, string, number])[]): void {
  const usage = networks.map(([country, operatorName, dataTotal], index) => ({
    state: usageAt(minute(1), 'a', String(index), { country, operatorName, dataTotal, cost: '0.5' }),
    indexes: [index],
  }));
  measures.addUsage({ usage }, () => true);
}

describe('the outcome of records', () => {
  test('is counted by source and kind, and for the source as a whole, without zeros', () => {
    const { told, lines } = telemetry();
    const { receipt, measures } = measured({
      usage: { received: 3, stored: 2, repeated: 1 },
      platform: { received: 1, ignored: 1 },
      'broken-json': { received: 1, rejected: 1, failed: 2 },
    });
    told.count(receipt, measures, 'fleet');
    const common = { namespace: 'simledger', sets: [['source'], ['source', 'kind']], source: 'fleet' };
    const count = 'Count';
    expect(lines).toEqual([
      {
        ...common,
        units: { received: count, stored: count, repeated: count },
        ...{ kind: 'usage', received: 3, stored: 2, repeated: 1 },
      },
      {
        ...common,
        units: { received: count, ignored: count },
        ...{ kind: 'platform', received: 1, ignored: 1 },
      },
      {
        ...common,
        units: { received: count, rejected: count, failed: count },
        ...{ kind: 'broken-json', received: 1, rejected: 1, failed: 2 },
      },
    ]);
  });

  test('is counted under the stack’s own name', () => {
    const { told, lines } = telemetry({ [environment.metricNamespace]: 'fleet-2' });
    const { receipt, measures } = measured({ event: { received: 1, stored: 1 } });
    told.count(receipt, measures, 'fleet');
    expect(lines.map(({ namespace }) => namespace)).toEqual(['fleet-2']);
  });

  test.each<[string, Partial<Receipt>]>([
    ['was received and is nowhere', { received: 2 }],
    ['is of no kind', { received: 2, stored: 2 }],
  ])('raises an alarm where a record %s', (_, more) => {
    const { told, lines } = telemetry();
    const { receipt, measures } = measured({ event: { received: 1, stored: 1 } });
    told.count({ ...receipt, ...more }, measures, 'fleet');
    expect(lines.slice(1)).toEqual([
      {
        namespace: 'simledger',
        sets: [['source']],
        units: { unaccounted: 'Count' },
        ...{ source: 'fleet', unaccounted: 1 },
      },
    ]);
  });
});

test('the lag of records is measured by source and path', () => {
  const { told, lines } = telemetry();
  const { receipt, measures } = measured({});
  const event = eventAt(minute(1), 'a', '1');
  for (let record = 0; record < 101; record += 1) {
    const stated = { session: undefined, usage: undefined, event, sim: undefined };
    measures.noteLag({ kind: 'observed', ...stated }, Date.parse(minute(2)));
  }
  told.count(receipt, measures, 'fleet');
  expect(lines).toEqual([
    {
      namespace: 'simledger',
      sets: [['source', 'service']],
      units: { lagSeconds: 'Seconds' },
      ...{ source: 'fleet', service: 'kinesis-consumer', lagSeconds: Array.from({ length: 99 }, () => 60) },
    },
  ]);
});

describe('usage', () => {
  const units = { bytes: 'Bytes', bytesUploaded: 'Bytes', bytesDownloaded: 'Bytes', cost: 'None' };
  const sets = [['source'], ['source', 'country', 'operator']];

  test('is measured by source, country and operator, in characters that CloudWatch accepts', () => {
    const { told, lines } = telemetry({ [environment.measuredNetworks]: '5' });
    const { receipt, measures } = measured({});
    used(measures, [
      ['DE', 'Telefónica', 100],
      ['JP', 'ソフトバンク', 10],
    ]);
    told.count(receipt, measures, 'fleet');
    const common = {
      namespace: 'simledger',
      sets,
      units,
      source: 'fleet',
      bytesUploaded: 1,
      bytesDownloaded: 2,
    };
    expect(lines).toEqual([
      { ...common, country: 'DE', operator: 'Telefonica', bytes: 100, cost: 0.5 },
      { ...common, country: 'JP', operator: 'unknown', bytes: 10, cost: 0.5 },
    ]);
  });

  test('of further networks than a process may name is measured as other, in later batches too', () => {
    const { told, lines } = telemetry({ [environment.measuredNetworks]: '2' });
    const batches = [
      [['US', 'T-Mobile', 1] as const, ['US', 'AT&T', 2] as const, ['FR', 'Orange', 4] as const],
      [['ES', 'Vodafone', 8] as const, ['US', 'T-Mobile', 16] as const, ['FR', 'Orange', 32] as const],
    ];
    for (const batch of batches) {
      const { receipt, measures } = measured({});
      used(measures, batch);
      told.count(receipt, measures, 'fleet');
    }
    expect(lines.map(({ country, operator, bytes }) => [country, operator, bytes])).toEqual([
      ['US', 'T-Mobile', 1],
      ['US', 'AT&T', 2],
      ['other', 'other', 4],
      ['other', 'other', 40],
      ['US', 'T-Mobile', 16],
    ]);
  });

  test('is measured by source alone if no networks may be named', () => {
    const { told, lines } = telemetry({ [environment.measuredNetworks]: '0' });
    const { receipt, measures } = measured({});
    used(measures, [
      ['US', 'T-Mobile', 1],
      ['US', 'AT&T', 2],
    ]);
    told.count(receipt, measures, 'fleet');
    expect(lines.map(({ sets: published, bytes }) => [published, bytes])).toEqual([[[['source']], 3]]);
  });
});

test('an unreadable file is counted by source', () => {
  const { told, lines } = telemetry();
  told.fileFailed('fleet');
  expect(lines).toEqual([
    {
      namespace: 'simledger',
      sets: [['source']],
      units: { filesFailed: 'Count' },
      ...{ source: 'fleet', filesFailed: 1 },
    },
  ]);
});

test.each([
  [200, 'webhookTaken'],
  [400, 'webhookRefused'],
  [413, 'webhookRefused'],
  [500, 'webhookFailed'],
  [503, 'webhookFailed'],
])('a carrier’s request that is answered with %i is counted by source', (status, name) => {
  const { told, lines } = telemetry();
  told.reportRequest(status, 'fleet');
  const line = { namespace: 'simledger', sets: [['source']], units: { [name]: 'Count' } };
  expect(lines).toEqual([{ ...line, source: 'fleet', [name]: 1 }]);
});

test('batched writes that DynamoDB does not accept are counted by the function that sends them', () => {
  const { told, lines } = telemetry();
  told.reportRefusedBatches(new Error('not authorized'));
  const line = { namespace: 'simledger', sets: [['service']], units: { batchedWritesRefused: 'Count' } };
  expect(lines).toEqual([{ ...line, service: 'kinesis-consumer', batchedWritesRefused: 1 }]);
});

test('an unreadable secret is counted by its function', () => {
  const { told, lines } = telemetry();
  told.reportUnreadableSecret({ owner: 'the query API', error: new Error('not reached'), isKept: true });
  const line = { namespace: 'simledger', sets: [['service']], units: { secretUnreadable: 'Count' } };
  expect(lines).toEqual([{ ...line, service: 'kinesis-consumer', secretUnreadable: 1 }]);
});

test('a sweep of alerts is measured as a whole and by the slowest sources, and held alerts by source', () => {
  const { told, lines } = telemetry();
  const source = { at: 0, delivered: undefined, isBehind: false, isReadLate: false, isIndistinct: false };
  const hold = { cause: 'unfinished-batch', place: 'shard' } as const;
  measureSweep(
    told,
    {
      ...{ sims: 9, judged: 3, failed: 0, left: 4, told: 2 },
      sources: [
        {
          ...source,
          name: 'fleet',
          read: { at: 400_000, holds: [{ ...hold, since: 400_000 }] },
          lag: 700_000,
        },
        {
          ...source,
          name: 'busy',
          read: { at: 990_000, holds: [{ ...hold, since: 990_000 }] },
          lag: 900_000,
        },
        { ...source, name: 'unread', read: { at: undefined, holds: [] }, lag: undefined },
      ],
    },
    1_000_000,
  );
  expect(lines).toEqual([
    {
      namespace: 'simledger',
      sets: [['service']],
      units: {
        ...{ alertSims: 'Count', alertSimsJudged: 'Count', alertSimsLeft: 'Count', alertMessages: 'Count' },
        ...{ alertReadLagSeconds: 'Seconds', alertDeliveryLagSeconds: 'Seconds' },
      },
      ...{ service: 'alert-sweep', alertSims: 9, alertSimsJudged: 3, alertSimsLeft: 4, alertMessages: 2 },
      ...{ alertReadLagSeconds: 600, alertDeliveryLagSeconds: 900 },
    },
    {
      namespace: 'simledger',
      sets: [['source']],
      units: { alertReadHeldSeconds: 'Seconds' },
      ...{ source: 'fleet', alertReadHeldSeconds: 600 },
    },
  ]);
});
