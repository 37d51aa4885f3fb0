import type { Interpret } from '../lambda/kinesis-consumer/entries.ts';
import { Progress } from '../local/progress.ts';
import type { Deployment } from './deployment/deployment.ts';
import type { ExitCode } from './exit-code.ts';
import { type Colours, coloursOf, type Terminal } from './terminal/terminal.ts';

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
  return coloursOf(terminal);
}

/** Progress of long work, beside the results. */
export function progressOf({ terminal }: Pick<CommandContext, 'terminal'>, unit: string): Progress {
  return new Progress(terminal.err, unit);
}
