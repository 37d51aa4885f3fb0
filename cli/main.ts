import { CommanderError } from 'commander';
import { interpret } from '../lambda/carriers/index.ts';
import type { Interpret } from '../lambda/kinesis-consumer/entries.ts';
import { Problem } from '../lambda/query-api/problem.ts';
import { UsageError } from '../local/options.ts';
import { DeploymentError } from './deployment/deployment.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { programOf } from './program.ts';
import { UnreadableRejectsError } from './redrive/unreadable-rejects.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** What a command line runs with, besides its arguments. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  /** How carriers' JSON is read; today's code unless something else is tried out. */
  readonly interpret?: Interpret;
}

/** Runs a command line. Never rejects: what goes wrong is said, and is an exit code. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { terminal, signal } = surroundings;
  let ended: ExitCode = exitCode.done;
  const program = programOf({ interpret, ...surroundings }, (code) => {
    ended = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return ended;
  } catch (error) {
    const { code, sentence } = explained(error);
    if (sentence !== '') terminal.err.write(`${sentence}\n`);
    return signal.aborted && code === exitCode.unreachable ? exitCode.interrupted : code;
  }
}

/** What an error means to whoever typed the command. */
function explained(error: unknown): { code: ExitCode; sentence: string } {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; help and version are none.
    return { code: error.exitCode === 0 ? exitCode.done : exitCode.wrongUse, sentence: '' };
  }
  if (error instanceof UsageError) return { code: exitCode.wrongUse, sentence: error.message };
  if (error instanceof Problem) {
    const code = error.status === 400 ? exitCode.wrongUse : exitCode.attention;
    return { code, sentence: error.message };
  }
  if (error instanceof UnreadableRejectsError) return { code: exitCode.attention, sentence: error.message };
  if (error instanceof DeploymentError) return { code: exitCode.unreachable, sentence: error.message };
  if (!(error instanceof Error)) return { code: exitCode.attention, sentence: String(error) };
  const advice = adviceOn(error);
  if (advice === undefined) return { code: exitCode.attention, sentence: error.stack ?? error.message };
  return { code: exitCode.unreachable, sentence: `${error.message}\n${advice}` };
}

const credentialErrors = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

/** What to do about errors of AWS that are the caller's to repair. */
function adviceOn(error: Error): string | undefined {
  if (credentialErrors.has(error.name)) {
    return 'AWS does not know who you are: sign in again, or give a profile by --profile or AWS_PROFILE';
  }
  if (/^AccessDenied|^Forbidden|NotAuthorized|Unauthorized/.test(error.name)) {
    return 'You are not permitted: docs/cli.md lists what each command needs';
  }
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)) {
    return 'It can not be reached from here';
  }
  return '$fault' in error ? 'AWS refused it' : undefined;
}

/** `npx simledger`: the process's own arguments and terminal. */
export async function runFromProcess(): Promise<void> {
  // The SDK's advice to use a newer Node is for whoever deploys.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const interruption = new AbortController();
  process.once('SIGINT', () => {
    interruption.abort();
    process.stderr.write('\nEnding … (Ctrl-C again leaves at once)\n');
    process.once('SIGINT', () => process.exit(exitCode.interrupted));
  });
  // Whoever reads the output may have read enough: `simledger sims | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCode.done);
  });
  process.exitCode = await run(process.argv.slice(2), {
    terminal: processTerminal(),
    signal: interruption.signal,
  });
}
