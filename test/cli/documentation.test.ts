import { readFileSync } from 'node:fs';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import { commands, program } from './program-commands.ts';

/** Compares docs/cli.md with the program, in both directions. */

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

/** The items of a section's first list, each as the texts before and after its first colon. */
function readList(section: string): [term: string, text: string][] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [list = ''] = /(?:^(?:- | {2}).*\n)+/m.exec(text) ?? [];
  return list
    .split(/^- /m)
    .slice(1)
    .map((item) => {
      const [term = '', ...rest] = item.split(':');
      return [term, rest.join(':')];
    });
}

/** The commands in a term's code spans, such as `quarantine list`, without arguments and options. */
function commandsIn(term: string): string[] {
  return [...term.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/ (?:[A-Z-].*|s3:.*)$/, ''));
}

function optionsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/--[a-z]+(?:-[a-z]+)*/g)].map(([option]) => option))].sort();
}

function longNames(command: CommandUnknownOpts): string[] {
  return command.options.flatMap(({ long, hidden }) => (long === undefined || hidden ? [] : [long]));
}

describe('docs/cli.md', () => {
  test('names exactly the existing commands', () => {
    const named = readList('Commands').flatMap(([term]) => commandsIn(term));
    expect(named.sort()).toEqual([...commands.keys()].sort());
  });

  test('names only options that the commands accept', () => {
    const unknown = readList('Commands').flatMap(([term, text]) => {
      const names = commandsIn(term);
      const taken = names.flatMap((name) => longNames(commands.get(name) as CommandUnknownOpts));
      return optionsIn(`${term} ${text}`).filter((option) => !taken.includes(option));
    });
    expect(unknown).toEqual([]);
  });

  test('leaves the others to --help, which explains each option and argument of every command', () => {
    const unexplained = [...commands].flatMap(([name, command]) => [
      ...command.options
        .filter(({ description }) => description === '')
        .map(({ flags }) => `${name} ${flags}`),
      ...command.registeredArguments
        .filter(({ description }) => description === '')
        .map((argument) => `${name} ${argument.name()}`),
    ]);
    expect(unexplained).toEqual([]);
  });

  test('names every option of all commands', () => {
    const own = ['--version'];
    const [, section = ''] = page.split('\n## Common options\n');
    const [text = ''] = section.split('\n## ');
    const general = optionsIn(text).filter((option) => option !== '--help');
    expect(general).toEqual(
      longNames(program)
        .filter((name) => !own.includes(name))
        .sort(),
    );
  });

  test('names the permissions of each command that reads a deployment', () => {
    const named = readList('Permissions').flatMap(([term]) => commandsIn(term));
    const known = [...commands.keys()].filter((name) => name !== 'completion');
    expect([...new Set(named)].sort()).toEqual(known.sort());
  });
});
