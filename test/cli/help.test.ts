import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { program } from './program-commands.ts';

/** A command and its subcommands, as `--help` shows them. */
function listCommands(command: CommandUnknownOpts): readonly CommandUnknownOpts[] {
  const below = command.createHelp().visibleCommands(command);
  return [command, ...below.filter((one) => one.name() !== 'help').flatMap(listCommands)];
}

const commands = listCommands(program);

describe('the help of the command line', () => {
  test('describes each command by an imperative, which is not in the third person', () => {
    const descriptions = commands.map((command) => command.description());
    expect(descriptions.filter((text) => !/^[A-Z][a-z]*(?:[^s]|ss),? \S/.test(text))).toEqual([]);
    expect(descriptions.length).toBeGreaterThan(15);
  });

  test('begins each description with a capital letter and ends it without a full stop', () => {
    const descriptions = commands.flatMap((command) => {
      const help = command.createHelp();
      const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
      return [command, ...options, ...help.visibleArguments(command)].map((one) =>
        typeof one.description === 'function' ? one.description() : one.description,
      );
    });
    expect(descriptions.filter((text) => !/^[A-Z].*[^.]$/.test(text))).toEqual([]);
    expect(descriptions.length).toBeGreaterThan(100);
  });

  test('lists each command and option of the program on one line of 80 columns', () => {
    const lines = program.helpInformation().trimEnd().split('\n');
    expect(lines.filter((line) => /^ {3}/.test(line) || line.length > 80)).toEqual([]);
  });

  test('does not say of each flag that it is off by default', () => {
    const texts = commands.map((command) => command.helpInformation());
    expect(texts.filter((text) => text.includes('default: false'))).toEqual([]);
  });
});
