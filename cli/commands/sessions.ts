import type { Resource } from '../api/pages.ts';
import type { CommandContext } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { bytesText } from '../output/bars.ts';
import {
  type Column,
  type ListingOptions,
  minuteOf,
  printResources,
  showListing,
  textOf,
} from '../output/resources.ts';

/** `sessions SIM`: a SIM's data sessions, as `GET /v1/Sims/{sim}/DataSessions` lists them, newest first. */
export interface SessionsOptions extends ListingOptions {
  readonly sim: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly status?: string | undefined;
}

export async function listSessions(context: CommandContext, options: SessionsOptions): Promise<ExitCode> {
  const { sim, from, to, status } = options;
  await showListing(context, {
    question: {
      operation: 'listDataSessions',
      sim,
      parameters: { StartTime: from, EndTime: to, Status: status },
    },
    options,
    schema: 'DataSession',
    printTable: (sessions) => printResources(context, sessions, columns),
    nothing: 'The SIM has no session of that time.',
  });
  return exitCode.done;
}

const columns: readonly Column[] = [
  ['session', (session) => textOf(session, 'sid')],
  ['status', (session) => textOf(session, 'status')],
  ['start', (session) => minuteOf(session, 'start')],
  ['end', (session) => minuteOf(session, 'end')],
  ['up', (session) => bytesOf(session, 'data_uploaded')],
  ['down', (session) => bytesOf(session, 'data_downloaded')],
  ['total', (session) => bytesOf(session, 'data_total')],
  ['country', (session) => textOf(session, 'operator_country')],
  ['operator', (session) => textOf(session, 'operator_name')],
  ['radio', (session) => textOf(session, 'radio_link')],
];

function bytesOf(session: Resource, name: string): string {
  const text = textOf(session, name);
  return text === '' ? '' : bytesText(Number(text));
}
