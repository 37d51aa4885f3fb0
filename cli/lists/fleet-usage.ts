import { maxLiveSims } from '../../lambda/days/partial-days.ts';
import { UsageError } from '../../lambda/errors.ts';
import { DecimalSum } from '../../lambda/json/decimal-sum.ts';
import { type FleetPosition, type FleetUsagePage, listFleetUsage } from '../../lambda/queries/fleet-usage.ts';
import type { PageRequest } from '../../lambda/queries/page.ts';
import { fleetGranularities, type UsageGroup, type UsageOrder } from '../../lambda/queries/parameters.ts';
import type { FleetGranularity } from '../../lambda/queries/report-time.ts';
import type { FleetUsageRecord } from '../../lambda/queries/usage-report.ts';
import { type FleetUsageWord, fleetUsageWords, type UsageWord } from '../arguments.ts';
import { type CommandContext, type ExitCode, exitCode } from '../command.ts';
import { formatMinute } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { printBytes } from '../terminal/quantities.ts';
import type { Column } from './columns.ts';
import {
  formatPeriod,
  type PeriodOptions,
  queryPorts,
  readAnsweredPeriod,
  type SimUsageOptions,
  showSimUsage,
} from './commands.ts';
import { type ListOptions, showList } from './listing.ts';

/** `usage` of a SIM or the fleet, and `top`, with the queries of the API. */

/** Options of `usage --fleet`. */
interface FleetUsageOptions extends ListOptions, PeriodOptions {
  /** SID of a fleet; true for all SIMs. */
  readonly fleet: string | true;
  readonly by: readonly UsageWord[];
}

/** Options of `usage`, for a SIM or the fleet. */
export type UsageOptions = Omit<SimUsageOptions, 'sim'> & {
  readonly sim?: string | undefined;
  readonly fleet?: string | true | undefined;
};

/** Options of `top`. */
export interface TopOptions extends ListOptions, PeriodOptions {
  readonly by: UsageOrder;
}

/** The number of SIMs that `top` lists by default. */
const defaultTop = 20;

/** `usage SIM` or `usage --fleet`. */
export async function showUsage(context: CommandContext, options: UsageOptions): Promise<ExitCode> {
  const { sim, fleet, ...others } = options;
  if (sim !== undefined && fleet !== undefined) {
    throw new UsageError(
      `usage takes a SIM or --fleet, not both: leave out ${JSON.stringify(sim)}, or --fleet${fleet === true ? '' : ` ${fleet}`}`,
    );
  }
  if (sim !== undefined) return showSimUsage(context, { ...others, sim });
  if (fleet === undefined) throw new UsageError('Give a SIM, or --fleet for all SIMs');
  return showFleetUsage(context, { ...others, fleet });
}

/** `usage --fleet --by country,tariff`: the fleet's usage, one row for each combination. */
function showFleetUsage(context: CommandContext, options: FleetUsageOptions): Promise<ExitCode> {
  const { by, fleet } = options;
  const [granularity = 'all', second] = by.flatMap(
    (word) => fleetGranularities.find((one) => one === word) ?? [],
  );
  if (second !== undefined) {
    throw new UsageError(
      `--by ${by.join(',')} has two periods: give one of ${fleetGranularities.join(', ')}`,
    );
  }
  if (by.includes('raw')) {
    throw new UsageError('--by raw lists the records of a SIM: give a SIM instead of --fleet');
  }
  const words = by.flatMap((word) => fleetUsageWords.find((one) => one === word) ?? []);
  return showReport(context, options, {
    words,
    granularity,
    fleet: fleet === true ? undefined : fleet,
    order: undefined,
  });
}

/** `top --by bytes`: the SIMs that used the most. */
export function showTop(context: CommandContext, options: TopOptions): Promise<ExitCode> {
  const { by: order, limit = defaultTop } = options;
  return showReport(
    context,
    { ...options, limit },
    { words: ['sim'], granularity: 'all', fleet: undefined, order },
  );
}

/** A report and how to show it. */
interface Report {
  readonly words: readonly FleetUsageWord[];
  readonly granularity: FleetGranularity;
  readonly fleet: string | undefined;
  readonly order: UsageOrder | undefined;
}

async function showReport(
  context: CommandContext,
  options: ListOptions & PeriodOptions,
  { words, granularity, fleet, order }: Report,
): Promise<ExitCode> {
  const ports = queryPorts(context);
  const period = readAnsweredPeriod('usage', options, ports.now());
  const { from, to } = period;
  const groups = words.map((word) => dimensions[word].group);
  let coverage: FleetUsagePage['coverage'] | undefined;
  let isLive = false;
  await showList<FleetUsageRecord, FleetPosition>(context, options, {
    open: async () => {
      const query = { groups, granularity, order, fleet, period: { from, to } };
      return async ({ size, after }: PageRequest<FleetPosition>) => {
        const page = await listFleetUsage({ ...query, size, after }, ports);
        coverage ??= page.coverage;
        isLive ||= page.resources.some(({ live }) => live);
        return page;
      };
    },
    schema: 'FleetUsageRecord',
    columns: () => listColumns(words, granularity),
    below: (records, more) => [...describeTotal(records, more), `Usage ${formatPeriod(period)}`],
    nothing: `There is no usage ${formatPeriod(period)}.`,
  });
  if (coverage !== undefined) {
    context.terminal.err.write(describeCoverage(isLive ? coverage : { ...coverage, live: [] }));
  }
  return exitCode.done;
}

/** How each word of `--by` groups, and how a table shows it. */
const dimensions: Readonly<
  Record<
    FleetUsageWord,
    { readonly group: UsageGroup; readonly readCell: (record: FleetUsageRecord) => unknown }
  >
> = {
  sim: { group: 'sim', readCell: (record) => record.sim_sid },
  fleet: { group: 'fleet', readCell: (record) => record.fleet_sid },
  network: { group: 'network', readCell: (record) => record.network_sid },
  country: { group: 'isoCountry', readCell: (record) => record.iso_country },
  source: { group: 'source', readCell: (record) => record.source },
  tariff: { group: 'tariff', readCell: (record) => record.tariff },
  zone: { group: 'zone', readCell: (record) => record.rate_zone },
  type: { group: 'trafficType', readCell: (record) => record.traffic_type },
};

function listColumns(
  words: readonly FleetUsageWord[],
  granularity: FleetGranularity,
): readonly Column<FleetUsageRecord>[] {
  const from: readonly Column<FleetUsageRecord>[] =
    granularity === 'all'
      ? []
      : [
          [
            'from',
            ({ period }) => formatMinute(period.start_time).slice(0, granularity === 'day' ? 10 : undefined),
          ],
        ];
  return [
    ...from,
    ...words.map((word): Column<FleetUsageRecord> => {
      const { readCell } = dimensions[word];
      return [word === 'sim' ? 'SIM' : word, (record) => String(readCell(record) ?? '')];
    }),
    ['up', (record) => makeBytesCell(record.data_upload)],
    ['down', (record) => makeBytesCell(record.data_download)],
    ['total', (record) => makeBytesCell(record.data_total)],
    ['messages', (record) => String(record.messages ?? '')],
    ['cost', (record) => record.costs.map(formatCost).join(', ')],
    ['', (record) => (record.live ? 'live' : '')],
  ];
}

function makeBytesCell(bytes: number | string | null): string {
  return bytes === null ? '' : printBytes(Number(bytes));
}

function formatCost({
  amount,
  currency,
}: {
  readonly amount: string;
  readonly currency: string | null;
}): string {
  return currency === null ? amount : `${amount} ${currency}`;
}

/** The exact sum of the listed records; money by currency. */
function describeTotal(records: readonly FleetUsageRecord[], more: boolean): string[] {
  if (records.length < 2) return [];
  const bytes = new DecimalSum();
  const costs = new Map<string | null, DecimalSum>();
  for (const record of records) {
    bytes.add(record.data_total);
    for (const { currency, amount } of record.costs) {
      const sum = costs.get(currency) ?? new DecimalSum();
      costs.set(currency, sum);
      sum.add(amount);
    }
  }
  const money = [...costs].map(([currency, sum]) => formatCost({ currency, amount: sum.toString() }));
  return [
    [`${more ? 'in these' : 'in all'} ${printBytes(Number(bytes.toString()))}`, ...money.sort()].join(', '),
  ];
}

const maxSims = count(maxLiveSims);

/** Which times are not sealed, whether they are counted, and for which days records are missing. */
export function describeCoverage({ live, partial, missing, expired }: FleetUsagePage['coverage']): string {
  const list = (spans: FleetUsagePage['coverage']['live']): string =>
    spans
      .map(({ start_time: from, end_time: to }) => `${formatMinute(from)} to ${formatMinute(to)} UTC`)
      .join(', ');
  const lines = [
    live.length > 0 && `Live, added up from the records so far: ${list(live)}`,
    ...partial.map(
      ({ start_time: from, as_of: asOf }) =>
        `${from.slice(0, 10)} is not sealed, and counted as of ${formatMinute(asOf)} UTC: more than ${maxSims} SIMs match`,
    ),
    missing.length > 0 &&
      `Not counted, since more than ${maxSims} SIMs match: ${list(missing)}. Whole days are counted every few hours, and once they are sealed`,
    expired.length > 0 &&
      `Incomplete where usage has expired, since these times are not sealed: ${list(expired)}`,
  ];
  return lines
    .filter((line) => line !== false)
    .map((line) => `${line}\n`)
    .join('');
}
