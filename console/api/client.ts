import { signal } from '@preact/signals';
import type { components, paths } from './schema.ts';

/** The client of the query API, with types from openapi.yaml. Requests are values that can be sent, shown and copied. */

export type Schemas = components['schemas'];

type JsonAnswer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Answer } } } };
}
  ? Answer
  : never;

/** Paths with a JSON answer. */
export type ApiPath = {
  [Path in keyof paths]: JsonAnswer<Path> extends never ? never : Path;
}[keyof paths];

/** A path's answer. */
export type Answer<Path extends ApiPath> = JsonAnswer<Path>;

/** A path's query parameters. */
export type Query<Path extends ApiPath> = paths[Path] extends {
  get: { parameters: { query?: infer Parameters } };
}
  ? { readonly [Name in keyof Parameters]?: Parameters[Name] | undefined }
  : Record<never, never>;

type PathParameters<Path extends ApiPath> = paths[Path] extends {
  get: { parameters: { path: infer Parameters } };
}
  ? Parameters
  : Record<never, never>;

/** A request, sent or not. The page links each figure to its request. */
export interface ApiRequest<Path extends ApiPath = ApiPath> {
  /** The path in openapi.yaml, with `{parameters}`. */
  readonly path: Path;
  /** The path with parameter values, below the API's root, with a leading slash. */
  readonly target: string;
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** Makes a request from a path, its parameters, and query parameters. Empty and undefined query parameters are left out. */
export function makeRequest<Path extends ApiPath>(
  path: Path,
  parameters: PathParameters<Path>,
  query: Query<Path> = {} as Query<Path>,
): ApiRequest<Path> {
  const values = parameters as Readonly<Record<string, string>>;
  const target = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  const given = Object.entries(query as Readonly<Record<string, unknown>>);
  return {
    path,
    target,
    query: given.flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, String(value)] as const],
    ),
  };
}

/** A request's path and query, below the API's root: `/v1/Sims?Silent=24h`. */
export function formatTarget({ target, query }: Pick<ApiRequest, 'target' | 'query'>): string {
  // Commas are not encoded, so that lists look as they do in the documentation.
  const text = new URLSearchParams(query.map(([name, value]) => [name, value]))
    .toString()
    .replaceAll('%2C', ',');
  return text === '' ? target : `${target}?${text}`;
}

/**
 * Formats a request as a curl command. It uses the variables `A` for the account and `T` for the token, because credentials
 * must not be on the clipboard.
 *
 * @param target what {@link formatTarget} returns.
 */
export function formatCurl(root: string, target: string): string {
  const address = `${root.replace(/\/$/, '')}${target}`.replaceAll("'", '%27');
  return `curl -su "$A:$T" '${address}'`;
}

/** The API's root, with a trailing slash. The console's files are served from the folder `console` below it. */
export const apiRoot = new URL('..', import.meta.url).href;

/** An account and its token. The token is stored for this tab only. */
export interface Credentials {
  readonly account: string;
  readonly token: string;
}

const storedCredentials = 'simledger.credentials';

/** The credentials in use; undefined if nobody is signed in, `'unknown'` until that is clear. */
export const credentials = signal<Credentials | undefined | 'unknown'>('unknown');

/** Why the user was signed out. */
export const signInFault = signal<string | undefined>(undefined);

/** Signs in with the credentials of this tab, or with those that a local run provides. */
export async function restoreSession(): Promise<void> {
  const stored = readCredentials(sessionStorage.getItem(storedCredentials) ?? '{}');
  credentials.value = stored ?? (await fetchLocalCredentials());
}

async function fetchLocalCredentials(): Promise<Credentials | undefined> {
  try {
    const answer = await fetch(`${apiRoot}console/session.json`, { credentials: 'omit', cache: 'no-store' });
    return answer.ok ? readCredentials(await answer.text()) : undefined;
  } catch (error) {
    signInFault.value = `The API does not answer (${describeError(error)})`;
    return undefined;
  }
}

function readCredentials(text: string): Credentials | undefined {
  const { account, token } = JSON.parse(text) as Partial<Credentials>;
  return typeof account === 'string' && typeof token === 'string' ? { account, token } : undefined;
}

/** Stores credentials that were accepted. */
export function signIn(given: Credentials): void {
  sessionStorage.setItem(storedCredentials, JSON.stringify(given));
  signInFault.value = undefined;
  credentials.value = given;
}

/** Forgets the credentials. */
export function signOut(fault?: string): void {
  sessionStorage.removeItem(storedCredentials);
  signInFault.value = fault;
  credentials.value = undefined;
}

/** Any answer that is not a success. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 if no answer arrived. */
  readonly status: number;
  /** What to do about it. */
  readonly advice: string | undefined;
  /** The value of `Retry-After` in seconds; undefined if the API sent none. */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, advice: string | undefined, retryAfter?: number) {
    super(message);
    this.status = status;
    this.advice = advice;
    this.retryAfter = retryAfter;
  }
}

const advice: Readonly<Record<number, string>> = {
  0: 'Check the connection, and whether the API is up.',
  401: 'Sign in with the account and token of the query API.',
  403: 'The API’s gateway refuses the request: these credentials lack the right to call it.',
  429: 'Too many requests were made: wait a moment and try again.',
  500: 'The log of the query API’s function says what went wrong.',
  503: 'Try again in a moment.',
};

/** Options for sending a request. */
export interface Sending {
  /** Aborts the request. */
  readonly signal?: AbortSignal | undefined;
  /** Credentials to try, instead of those in use. */
  readonly as?: Credentials | undefined;
}

/**
 * Sends a request and reads its answer.
 *
 * @throws ApiError for any answer other than 200; AbortError if the request was aborted.
 */
export async function send<Path extends ApiPath>(
  request: ApiRequest<Path>,
  sending: Sending = {},
): Promise<Answer<Path>> {
  return (await sendTarget(formatTarget(request), sending)) as Answer<Path>;
}

/** Sends a request with a given path and query. See {@link send}. */
export async function sendTarget(target: string, { signal: ending, as }: Sending = {}): Promise<unknown> {
  return readAnswer(
    await fetchApi(target, { ...(ending !== undefined && { signal: ending }) }, as),
    as === undefined,
  );
}

/**
 * Mutes an alert's rule for its SIM, or for its source if the alert is about many SIMs.
 *
 * @param body `for`: a duration such as `8h`; `reason`: the user's reason.
 * @throws ApiError
 */
export async function muteAlert(
  alert: string,
  body: { readonly for: string; readonly reason: string },
): Promise<Schemas['Mute']> {
  const answer = await fetchApi(
    `/console/alerts/${encodeURIComponent(alert)}/mute`,
    { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    undefined,
  );
  return (await readAnswer(answer, true)) as Schemas['Mute'];
}

async function fetchApi(target: string, init: RequestInit, as: Credentials | undefined): Promise<Response> {
  const who = as ?? credentials.value;
  if (who === undefined || who === 'unknown') throw new ApiError(401, 'Nobody is signed in', advice[401]);
  const authorization = `Basic ${encodeBase64(`${who.account}:${who.token}`)}`;
  try {
    // Otherwise the browser would show its own window for credentials.
    return await fetch(`${apiRoot}${target.slice(1)}`, {
      ...init,
      credentials: 'omit',
      cache: 'no-store',
      headers: { ...init.headers, authorization },
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(0, `The API does not answer (${describeError(error)})`, advice[0]);
  }
}

async function readAnswer(answer: Response, isSignedIn: boolean): Promise<unknown> {
  const text = await answer.text();
  const body = parseJson(text);
  if (answer.ok && body !== undefined) return body;
  const stated = (body as { readonly message?: unknown } | undefined)?.message;
  const message = typeof stated === 'string' ? stated : `The API answered with the status ${answer.status}`;
  if (answer.status === 401 && isSignedIn) signOut(message);
  const wait = Number(answer.headers.get('retry-after') ?? Number.NaN);
  throw new ApiError(answer.status, message, advice[answer.status], Number.isFinite(wait) ? wait : undefined);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Base64 of a text's UTF-8. */
function encodeBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

/** Whether an error only means that a request was aborted. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** An error in a few words. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The token of a list's next page; undefined at the end. */
export function findNextToken({
  next_page_url: url,
}: {
  readonly next_page_url: string | null;
}): string | undefined {
  return url === null ? undefined : (new URL(url, apiRoot).searchParams.get('PageToken') ?? undefined);
}

/** The request for a list's next page. */
export function addPageToken<Path extends ApiPath>(
  request: ApiRequest<Path>,
  token: string,
): ApiRequest<Path> {
  return {
    ...request,
    query: [...request.query.filter(([name]) => name !== 'PageToken'), ['PageToken', token]],
  };
}
