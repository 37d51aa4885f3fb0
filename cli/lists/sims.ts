import type { CommandContext } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { requireSource } from '../sources.ts';
import {
  type Column,
  type ListingOptions,
  minuteOf,
  printResources,
  showListing,
  statedFilters,
  textOf,
} from './listing.ts';
import type { Resource } from './pages.ts';

/** `sims`: the fleet, as `GET /v1/Sims` lists it. */
export interface SimsOptions extends ListingOptions {
  readonly status?: string | undefined;
  readonly online?: string | undefined;
  readonly source?: string | undefined;
  readonly fleet?: string | undefined;
  readonly name?: string | undefined;
}

export async function listSims(context: CommandContext, options: SimsOptions): Promise<ExitCode> {
  const { status, online, source, fleet, name } = options;
  if (source !== undefined) requireSource(context.deployment, source);
  const filters = { status, online, source, fleet, name };
  await showListing(context, {
    question: {
      operation: 'listSims',
      parameters: { Status: status, Online: online, Source: source, Fleet: fleet, Name: name },
    },
    options,
    schema: 'SimFields',
    printTable: (sims) => printResources(context, sims, columns),
    nothing: nothingSentence(filters),
  });
  return exitCode.done;
}

const columns: readonly Column[] = [
  ['ICCID', (sim) => textOf(sim, 'iccid') || textOf(sim, 'sid')],
  ['name', (sim) => textOf(sim, 'unique_name')],
  ['source', (sim) => textOf(sim, 'source')],
  ['status', (sim) => textOf(sim, 'status')],
  ['online', (sim) => ({ true: 'yes', false: 'no' })[textOf(sim, 'online')] ?? ''],
  ['last activity', (sim) => minuteOf(sim, 'last_activity')],
  ['last event', (sim) => textOf(sim, 'last_event')],
  ['network', (sim) => networkOf(sim)],
];

function nothingSentence(filters: Readonly<Record<string, string | undefined>>): string {
  const stated = statedFilters(filters);
  return stated === undefined
    ? 'There are no SIMs yet: they appear with their first record.'
    : `No SIM has ${stated}. Without these options, sims shows all.`;
}

function networkOf(sim: Resource): string {
  const parts = ['operator_country', 'operator_name', 'radio_link'].map((name) =>
    textOf(sim, `network.${name}`),
  );
  return parts.filter((part) => part !== '').join(' ');
}
