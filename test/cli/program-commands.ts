import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { makeProgram } from '../../cli/program.ts';

/** The program, which does not print and is not run. */
export const program: CommandUnknownOpts = makeProgram(
  {
    terminal: { out: { write: () => true }, err: { write: () => true }, env: {}, now: Date.now },
    signal: new AbortController().signal,
  },
  () => undefined,
);

/** All commands with an action, by name: `status`, `quarantine list`. */
export const commands: ReadonlyMap<string, CommandUnknownOpts> = new Map(listCommands(program, []));

function listCommands(command: CommandUnknownOpts, path: readonly string[]): [string, CommandUnknownOpts][] {
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => listCommands(one, [...path, one.name()]));
}
