import { beforeAll, describe, expect, it } from 'vitest';
import { tables } from '../../lambda/store/tables.ts';
import type { AlarmRule, Series } from './alarm-evaluator.ts';
import { readAlarms, whatGoesOff as readOutcomes } from './alarm-outcomes.ts';
import { type Conditions, randomNumbers, simulateSource, usualArrivals } from './alarm-series.ts';
import { synthesise } from './synthesised.ts';

const hour = 60;
const day = 24 * hour;
const week = 7 * day;
/** When the trouble begins: on the second day, not at the beginning of a period. */
const begin = day + 7 * hour + 7;

let alarms: Readonly<Record<string, AlarmRule>>;

beforeAll(() => {
  const stack = synthesise({
    simledger: {
      sources: [{ name: 'emnify', carrier: 'emnify', organisationId: '42', webhook: true }],
      receivers: [{ name: 'phone', kind: 'pagerduty', secret: 'simledger/pagerduty' }],
      otlp: { secret: 'simledger/otlp' },
      retention: { usageDays: 35 },
    },
  });
  alarms = readAlarms(stack);
});

/** The alarms of the whole stack that go off, and when. */
function whatGoesOff(series: Series, minutes: number, from = 0, until = from) {
  return readOutcomes(alarms, series, minutes, { from, until });
}

/** The same for a source whose conditions hold from `begin` on, for a number of minutes. */
function during(minutes: number, conditions: Omit<Conditions, 'minutes'>, total = 4 * day) {
  return whatGoesOff(simulateSource({ ...conditions, minutes: total }), total, begin, begin + minutes);
}

const within = (minutes: number) => (minute: number) => minute >= begin && minute < begin + minutes;

describe('nothing goes off', () => {
  it('in a normal week, with a file each hour', () => {
    const rows = (minute: number) => (minute % hour === 5 ? 300 : 0);
    expect(whatGoesOff(simulateSource({ minutes: week, rows, rejected: () => 0.002 }), week)).toEqual({});
  });

  it('in a noisy week, with bursts of broken records and a store that is unavailable for minutes', () => {
    const random = randomNumbers(7);
    const rejected = (minute: number) => (minute % 97 < 3 ? 0.3 : 0.02) * random();
    const isStoreAway = (minute: number) => minute % 613 < 4;
    const series = new Map(simulateSource({ minutes: week, rejected, isStoreAway }));
    series.set('simledger secretUnreadable{service=webhook-receiver}', [{ minute: 3_000, value: 1 }]);
    series.set('AWS/DynamoDB WriteThrottleEvents{TableName=Storage/Usage}', [{ minute: 4_000, value: 9 }]);
    expect(whatGoesOff(series, week)).toEqual({});
  });

  it('if a small fleet’s records arrive at the end of periods, some of them broken', () => {
    const random = randomNumbers(3);
    const arrivals = (minute: number) => (minute % 15 === 14 && random() < 0.4 ? 1 : 0);
    const rejected = () => (random() < 0.3 ? 1 : 0);
    const series = simulateSource({ minutes: week, arrivals, rejected, areAtTheEnd: true });
    expect(whatGoesOff(series, week)).toEqual({});
  });

  it('if a source gets only files', () => {
    const rows = (minute: number) => (minute % (3 * hour) === 5 ? 900 : 0);
    expect(whatGoesOff(simulateSource({ minutes: week, arrivals: () => 0, rows }), week)).toEqual({});
  });

  it('if the store is unavailable for a minute', () => {
    expect(during(1, { isStoreAway: within(1) })).toEqual({});
  });
});

describe('an outage of the store', () => {
  it('of an hour sets off the alarms of records handed back, a late consumer and a stuck stream', () => {
    expect(during(hour, { isStoreAway: within(hour) })).toEqual({
      EmnifyHandedBack: [[13, 33]],
      ConsumerLate: [[28, 23]],
      EmnifyStuck: [[53, 23]],
    });
  });

  it('of twelve hours sets off each of them once', () => {
    expect(during(12 * hour, { isStoreAway: within(12 * hour) })).toEqual({
      EmnifyHandedBack: [[13, 33]],
      ConsumerLate: [[28, 23]],
      EmnifyStuck: [[53, 23]],
    });
  });
});

describe('a changed format', () => {
  it('sets off one alarm, once, until it is read', () => {
    expect(during(10 * hour, { rejected: (minute) => (within(10 * hour)(minute) ? 1 : 0.002) })).toEqual({
      EmnifyRejected: [[53, 113]],
    });
  });

  it('of a tenth of the records sets it off as well', () => {
    expect(during(10 * hour, { rejected: (minute) => (within(10 * hour)(minute) ? 0.1 : 0.002) })).toEqual({
      EmnifyRejected: [[53, 53]],
    });
  });

  it('of a fleet with a few records an hour sets it off as well', () => {
    const arrivals = (minute: number) => (minute % 12 === 3 ? 1 : 0);
    const rejected = (minute: number) => Number(within(10 * hour)(minute));
    expect(during(10 * hour, { arrivals, rejected })).toEqual({ EmnifyRejected: [[113, 53]] });
  });
});

describe('a mapping that is disabled', () => {
  const isMapped = (minute: number) => !within(5 * hour)(minute);

  it('sets off the alarm of a stream that is not read, not of a silent carrier', () => {
    expect(during(5 * hour, { isMapped })).toEqual({ EmnifyStuck: [[53, 23]] });
  });

  it('sets it off even if nothing arrives', () => {
    expect(during(5 * hour, { isMapped, arrivals: (minute) => (minute % (3 * hour) === 0 ? 1 : 0) })).toEqual(
      { EmnifyStuck: [[53, 23]] },
    );
  });

  it('sets it off even if files are imported each hour', () => {
    expect(during(5 * hour, { isMapped, rows: (minute) => (minute % hour === 5 ? 300 : 0) })).toEqual({
      EmnifyStuck: [[53, 23]],
    });
  });
});

describe('a carrier that is silent', () => {
  const usual = usualArrivals(40);

  it('is left to the alert of its source: its stream is not stuck', () => {
    const arrivals = (minute: number) => (within(10 * hour)(minute) ? 0 : usual(minute));
    expect(during(10 * hour, { arrivals })).toEqual({});
  });

  it('that delivers only files is left to it as well', () => {
    const rows = (minute: number) => (minute % hour === 5 && !within(10 * hour)(minute) ? 300 : 0);
    expect(during(10 * hour, { arrivals: () => 0, rows })).toEqual({});
  });
});

describe('an importer that is stuck', () => {
  it('sets off the alarm of waiting files, not of a silent carrier', () => {
    const rows = (minute: number) => (minute % hour === 5 ? 300 : 0);
    const isImporting = (minute: number) => !within(10 * hour)(minute);
    expect(during(10 * hour, { arrivals: () => 0, rows, isImporting })).toEqual({ FilesLate: [[193, 8]] });
  });
});

describe('a fleet whose SIMs all reconnect', () => {
  it('sets off the alarm of waiting records, while ten times the usual traffic is processed at three times the rate', () => {
    const arrivals = (minute: number) => (within(10)(minute) ? 10_000 : 1_000);
    expect(during(10, { arrivals, capacity: 3_000 })).toEqual({
      EmnifyLate: [[33, 33]],
      ConsumerLate: [[33, 48]],
    });
  });

  it('sets off the alarm of a full stream that takes twice the usual traffic for half an hour', () => {
    const arrivals = (minute: number) => (within(30)(minute) ? 10_000 : 1_000);
    expect(during(30, { arrivals, capacity: 3_000, streamLimit: 2_000 })).toEqual({
      EmnifyRefused: [[13, 18]],
    });
  });
});

describe('sweeps of alerts', () => {
  it('that no longer begin set off an alarm', () => {
    expect(during(2 * hour, { isSweeping: (minute) => !within(2 * hour)(minute) })).toEqual({
      AlertSweepLate: [[23, 8]],
    });
  });

  it('that fail set off the alarms of errors and of late sweeps', () => {
    expect(during(2 * hour, { isSweepFailing: within(2 * hour) })).toEqual({
      AlertSweepErrors: [[8, 8]],
      AlertSweepLate: [[23, 8]],
    });
  });
});

describe('searches for due days', () => {
  it('that no longer begin set off an alarm', () => {
    const off = during(6 * hour, { isPlanning: (minute) => !within(6 * hour)(minute) });
    expect(off).toEqual({ DayPlannerLate: [[expect.any(Number), expect.any(Number)]] });
    const [[wait = 0, over = 0] = []] = off['DayPlannerLate'] ?? [];
    expect([wait <= 6 * hour, over > 0 && over <= 3 * hour]).toEqual([true, true]);
  });

  it('that fail set off the alarms of errors and of late searches', () => {
    const off = during(6 * hour, { isPlanFailing: within(6 * hour) });
    expect(Object.keys(off).sort()).toEqual(['DayPlannerErrors', 'DayPlannerLate']);
  });
});

/** Metrics that say by themselves what is wrong, and the alarms that a few minutes of each set off. */
const plainMetrics: readonly (readonly [metric: string, value: number, alarm: string])[] = [
  ['AWS/Kinesis WriteProvisionedThroughputExceeded{StreamName=SourceEmnify/Stream}', 5, 'EmnifyRefused'],
  [
    'AWS/Lambda DestinationDeliveryFailures{FunctionName=StreamIngest/KinesisConsumer/Function}',
    1,
    'ConsumerDestinationFailures',
  ],
  ['AWS/Lambda DroppedEventCount{EventSourceMappingUUID=StreamIngest/SourceEmnify}', 3, 'EmnifyDropped'],
  [
    'AWS/Lambda OnFailureDestinationDeliveredEventCount{EventSourceMappingUUID=StreamIngest/SourceEmnify}',
    3,
    'EmnifyGivenUp',
  ],
  [
    'AWS/SQS ApproximateNumberOfMessagesVisible{QueueName=FileIngest/DeadLetters.QueueName}',
    1,
    'DeadLetters',
  ],
  ['simledger rejected{kind=stops-consumer,source=emnify}', 1, 'EmnifyStopsConsumer'],
  ['simledger unaccounted{source=emnify}', 1, 'EmnifyUnaccounted'],
  ['simledger filesFailed{source=emnify}', 1, 'EmnifyFileFailed'],
  ['simledger alertReadHeldSeconds{source=emnify}', 7_200, 'EmnifyReadHeld'],
  ['simledger alertSimsFailed{service=alert-sweep}', 1, 'AlertSimsFailed'],
  ['simledger alertReceiverUnusable{receiver=phone}', 1, 'AlertReceiverUnusable-phone'],
  ['simledger alertOldestFailedSeconds{receiver=phone}', 3_600, 'AlertsUndelivered-phone'],
  ['simledger alertsUndeliverable{receiver=phone}', 1, 'AlertsUndeliverable-phone'],
  ['simledger webhookRefused{source=emnify}', 1, 'EmnifyCallsRefused'],
  ['simledger webhookFailed{source=emnify}', 1, 'EmnifyCallsFailed'],
  ['simledger webhookGatewayRefused', 1, 'WebhooksGatewayRefused'],
  ['simledger secretUnreadable{service=webhook-receiver}', 1, 'WebhooksSecretUnreadable'],
  ['simledger secretUnreadable{service=query-api}', 1, 'QueryApiSecretUnreadable'],
  ['simledger batchedWritesRefused{service=kinesis-consumer}', 1, 'BatchedWritesRefused'],
  ['simledger batchedWritesRefused{service=file-importer}', 1, 'BatchedWritesRefused'],
  ...[
    ['Consumer', 'StreamIngest/KinesisConsumer'],
    ['Importer', 'FileIngest/FileImporter'],
    ['Webhooks', 'WebhookIngest/Receiver'],
    ['QueryApi', 'QueryApi/Reader'],
    ['AlertDelivery', 'AlertDelivery/Deliverer'],
    ['DayWorker', 'DayPass/Worker'],
    ['MetricsExporter', 'MetricsExport/Exporter'],
  ].flatMap(([id, path]) =>
    ['Errors', 'Throttles'].map(
      (metric) => [`AWS/Lambda ${metric}{FunctionName=${path}/Function}`, 1, `${id}${metric}`] as const,
    ),
  ),
  ['AWS/Lambda Throttles{FunctionName=AlertSweep/Sweeper/Function}', 1, 'AlertSweepThrottles'],
  ['AWS/Lambda Throttles{FunctionName=DayPass/Planner/Function}', 1, 'DayPlannerThrottles'],
  [
    'AWS/SQS ApproximateNumberOfMessagesVisible{QueueName=DayPass/DeadLetters.QueueName}',
    1,
    'DayDeadLetters',
  ],
  ['AWS/SQS ApproximateAgeOfOldestMessage{QueueName=MetricsExport/Queue.QueueName}', 3_600, 'MetricsLate'],
  ['simledger metricsDropped{service=metrics-exporter}', 1, 'MetricsDropped'],
  ['simledger secretUnreadable{service=metrics-exporter}', 1, 'MetricsExporterSecretUnreadable'],
  ['simledger dayUnsealedSeconds{service=day-planner}', 86_400, 'DayUnsealed'],
  ['simledger usageExpiryHeld{service=day-planner}', 1, 'UsageExpiryHeld'],
  ...tables.flatMap(({ name: table }) =>
    ['Read', 'Write'].map(
      (kind) =>
        [
          `AWS/DynamoDB ${kind}ThrottleEvents{TableName=Storage/${table}}`,
          9,
          `${table}${kind}Throttles`,
        ] as const,
    ),
  ),
];

describe('twenty minutes', () => {
  it.each(plainMetrics)('of %s of %d set off one alarm, once, and it ends', (metric, value, alarm) => {
    const series = new Map(simulateSource({ minutes: 3 * day }));
    series.set(
      metric,
      Array.from({ length: 20 }, (_, index) => ({ minute: begin + index, value })),
    );
    const off = whatGoesOff(series, 3 * day, begin, begin + 20);
    const [[wait = 0, over = 0] = []] = off[alarm] ?? [];
    expect(off).toEqual({ [alarm]: [[expect.any(Number), expect.any(Number)]] });
    expect([wait > 0 && wait <= 25, over > 0 && over <= 2 * hour + 15]).toEqual([true, true]);
  });
});

describe('records that went to the failure destination', () => {
  it('do not also set off the alarm of lost records', () => {
    const series = new Map(simulateSource({ minutes: 3 * day }));
    const mapping = '{EventSourceMappingUUID=StreamIngest/SourceEmnify}';
    const given = Array.from({ length: 20 }, (_, index) => ({ minute: begin + index, value: 3 }));
    for (const metric of ['DroppedEventCount', 'OnFailureDestinationDeliveredEventCount']) {
      series.set(`AWS/Lambda ${metric}${mapping}`, given);
    }
    expect(Object.keys(whatGoesOff(series, 3 * day))).toEqual(['EmnifyGivenUp']);
  });
});

describe('each alarm of the stack', () => {
  it('is set off by a series of these tests', () => {
    const simulated = ['Stuck', 'Late', 'Rejected', 'HandedBack'].map((id) => `Emnify${id}`);
    const tested = [
      ...simulated,
      ...['ConsumerLate', 'FilesLate', 'AlertSweepErrors', 'AlertSweepLate'],
      ...['DayPlannerErrors', 'DayPlannerLate'],
      ...plainMetrics.map(([, , alarm]) => alarm),
    ];
    expect([...new Set(tested)].sort()).toEqual(Object.keys(alarms).sort());
  });
});
