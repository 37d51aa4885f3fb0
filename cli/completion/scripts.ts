import type { Shell } from '../arguments.ts';

/**
 * What each shell loads. The scripts ask the program at each Tab (`simledger complete`), so that they never differ from
 * it. Its answer is a line for each word that fits, with a tab and what it is; `:files` means the names of files.
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
  done < <(node ${posixQuoted(script)} complete "--word=$word" -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
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
  done < <(node ${posixQuoted(script)} complete "--word=$words[CURRENT]" -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null)
  _describe simledger candidates
}
compdef _simledger simledger
`,
  fish: (script) => `# simledger completion for fish
function __simledger_complete
    set -l word (commandline -ct)
    set -l before (commandline -opc)
    set -e before[1]
    for line in (node ${fishQuoted(script)} complete "--word=$word" -- $before 2>/dev/null)
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
    node ${powershellQuoted(script)} complete "--word=$word" -- @before 2>$null | ForEach-Object {
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
export function completionScript(shell: Shell, script: string): string {
  return scripts[shell](script);
}

function posixQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function powershellQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
