import { ParameterError, QueryError } from '../lambda/queries/errors.ts';
import { UsageError } from '../local/options.ts';
import { type ExitCode, exitCode } from './command.ts';
import { DeploymentError } from './deployment/deployment.ts';

/** What a person has to look after: told in a sentence, without a stack. */
export abstract class AttentionError extends Error {}

/** What an error means to the person who typed the command. */
export interface Explanation {
  readonly code: ExitCode;
  readonly sentence: string;
}

/** Explains whatever a command throws. Only an error that nobody foresaw is told with its stack. */
export function explain(error: unknown): Explanation {
  if (error instanceof UsageError) return { code: exitCode.wrongUse, sentence: error.message };
  if (error instanceof QueryError) {
    const code = error instanceof ParameterError ? exitCode.wrongUse : exitCode.attention;
    return { code, sentence: error.message };
  }
  if (error instanceof AttentionError) return { code: exitCode.attention, sentence: error.message };
  if (error instanceof DeploymentError) return { code: exitCode.unreachable, sentence: error.message };
  if (!(error instanceof Error)) return { code: exitCode.attention, sentence: String(error) };
  const advice = findAdvice(error);
  if (advice === undefined) return { code: exitCode.attention, sentence: error.stack ?? error.message };
  return { code: exitCode.unreachable, sentence: `${readMessage(error)}\n${advice}` };
}

const credentialErrors = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

/** Whether AWS did not permit what was asked. */
export function isNotPermitted(error: unknown): boolean {
  return error instanceof Error && /^AccessDenied|^Forbidden|NotAuthorized|Unauthorized/.test(error.name);
}

/** What to do about errors of AWS that are the caller's to repair. */
function findAdvice(error: Error): string | undefined {
  if (credentialErrors.has(error.name)) {
    return 'AWS does not know who you are: sign in again, or give a profile by --profile or AWS_PROFILE';
  }
  if (isNotPermitted(error)) {
    return 'You are not permitted: docs/cli.md lists what each command needs';
  }
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)) {
    return 'It can not be reached from here';
  }
  return '$fault' in error ? 'AWS refused it' : undefined;
}

/** A failed connection to a name with several addresses is an AggregateError, whose own message is empty. */
function readMessage(error: Error): string {
  if (error.message !== '') return error.message;
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message : error.name;
}
