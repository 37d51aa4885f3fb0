import { expect, test } from 'vitest';
import type { DeliveryReport } from '../../lambda/alerts/delivery/deliver.ts';
import type { SweepReport } from '../../lambda/alerts/sweep/sweep-run.ts';
import { measureSchedule, measureWork } from '../../lambda/aws/day-telemetry.ts';
import { measureExport } from '../../lambda/aws/metrics-telemetry.ts';
import { gateway, service } from '../../lambda/aws/names.ts';
import { measureSweep } from '../../lambda/aws/sweep-telemetry.ts';
import { createTelemetry } from '../../lambda/aws/telemetry.ts';
import type { ScheduleReport } from '../../lambda/days/run-schedule.ts';
import { Measures } from '../../lambda/ingest/measures.ts';
import type { ExportReport } from '../../lambda/metrics/export.ts';
import { calledSourceOfEachCarrier, ofType, synthesise } from './synthesised.ts';

/** The stack's alarms against what the functions publish. */

interface StatedMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** A metric by its name and the names of its dimensions, with the service where it is one. */
function describeMetric(name: string, dimensions: Readonly<Record<string, unknown>>): string {
  const set = Object.keys(dimensions)
    .sort()
    .map((key) => (key === 'service' ? `service=${String(dimensions[key])}` : key));
  return `${name}{${set.join()}}`;
}

function listWatchedMetrics(): Set<string> {
  const stack = synthesise({
    simledger: {
      sources: calledSourceOfEachCarrier,
      receivers: [{ name: 'phone', kind: 'pagerduty', secret: 'simledger/pagerduty' }],
      otlp: { secret: 'simledger/otlp' },
      retention: { usageDays: 35 },
    },
  });
  const metrics = Object.values(ofType(stack, 'AWS::CloudWatch::Alarm')).flatMap(({ Properties }) => {
    const queries = (Properties['Metrics'] ?? []) as { MetricStat?: { Metric: StatedMetric } }[];
    return [
      Properties as unknown as StatedMetric,
      ...queries.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
    ];
  });
  return new Set(
    metrics
      .filter(({ Namespace }) => Namespace === 'simledger')
      .map(({ MetricName, Dimensions = [] }) => {
        return describeMetric(
          MetricName,
          Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
        );
      }),
  );
}

const swept: SweepReport = {
  ...{ sims: 5, judged: 4, failed: 1, left: 1, told: 2 },
  sources: [
    {
      name: 'emnify',
      at: 0,
      read: { at: 0, holds: [{ cause: 'unfinished-batch', place: 'shard', since: 0 }] },
      ...{ delivered: 0, lag: 7_200_000, isBehind: true, isReadLate: true, isIndistinct: false },
    },
  ],
};

const delivered: DeliveryReport = {
  ...{ receiver: 'phone', delivered: 1, passedOver: 0, failed: 1, undeliverable: 1, oldestFailedSeconds: 60 },
  ...{ unusableRuns: 1, unusable: undefined, idle: undefined, reasons: [] },
};

const exported: ExportReport = {
  ...{ exported: 1, dropped: 1, rejectedPoints: 1, warning: 'too old', failure: 'status 400' },
};

const planned: ScheduleReport = {
  ...{
    closed: undefined,
    openDays: 1,
    markedDays: 1,
    partialDays: 1,
    overdueMilliseconds: 86_400_000,
    isExpiryHeld: true,
  },
};

/** What the functions publish when all that they measure happens. */
function listPublishedMetrics(): Set<string> {
  const published = new Set<string>();
  for (const name of Object.values(service)) {
    const telemetry = createTelemetry(name, { write: (line) => note(line, published) });
    const measures = new Measures();
    for (const kind of ['usage', 'stops-consumer']) {
      for (const count of ['received', 'stored', 'repeated', 'ignored', 'rejected', 'failed'] as const) {
        measures.count(kind, count);
      }
    }
    const none = { received: 0, stored: 0, repeated: 0, ignored: 0, rejected: 0, failed: 0 };
    telemetry.count(none, measures, 'emnify');
    telemetry.fileFailed('emnify');
    for (const status of [200, 400, 500]) telemetry.reportRequest(status, 'emnify');
    telemetry.reportUnreadableSecret({ owner: 'api', error: new Error('denied'), isKept: true });
    telemetry.reportRefusedBatches(new Error('refused'));
    telemetry.reportLostVolumes(new Error('away'));
    if (name === service.metricsExporter) measureExport(telemetry, exported);
    if (name === service.alertSweep) measureSweep(telemetry, swept, 7_200_000);
    if (name === service.alertDelivery) telemetry.reportDelivery(delivered);
    if (name === service.dayPlanner) measureSchedule(telemetry, planned);
    if (name === service.dayWorker) measureWork(telemetry, { sealed: 1, simDays: 1, failed: 1 });
  }
  return published;
}

function note(line: string, published: Set<string>): void {
  const values = JSON.parse(line);
  for (const { Dimensions, Metrics } of values._aws.CloudWatchMetrics) {
    for (const set of Dimensions as string[][]) {
      const dimensions = Object.fromEntries(set.map((key) => [key, values[key]]));
      for (const { Name } of Metrics) published.add(describeMetric(Name, dimensions));
    }
  }
}

test('each metric that an alarm watches is published by a function under that name and those dimensions', () => {
  const published = listPublishedMetrics();
  const watched = listWatchedMetrics();
  // API Gateway's log is counted by a metric filter.
  watched.delete(describeMetric(gateway.refused, {}));
  expect(watched).toContain('alertSimsFailed{service=alert-sweep}');
  expect(watched).toContain('usageExpiryHeld{service=day-planner}');
  expect([...watched].filter((metric) => !published.has(metric))).toEqual([]);
});
