import { type CommandContext, print } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { bytesText } from '../terminal/bars.ts';
import {
  type Column,
  type ListingOptions,
  minuteOf,
  nothingOfSim,
  printResources,
  showListing,
  textOf,
} from './listing.ts';
import type { Resource } from './pages.ts';
import { answeredPeriod, type PeriodOptions, partsOf, periodText } from './period.ts';

/** `sessions SIM`: a SIM's data sessions, as `GET /v1/Sims/{sim}/DataSessions` lists them, newest first. */
export interface SessionsOptions extends ListingOptions, PeriodOptions {
  readonly sim: string;
  readonly status?: string | undefined;
}

export async function listSessions(context: CommandContext, options: SessionsOptions): Promise<ExitCode> {
  const { sim, status } = options;
  const period = answeredPeriod('listDataSessions', options, context.terminal.now());
  await showListing(context, {
    question: {
      operation: 'listDataSessions',
      sim,
      parameters: { Status: status },
      parts: partsOf('listDataSessions', period),
    },
    options,
    schema: 'DataSession',
    printTable: (sessions) => {
      printResources(context, sessions, columns);
      print(context, `Sessions that started ${periodText(period)}`);
    },
    nothing: nothingOfSim('session that started', periodText(period), { status }),
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
