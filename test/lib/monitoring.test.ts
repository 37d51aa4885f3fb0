import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  calledSourceOfEachCarrier,
  ofType,
  type Resource,
  type Synthesised,
  sourceOfEachCarrier,
  synthesise,
  withoutApi,
} from './synthesised.ts';

let stack: Synthesised;
/** The same, with addresses for the carriers to call. */
let called: Synthesised;

beforeAll(() => {
  stack = synthesise(withoutApi({ sources: sourceOfEachCarrier, alarmEmail: 'operations@example.com' }));
  called = synthesise(withoutApi({ sources: calledSourceOfEachCarrier }));
});

function alarms(of: Synthesised): Record<string, Resource['Properties']> {
  const entries = Object.entries(ofType(of, 'AWS::CloudWatch::Alarm'));
  return Object.fromEntries(
    entries.map(([path, { Properties }]) => [path.replace('Monitoring/Alarms/', ''), Properties]),
  );
}

/** What an alarm watches, in a line: `Namespace Metric{dimension=value} Statistic(seconds) >= threshold, n times`. */
function watched(properties: Resource['Properties']): string {
  const { Namespace, MetricName, Dimensions, Statistic, Period, Threshold, EvaluationPeriods } = properties;
  const dimensions = (Dimensions as { Name: string; Value: unknown }[]).map(
    ({ Name, Value }) => `${Name}=${String(Value)}`,
  );
  const below = properties['ComparisonOperator'] === 'LessThanThreshold';
  const breaching = properties['TreatMissingData'] === 'breaching';
  const condition = `${below ? '<' : '>='} ${String(Threshold)}${breaching ? ' or missing' : ''}`;
  const times = `${String(EvaluationPeriods)} × ${String(Period)} s`;
  return `${Namespace} ${MetricName}{${dimensions.join()}} ${Statistic} ${condition}, ${times}`;
}

describe('the alarms', () => {
  it('watch each source', () => {
    const ofSource = Object.entries(alarms(stack)).filter(([id]) => id.startsWith('Emnify'));
    const mapping = 'EventSourceMappingUUID=StreamIngest/SourceEmnify';
    expect(Object.fromEntries(ofSource.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      EmnifySilent: 'simledger received{source=emnify} Sum < 1 or missing, 6 × 3600 s',
      EmnifyLate:
        'AWS/Kinesis GetRecords.IteratorAgeMilliseconds{StreamName=SourceEmnify/Stream} Maximum >= 900000, 3 × 300 s',
      EmnifyRefused:
        'AWS/Kinesis WriteProvisionedThroughputExceeded{StreamName=SourceEmnify/Stream} Sum >= 1, 3 × 300 s',
      EmnifyRejected: 'simledger rejected{source=emnify} Sum >= 1, 1 × 3600 s',
      EmnifyUnaccounted: 'simledger unaccounted{source=emnify} Sum >= 1, 1 × 300 s',
      EmnifyGivenUp: `AWS/Lambda OnFailureDestinationDeliveredEventCount{${mapping}} Sum >= 1, 1 × 300 s`,
      EmnifyFileFailed: 'simledger filesFailed{source=emnify} Sum >= 1, 1 × 300 s',
    });
  });

  it('watch functions, queue and tables', () => {
    const shared = Object.entries(alarms(stack)).filter(
      ([id]) => !/^(Twilio|Kore|1nce|Emnify|Telekom)/.test(id),
    );
    const lambda = (metric: string, path: string) =>
      `AWS/Lambda ${metric}{FunctionName=${path}/Function} Sum`;
    const table = (kind: string, name: string) =>
      `AWS/DynamoDB ${kind}ThrottleEvents{TableName=Storage/${name}} Sum >= 1, 3 × 300 s`;
    expect(Object.fromEntries(shared.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      ConsumerErrors: `${lambda('Errors', 'StreamIngest/KinesisConsumer')} >= 1, 1 × 300 s`,
      ConsumerThrottles: `${lambda('Throttles', 'StreamIngest/KinesisConsumer')} >= 1, 3 × 300 s`,
      ImporterErrors: `${lambda('Errors', 'FileIngest/FileImporter')} >= 1, 1 × 300 s`,
      ImporterThrottles: `${lambda('Throttles', 'FileIngest/FileImporter')} >= 1, 3 × 300 s`,
      DeadLetters:
        'AWS/SQS ApproximateNumberOfMessagesVisible{QueueName=FileIngest/DeadLetters.QueueName} Maximum >= 1, 1 × 300 s',
      ...Object.fromEntries(
        ['Sessions', 'Usage', 'Events', 'Sims', 'Files', 'Deliveries'].flatMap((name) => [
          [`${name}ReadThrottles`, table('Read', name)],
          [`${name}WriteThrottles`, table('Write', name)],
        ]),
      ),
    });
  });

  it('watch the query API where there is one', () => {
    const ids = Object.keys(alarms(synthesise())).filter((id) => id.startsWith('QueryApi'));
    expect(ids.sort()).toEqual(['QueryApiErrors', 'QueryApiThrottles']);
  });

  it('watch the calls of carriers where they have an address to call', () => {
    const more = Object.entries(alarms(called)).filter(([id]) => !(id in alarms(stack)));
    const lambda = (metric: string) =>
      `AWS/Lambda ${metric}{FunctionName=WebhookIngest/Receiver/Function} Sum`;
    expect(Object.fromEntries(more.map(([id, properties]) => [id, watched(properties)]))).toEqual({
      WebhooksErrors: `${lambda('Errors')} >= 1, 1 × 300 s`,
      WebhooksThrottles: `${lambda('Throttles')} >= 1, 3 × 300 s`,
      ...Object.fromEntries(
        ['Twilio', 'Kore', '1nce', 'Emnify', 'Telekom'].flatMap((name) => [
          [
            `${name}CallsRefused`,
            `simledger webhookRefused{source=${name.toLowerCase()}} Sum >= 1, 1 × 300 s`,
          ],
          [`${name}CallsFailed`, `simledger webhookFailed{source=${name.toLowerCase()}} Sum >= 1, 3 × 300 s`],
        ]),
      ),
    });
  });

  it('leave out what a source does not have', () => {
    const ids = Object.keys(alarms(stack)).filter((id) => id.startsWith('Kore'));
    expect(ids.sort()).toEqual([
      'KoreGivenUp',
      'KoreLate',
      'KoreRefused',
      'KoreRejected',
      'KoreSilent',
      'KoreUnaccounted',
    ]);
  });

  it('wait as long for a silent source as is configured, and not at all with 0', () => {
    const sources = [
      { name: 'a', carrier: 'kore', silentHours: 48 },
      { name: 'b', carrier: 'kore', silentHours: 0 },
    ];
    const silent = Object.entries(alarms(synthesise(withoutApi({ sources })))).filter(([id]) =>
      id.endsWith('Silent'),
    );
    expect(silent.map(([id, { EvaluationPeriods }]) => [id, EvaluationPeriods])).toEqual([['ASilent', 48]]);
  });

  it('tell the topic when they go off and when they are over, and the topic tells the address', () => {
    const told = Object.values(alarms(stack)).map(({ AlarmActions, OKActions }) => [AlarmActions, OKActions]);
    const topic = ['Monitoring/Alarms/Topic'];
    expect(told).toEqual(told.map(() => [topic, topic]));
    const subscriptions = Object.values(ofType(stack, 'AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties)).toEqual([
      { Protocol: 'email', TopicArn: 'Monitoring/Alarms/Topic', Endpoint: 'operations@example.com' },
    ]);
  });
});

/** The runbook's pages by the anchor of their heading. */
async function runbookPages(): Promise<Map<string, string>> {
  const text = await readFile(fileURLToPath(new URL('../../docs/runbook.md', import.meta.url)), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [heading = ''] = section.split('\n');
      return [heading.toLowerCase().replaceAll(' ', '-'), section];
    }),
  );
}

describe('the runbook', () => {
  it('has a page for each alarm, which says what is wrong in a sentence first', async () => {
    const pages = await runbookPages();
    const descriptions = Object.values(alarms(called)).map(({ AlarmDescription }) =>
      String(AlarmDescription),
    );
    const linked = descriptions.map((text) => /^[A-Z][^#]+\. docs\/runbook\.md#([a-z-]+)$/.exec(text)?.[1]);
    expect([...new Set(linked)].sort()).toEqual([...pages.keys()].sort());
  });

  it('tells on each page what it is, what to look at and what to do', async () => {
    const headings = [...(await runbookPages()).values()].map((page) => page.match(/^### .+$/gm));
    expect(headings).toEqual(headings.map(() => ['### Description', '### Investigation', '### Resolution']));
  });

  it('is linked to where it is read', () => {
    const runbook = 'https://wiki.example.com/simledger';
    const { AlarmDescription } = alarms(synthesise(withoutApi({ runbook })))['DefaultSilent'] ?? {};
    expect(AlarmDescription).toBe(`The source default has delivered nothing for 6 hours. ${runbook}#no-data`);
  });
});

/** The titles on a dashboard, in their order. */
function titles(of: Synthesised): (string | undefined)[] {
  const body = String(of.resources['Monitoring/Dashboard/Dashboard']?.Properties['DashboardBody']);
  const { widgets } = JSON.parse(body) as {
    widgets: { type: string; properties: { title?: string; markdown?: string } }[];
  };
  return widgets.map(({ properties }) => properties.title ?? properties.markdown);
}

describe('the dashboard', () => {
  it('shows the alarms, then answers its four questions', () => {
    expect(titles(stack)).toEqual([
      'Alarms',
      '## Is it working? ([runbook](docs/runbook.md))',
      'Records received',
      'Records stored and repeated',
      'Functions: errors and throttles',
      'Functions: duration, p99',
      'Tables: write units',
      'Tables: writes held back',
      '## What is late? ([runbook](docs/runbook.md))',
      'Streams: seconds from event to arrival',
      'Streams: milliseconds from arrival to reading',
      'Files: seconds until the oldest announcement is taken',
      '## What was rejected? ([runbook](docs/runbook.md))',
      'Records rejected, by reason',
      'Records handed back, to be delivered again',
      'Files: unreadable, and given up',
      '## What does it carry? ([runbook](docs/runbook.md))',
      'Bytes, by source',
      'Bytes, by country and operator',
      'Cost as stated, by country and operator',
    ]);
  });

  it('shows the calls of carriers where they have an address to call', () => {
    const more = titles(called).filter((title) => !titles(stack).includes(title));
    expect(more).toEqual([
      'Calls: milliseconds to the answer',
      'Calls: taken, refused, and to be made again',
    ]);
  });

  it('finds the metrics by the dimensions that the functions publish', () => {
    const body = String(stack.resources['Monitoring/Dashboard/Dashboard']?.Properties['DashboardBody']);
    const searches = [...body.matchAll(/SEARCH\('(.+?)', '(\w+)', (\d+)\)/g)].map(([, search]) =>
      search?.replaceAll('\\"', '"'),
    );
    expect(searches.filter((search) => search?.includes('emnify'))).toEqual([
      '{"simledger","source","kind"} MetricName="rejected" source="emnify"',
      '{"simledger","source","country","operator"} MetricName="bytes" source="emnify"',
      '{"simledger","source","country","operator"} MetricName="cost" source="emnify"',
    ]);
  });
});
