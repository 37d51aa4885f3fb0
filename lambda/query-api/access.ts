import { createHash, timingSafeEqual } from 'node:crypto';
import type { CredentialSource, Credentials } from './credentials.ts';
import { Problem, problemCodes } from './problem.ts';
import type { ApiRequest } from './request.ts';

/** How callers say who they are. */
export type Access =
  /** HTTP Basic, account and token. */
  | { readonly kind: 'basic'; readonly credentials: CredentialSource }
  /** AWS signatures, which API Gateway checks. */
  | { readonly kind: 'iam' };

/**
 * Who calls: the account, or the ARN of the IAM principal.
 *
 * @throws Problem 401
 */
export async function authenticate(request: ApiRequest, access: Access): Promise<string> {
  if (access.kind === 'iam') {
    if (request.principal === undefined)
      throw unauthenticated('a signature of AWS (Signature Version 4)', {});
    return request.principal;
  }
  const given = basicCredentials(request.authorization);
  if (given !== undefined) {
    if (areValid(given, await access.credentials.get())) return given.account;
    // They may be newer than those that were read last.
    if (areValid(given, await access.credentials.refresh())) return given.account;
  }
  throw unauthenticated('HTTP Basic with the account SID and its token', {
    'www-authenticate': 'Basic realm="simledger", charset="UTF-8"',
  });
}

function unauthenticated(accepted: string, headers: Readonly<Record<string, string>>): Problem {
  const message = `The credentials are missing or wrong; accepted is ${accepted}`;
  return new Problem(401, problemCodes.unauthenticated, message, headers);
}

interface Given {
  readonly account: string;
  readonly token: string;
}

function basicCredentials(header: string | undefined): Given | undefined {
  const encoded = /^basic +([A-Za-z0-9+/_=-]+)$/i.exec(header?.trim() ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { account: text.slice(0, colon), token: text.slice(colon + 1) };
}

/** Compares in a time that tells nothing: every comparison is made, and each of digests of one length. */
function areValid(given: Given, { account, tokens }: Credentials): boolean {
  let isToken = false;
  for (const token of tokens) isToken = isEqual(given.token, token) || isToken;
  const isAccount = isEqual(given.account, account);
  return isAccount && isToken;
}

function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
