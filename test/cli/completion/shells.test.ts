import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

/** Runs the printed scripts in the shells of this machine. */

const run = promisify(execFile);
const simledger = fileURLToPath(new URL('../../../cli/simledger.mjs', import.meta.url));

async function scriptFor(shell: string): Promise<string> {
  return (await run(process.execPath, [simledger, 'completion', shell])).stdout;
}

/** Runs a program in a shell, and returns the lines that it prints. */
async function runShell(shell: string, args: readonly string[]): Promise<string[]> {
  const { stdout, stderr } = await run(shell, [...args]);
  expect(stderr).toBe('');
  return stdout.split(/\r?\n/).filter((line) => line !== '');
}

/** The program by which each shell completes a line, with the cursor at its last word. */
const shells: Readonly<Record<string, (script: string, words: readonly string[]) => readonly string[]>> = {
  bash: (script, words) => [
    ...['--norc', '-c'],
    `${script}\nCOMP_WORDS=(simledger "$@"); COMP_CWORD=$#; _simledger; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ...['bash', ...words],
  ],
  // Replaces the completion system's function that shows candidates with one that prints them.
  zsh: (script, words) => [
    ...['-f', '-c'],
    `compdef() { }; _files() { print -l -- *(N) }; _describe() { print -l -- "\${(@)\${(P)2}%%:*}" }
${script}
words=(simledger "$@"); CURRENT=$#words; _simledger`,
    ...['zsh', ...words],
  ],
  fish: (script, words) => [
    ...['--no-config', '-c'],
    `${script}\ncomplete -C 'simledger ${words.join(' ')}' | string replace -r '\\t.*' ''`,
  ],
  pwsh: (script, words) => {
    const line = `simledger ${words.join(' ')}`;
    return [
      ...['-NoProfile', '-Command'],
      `function simledger {}; ${script}; [System.Management.Automation.CommandCompletion]::CompleteInput('${line}', ${line.length}, $null).CompletionMatches.CompletionText`,
    ];
  },
};

describe.each(Object.keys(shells))('%s', (shell) => {
  const isInstalled = spawnSync(shell, ['-c', 'exit']).error === undefined;

  test('completes commands, options and choices', async ({ skip }) => {
    skip(!isInstalled, `${shell} is not installed on this machine`);
    const script = await scriptFor(shell === 'pwsh' ? 'powershell' : shell);
    const completed = (...words: string[]) => runShell(shell, shells[shell]?.(script, words) ?? []);
    expect(await completed('qua')).toEqual(['quarantine']);
    expect(await completed('--local', 'quarantine', 'l')).toEqual(['list']);
    expect(await completed('usage', '8988', '--by', 'r')).toEqual(['raw']);
    expect(await completed('quarantine', 'list', '--rev')).toEqual(['--reveal']);
  });

  test('completes the names of files', async ({ skip }) => {
    skip(!isInstalled, `${shell} is not installed on this machine`);
    const script = await scriptFor(shell === 'pwsh' ? 'powershell' : shell);
    const completed = await runShell(shell, shells[shell]?.(script, ['import', 'package-l']) ?? []);
    expect(completed).toContainEqual(expect.stringMatching(/package-lock\.json$/));
  });
});

test('an unsupported shell is refused, and the supported ones are named', async () => {
  await expect(run(process.execPath, [simledger, 'completion', 'tcsh'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Give one of bash, zsh, fish, powershell.'),
  });
});
