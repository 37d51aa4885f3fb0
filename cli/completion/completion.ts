import type { CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { Shell } from '../arguments.ts';

/** Tab completion: the words that fit at the cursor, and the script through which a shell requests them. */

/** One possible word. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** Possible words, or file names, which the shell completes itself. */
export type Completion = readonly Candidate[] | 'files';

/** Value names in the program's help that stand for paths. */
const pathNames = new Set(['file', 'dir']);

/**
 * Finds the words that may follow.
 *
 * @param before the words between the program's name and the cursor's word.
 * @param word the cursor's word as typed so far.
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
    return filterByStart(
      named.filter(({ word: option }) => option === word || !before.includes(option)),
      word,
    );
  }
  if (command.commands.length > 0) {
    const commands = command.createHelp().visibleCommands(command);
    return filterByStart(
      commands.map((one) => ({ word: one.name(), description: one.description() })),
      word,
    );
  }
  const { registeredArguments } = command;
  const argument =
    registeredArguments[given] ?? registeredArguments.filter(({ variadic }) => variadic).at(-1);
  if (argument === undefined) return [];
  if (pathNames.has(argument.name())) return 'files';
  return filterByStart(
    (argument.argChoices ?? []).map((choice) => ({ word: choice, description: '' })),
    word,
  );
}

/** The meaning of the words before the cursor. */
interface Position {
  readonly command: CommandUnknownOpts;
  /** The option before the cursor, if it still needs a value. */
  readonly openOption: Option | undefined;
  /** Number of arguments so far. */
  readonly arguments: number;
  /** Whether `--` came before. */
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
  return filterByStart(
    (argChoices ?? []).map((choice) => ({ word: choice, description: '' })),
    start,
  );
}

function filterByStart(candidates: readonly Candidate[], start: string): readonly Candidate[] {
  return candidates.filter(({ word }) => word.startsWith(start));
}

/**
 * The script of each shell. It calls the program at each Tab (`simledger complete`), so it always matches the program.
 * The answer has a line for each possible word, with a tab and its description; `:files` means file names.
 */
const scripts: Readonly<Record<Shell, (script: string) => string>> = {
  bash: (script) => `# simledger completion for bash
_simledger() {
  local line tab=$'\\t' word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
      return
    fi
    COMPREPLY+=("\${line%%$tab*}")
  done < <(node ${quoteForPosix(script)} complete "--word=$word" -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
}
complete -F _simledger simledger
`,
  zsh: (script) => `#compdef simledger
# simledger completion for zsh; the function compinit must have been called before
_simledger() {
  local line word tab=$'\\t'
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      _files
      return
    fi
    word="\${line%%$tab*}"
    candidates+=("\${word//:/\\\\:}:\${line#*$tab}")
  done < <(node ${quoteForPosix(script)} complete "--word=$words[CURRENT]" -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null)
  _describe simledger candidates
}
compdef _simledger simledger
`,
  fish: (script) => `# simledger completion for fish
function __simledger_complete
    set -l word (commandline -ct)
    set -l before (commandline -opc)
    set -e before[1]
    for line in (node ${quoteForFish(script)} complete "--word=$word" -- $before 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$word"
        else
            echo $line
        end
    end
end
complete -c simledger -f -a '(__simledger_complete)'
`,
  powershell: (script) => `# simledger completion for PowerShell
Register-ArgumentCompleter -Native -CommandName simledger -ScriptBlock {
    param($word, $commandAst, $cursor)
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
    node ${quoteForPowershell(script)} complete "--word=$word" -- @before 2>$null | ForEach-Object {
        if ($_ -eq ':files') { return }
        $name, $description = $_ -split "\`t", 2
        if (-not $description) { $description = $name }
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $description)
    }
}
`,
};

/**
 * The script that a shell loads.
 *
 * @param script the path of simledger.mjs.
 */
export function makeCompletionScript(shell: Shell, script: string): string {
  return scripts[shell](script);
}

function quoteForPosix(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quoteForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function quoteForPowershell(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
