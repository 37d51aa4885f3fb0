import { type CommandContext, colours, print, printJson } from '../command.ts';
import type { Check } from '../deployment/deployment.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';

/** `doctor`: looks after what can be wrong with a deployment; each line is ok, or says what to do. */
export async function examine(context: CommandContext, _: object): Promise<ExitCode> {
  const checks: Check[] = [];
  for await (const one of context.deployment.checks()) {
    checks.push(one);
    if (!context.json) print(context, lineOf(context, one));
    if (context.signal.aborted) return exitCode.interrupted;
  }
  if (context.json) printJson(context, { deployment: context.deployment.title, checks });
  return checks.every(({ outcome }) => outcome === 'ok') ? exitCode.done : exitCode.attention;
}

function lineOf(context: CommandContext, { subject, outcome, sentence }: Check): string {
  const { green, yellow, red } = colours(context);
  const colour = { ok: green, warning: yellow, problem: red }[outcome];
  return `${colour(outcome.padEnd(8))} ${subject.padEnd(26)} ${sentence}`;
}
