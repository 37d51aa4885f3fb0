import { type LookupAddress, lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { classifyAddress } from './addresses.ts';

/**
 * Posts to addresses that others have chosen. `fetch` cannot be told which IP addresses to connect to, so this is Node's
 * own HTTP client: the addresses that a name resolves to are checked, and the connection goes to one of those that were.
 * No redirect is followed, and no answer is read beyond a limit.
 */

/** What is posted, and where to. */
export interface Post<Body extends string | Uint8Array = string> {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
}

/** How posts are made. */
export interface PostOptions {
  /** Whether loopback and private addresses are connected to, and those by plain HTTP too. */
  readonly allowPrivateAddresses: boolean;
  /** For the whole request, the answer included. */
  readonly timeoutMilliseconds: number;
  /** Whether the answer's body is wanted, as far as it is read: no secret may be in it. */
  readonly readsAnswer?: boolean;
  /** Resolves names; the system's resolver by default. */
  readonly resolve?: Resolve;
}

/** Finds all addresses of a name. */
export type Resolve = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** What came back. Neither holds anything of the address, which is often a secret. */
export type PostAnswer =
  | {
      readonly status: number;
      readonly retryAfterMilliseconds?: number;
      /** Where it is wanted, and the whole of it came. */
      readonly body?: string;
    }
  /** No answer. `isUnusable`: the address is not one that is posted to. */
  | { readonly failure: string; readonly isUnusable: boolean };

/** Bytes of an answer that are read, so that the other side can end in order. What most say does not matter. */
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
  // Node asks for no lookup of what is an address already.
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
    // Once the status is known, what becomes of the rest changes nothing.
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

/** A name resolved to an address that is not connected to. */
class AddressError extends Error {
  override readonly name = 'AddressError';
}

/** Why an address is not connected to; undefined where it is. */
function findObjection(address: string, isPlain: boolean, allowsPrivate: boolean): string | undefined {
  const kind = classifyAddress(address);
  if (kind === 'forbidden') return 'its IP address is reserved';
  if (kind === 'internal') return allowsPrivate ? undefined : 'its IP address is private';
  return isPlain ? 'only https is accepted' : undefined;
}

function checkLiteral(host: string, check: (address: string) => string | undefined): string | undefined {
  return isIP(host) === 0 ? undefined : check(host);
}

/** A lookup that fails where any address is objected to: a name that has one is not to be trusted with the others. */
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

/** Errors of Node name hosts and addresses in their messages, so only their codes are shown. */
function describeFailure(error: NodeJS.ErrnoException, timeoutMilliseconds: number): PostAnswer {
  if (error instanceof AddressError) return { failure: error.message, isUnusable: true };
  const isTimeout = error.name === 'TimeoutError' || error.name === 'AbortError';
  const failure = isTimeout ? `no answer within ${timeoutMilliseconds / 1000} s` : (error.code ?? error.name);
  return { failure, isUnusable: false };
}

/**
 * How long a receiver asks to wait: seconds, or a time, which is compared with the receiver's own.
 *
 * @returns milliseconds; undefined where that is not said.
 */
export function readRetryAfter(retryAfter: string | undefined, date: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const wait = Date.parse(retryAfter) - Date.parse(date ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
