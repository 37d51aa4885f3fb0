import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError, shorten } from '../../queries/errors.ts';
import type { ApiAnswer } from './answer.ts';
import { escapeAttribute } from './html.ts';
import type { HttpRequest } from './request.ts';
import { consoleSessionPath } from './routes.ts';

/**
 * Serves the web console: its page and the files that the page loads. Files are read when they are requested, so that a
 * process that only answers API requests does not load them. They contain no data of the ledger and need no
 * credentials.
 */

/** The folder with the console's files, which `console/build.ts` creates. */
export class ConsoleFiles {
  readonly #folder: string;

  /** @param folder contains `index.html`, and each other file both uncompressed and as `.br` and `.gz`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The bytes of a file; undefined if there is no such file. */
  async read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#folder, name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** What `index.html` contains where the API's path must be inserted. */
export const rootMark = '{{root}}';

/** Nothing is loaded from elsewhere, no inline script runs, and no other page may show the console in a frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * Names with a hash of the content. Other names are not looked up, so that nothing else in the function's folder is
 * served.
 */
const hashedName = /^[\w.]{1,100}-[A-Z0-9]{8}\.(js|css|json|svg|txt)$/;

const contentTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

/** Encodings in order of preference, and what their files' names end in. */
const encodings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;

/**
 * Answers a request for one of the console's files.
 *
 * @throws NotFoundError
 */
export async function serveConsole(
  operation: 'fetchConsolePage' | 'fetchConsoleFile',
  request: HttpRequest,
  files: ConsoleFiles | undefined,
): Promise<ApiAnswer> {
  const answer =
    files === undefined
      ? undefined
      : operation === 'fetchConsolePage'
        ? await answerPage(request, files)
        : await answerFile(request, files);
  if (answer === undefined) throw new NotFoundError(`The path ${JSON.stringify(shorten(request.path))}`);
  return answer;
}

/** The page, which names the current files. Browsers check each time whether it has changed. */
async function answerPage(
  { root, headers: sent }: HttpRequest,
  files: ConsoleFiles,
): Promise<ApiAnswer | undefined> {
  const page = await files.read('index.html');
  if (page === undefined) return undefined;
  const path = new URL(root).pathname.replace(/\/$/, '');
  const body = page.toString('utf8').replaceAll(rootMark, () => escapeAttribute(path));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = {
    ...commonHeaders,
    'cache-control': 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'cross-origin-opener-policy': 'same-origin',
    etag,
  };
  if (sent['if-none-match'] === etag) return { statusCode: 304, headers, body: '' };
  return { statusCode: 200, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' }, body };
}

const noSession: ApiAnswer = {
  statusCode: 200,
  headers: { ...commonHeaders, 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: '{}',
};

/** A file of the page, in an encoding that the client accepts. The content under a name never changes. */
async function answerFile(request: HttpRequest, files: ConsoleFiles): Promise<ApiAnswer | undefined> {
  const name = request.pathParameters['file'] ?? '';
  if (consoleSessionPath.endsWith(`/${name}`)) return noSession;
  const [, kind = ''] = hashedName.exec(name) ?? [];
  const contentType = contentTypes[kind];
  if (contentType === undefined) return undefined;
  const headers = {
    ...commonHeaders,
    'content-type': contentType,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  };
  for (const encoding of encodings) {
    if (!accepts(request.headers['accept-encoding'], encoding.name)) continue;
    const encoded = await files.read(name + encoding.ending);
    if (encoded === undefined) continue;
    return {
      statusCode: 200,
      headers: { ...headers, 'content-encoding': encoding.name },
      body: encoded.toString('base64'),
      isBase64Encoded: true,
    };
  }
  const content = await files.read(name);
  return content && { statusCode: 200, headers, body: content.toString('base64'), isBase64Encoded: true };
}

/** Whether a client's `Accept-Encoding` names an encoding without refusing it by `q=0`. */
function accepts(header: string | undefined, encoding: string): boolean {
  return (header ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
