import {
  CloudWatchClient,
  type MetricDataQuery,
  paginateDescribeAlarms,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch';
import { dimension, metric } from '../../lambda/aws/names.ts';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { outputName } from '../../lib/output-names.ts';
import type { DeployedStack, OpenAlarm, SourceTraffic } from './deployment.ts';

/** What CloudWatch knows about a stack. */

const minute = 60;
const hourMilliseconds = 3_600_000;
const dayMilliseconds = 24 * hourMilliseconds;
/** How far back to look for a stream's delay: its metric is some minutes late. */
const lagMilliseconds = 15 * 60_000;

/** A metric's values and their times, in milliseconds since the epoch. */
type Series = readonly (readonly [at: number, value: number])[];

/** The records of the last day, to the minute. */
export async function readTraffic(
  { access, name }: DeployedStack,
  sources: readonly KnownSource[],
  now: number,
): Promise<SourceTraffic[]> {
  const client = new CloudWatchClient(access);
  try {
    const series = await readSeries(
      client,
      sources.flatMap((source, index) => makeQueries(name, source, index)),
      now,
    );
    return sources.map((source, index) => {
      const [received, rejected, age] = queryNames.map((query) => series.get(`${query}${index}`) ?? []);
      return summarizeTraffic(
        source.name,
        { received: received ?? [], rejected: rejected ?? [], age: age ?? [] },
        now,
      );
    });
  } finally {
    client.destroy();
  }
}

const queryNames = ['received', 'rejected', 'age'] as const;

function makeQueries(namespace: string, source: KnownSource, index: number): MetricDataQuery[] {
  const querySource = (name: string): MetricDataQuery => ({
    Id: `${name}${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: name,
        Dimensions: [{ Name: dimension.source, Value: source.name }],
      },
      Period: minute,
      Stat: 'Sum',
    },
  });
  const { streamArn } = source;
  return [
    querySource(metric.received),
    querySource(metric.rejected),
    ...(streamArn === undefined ? [] : [readIteratorAge(streamArn, index)]),
  ];
}

function readIteratorAge(streamArn: string, index: number): MetricDataQuery {
  const stream = streamArn.slice(streamArn.lastIndexOf('/') + 1);
  return {
    Id: `age${index}`,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/Kinesis',
        MetricName: 'GetRecords.IteratorAgeMilliseconds',
        Dimensions: [{ Name: 'StreamName', Value: stream }],
      },
      Period: minute,
      Stat: 'Maximum',
    },
  };
}

async function readSeries(
  client: CloudWatchClient,
  queries: readonly MetricDataQuery[],
  now: number,
): Promise<ReadonlyMap<string, Series>> {
  const series = new Map<string, (readonly [number, number])[]>();
  const pages = paginateGetMetricData(
    { client },
    {
      MetricDataQueries: [...queries],
      StartTime: new Date(now - dayMilliseconds),
      EndTime: new Date(now),
    },
  );
  for await (const { MetricDataResults: results = [] } of pages) {
    for (const { Id = '', Timestamps: times = [], Values: values = [] } of results) {
      const known = series.get(Id) ?? [];
      series.set(Id, known);
      for (const [at, time] of times.entries()) known.push([time.getTime(), values[at] ?? 0]);
    }
  }
  return series;
}

function summarizeTraffic(
  source: string,
  { received, rejected, age }: Record<(typeof queryNames)[number], Series>,
  now: number,
): SourceTraffic {
  const selectSince = (series: Series, milliseconds: number) =>
    series.filter(([at]) => at >= now - milliseconds);
  const sum = (series: Series) => series.reduce((total, [, value]) => total + value, 0);
  const countSince = (milliseconds: number) => ({
    received: sum(selectSince(received, milliseconds)),
    rejected: sum(selectSince(rejected, milliseconds)),
  });
  const times = received.filter(([, value]) => value > 0).map(([at]) => at);
  const ages = selectSince(age, lagMilliseconds).map(([, value]) => value);
  return {
    source,
    lastRecord: times.length === 0 ? undefined : new Date(Math.max(...times)).toISOString(),
    lagSeconds: ages.length === 0 ? undefined : Math.max(...ages) / 1000,
    hour: countSince(hourMilliseconds),
    day: countSince(dayMilliseconds),
  };
}

/** The stack's active alarms: those that notify its topic. */
export async function listOpenAlarms({ access, outputs }: DeployedStack): Promise<OpenAlarm[]> {
  const topic = outputs[outputName.alarmTopic] ?? '';
  const client = new CloudWatchClient(access);
  try {
    const alarms: OpenAlarm[] = [];
    const pages = paginateDescribeAlarms({ client }, { StateValue: 'ALARM', AlarmTypes: ['MetricAlarm'] });
    for await (const { MetricAlarms: page = [] } of pages) {
      for (const { AlarmName, AlarmDescription, AlarmActions = [], StateTransitionedTimestamp } of page) {
        if (!AlarmActions.includes(topic)) continue;
        alarms.push({
          name: AlarmName ?? '',
          sentence: AlarmDescription ?? '',
          since: StateTransitionedTimestamp?.toISOString() ?? '',
        });
      }
    }
    return alarms;
  } finally {
    client.destroy();
  }
}
