import { listed } from '../api/pages.ts';
import { type CommandContext, colours } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { showResources, textOf } from '../output/resources.ts';

/** `events SIM`: a SIM's events, as `GET /v1/Sims/{sim}/ConnectionEvents` lists them, newest first. */
export interface EventsOptions {
  readonly sim: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly type?: string | undefined;
  readonly limit: number;
  readonly csv: boolean;
}

const longestDescription = 60;

export async function listEvents(context: CommandContext, options: EventsOptions): Promise<ExitCode> {
  const { sim, from, to, type, limit, csv } = options;
  const parameters = { StartTime: from, EndTime: to, EventType: type };
  const { red } = colours(context);
  showResources(
    context,
    await listed(context, { operation: 'listConnectionEvents', sim, parameters, limit }),
    {
      csv,
      columns: [
        ['time', (event) => textOf(event, 'timestamp').slice(0, 19).replace('T', ' ')],
        ['type', (event) => textOf(event, 'event_type')],
        ['severity', (event) => textOf(event, 'severity')],
        ['alert', (event) => (textOf(event, 'alert') === 'true' ? red('yes') : '')],
        ['operator', (event) => textOf(event, 'operator_name')],
        ['description', (event) => textOf(event, 'description').slice(0, longestDescription)],
      ],
      nothing: 'The SIM has no event of that time.',
    },
  );
  return exitCode.done;
}
