import { listed, type Resource } from '../api/pages.ts';
import type { CommandContext } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { minuteOf, showResources, textOf } from '../output/resources.ts';

/** `sims`: the fleet, as `GET /v1/Sims` lists it. */
export interface SimsOptions {
  readonly status?: string | undefined;
  readonly online?: string | undefined;
  readonly source?: string | undefined;
  readonly fleet?: string | undefined;
  readonly name?: string | undefined;
  readonly limit: number;
  readonly csv: boolean;
}

export async function listSims(context: CommandContext, options: SimsOptions): Promise<ExitCode> {
  const { status, online, source, fleet, name, limit, csv } = options;
  const parameters = { Status: status, Online: online, Source: source, Fleet: fleet, Name: name };
  showResources(context, await listed(context, { operation: 'listSims', parameters, limit }), {
    csv,
    columns: [
      ['ICCID', (sim) => textOf(sim, 'iccid') || textOf(sim, 'sid')],
      ['name', (sim) => textOf(sim, 'unique_name')],
      ['source', (sim) => textOf(sim, 'source')],
      ['status', (sim) => textOf(sim, 'status')],
      ['online', (sim) => ({ true: 'yes', false: 'no' })[textOf(sim, 'online')] ?? ''],
      ['last activity', (sim) => minuteOf(sim, 'last_activity')],
      ['last event', (sim) => textOf(sim, 'last_event')],
      ['network', (sim) => networkOf(sim)],
    ],
    nothing: 'There is no such SIM.',
  });
  return exitCode.done;
}

function networkOf(sim: Resource): string {
  const parts = ['operator_country', 'operator_name', 'radio_link'].map((name) =>
    textOf(sim, `network.${name}`),
  );
  return parts.filter((part) => part !== '').join(' ');
}
