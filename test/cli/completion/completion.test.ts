import { expect, test } from 'vitest';
import { complete } from '../../../cli/completion/completion.ts';
import { program } from '../program-commands.ts';

/** The candidates for the end of a line. */
function wordsAfter(line: string): readonly string[] | 'files' {
  const words = line.split(' ');
  const completion = complete(program, words.slice(0, -1), words.at(-1) ?? '');
  return completion === 'files' ? completion : completion.map(({ word }) => word);
}

test.each([
  ['q', ['quarantine']],
  ['--local quarantine ', ['list', 'show', 'redrive', 'help']],
  ['quarantine list --r', ['--reason', '--region', '--reveal']],
  ['quarantine list --reason broken-', ['broken-json', 'broken-gzip', 'broken-aggregate', 'broken-row']],
  [
    'usage 8988 --by ',
    [
      ...['hour', 'day', 'all', 'raw', 'sim', 'fleet', 'network', 'country', 'source'],
      ...['tariff', 'zone', 'type'],
    ],
  ],
  ['usage 8988 --by=a', ['--by=all']],
  ['usage 8988 --from ', []],
  ['sessions 8988 --status ', ['open', 'ended', 'failed']],
  ['sims --online ', ['true', 'false']],
  ['export --format ', ['csv', 'jsonl']],
  ['export --out ', 'files'],
  ['import ', 'files'],
  ['import a.csv --parallel 2 b', 'files'],
  ['import -- --pa', 'files'],
  ['completion ', ['bash', 'zsh', 'fish', 'powershell']],
  ['status ', []],
  ['sims --nonsense', []],
] as const)('after "%s" it offers what the program accepts', (line, words) => {
  expect(wordsAfter(line)).toEqual(words);
});

test('every command of the program is offered, except the one that shells call', () => {
  const names = program.commands.map((command) => command.name()).filter((name) => name !== 'complete');
  expect(wordsAfter('')).toEqual([...names, 'help']);
  expect(names.length).toBeGreaterThan(10);
});
