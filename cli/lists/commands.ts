import { type CommandContext, colours, print } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { barOf, bytesText } from '../terminal/bars.ts';
import {
  type Column,
  type ListingOptions,
  minuteOf,
  printResources,
  showListing,
  textOf,
} from './listing.ts';
import type { Resource } from './pages.ts';
import { answeredPeriod, type PeriodOptions, partsOf, periodText } from './period.ts';

/** `usage SIM`: what a SIM used, as `GET /v1/Sims/{sim}/UsageRecords` adds it up, with a bar for each period. */
export interface UsageOptions extends ListingOptions, PeriodOptions {
  readonly sim: string;
  readonly by: 'hour' | 'day' | 'all' | 'raw';
}

const barWidth = 40;

export async function listUsage(context: CommandContext, options: UsageOptions): Promise<ExitCode> {
  const { sim, by } = options;
  const listing = `listUsageRecords/${by}` as const;
  const period = answeredPeriod(listing, options, context.terminal.now());
  await showListing(context, {
    question: {
      operation: 'listUsageRecords',
      sim,
      parameters: { Granularity: by },
      parts: partsOf(listing, period),
    },
    options,
    schema: by === 'raw' ? 'RawUsageRecord' : 'UsageFields',
    printTable: (records, more) => {
      printUsage(context, by, records, more);
      print(context, `Usage ${periodText(period)}`);
    },
    nothing: `The SIM used nothing ${periodText(period)}.`,
  });
  return exitCode.done;
}

/** Oldest first, as one reads a chart. */
function printUsage(
  context: CommandContext,
  by: UsageOptions['by'],
  newestFirst: readonly Resource[],
  more: boolean,
): void {
  const records = newestFirst.toReversed();
  const total = (record: Resource): number => Number(textOf(record, 'data_total'));
  const greatest = Math.max(0, ...records.map(total));
  const single: readonly Column[] = [
    ['to', (record) => minuteOf(record, 'period.end_time')],
    ['type', (record) => textOf(record, 'traffic_type')],
    ['country', (record) => textOf(record, 'iso_country')],
    ['tariff', (record) => textOf(record, 'tariff')],
    ['messages', (record) => textOf(record, 'messages')],
  ];
  printResources(context, records, [
    ['from', (record) => timeOf(record, by)],
    ...(by === 'raw' ? single : []),
    ['up', (record) => bytesOf(record, 'data_upload')],
    ['down', (record) => bytesOf(record, 'data_download')],
    ['total', (record) => bytesOf(record, 'data_total')],
    ['', (record) => colours(context).cyan(barOf(total(record), greatest, barWidth))],
    ['cost', (record) => costOf(record)],
  ]);
  if (records.length > 1) {
    print(
      context,
      `${more ? 'in these' : 'in all'} ${bytesText(records.reduce((sum, record) => sum + total(record), 0))}`,
    );
  }
}

function timeOf(record: Resource, by: UsageOptions['by']): string {
  const minute = minuteOf(record, 'period.start_time');
  return by === 'day' ? minute.slice(0, 10) : minute;
}

function bytesOf(record: Resource, name: string): string {
  const text = textOf(record, name);
  return text === '' ? '' : bytesText(Number(text));
}

function costOf(record: Resource): string {
  const unit = textOf(record, 'billed_unit');
  return unit === '' ? '' : `${textOf(record, 'data_total_billed')} ${unit}`;
}
