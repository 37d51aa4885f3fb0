import type { CommandUnknownOpts, Option } from '@commander-js/extra-typings';

/** What may stand where the cursor is, from the program's own commands, options and choices. */

/** One word that fits. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What fits: words, or the names of files, which the shell knows best. */
export type Completion = readonly Candidate[] | 'files';

/** Names of values that are paths, as the program's help writes them. */
const pathNames = new Set(['file', 'dir']);

/**
 * Finds what may follow.
 *
 * @param before the words between the program's name and the cursor's word.
 * @param word the cursor's word as far as it is typed.
 */
export function complete(program: CommandUnknownOpts, before: readonly string[], word: string): Completion {
  const { command, openOption, arguments: given, onlyArguments } = readWords(program, before);
  if (openOption !== undefined) return listValues(openOption, word);
  const [, name = '', start] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  if (start !== undefined && !onlyArguments) {
    const option = listOptions(command).find(({ long }) => long === name);
    const values = option === undefined ? [] : listValues(option, start);
    return values === 'files' ? values : values.map((value) => ({ ...value, word: `${name}=${value.word}` }));
  }
  if (word.startsWith('-') && !onlyArguments) {
    const named = listOptions(command).map(({ long, description }) => ({ word: long ?? '', description }));
    return beginningWith(
      named.filter(({ word: option }) => option === word || !before.includes(option)),
      word,
    );
  }
  if (command.commands.length > 0) {
    const commands = command.createHelp().visibleCommands(command);
    return beginningWith(
      commands.map((one) => ({ word: one.name(), description: one.description() })),
      word,
    );
  }
  const { registeredArguments } = command;
  const argument =
    registeredArguments[given] ?? registeredArguments.filter(({ variadic }) => variadic).at(-1);
  if (argument === undefined) return [];
  if (pathNames.has(argument.name())) return 'files';
  return beginningWith(
    (argument.argChoices ?? []).map((choice) => ({ word: choice, description: '' })),
    word,
  );
}

/** What the words before the cursor mean. */
interface Position {
  readonly command: CommandUnknownOpts;
  /** The option that the last word begins, which takes a value. */
  readonly openOption: Option | undefined;
  /** Arguments that are given. */
  readonly arguments: number;
  /** Behind `--`. */
  readonly onlyArguments: boolean;
}

function readWords(program: CommandUnknownOpts, words: readonly string[]): Position {
  let command = program;
  let openOption: Option | undefined;
  let given = 0;
  let onlyArguments = false;
  for (const word of words) {
    if (openOption !== undefined) openOption = undefined;
    else if (word === '') continue;
    else if (word === '--') onlyArguments = true;
    else if (word.startsWith('-') && !onlyArguments) {
      openOption = listOptions(command).find(({ long, required }) => required && long === word);
    } else {
      const subcommand = command.commands.find((one) => one.name() === word);
      if (subcommand === undefined) given += 1;
      else command = subcommand;
    }
  }
  return { command, openOption, arguments: given, onlyArguments };
}

function listOptions(command: CommandUnknownOpts): readonly Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function listValues({ argChoices, flags }: Option, start: string): Completion {
  const [, name = ''] = /<(\w+)/.exec(flags) ?? [];
  if (pathNames.has(name)) return 'files';
  return beginningWith(
    (argChoices ?? []).map((choice) => ({ word: choice, description: '' })),
    start,
  );
}

function beginningWith(candidates: readonly Candidate[], start: string): readonly Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(start));
}
