import { realpathSync } from 'node:fs';
import { CommanderError } from 'commander';
import { type CommandEnvironment, type ExitCode, exitCode } from './command.ts';
import { makeProgram } from './program.ts';
import { makeProcessTerminal, writePlainly } from './terminal/terminal.ts';

/** Runs a command line. Never rejects: it prints an error, and returns an exit code. */
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
      // Print errors that occurred while the command was stopping, but not the interruption itself.
      if (error !== signal.reason) terminal.err.write(`${error instanceof Error ? error.message : error}\n`);
      return exitCode.interrupted;
    }
    // Commander has already printed the error. Help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.wrongUse;
    // Loaded here because most commands do not need it.
    const { explain } = await import('./errors.ts');
    const { code, sentence } = explain(error);
    terminal.err.write(`${writePlainly(sentence)}\n`);
    return code;
  }
}

/** `npx simledger`: the process's own arguments and terminal. */
export async function runFromProcess(): Promise<void> {
  // The SDK recommends a newer Node.js at each start, which matters only where functions are deployed.
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
  // Nobody reads progress and warnings any more. The work continues.
  process.stderr.on('error', (error) => {
    if (!isBrokenPipe(error)) throw error;
  });
  process.exitCode = await run(process.argv.slice(2), {
    terminal: makeProcessTerminal(),
    signal: interruption.signal,
    script: realpathSync(process.argv[1] ?? ''),
  });
  // An aborted request may leave its connection open.
  if (interruption.signal.aborted) process.exit();
}

/** Windows also reports a closed pipe as the end of a file. */
function isBrokenPipe(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'EOF';
}
