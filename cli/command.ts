import type { KnownSource } from '../lambda/aws/sources.ts';
import { UnknownSourceError, UsageError } from '../lambda/errors.ts';
import type { Interpret } from '../lambda/ingest/entries.ts';
import type { Deployment } from './deployment/deployment.ts';
import { Progress } from './terminal/progress.ts';
import { type Colours, chooseColours, formatJson, type Terminal, writePlainly } from './terminal/terminal.ts';

/** Exit codes; `docs/cli.md` explains each. */
export const exitCode = {
  /** The command succeeded. */
  done: 0,
  /** The command ran, but something needs attention: records that were not stored, a failed check, nothing found. */
  attention: 1,
  /** The command line is invalid. */
  wrongUse: 2,
  /** The deployment does not exist, cannot be reached, or does not permit the request. */
  unreachable: 3,
  /** Ended by Ctrl-C. Finished work is kept. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The environment of a command line. */
export interface CommandEnvironment {
  readonly terminal: Terminal;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Interprets carriers' JSON; this version's code by default. */
  readonly interpret?: Interpret;
  /** The path of `simledger.mjs`, for shells to call. */
  readonly script?: string;
}

/** The context of every command. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly deployment: Deployment;
  /** Print JSON for programs instead of tables for people. */
  readonly json: boolean;
  /** Show personal values. */
  readonly reveal: boolean;
  /** Fires at Ctrl-C: finish the current work, and begin nothing new. */
  readonly signal: AbortSignal;
  /** Interprets carriers' JSON with this version's code. */
  readonly interpret: Interpret;
}

/**
 * Runs a command, and returns its exit code. Ctrl-C stops a command that only reads at any point; one that writes must
 * watch the signal and finish its current work.
 */
export type Perform<Options> = (context: CommandContext, options: Options) => Promise<ExitCode>;

/** Runs a command that needs no deployment. */
export type PerformAlone<Options> = (
  context: Pick<CommandContext, 'terminal' | 'json' | 'reveal' | 'signal'>,
  options: Options,
) => Promise<ExitCode>;

/** Prints one or more lines. */
export function print({ terminal }: Pick<CommandContext, 'terminal'>, text: string): void {
  terminal.out.write(`${writePlainly(text)}\n`);
}

/** Prints a value as JSON. */
export function printJson({ terminal }: Pick<CommandContext, 'terminal'>, value: unknown): void {
  terminal.out.write(`${formatJson(value, 2)}\n`);
}

/** The colours of the terminal that a command writes to; none if it supports none. */
export function pickColours({ terminal }: Pick<CommandContext, 'terminal'>): Colours {
  return chooseColours(terminal);
}

/** Progress of long work, on standard error. */
export function startProgress({ terminal }: Pick<CommandContext, 'terminal'>, unit: string): Progress {
  return new Progress(terminal.err, unit);
}

/**
 * The source with a name.
 *
 * @throws UsageError if the deployment has no such source.
 */
export function requireSource({ places }: Pick<Deployment, 'places'>, name: string): KnownSource {
  const { all } = places.sources;
  const source = all.find((one) => one.name === name);
  if (source !== undefined) return source;
  throw new UnknownSourceError(
    name,
    all.map((one) => one.name),
  );
}

/** @throws UsageError if several formats are requested. */
export function refuseSeveralFormats(
  { json }: Pick<CommandContext, 'json'>,
  { csv, jsonl = false }: { readonly csv: boolean; readonly jsonl?: boolean },
): void {
  const asked = [json && '--json', jsonl && '--jsonl', csv && '--csv'].filter((option) => option !== false);
  if (asked.length > 1)
    throw new UsageError(`${asked.join(' and ')} cannot be used together: give one of them`);
}
