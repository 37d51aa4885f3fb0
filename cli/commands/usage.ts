import { listed, type Resource } from '../api/pages.ts';
import { type CommandContext, colours, print } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { barOf, bytesText } from '../output/bars.ts';
import { minuteOf, showResources, textOf } from '../output/resources.ts';

/** `usage SIM`: what a SIM used, as `GET /v1/Sims/{sim}/UsageRecords` adds it up, with a bar for each period. */
export interface UsageOptions {
  readonly sim: string;
  readonly by: 'hour' | 'day' | 'all' | 'raw';
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
  readonly csv: boolean;
}

const barWidth = 40;

export async function listUsage(context: CommandContext, options: UsageOptions): Promise<ExitCode> {
  const { sim, by, from, to, limit, csv } = options;
  const parameters = { StartTime: from, EndTime: to, Granularity: by };
  const { resources, more } = await listed(context, {
    operation: 'listUsageRecords',
    sim,
    parameters,
    limit,
  });
  const shown = resources.toReversed();
  const total = (record: Resource): number => Number(textOf(record, 'data_total'));
  const greatest = Math.max(0, ...shown.map(total));
  showResources(
    context,
    { resources: shown, more },
    {
      csv,
      columns: [
        ['from', (record) => timeOf(record, by)],
        ['up', (record) => bytesOf(record, 'data_upload')],
        ['down', (record) => bytesOf(record, 'data_download')],
        ['total', (record) => bytesOf(record, 'data_total')],
        ['', (record) => colours(context).cyan(barOf(total(record), greatest, barWidth))],
        ['cost', (record) => costOf(record)],
      ],
      nothing: 'The SIM used nothing in that time.',
    },
  );
  if (!context.json && !csv && shown.length > 1) {
    print(context, `in all ${bytesText(shown.reduce((sum, record) => sum + total(record), 0))}`);
  }
  return exitCode.done;
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
