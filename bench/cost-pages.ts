import { maxLiveSims } from '../lambda/days/partial-days.ts';
import { functions, partialHours, streamMapping } from '../lib/limits.ts';
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
  simDaysPerCpuSecond,
  simulateStorm,
} from '../lib/sizing.ts';
import {
  priceDailyJudging,
  priceDayRule,
  priceExactTimes,
  priceFindingRule,
  priceIdleDelivery,
  priceLateRecords,
  priceMarks,
  priceMonthRule,
  priceReadNotes,
  priceSilentList,
  priceSweepFunction,
  priceSweepMetrics,
  priceSweeps,
} from './alert-prices.ts';
import {
  type ClosedDays,
  countPartialReads,
  countUsageReads,
  dayWrites,
  otherDayReads,
  otherPartialReads,
  priceBill,
  priceDays,
  priceFindings,
  pricePartialPasses,
} from './day-prices.ts';
import {
  alwaysOnWriteUnits,
  countBatches,
  type Deployed,
  type Month,
  metricsPerNetwork,
  metricsPerSource,
  priceAlwaysOn,
  priceConsumer,
  priceFiledRows,
  priceKeptFiledRows,
  priceKeptUsage,
  priceLogs,
  priceMetricsExport,
  priceMillionCalls,
  priceMonth,
  rememberedSims,
  streamerWriteUnits,
} from './month.ts';
import { addUp, monthDays, monthHours, prices } from './prices.ts';
import { alwaysOnDay, alwaysOnSim, granules, itemSizes, parquetRowBytes, streamerSim } from './sim-shapes.ts';

/**
 * The computed parts of `docs/costs.md` and `docs/sizing.md`. Pages mark each part with a line that has its name and a
 * line that ends it; everything between these lines is replaced.
 */

/** The computed parts by name, as Markdown. */
export type Parts = Readonly<Record<string, string>>;

/**
 * Fills a page with its computed parts.
 *
 * @throws Error if a part that the page marks is not computed, or has no end.
 */
export function fillPage(page: string, parts: Parts): string {
  return page.replaceAll(/^<!-- computed: ([a-z-]+) -->\n(?:.*?^)??<!-- end -->$/gms, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`The page marks a part that is not computed: ${name}`);
    return `<!-- computed: ${name} -->\n${part}\n<!-- end -->`;
  });
}

/** Three fleets of a data streamer, and how many pairs of country and operator are measured by name. */
const fleets = [
  { sims: 1_000, networks: 5 },
  { sims: 10_000, networks: 10 },
  { sims: 1_000_000, networks: 21 },
] as const;

const million = fleets[2];

const lines: readonly (readonly [keyof Month, string])[] = [
  ['writes', 'DynamoDB writes'],
  ['reads', 'DynamoDB reads'],
  ['storage', 'DynamoDB storage, first month'],
  ['streamHours', 'Kinesis hours'],
  ['streamData', 'Kinesis data'],
  ['lambda', 'Lambda'],
  ['metrics', 'CloudWatch metrics'],
  ['alarms', 'CloudWatch alarms'],
  ['dashboard', 'CloudWatch dashboard'],
  ['logs', 'CloudWatch logs'],
  ['requests', 'SQS, S3'],
  ['days', 'closed days, partial passes'],
];

/** The computed parts of both pages, for a stack with the given resources. */
export function computeParts(deployed: Deployed): Parts {
  return {
    month: writeMonth(deployed),
    fleet: writeFleet(),
    arithmetic: writeArithmetic(deployed),
    'always-on': writeAlwaysOnTable(),
    'always-on-text': writeAlwaysOnText(),
    alerts: writeAlerts(),
    days: writeDays(),
    webhook: writeWebhook(),
    settings: writeSettings(),
    needs: needsTable(),
    storm: writeStorm(),
  };
}

function writeMonth(deployed: Deployed): string {
  const months = fleets.map((fleet) => priceMonth(fleet, deployed));
  const years = fleets.map((fleet) => priceMonth(fleet, deployed, 12).storage);
  const totals = months.map((month) => addUp({ ...month }));
  const perSim = totals.map((total, index) => (total / (fleets[index]?.sims ?? 1)).toPrecision(2));
  return `${[
    `| a month, in $ | ${fleets.map(({ sims }) => `${formatWhole(sims)} SIMs`).join(' | ')} |`,
    '|---|---:|---:|---:|',
    ...lines.map(
      ([line, title]) => `| ${title} | ${months.map((month) => formatCents(month[line])).join(' | ')} |`,
    ),
    `| together | ${totals.map(formatWhole).join(' | ')} |`,
    `| a SIM | ${perSim.join(' | ')} |`,
  ].join('\n')}

Sessions and usage never expire: after a year storage costs ${years.map(formatCents).join(', ')}.`;
}

function writeFleet(): string {
  const { usageRecords, events, sessions, recordKilobytes } = streamerSim;
  const records = usageRecords + events;
  return [
    `- A SIM has ${usageRecords} usage records, ${events} events and ${sessions} sessions a month; a record is ${recordKilobytes} KB.`,
    '- A usage record costs 2 write units (usage, session), an event 3 (event, session, SIM), a new session 1 for its index, [marks](last-heard.md) 1 a granule. Items are below 1 KB. A repeat costs the same.',
    `- **Records**: ${records} a SIM and month. **Write units**: ${usageRecords} × 2 + ${events} × 3 + ${sessions} + ${granules.withoutRules} = ${formatWhole(streamerWriteUnits)} a SIM and month.`,
  ].join('\n');
}

function writeArithmetic(deployed: Deployed): string {
  const { usageRecords, events, recordKilobytes } = streamerSim;
  const records = million.sims * (usageRecords + events);
  const batches = countBatches(records);
  const invocations = fleets.map(
    ({ sims }) => countBatches(sims * (usageRecords + events)).invocations / 1e6,
  );
  const single = fleets.map(({ sims }) => countBatches(sims * (usageRecords + events)).ofOneRecord / 1e6);
  const month = priceMonth(million, deployed);
  const { dynamoDb, kinesis, lambda, cloudWatch } = prices;
  const overhead = dynamoDb.itemOverheadBytes;
  const networks = fleets.map(({ networks }) => networks).join(', ');
  const rows = [
    [
      'writes',
      `$${dynamoDb.millionWriteUnits} a million write units, on demand`,
      `${formatWhole((million.sims * streamerWriteUnits) / 1e6)} million × ${dynamoDb.millionWriteUnits} = $${formatCents(month.writes)}. A batch of one record costs one more: ${list(single)} million`,
    ],
    [
      'reads',
      `$${dynamoDb.millionReadUnits} a million read units`,
      `1 for each batch of one record, half of one for each mark that moves, and for each record beyond ${formatWhole(rememberedSims)} SIMs a process: $${formatCents(month.reads)}`,
    ],
    [
      'marks',
      'a write unit a SIM and granule of 12 hours',
      `$${formatCents(priceMarks(million.sims, granules.withoutRules))} of the writes. A granule of 3 hours costs $${formatCents(priceMarks(million.sims, granules.ofThreeHours))}`,
    ],
    [
      'storage, backups',
      `$${dynamoDb.gigabyteMonth} and $${dynamoDb.backupGigabyteMonth} (point-in-time recovery) a GB and month`,
      `items of ${itemSizes.usage} (usage), ${itemSizes.event} (event) and ${itemSizes.session} (session) bytes, and ${overhead} that AWS adds: $${formatCents(month.storage)}`,
    ],
    [
      'stream hours',
      `$${kinesis.onDemandHour} an hour, on demand`,
      `${monthHours} × ${kinesis.onDemandHour} = $${formatCents(month.streamHours)}`,
    ],
    [
      'stream data',
      `$${kinesis.gigabyteIn} a GB in (records rounded up to whole KB), $${kinesis.gigabyteOut} a GB out, $${kinesis.keptGigabyteMonth} a GB and month kept beyond 24 hours`,
      `${formatWhole((records * Math.ceil(recordKilobytes)) / 1e6)} GB in, ${formatWhole((records * recordKilobytes) / 1e6)} out, kept 6 days = $${formatCents(month.streamData)}`,
    ],
    [
      'Lambda, arm64',
      `$${lambda.millionInvocations.toFixed(2)} a million invocations, $${lambda.gigabyteSecond} a GB-second, ${formatWhole(functions.kinesisConsumer.memoryMegabytes)} MB`,
      `${onDemandShards} shards × ${streamMapping.parallelizationFactor} batches a second: ${list(invocations)} million of 10 ms, and a second for ${consumerRecordsPerCpuSecond} records: $${formatCents(month.lambda)}`,
    ],
    [
      'metrics',
      `$${cloudWatch.metricMonth.toFixed(2)} a metric and month`,
      `${metricsPerSource} a source, ${metricsPerNetwork} a pair of country and operator: ${networks} pairs`,
    ],
    [
      'logs',
      `$${cloudWatch.logGigabyte.toFixed(2)} a GB`,
      `2.3 KB an invocation of ${batches.recordsEach.toFixed(0)} records, 0.4 KB for each further network: $${formatCents(month.logs)}`,
    ],
  ];
  return rows.map(([line, price, sum]) => `- ${line}, ${price}: ${sum}`).join('\n');
}

function writeAlwaysOnTable(): string {
  const sizes = fleets.map(({ sims }) => sims);
  const rows = (['update', 'hourly'] as const).flatMap((refresh) => {
    const months = fleets.map((fleet) => priceAlwaysOn(fleet, refresh));
    const units = alwaysOnWriteUnits[refresh];
    const row = (title: string, price: (month: (typeof months)[number]) => number) =>
      `| \`${refresh}\`: ${title} | ${months.map((month) => formatCents(price(month))).join(' | ')} |`;
    return [
      row(`writes (${formatWhole(units)} units a SIM)`, ({ writes }) => writes),
      row('reads', ({ reads }) => reads),
      row('writes, reads, Kinesis, Lambda, logs, first storage', ({ yearStorage: _, ...month }) =>
        addUp(month),
      ),
      row('storage after a year', ({ yearStorage }) => yearStorage),
    ];
  });
  return [
    `| a month, in $ | ${sizes.map((sims) => `${formatWhole(sims)} SIMs`).join(' | ')} |`,
    '|---|---:|---:|---:|',
    ...rows,
  ].join('\n');
}

function writeAlwaysOnText(): string {
  const { updates, refreshes, recordKilobytes } = alwaysOnSim;
  const [each, hourly] = [alwaysOnWriteUnits.update, alwaysOnWriteUnits.hourly];
  const saved = priceAlwaysOn(fleets[0], 'update').writes - priceAlwaysOn(fleets[0], 'hourly').writes;
  const { millionReadUnits } = prices.dynamoDb;
  const readMillions = (million.sims * updates) / 1e6;
  return `An update writes a usage item, and its session: ${formatWhole(updates)} times a month with \`update\`, ${formatWhole(refreshes)} with \`hourly\`. Its SIM has ${granules.withoutRules}
[marks](last-heard.md). \`hourly\` costs ${Math.round((1 - hourly / each) * 100)} % less: $${formatCents(saved)} at 1,000 SIMs. Records are ${recordKilobytes} KB, ${Math.ceil(recordKilobytes)} of them charged; a usage item has ${itemSizes.superSimUsage} bytes (\`hourly\`: ${itemSizes.hourlySuperSimUsage})
and ${prices.dynamoDb.itemOverheadBytes} that AWS adds. A process remembers ${formatWhole(rememberedSims)} SIMs: with more, each record reads its SIM again:
${formatWhole(readMillions)} million × 0.5 × $${millionReadUnits} a million = $${formatCents(priceAlwaysOn(million, 'update').reads)}.`;
}

function writeAlerts(): string {
  const row = (title: string, price: (sims: number) => number) =>
    `| ${title} | ${fleets.map(({ sims }) => formatCents(price(sims))).join(' | ')} |`;
  return [
    `| a month, in $, at most | ${fleets.map(({ sims }) => `${formatWhole(sims)} SIMs`).join(' | ')} |`,
    '|---|---:|---:|---:|',
    row('sweeps every 5 minutes', (sims) => priceSweeps(sims, 5)),
    row('sweeps every 15 minutes', (sims) => priceSweeps(sims, 15)),
    row('the function, every 5 minutes', (sims) => priceSweepFunction(sims, 5)),
    row('list of silent SIMs, a source', (sims) => priceSilentList(sims, 5)),
    row('marks, a rule of 6 hours', (sims) => priceMarks(sims, granules.ofThreeHours)),
    row('marks, a rule of 24 hours', (sims) => priceMarks(sims, granules.withoutRules)),
    row('notes about the progress of streams', priceReadNotes),
    row('records later than `lateness`, once for each SIM', (sims) => priceLateRecords(sims, 5)),
    row('a rule about daily usage', priceDayRule),
    row('a rule about monthly usage', priceMonthRule),
    row('a rule about findings, on 1 % of SIM-days', priceFindingRule),
    row('metrics of the sweep', priceSweepMetrics),
    row('delivery, a receiver', () => priceIdleDelivery(1)),
    '',
    `A sweep reads each SIM’s item, 1 KB at most: 1,000,000 × 1 KB / 4 KB × 0.5 = 125,000 read units. Once a day the records of each SIM are read: $${formatCents(priceDailyJudging(1_000_000))} a month for 1,000,000 SIMs that are always on. While a source with fewer than 1,000 SIMs may be late, each sweep queries each of its SIMs: $${formatCents(priceExactTimes(1_000, 5))} a month at most. A receiver’s alarms cost $${formatCents(3 * prices.cloudWatch.alarmMonth)} more.`,
  ].join('\n');
}

function writeDays(): string {
  const filedRows = priceKeptFiledRows();
  const findings = priceFindings(million.sims, alwaysOnDay);
  const months = fleets.map(({ sims }) => priceDays(sims, alwaysOnDay));
  const row = (title: string, price: (month: ClosedDays, sims: number) => number) =>
    `| ${title} | ${months.map((month, index) => formatCents(price(month, fleets[index]?.sims ?? 0))).join(' | ')} |`;
  const running = ({ simDayStorage: _, lakeStorage: __, ...month }: ClosedDays) => addUp(month);
  const kept = ({ simDayStorage, lakeStorage }: ClosedDays) => 12 * (simDayStorage + lakeStorage);
  const usageReads = countUsageReads(alwaysOnDay);
  const passes = 24 / partialHours;
  const simDays = (million.sims * monthDays) / 1e6;
  const { dynamoDb, s3, athena } = prices;
  const rows = (million.sims * alwaysOnSim.updates) / 1e9;
  return [
    `| always-on SIMs, a month, in $ | ${fleets.map(({ sims }) => formatWhole(sims)).join(' | ')} |`,
    '|---|---:|---:|---:|',
    row('reading days: reads', ({ reads }) => reads),
    row('SIM-days and notes: writes', ({ writes }) => writes),
    row('functions, requests to S3, metrics', ({ lambda, requests, metrics }) => lambda + requests + metrics),
    row(`partial passes, every ${partialHours} hours`, (_, sims) => pricePartialPasses(sims, alwaysOnDay)),
    row('SIM-days, kept a year', ({ simDayStorage }) => 12 * simDayStorage),
    row('lake, kept a year', ({ lakeStorage }) => 12 * lakeStorage),
    row('a bill', (_, sims) => priceBill(sims, alwaysOnDay)),
    row('usage forever, after a year', (_, sims) => priceKeptUsage(sims, 365)),
    row('`usageDays: 35`', (_, sims) => priceKeptUsage(sims, 35)),
    row(
      'after a year, usage forever',
      (month, sims) =>
        running(month) + kept(month) + pricePartialPasses(sims, alwaysOnDay) + priceKeptUsage(sims, 365),
    ),
    row(
      'after a year, `usageDays: 35`',
      (month, sims) =>
        running(month) + kept(month) + pricePartialPasses(sims, alwaysOnDay) + priceKeptUsage(sims, 35),
    ),
    '',
    `For 1,000,000 SIMs, ${simDays} million SIM-days a month:`,
    '',
    `- reads, consistent: ${alwaysOnDay.usageRecords} items of ${itemSizes.superSimUsage} bytes are ${usageReads} units, and ${otherDayReads} for events, sessions, notes, the month’s days and the list of SIMs: ${simDays} million × ${usageReads + otherDayReads} × $${dynamoDb.millionReadUnits} a million. Other reads cost half, but AWS does not limit how old their results are`,
    `- writes: a SIM-day 1, [notes](tables.md#sessiondays) of two sessions 2: ${simDays} million × ${dayWrites} × $${dynamoDb.millionWriteUnits} a million. Notes within the SIM-day would be free, but two days that are read concurrently could both have a session`,
    `- functions: ${simDaysPerCpuSecond} SIM-days a second of CPU`,
    `- partial passes, above ${formatWhole(maxLiveSims)} SIMs: ${passes} a day, each for the day so far, not consistent: ${countPartialReads(alwaysOnDay)} units for usage, ${passes} × ${otherPartialReads} for the rest, and ${passes} writes. \`days.partialHours: 24\` costs $${formatCents(pricePartialPasses(million.sims, alwaysOnDay, 24))}`,
    `- lake: ${rows} thousand million rows a month of ${parquetRowBytes} bytes, $${s3.gigabyteMonth} a GB and month. A SIM-day has ${itemSizes.simDay} bytes, and ${dynamoDb.itemOverheadBytes} that AWS adds`,
    `- findings: usage of sessions that began on an earlier day is read a second time, $${formatCents(findings.reads)} if no session ends on the day of its start, and $0 if all do. Findings on one SIM-day in a hundred are $${formatCents(findings.writes / 100)}`,
    `- rows of files, for a source with a stream: the notes about them cost $${priceFiledRows().toFixed(3)} a million. They do not expire, because a day may be read again at any time: ${Math.ceil(filedRows.bytes)} bytes each, after a year of a million rows a month $${formatCents(filedRows.year)} a month`,
    `- Athena: $${athena.terabyte} per TB that a query reads: all columns of a month are $${formatCents(((rows * parquetRowBytes) / 1_000) * athena.terabyte)}, those for a sum are a fraction`,
  ].join('\n');
}

function writeWebhook(): string {
  const { cloudWatch, secretMonth } = prices;
  const fixed = secretMonth + 3 * cloudWatch.metricMonth;
  const million = priceMillionCalls();
  return `\`webhook: true\` costs $${formatCents(fixed)} a month and source: a secret ($${secretMonth.toFixed(2)}) and three metrics ($${formatCents(3 * cloudWatch.metricMonth)}). A million calls cost $${formatCents(million)}. In bulk
mode, with hundreds of records a call, a million SIMs cost cents; in single mode, their 480 million records cost $${formatWhole(480 * million)}.`;
}

function writeSettings(): string {
  const { kinesis, cloudWatch, kms } = prices;
  const records = million.sims * (streamerSim.usageRecords + streamerSim.events);
  const [now, slow] = [countBatches(records), countBatches(records, 10)];
  const spent = (batches: typeof now) =>
    priceConsumer(records, batches.invocations) + priceLogs(batches, million.networks);
  const networks = fleets.map(
    (fleet) => `$${formatCents(fleet.networks * metricsPerNetwork * cloudWatch.metricMonth)}`,
  );
  const effects = [
    [
      '`"stream": { "mode": "provisioned", "shards": 1 }`, `"retentionHours": 24`',
      `$${formatCents(monthHours * kinesis.shardHour)} (${monthHours} × $${kinesis.shardHour}) and $${kinesis.millionPutUnits} a million records, instead of $${formatCents(monthHours * kinesis.onDemandHour)} and data; with 7 days of retention $${formatCents(monthHours * (kinesis.shardHour + kinesis.keptShardHour))}. A shard takes 1,000 records or 1 MB a second`,
    ],
    ['`measuredNetworks: 0`', `no metrics by country and operator: ${networks.join(', ')} less`],
    [
      '`consumer.batchingWindowSeconds: 10`',
      `at 1,000,000 SIMs $${formatCents(spent(slow))} for Lambda and logs instead of $${formatCents(spent(now))}. Records arrive up to 10 seconds later`,
    ],
    [
      '[`otlp`](metrics.md)',
      `${fleets.map(({ sims }) => `$${formatCents(priceMetricsExport(sims))}`).join(', ')}, and what the receiver charges. Usage needs the same write units; new rows of files need another read unit`,
    ],
    ['`retention.logDays`', `$${cloudWatch.keptLogGigabyteMonth} a GB and month`],
    ['`retention.eventDays`', 'events are a third to a half of the first month’s storage'],
    [
      'each further source',
      `$${formatCents(monthHours * kinesis.onDemandHour)} for its on-demand stream, $${formatCents(metricsPerSource * cloudWatch.metricMonth)} for its metrics`,
    ],
    [
      '`kmsKeyArn`',
      `$${formatCents(kms.keyMonth)} a month for the key, $${formatCents(kms.tenThousandRequests)} for 10,000 requests: about one in five minutes for each user of a stream, table or queue`,
    ],
    [
      'provisioned DynamoDB capacity',
      'not offered; switch steady large fleets by hand and reserve capacity for about a third of the write price',
    ],
  ];
  return effects.map(([setting, effect]) => `- ${setting}: ${effect}`).join('\n');
}

const { memoryMegabytes } = functions.kinesisConsumer;
const alwaysOnFleets: readonly Fleet[] = [10_000, 100_000, 1_000_000].map((sims) => ({
  sims,
  updateMinutes: 6,
}));

/** The settings with which a fleet's provisioned stream is deployed. */
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
    `| SIMs | ${alwaysOnFleets.map(({ sims }) => formatWhole(sims)).join(' | ')} |`,
    '|---|---:|---:|---:|',
    row('records a second', (fleet) => formatWhole(estimateArrivals(fleet))),
    row('in a storm', (fleet) => formatWhole(storm(fleet))),
    row('shards, provisioned', (fleet) => formatWhole(provision(fleet).shards)),
    row('on demand: warm MiB a second', (fleet) => formatWhole(chooseWarmMebibytes(fleet))),
    row('concurrent batches', (fleet) => {
      const { shards, parallelizationFactor } = provision(fleet);
      return formatWhole(shards * parallelizationFactor);
    }),
    row('records a second they can process', (fleet) => {
      const { shards, parallelizationFactor } = provision(fleet);
      return formatWhole(shards * parallelizationFactor * estimateLaneRate(memoryMegabytes));
    }),
    row('warm write units', (fleet) => {
      const units = chooseWarmWriteUnits([fleet]);
      return units === undefined ? 'as new' : formatWhole(units);
    }),
  ].join('\n');
}

function writeStorm(): string {
  const fleet: Fleet = { sims: 1_000_000, updateMinutes: 6 };
  const shards = estimateOnDemandShards(fleet);
  const grown = chooseParallelizationFactor(fleet, { shards, memoryMegabytes });
  const { parallelizationFactor } = streamMapping;
  const warm = chooseWarmWriteUnits([fleet]) ?? coldTableWriteUnits;
  const provisioned = provision(fleet);
  const cases: readonly (readonly [string, StormDefence])[] = [
    [
      'on demand, new, no `fleet`',
      {
        ...{ shards: onDemandShards, parallelizationFactor, memoryMegabytes },
        tableWriteUnits: coldTableWriteUnits,
      },
    ],
    [
      'on demand, grown, `fleet`',
      { shards, parallelizationFactor: grown, memoryMegabytes, tableWriteUnits: warm },
    ],
    ['provisioned, new tables', { ...provisioned, tableWriteUnits: coldTableWriteUnits }],
    ['provisioned, `fleet`', { ...provisioned, tableWriteUnits: warm }],
    [
      'provisioned, tables warm for it',
      { ...provisioned, tableWriteUnits: Math.ceil(reconnectStorm.factor * estimateArrivals(fleet)) },
    ],
  ];
  return [
    '| stream | shards × batches | write units | served | refused | backlog | delay | drained |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...cases.map(([title, defence]) => {
      const { shards: count, parallelizationFactor: factor, tableWriteUnits } = defence;
      const outcome = simulateStorm(fleet, defence);
      const drained = Number.isFinite(outcome.drainMinutes) ? `${outcome.drainMinutes} min` : 'never';
      const figures = [
        ...[tableWriteUnits, estimateServiceRate(defence)],
        ...[outcome.refused, outcome.maxBacklog],
      ];
      return `| ${title} | ${count}×${factor} | ${figures.map(formatWhole).join(' | ')} | ${formatMinutes(outcome.maxDelaySeconds)} | ${drained} |`;
    }),
  ].join('\n');
}

function formatMinutes(seconds: number): string {
  return `${Math.ceil(seconds / 60)} min`;
}

function list(millions: readonly number[]): string {
  return millions.map((count) => count.toFixed(2)).join(', ');
}

function formatCents(dollars: number): string {
  return dollars >= 1_000 ? formatWhole(dollars) : dollars.toFixed(2);
}

function formatWhole(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
