import { jsonObject } from '../../lambda/carriers/json.ts';
import { type CommandContext, colours, print } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { parsedJson } from '../json.ts';
import { type ListingOptions, nothingOfSim, printResources, showListing, textOf } from './listing.ts';
import type { Resource } from './pages.ts';
import { answeredPeriod, type PeriodOptions, partsOf, periodText } from './period.ts';

/** `events SIM`: a SIM's events, as `GET /v1/Sims/{sim}/ConnectionEvents` lists them, newest first. */
export interface EventsOptions extends ListingOptions, PeriodOptions {
  readonly sim: string;
  readonly type?: string | undefined;
}

const maxReasonLength = 60;

export async function listEvents(context: CommandContext, options: EventsOptions): Promise<ExitCode> {
  const { sim, type } = options;
  const period = answeredPeriod('listConnectionEvents', options, context.terminal.now());
  const { red } = colours(context);
  await showListing(context, {
    question: {
      operation: 'listConnectionEvents',
      sim,
      parameters: { EventType: type },
      parts: partsOf('listConnectionEvents', period),
    },
    options,
    schema: 'ConnectionEvent',
    printTable: (events) => {
      printResources(context, events, [
        ['time', (event) => textOf(event, 'timestamp').slice(0, 19).replace('T', ' ')],
        ['type', (event) => textOf(event, 'event_type')],
        ['severity', (event) => textOf(event, 'severity')],
        ['alert', (event) => (textOf(event, 'alert') === 'true' ? red('yes') : '')],
        ['operator', (event) => textOf(event, 'operator_name')],
        ['error code', (event) => readError(event).code],
        ['reason', (event) => readReason(event)],
      ]);
      print(context, `Events ${periodText(period)}`);
    },
    nothing: nothingOfSim('event', periodText(period), { type }),
  });
  return exitCode.done;
}

/** Why it happened: the carrier's sentence, or the message of its error. */
function readReason(event: Resource): string {
  return (textOf(event, 'description') || readError(event).message).slice(0, maxReasonLength);
}

/** A Super SIM event's detail is the error that the carrier states; others state an error in their sentence only. */
function readError(event: Resource): { code: string; message: string } {
  const detail = jsonObject(parsedJson(textOf(event, 'detail'))) ?? {};
  return { code: textOf(detail, 'code'), message: textOf(detail, 'message') };
}
