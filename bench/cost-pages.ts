import { functions, streamMapping } from '../lib/limits.ts';
import {
  type Capacity,
  chooseParallelizationFactor,
  chooseWarmMebibytes,
  chooseWarmWriteUnits,
  coldTableWriteUnits,
  consumerRecordsPerCpuSecond,
  countShards,
  estimateArrivals,
  estimateLaneRate,
  estimateOnDemandShards,
  estimateServiceRate,
  type Fleet,
  onDemandShards,
  reconnectStorm,
  type StormDefence,
  shardRecordsPerSecond,
  simulateStorm,
} from '../lib/sizing.ts';
import {
  addUp,
  alwaysOnSim,
  alwaysOnWriteUnits,
  countBatches,
  type Deployed,
  itemSizes,
  type Month,
  metricsPerNetwork,
  metricsPerSource,
  priceAlwaysOn,
  priceConsumer,
  priceLogs,
  priceMillionCalls,
  priceMonth,
  streamerSim,
  streamerWriteUnits,
} from './month.ts';
import { monthHours, prices } from './prices.ts';

/**
 * The computed parts of `docs/costs.md` and `docs/sizing.md`. A page marks each by a line with its name and a line
 * that ends it; what stands between is replaced.
 */

/** The computed parts of the pages by their names, as Markdown. */
export type Parts = Readonly<Record<string, string>>;

/**
 * Puts computed parts into a page.
 *
 * @throws Error where a part that the page marks is not computed, or is not ended.
 */
export function fillPage(page: string, parts: Parts): string {
  return page.replaceAll(/^<!-- computed: ([a-z-]+) -->\n(?:.*?^)??<!-- end -->$/gms, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`The page marks a part that is not computed: ${name}`);
    return `<!-- computed: ${name} -->\n${part}\n<!-- end -->`;
  });
}

/** Three fleets of a data streamer, with the pairs of country and operator that are measured by name. */
const fleets = [
  { sims: 1_000, networks: 5 },
  { sims: 10_000, networks: 10 },
  { sims: 1_000_000, networks: 21 },
] as const;

const million = fleets[2];

const lines: readonly (readonly [keyof Month, string, string])[] = [
  ['writes', 'DynamoDB writes', 'which events the carrier sends'],
  ['reads', 'DynamoDB reads', ''],
  ['storage', 'DynamoDB storage and backups, first month', '`retention.eventDays`'],
  ['streamHours', 'Kinesis, the stream by the hour', '`stream.mode`'],
  ['streamData', 'Kinesis, data in, out and kept for 7 days', '`retention.streamHours`'],
  ['lambda', 'Lambda', '`consumer.batchingWindowSeconds`'],
  ['metrics', 'CloudWatch metrics', '`measuredNetworks`'],
  ['alarms', 'CloudWatch alarms', 'number of sources'],
  ['dashboard', 'CloudWatch dashboard', ''],
  ['logs', 'CloudWatch logs', '`consumer.batchingWindowSeconds`'],
  ['requests', 'Queue polling, objects, requests', ''],
];

/** The computed parts of both pages, of a stack in which so much is deployed. */
export function computeParts(deployed: Deployed): Parts {
  return {
    month: monthTable(deployed),
    fleet: fleetText(),
    arithmetic: arithmeticTable(deployed),
    'always-on': alwaysOnTable(),
    'always-on-text': alwaysOnText(),
    webhook: webhookText(),
    settings: settingsTable(),
    needs: needsTable(),
    storm: stormTable(),
  };
}

function monthTable(deployed: Deployed): string {
  const months = fleets.map((fleet) => priceMonth(fleet, deployed));
  const years = fleets.map((fleet) => priceMonth(fleet, deployed, 12).storage);
  const totals = months.map((month) => addUp({ ...month }));
  const perSim = totals.map((total, index) => (total / (fleets[index]?.sims ?? 1)).toPrecision(2));
  return `${[
    `| a month, in $ | ${fleets.map(({ sims }) => `${whole(sims)} SIMs`).join(' | ')} | what changes it |`,
    '|---|---:|---:|---:|---|',
    ...lines.map(
      ([line, title, setting]) =>
        `| ${title} | ${months.map((month) => cents(month[line])).join(' | ')} | ${setting} |`,
    ),
    `| **together** | ${totals.map((total) => `**${whole(total)}**`).join(' | ')} | |`,
    `| a SIM | ${perSim.join(' | ')} | |`,
  ].join('\n')}

Storage grows: after a year, sessions and usage of every month are there, and its line is ${years.map(cents).join(', ')}.`;
}

function fleetText(): string {
  const { usageRecords, events, sessions, recordKilobytes } = streamerSim;
  const records = usageRecords + events;
  return [
    `- A SIM has ${usageRecords} usage records, ${events} events and ${sessions} sessions a month; a record is ${recordKilobytes} KB.`,
    '- A usage record costs 2 write units (usage item, session), an event 3 (event, session, SIM), a new session 1 for its index. No item is larger than 1 KB, and a record that repeats costs as much as the first time.',
    `- **Records**: ${records} a SIM and month. **Write units**: ${usageRecords} × 2 + ${events} × 3 + ${sessions} = ${whole(streamerWriteUnits)} a SIM and month.`,
  ].join('\n');
}

function arithmeticTable({ alarms, dashboards }: Deployed): string {
  const { usageRecords, events, sessions, recordKilobytes } = streamerSim;
  const records = million.sims * (usageRecords + events);
  const batches = countBatches(records);
  const invocations = fleets.map(
    ({ sims }) => countBatches(sims * (usageRecords + events)).invocations / 1e6,
  );
  const single = fleets.map(({ sims }) => countBatches(sims * (usageRecords + events)).ofOneRecord / 1e6);
  const month = priceMonth(million, { alarms, dashboards });
  const { dynamoDb, kinesis, lambda, cloudWatch, sqs } = prices;
  const overhead = dynamoDb.itemOverheadBytes;
  const networks = fleets.map(({ networks }) => networks).join(', ');
  const rows = [
    [
      'writes',
      `$${dynamoDb.millionWriteUnits} a million write units, on demand`,
      `${whole((million.sims * streamerWriteUnits) / 1e6)} million × ${dynamoDb.millionWriteUnits} = $${cents(month.writes)}. A batch of one record costs one more (table Deliveries): ${list(single)} million`,
    ],
    [
      'reads',
      `$${dynamoDb.millionReadUnits} a million read units`,
      `1 for each batch of one record; half of one for each record where a process has more SIMs to remember than 100,000: $${cents(month.reads)}`,
    ],
    [
      'storage, backups',
      `$${dynamoDb.gigabyteMonth} and $${dynamoDb.backupGigabyteMonth} (point-in-time recovery) a GB and month`,
      `a SIM has ${usageRecords} usage items of ${itemSizes.usage} bytes, ${events} events of ${itemSizes.event}, ${sessions} sessions of ${itemSizes.session}, each and ${overhead} bytes that AWS adds: $${cents(month.storage)}`,
    ],
    [
      'stream hours',
      `$${kinesis.onDemandHour} an hour, on demand`,
      `${monthHours} × ${kinesis.onDemandHour} = $${cents(month.streamHours)}`,
    ],
    [
      'stream data',
      `$${kinesis.gigabyteIn} a GB in (each record rounded up to whole KB), $${kinesis.gigabyteOut} a GB out, $${kinesis.keptGigabyteMonth} a GB and month kept beyond 24 hours`,
      `${whole((records * Math.ceil(recordKilobytes)) / 1e6)} GB in, ${whole((records * recordKilobytes) / 1e6)} out, kept for 6 days of 30 = $${cents(month.streamData)}`,
    ],
    [
      'Lambda, arm64',
      `$${lambda.millionInvocations.toFixed(2)} a million invocations, $${lambda.gigabyteSecond} a GB-second, ${whole(functions.kinesisConsumer.memoryMegabytes)} MB`,
      `${onDemandShards} shards × ${streamMapping.parallelizationFactor} batches a second, as far as records come: ${list(invocations)} million. 10 ms each, and a second for ${consumerRecordsPerCpuSecond} records, measured: $${cents(month.lambda)}`,
    ],
    [
      'metrics',
      `$${cloudWatch.metricMonth.toFixed(2)} a metric and month`,
      `${metricsPerSource} of a source (receipt by kind, lag, traffic, mapping), ${metricsPerNetwork} a pair of country and operator: ${networks} pairs`,
    ],
    [
      'alarms, dashboard',
      `$${cloudWatch.alarmMonth.toFixed(2)} an alarm, $${cloudWatch.dashboardMonth} a dashboard`,
      `${alarms} alarms with one source, its files and the query API; ${dashboards} dashboard`,
    ],
    [
      'logs',
      `$${cloudWatch.logGigabyte.toFixed(2)} a GB`,
      `2.3 KB an invocation and 0.4 KB for each further network in it; ${batches.recordsEach.toFixed(0)} records an invocation: $${cents(month.logs)}`,
    ],
    [
      'requests',
      `$${sqs.millionRequests.toFixed(2)} a million (SQS)`,
      'the importer’s polling, 0.65 million, and a few thousand files',
    ],
  ];
  return [
    '| line | price | arithmetic for 1,000,000 SIMs |',
    '|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

function alwaysOnTable(): string {
  const sizes = fleets.map(({ sims }) => sims);
  const parts = [
    ['writes', 'writes'],
    ['reads', 'reads'],
    ['streamData', 'Kinesis'],
    ['lambda', 'Lambda'],
    ['logs', 'logs'],
    ['storage', 'storage, first month'],
  ] as const;
  const rows = (['update', 'hourly'] as const).flatMap((refresh) => {
    const months = fleets.map((fleet) => priceAlwaysOn(fleet, refresh));
    const units = alwaysOnWriteUnits[refresh];
    const together = months.map(({ yearStorage: _, ...month }) => addUp(month));
    return [
      ...parts.map(
        ([line, title]) =>
          `| \`"${refresh}"\`: ${title}${line === 'writes' ? ` (${whole(units)} units a SIM)` : ''} | ${months.map((month) => cents(month[line])).join(' | ')} |`,
      ),
      `| **together with \`"${refresh}"\`** | ${together.map((sum) => `**${cents(sum)}**`).join(' | ')} |`,
      `| storage, after a year | ${months.map((month) => cents(month.yearStorage)).join(' | ')} |`,
    ];
  });
  return [
    `| a month, in $ | ${sizes.map((sims) => `${whole(sims)} SIMs`).join(' | ')} |`,
    '|---|---:|---:|---:|',
    ...rows,
  ].join('\n');
}

function alwaysOnText(): string {
  const { updates, refreshes, recordKilobytes } = alwaysOnSim;
  const [each, hourly] = [alwaysOnWriteUnits.update, alwaysOnWriteUnits.hourly];
  const saved = priceAlwaysOn(fleets[0], 'update').writes - priceAlwaysOn(fleets[0], 'hourly').writes;
  return `An update's window is a usage item of one unit. Its session is another: ${whole(updates)} a month with \`"update"\`, ${whole(refreshes)} with
\`"hourly"\` (counted by \`npx vitest run test/property/write-units.property.test.ts\`), ${Math.round((1 - hourly / each) * 100)} % less: $${cents(saved)} at 1,000 SIMs.
Records are ${recordKilobytes} KB, ${Math.ceil(recordKilobytes)} of them charged. A usage item has ${itemSizes.superSimUsage} bytes, ${itemSizes.hourlySuperSimUsage} with \`"hourly"\`, and AWS adds ${prices.dynamoDb.itemOverheadBytes}. Usage never
expires, so that storage grows by the first month's figure each month.`;
}

function webhookText(): string {
  const { cloudWatch, secretMonth } = prices;
  const fixed = secretMonth + 3 * cloudWatch.metricMonth;
  const million = priceMillionCalls();
  return `A source with \`webhook: true\` costs $${cents(fixed)} a month beside what comes through it and its alarms: a secret ($${secretMonth.toFixed(2)}) and
three metrics ($${cents(3 * cloudWatch.metricMonth)}). A call costs $${cents(million)} a million: API Gateway, 30 ms of the function, 1.5 KB of logs. In bulk, hundreds of
records to a call, that is cents for a million SIMs; in single mode, one record to a call, $${whole(480 * million)} for their 480
million records. Choose bulk. Records of the stream are larger then, so that rounding up to whole KB costs less, too.`;
}

function settingsTable(): string {
  const { kinesis, cloudWatch, kms } = prices;
  const records = million.sims * (streamerSim.usageRecords + streamerSim.events);
  const [now, slow] = [countBatches(records), countBatches(records, 10)];
  const spent = (batches: typeof now) =>
    priceConsumer(records, batches.invocations) + priceLogs(batches, million.networks);
  const networks = fleets.map(
    (fleet) => `$${cents(fleet.networks * metricsPerNetwork * cloudWatch.metricMonth)}`,
  );
  const rows = [
    [
      '`sessionRefresh: "hourly"`',
      'fewer write units for the updates of Super SIMs: [above](#always-on-super-sims)',
    ],
    [
      '`"stream": { "mode": "provisioned", "shards": 1 }` with `"retentionHours": 24`',
      `$${cents(monthHours * kinesis.shardHour)} (${monthHours} × $${kinesis.shardHour}) and $${kinesis.millionPutUnits} a million records instead of $${cents(monthHours * kinesis.onDemandHour)} and data. A shard takes up to 1,000 records or 1 MB a second; with 7 days of retention it costs $${cents(monthHours * (kinesis.shardHour + kinesis.keptShardHour))}`,
    ],
    [
      '`retention.streamHours: 24`',
      'no charge for what is kept, but one day instead of seven to repair a consumer',
    ],
    ['`measuredNetworks: 0`', `no metrics by country and operator: ${networks.join(', ')} less`],
    [
      '`consumer.batchingWindowSeconds: 10`',
      `fewer invocations of a busy stream: of $${cents(spent(now))} for Lambda and logs at 1,000,000 SIMs $${cents(spent(slow))} remain. Records are up to 10 seconds later`,
    ],
    ['`retention.logDays`', `$${cloudWatch.keptLogGigabyteMonth} a GB and month kept`],
    [
      '`retention.eventDays`',
      'events are a third to a half of what is stored in the first month, and never more than three months’ worth by default',
    ],
    [
      'one source instead of several',
      `each stream on demand costs $${cents(monthHours * kinesis.onDemandHour)}, each source its metrics ($${cents(metricsPerSource * cloudWatch.metricMonth)}) and alarms. Carriers of one format still need a source each: nothing else says whose record it is`,
    ],
    [
      '`kmsKeyArn`',
      `$${cents(kms.keyMonth)} a month for the key, and $${cents(kms.tenThousandRequests)} for 10,000 requests that services make to it: about one in five minutes for each user of a stream, table or queue, whatever the number of records; buckets ask for a bucket key now and then`,
    ],
    ['`accessLogs`', 'what S3 takes for storing some 500 bytes a request; the delivery is free'],
    ['fewer event types at the carrier', 'location updates, the most frequent events, cost 2 units each'],
    [
      'DynamoDB provisioned capacity',
      'not offered: steady large fleets can switch the tables over by hand and reserve capacity, for about a third of the write price',
    ],
  ];
  return ['| setting | effect |', '|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

const { memoryMegabytes } = functions.kinesisConsumer;
const alwaysOnFleets: readonly Fleet[] = [10_000, 100_000, 1_000_000].map((sims) => ({
  sims,
  updateMinutes: 6,
}));

/** What a provisioned stream of a fleet is deployed with. */
function provision(fleet: Fleet): Capacity {
  const shards = countShards(fleet);
  const parallelizationFactor = chooseParallelizationFactor(fleet, { shards, memoryMegabytes });
  return { shards, parallelizationFactor, memoryMegabytes };
}

function needsTable(): string {
  const row = (title: string, tell: (fleet: Fleet) => string) =>
    `| ${title} | ${alwaysOnFleets.map(tell).join(' | ')} |`;
  const storm = (fleet: Fleet) => reconnectStorm.factor * estimateArrivals(fleet);
  return [
    `| SIMs that send an update every 6 minutes | ${alwaysOnFleets.map(({ sims }) => whole(sims)).join(' | ')} |`,
    '|---|---:|---:|---:|',
    row('records a second, steady', (fleet) => whole(estimateArrivals(fleet))),
    row('records a second, in a storm', (fleet) => whole(storm(fleet))),
    row('shards, provisioned: they take the storm', (fleet) => whole(provision(fleet).shards)),
    row('on demand: MiB a second to be warm for', (fleet) => whole(chooseWarmMebibytes(fleet))),
    row('batches at the same time (Lambda concurrency), provisioned', (fleet) => {
      const { shards, parallelizationFactor } = provision(fleet);
      return whole(shards * parallelizationFactor);
    }),
    row('records a second that these take in', (fleet) => {
      const { shards, parallelizationFactor } = provision(fleet);
      return whole(shards * parallelizationFactor * estimateLaneRate(memoryMegabytes));
    }),
    row('write units a second of Usage and of Sessions, steady', (fleet) => whole(estimateArrivals(fleet))),
    row('warm write units a second of each', (fleet) => {
      const units = chooseWarmWriteUnits([fleet]);
      return units === undefined ? 'as new' : whole(units);
    }),
    row('write units a second of each, in a storm, where nothing folds', (fleet) => whole(storm(fleet))),
  ].join('\n');
}

function stormTable(): string {
  const fleet: Fleet = { sims: 1_000_000, updateMinutes: 6 };
  const shards = estimateOnDemandShards(fleet);
  const grown = chooseParallelizationFactor(fleet, { shards, memoryMegabytes });
  const { parallelizationFactor } = streamMapping;
  const warm = chooseWarmWriteUnits([fleet]) ?? coldTableWriteUnits;
  const provisioned = provision(fleet);
  const cases: readonly (readonly [string, StormDefence])[] = [
    [
      'on demand, new; no `fleet` given',
      {
        ...{ shards: onDemandShards, parallelizationFactor, memoryMegabytes },
        tableWriteUnits: coldTableWriteUnits,
      },
    ],
    [
      'on demand, grown to the steady traffic; `fleet` given',
      { shards, parallelizationFactor: grown, memoryMegabytes, tableWriteUnits: warm },
    ],
    [
      'provisioned, `fleet` given, but tables as new',
      { ...provisioned, tableWriteUnits: coldTableWriteUnits },
    ],
    ['provisioned, `fleet` given', { ...provisioned, tableWriteUnits: warm }],
    [
      'provisioned, tables warm for the storm',
      { ...provisioned, tableWriteUnits: Math.ceil(reconnectStorm.factor * estimateArrivals(fleet)) },
    ],
  ];
  return [
    '| stream | shards × batches | write units of a table | taken, records a second | served, records a second | refused | backlog, at most | delay, at most | drained after |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...cases.map(([title, defence]) => {
      const { shards: count, parallelizationFactor: factor, tableWriteUnits } = defence;
      const outcome = simulateStorm(fleet, defence);
      const drained = Number.isFinite(outcome.drainMinutes) ? `${outcome.drainMinutes} min` : 'never';
      const figures = [
        ...[tableWriteUnits, count * shardRecordsPerSecond, estimateServiceRate(defence)],
        ...[outcome.refused, outcome.maxBacklog],
      ];
      return `| ${title} | ${count} × ${factor} | ${figures.map(whole).join(' | ')} | ${minutes(outcome.maxDelaySeconds)} | ${drained} |`;
    }),
  ].join('\n');
}

function minutes(seconds: number): string {
  return `${Math.ceil(seconds / 60)} min`;
}

function list(millions: readonly number[]): string {
  return millions.map((count) => count.toFixed(2)).join(', ');
}

function cents(dollars: number): string {
  return dollars >= 1_000 ? whole(dollars) : dollars.toFixed(2);
}

function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
