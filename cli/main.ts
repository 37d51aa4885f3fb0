import { realpathSync } from 'node:fs';
import { CommanderError } from 'commander';
import { type CommandEnvironment, type ExitCode, exitCode } from './command.ts';
import { makeProgram } from './program.ts';
import { makeProcessTerminal, writePlainly } from './terminal/terminal.ts';

/** Runs a command line. Never rejects: an error is printed, and becomes an exit code. */
export async function run(args: readonly string[], environment: CommandEnvironment): Promise<ExitCode> {
  const { terminal, signal } = environment;
  let ended: ExitCode = exitCode.done;
  const program = makeProgram(environment, (code) => {
    ended = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return signal.aborted ? exitCode.interrupted : ended;
  } catch (error) {
    if (signal.aborted) {
      // Print errors while the command was stopping, but not that it was stopped.
      if (error !== signal.reason) terminal.err.write(`${error instanceof Error ? error.message : error}\n`);
      return exitCode.interrupted;
    }
    // Commander has printed the error; help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.wrongUse;
    // Loaded only here: most commands need none of it.
    const { explain } = await import('./errors.ts');
    const { code, sentence } = explain(error);
    terminal.err.write(`${writePlainly(sentence)}\n`);
    return code;
  }
}

/** `npx simledger`: the process's own arguments and terminal. */
export async function runFromProcess(): Promise<void> {
  // The SDK advises a newer Node.js on each start; that matters where functions are deployed, not here.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const interruption = new AbortController();
  process.once('SIGINT', () => {
    interruption.abort();
    process.once('SIGINT', () => process.exit(exitCode.interrupted));
  });
  // The reader of the results may stop early: `simledger sims | head`.
  process.stdout.on('error', (error) => {
    if (isBrokenPipe(error)) process.exit(exitCode.done);
    process.stderr.write(`The results cannot be written: ${error.message}\n`);
    process.exit(exitCode.attention);
  });
  // Progress and warnings are no longer read. The work continues.
  process.stderr.on('error', (error) => {
    if (!isBrokenPipe(error)) throw error;
  });
  process.exitCode = await run(process.argv.slice(2), {
    terminal: makeProcessTerminal(),
    signal: interruption.signal,
    script: realpathSync(process.argv[1] ?? ''),
  });
  // An aborted request may keep its connection open.
  if (interruption.signal.aborted) process.exit();
}

/** Windows reports a closed pipe as the end of a file too. */
function isBrokenPipe(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'EOF';
}
