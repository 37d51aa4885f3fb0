import type { SourceDescription } from '../lambda/aws/sources.ts';
import { UnknownSourceError } from '../lambda/errors.ts';
import type { Interpret } from '../lambda/ingest/entries.ts';
import { Progress } from '../local/progress.ts';
import type { Deployment } from './deployment/deployment.ts';
import { type Colours, chooseColours, type Terminal } from './terminal/terminal.ts';

/** How a command ends; `docs/cli.md` explains each. */
export const exitCode = {
  /** What was asked for was done. */
  done: 0,
  /** It was done, and something needs a look: records that were not taken in, a check that failed, nothing found. */
  attention: 1,
  /** The command line cannot be understood. */
  wrongUse: 2,
  /** The deployment was not found or not reached, or does not permit it. */
  unreachable: 3,
  /** Ended by Ctrl-C; what was done so far stays done. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** What a command line runs with, besides its arguments. */
export interface CommandEnvironment {
  readonly terminal: Terminal;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  /** How carriers' JSON is read; today's code unless something else is tried out. */
  readonly interpret?: Interpret;
  /** The path of `simledger.mjs`, for shells to call. */
  readonly script?: string;
}

/** What every command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly deployment: Deployment;
  /** Print JSON for programs, instead of tables for people. */
  readonly json: boolean;
  /** Show personal values. */
  readonly reveal: boolean;
  /** Fires at Ctrl-C: what is in hand is brought to its end, and nothing new is begun. */
  readonly signal: AbortSignal;
  /** Today's reading of carriers' JSON. */
  readonly interpret: Interpret;
}

/**
 * A command: does what it is asked for, and says how that ended. One that only reads is left at Ctrl-C wherever it is;
 * one that writes brings to its end what it has in hand, and has to look at the signal for that.
 */
export type Perform<Options> = (context: CommandContext, options: Options) => Promise<ExitCode>;

/** Prints a line, or several. */
export function print({ terminal }: Pick<CommandContext, 'terminal'>, text: string): void {
  terminal.out.write(`${text}\n`);
}

/** Prints a value as JSON. */
export function printJson(context: Pick<CommandContext, 'terminal'>, value: unknown): void {
  print(context, JSON.stringify(value, undefined, 2));
}

export function colours({ terminal }: Pick<CommandContext, 'terminal'>): Colours {
  return chooseColours(terminal);
}

/** Progress of long work, beside the results. */
export function startProgress({ terminal }: Pick<CommandContext, 'terminal'>, unit: string): Progress {
  return new Progress(terminal.err, unit);
}

/**
 * A source by its name.
 *
 * @throws UsageError where the deployment has no source of that name.
 */
export function requireSource({ places }: Pick<Deployment, 'places'>, name: string): SourceDescription {
  const { all } = places.sources;
  const source = all.find((one) => one.name === name);
  if (source !== undefined) return source;
  throw new UnknownSourceError(
    name,
    all.map((one) => one.name),
  );
}
