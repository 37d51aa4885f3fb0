import { type CommandContext, type ExitCode, exitCode, pickColours, print, printJson } from '../command.ts';
import { Clients } from '../deployment/clients.ts';
import type { Check, MissingStackError } from '../deployment/deployment.ts';

/** `doctor`: checks a deployment; each line is ok, or says what to do. */
export async function examine(context: CommandContext, _: object): Promise<ExitCode> {
  const checks: Check[] = [];
  for await (const one of context.deployment.runChecks()) {
    checks.push(one);
    if (!context.json) print(context, formatCheck(context, one));
    if (context.signal.aborted) return exitCode.interrupted;
  }
  if (context.json) printJson(context, { deployment: context.deployment.title, checks });
  return checks.every(({ outcome }) => outcome === 'ok') ? exitCode.done : exitCode.attention;
}

/** Shows what a deleted stack left behind, if anything. */
export async function examineMissing(
  context: Pick<CommandContext, 'terminal' | 'json'>,
  { title, access, stackName }: MissingStackError,
): Promise<void> {
  const { checkMissingStack } = await import('../deployment/orphan-checks.ts');
  const clients = new Clients(access);
  const checks: Check[] = [];
  try {
    for await (const one of checkMissingStack(clients, { access, name: stackName })) {
      checks.push(one);
      if (!context.json) print(context, formatCheck(context, one));
    }
  } finally {
    clients.close();
  }
  if (context.json) printJson(context, { deployment: title, checks });
}

function formatCheck(
  context: Pick<CommandContext, 'terminal'>,
  { subject, outcome, sentence }: Check,
): string {
  const { green, yellow, red } = pickColours(context);
  const colour = { ok: green, warning: yellow, problem: red }[outcome];
  return `${colour(outcome.padEnd(8))} ${subject.padEnd(26)} ${sentence}`;
}
