import { type LookupAddress, lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { classifyAddress } from './addresses.ts';

/**
 * Posts to addresses that others have chosen. `fetch` cannot be restricted to certain IP addresses, so this uses
 * Node.js's HTTP client: it checks the addresses that a name resolves to, and connects to one of these. It does not
 * follow redirects, and limits how much of a response is read.
 */

/** What to post, and where. */
export interface Post<Body extends string | Uint8Array = string> {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** How to post. */
export interface PostOptions {
  /** Whether to connect to loopback and private addresses, and to allow plain HTTP for these. */
  readonly allowPrivateAddresses: boolean;
  /** For the whole request, including the response. */
  readonly timeoutMilliseconds: number;
  /** Whether to return the response's body, up to a limit. It must not contain a secret. */
  readonly readsAnswer?: boolean;
  /** Resolves names; with the system's resolver by default. */
  readonly resolve?: Resolve;
}

/** Finds all addresses of a name. */
export type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** The result. It contains nothing of the address, which is often secret. */
export type PostAnswer =
  | {
      readonly status: number;
      readonly retryAfterMilliseconds?: number;
      /** Present if it was requested and was received completely. */
      readonly body?: string;
    }
  /** No response. `isUnusable`: posting to the address is not allowed. */
  | { readonly failure: string; readonly isUnusable: boolean };

/** How many bytes of a response are read, so that the connection can end properly. Most responses are not needed. */
const maxAnswerBytes = 16 * 1024;

/** Posts once. Never rejects. */
export function post(
  { url, headers, body }: Post<string | Uint8Array>,
  options: PostOptions,
): Promise<PostAnswer> {
  const { allowPrivateAddresses, timeoutMilliseconds, readsAnswer, resolve = resolveBySystem } = options;
  const isPlain = url.protocol === 'http:';
  const check = (address: string): string | undefined =>
    findObjection(address, isPlain, allowPrivateAddresses);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // Node.js does not look up a literal address.
  const objection =
    isPlain || url.protocol === 'https:' ? checkLiteral(host, check) : 'only https is accepted';
  if (objection !== undefined) return Promise.resolve({ failure: objection, isUnusable: true });
  return new Promise((settle) => {
    const request = (isPlain ? requestHttp : requestHttps)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: false,
      lookup: makeLookup(resolve, check),
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    let answer: PostAnswer | undefined;
    // After the status is known, errors no longer matter.
    request.on('error', (error) => settle(answer ?? describeFailure(error, timeoutMilliseconds)));
    request.on('response', (response) => {
      const { statusCode: status = 0, headers: answered } = response;
      const wait = readRetryAfter(answered['retry-after'], answered.date);
      const known = { status, ...(wait !== undefined && { retryAfterMilliseconds: wait }) };
      answer = known;
      let bytes = 0;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) response.destroy();
        else if (readsAnswer === true) chunks.push(chunk);
      });
      response.on('error', () => settle(known));
      response.on('end', () => {
        if (readsAnswer === true) settle({ ...known, body: Buffer.concat(chunks).toString() });
      });
      response.on('close', () => settle(known));
    });
    request.end(body);
  });
}

/** A name resolved to a forbidden address. */
class AddressError extends Error {
  override readonly name = 'AddressError';
}

/** Why connecting to an address is not allowed; undefined if it is. */
function findObjection(address: string, isPlain: boolean, allowsPrivate: boolean): string | undefined {
  const kind = classifyAddress(address);
  if (kind === 'forbidden') return 'its IP address is reserved';
  if (kind === 'internal') return allowsPrivate ? undefined : 'its IP address is private';
  return isPlain ? 'only https is accepted' : undefined;
}

function checkLiteral(host: string, check: (address: string) => string | undefined): string | undefined {
  return isIP(host) === 0 ? undefined : check(host);
}

/**
 * A lookup that fails if any of a name's addresses is not allowed: such a name cannot be trusted with the others
 * either.
 */
function makeLookup(resolve: Resolve, check: (address: string) => string | undefined): LookupFunction {
  return (hostname, { all, family }, done) =>
    resolve(hostname, (error, found) => {
      if (error !== null) return done(error, '', 0);
      const objection = found.map(({ address }) => check(address)).find((said) => said !== undefined);
      if (objection !== undefined) return done(new AddressError(objection), '', 0);
      const one = found.find((address) => address.family === family) ?? found[0];
      if (one === undefined) return done(new AddressError('it has no IP address'), '', 0);
      return all === true ? done(null, [...found]) : done(null, one.address, one.family);
    });
}

function resolveBySystem(hostname: string, done: Parameters<Resolve>[1]): void {
  lookup(hostname, { all: true }, done);
}

/** Node.js's errors contain hosts and addresses in their messages, so only their codes are shown. */
function describeFailure(error: NodeJS.ErrnoException, timeoutMilliseconds: number): PostAnswer {
  if (error instanceof AddressError) return { failure: error.message, isUnusable: true };
  const isTimeout = error.name === 'TimeoutError' || error.name === 'AbortError';
  const failure = isTimeout ? `no answer within ${timeoutMilliseconds / 1000} s` : (error.code ?? error.name);
  return { failure, isUnusable: false };
}

/**
 * How long a receiver asks to wait: seconds, or a time, which is compared with the receiver's own clock.
 *
 * @returns milliseconds; undefined if it does not ask.
 */
export function readRetryAfter(retryAfter: string | undefined, date: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const wait = Date.parse(retryAfter) - Date.parse(date ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
