import { readFileSync } from 'node:fs';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { makeProgram } from '../../cli/program.ts';

/** docs/cli.md beside the program, in both directions. */

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const program = makeProgram(
  {
    terminal: { out: { write: () => true }, err: { write: () => true }, env: {}, now: Date.now },
    signal: new AbortController().signal,
  },
  () => undefined,
);

/** The rows of a section's first table, cell by cell. */
function readTable(section: string): string[][] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(text) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The commands that a cell names in code: `quarantine list`, `usage`; arguments and options are left out. */
function commandsIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/ (?:[A-Z-].*|s3:.*)$/, ''));
}

function optionsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/--[a-z]+(?:-[a-z]+)*/g)].map(([option]) => option))].sort();
}

/** All commands that do something, by their names. */
function listCommands(command: CommandUnknownOpts, path: readonly string[]): [string, CommandUnknownOpts][] {
  const visible = command.createHelp().visibleCommands(command);
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return visible
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => listCommands(one, [...path, one.name()]));
}

const commands = new Map(listCommands(program, []));

function longNames(command: CommandUnknownOpts): string[] {
  return command.options.flatMap(({ long, hidden }) => (long === undefined || hidden ? [] : [long]));
}

describe('docs/cli.md', () => {
  test('names every command, and no other', () => {
    const named = readTable('Commands').flatMap(([cell = '']) => commandsIn(cell));
    expect(named.sort()).toEqual([...commands.keys()].sort());
  });

  test('names every option beside its command, and no other', () => {
    const documented = readTable('Commands').map((row) => [
      commandsIn(row[0] ?? ''),
      optionsIn(row.join(' ')),
    ]);
    const taken = readTable('Commands').map(([cell = '']) => {
      const names = commandsIn(cell);
      const options = names.flatMap((name) => longNames(commands.get(name) as CommandUnknownOpts));
      return [names, [...new Set(options)].sort()];
    });
    expect(documented).toEqual(taken);
  });

  test('names every option that goes with all commands', () => {
    const own = ['--version'];
    const [, section = ''] = page.split('\n## Which simledger\n');
    const [text = ''] = section.split('\n## ');
    const general = optionsIn(text).filter((option) => option !== '--help');
    expect(general).toEqual(
      longNames(program)
        .filter((name) => !own.includes(name))
        .sort(),
    );
  });

  test('says what permissions a command needs, of no command that is not there', () => {
    const named = readTable('Permissions').flatMap(([cell = '']) => commandsIn(cell));
    const known = [...commands.keys()].map((name) => name.split(' ').at(-1));
    expect(named.filter((name) => !known.includes(name.split(' ').at(-1)))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });
});
