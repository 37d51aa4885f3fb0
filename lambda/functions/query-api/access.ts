import type { SecretSource } from '../../aws/cached-secret.ts';
import { isEqual, matchesAny } from '../../http/constant-time.ts';
import { type BasicCredentials, readBasicCredentials } from '../../http/http-basic.ts';
import type { Credentials } from './credentials.ts';
import { Problem, problemCodes } from './problem.ts';
import type { HttpRequest } from './request.ts';

/** How callers authenticate. */
export type Access =
  /** HTTP Basic, account and token. */
  | { readonly kind: 'basic'; readonly credentials: SecretSource<Credentials> }
  /** AWS signatures, which API Gateway checks. */
  | { readonly kind: 'iam' };

/**
 * Authenticates the caller and returns who it is: the account, or the ARN of the IAM principal.
 *
 * @throws Problem 401
 */
export async function authenticate(request: HttpRequest, access: Access): Promise<string> {
  if (access.kind === 'iam') {
    if (request.principal === undefined)
      throw makeAccessProblem('a signature of AWS (Signature Version 4)', {});
    return request.principal;
  }
  const given = readBasicCredentials(request.authorization);
  if (given !== undefined) {
    if (areValid(given, await access.credentials.get())) return given.user;
    // The credentials may be newer than the cached ones.
    if (areValid(given, await access.credentials.refresh())) return given.user;
  }
  throw makeAccessProblem('HTTP Basic with the account SID and its token', {
    'www-authenticate': 'Basic realm="simledger", charset="UTF-8"',
  });
}

function makeAccessProblem(accepted: string, headers: Readonly<Record<string, string>>): Problem {
  const message = `The credentials are missing or wrong; accepted is ${accepted}`;
  return new Problem(401, problemCodes.unauthenticated, message, headers);
}

/** Compares in constant time, because it always makes every comparison. */
function areValid(given: BasicCredentials, { account, tokens }: Credentials): boolean {
  const isToken = matchesAny(given.password, tokens);
  const isAccount = isEqual(given.user, account);
  return isAccount && isToken;
}
