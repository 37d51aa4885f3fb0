import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { describePermanent } from '../aws-json-protocol.ts';
import type { Store } from './dynalite-store.ts';
import { answerBatch } from './statements.ts';

/**
 * Keeps the server alive when a client gives up in the middle of a request, as an SDK does on a time-out.
 *
 * dynalite puts `req.on('error', (err) => { throw err })` on each request, and node reports the reset connection there:
 * the exception has no one to catch it and ends the process. Without any listener node reports nothing, so taking
 * dynalite's away is enough. It must be called after dynalite has put its own 'request' listener on the server.
 */
export function surviveAbortedRequests(server: Server): void {
  server.on('request', (request) => request.removeAllListeners('error'));
}

/**
 * Answers with `InternalServerError` if dynalite throws on a request, instead of ending the process.
 *
 * A body that is JSON but not an object, or an attribute that is null, makes its validation throw out of the request's
 * 'end' event. It must be called after dynalite has put its own 'request' listener on the server.
 */
export function answerFaults(server: Server): void {
  server.on('request', (request, response) => {
    const listeners = request.listeners('end');
    request.removeAllListeners('end');
    request.on('end', () => {
      try {
        for (const listener of listeners) listener.call(request);
      } catch (error) {
        answerError(response, 500, 'com.amazonaws.dynamodb.v20120810#InternalServerError', String(error));
      }
    });
  });
}

/**
 * Answers operations that dynalite does not have with an error that names them: dynalite's own says nothing.
 *
 * It must be called after dynalite has put its own 'request' listener on the server.
 *
 * @param supported names of the operations that dynalite has.
 */
export function nameUnknownOperations(server: Server, supported: readonly string[]): void {
  interceptRequests(server, (request, response) => {
    const operation = readOperationName(request);
    if (operation === undefined || supported.includes(operation)) return false;
    const message = `The local DynamoDB does not have the operation ${operation}. It has: ${supported.join(', ')}.`;
    request.resume();
    answerError(response, 400, 'com.amazon.coral.service#UnknownOperationException', message);
    return true;
  });
}

/**
 * Answers `BatchExecuteStatement`, which dynalite does not have. It must be called after {@link nameUnknownOperations}.
 *
 * @param store what that dynalite keeps its tables in.
 */
export function answerStatements(server: Server, store: Store): void {
  interceptRequests(server, (request, response) => {
    if (readOperationName(request) !== 'BatchExecuteStatement') return false;
    // A client that gives up ends the request with an error, and nobody waits for its answer.
    answerBatch(store, request, response).catch(() => response.destroy());
    return true;
  });
}

/** Operations that would remove the local run's own tables, or an index that it reads. */
const breaking = ['DeleteTable', 'UpdateTable'];

/**
 * Refuses to delete some tables. It must be called after dynalite has put its own 'request' listener on the server.
 *
 * @param names the tables that the local run itself needs.
 */
export function keepTables(server: Server, names: readonly string[]): void {
  server.on('request', (request, response) => {
    if (!breaking.includes(readOperationName(request) ?? '')) return;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const listeners = request.listeners('end');
    request.removeAllListeners('end');
    request.on('end', () => {
      const name = readTableName(Buffer.concat(chunks).toString());
      if (name !== undefined && names.includes(name)) {
        const type = 'com.amazonaws.dynamodb.v20120810#ResourceInUseException';
        answerError(response, 400, type, describePermanent('table', name));
      } else for (const listener of listeners) listener.call(request);
    });
  });
}

/** The table that a request names, by its name or its ARN. dynalite itself refuses what is not a request. */
function readTableName(body: string): string | undefined {
  try {
    const name: unknown = Object(JSON.parse(body)).TableName;
    return typeof name === 'string' ? name.slice(name.lastIndexOf('/') + 1) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `PutItem` of the header `X-Amz-Target: DynamoDB_20120810.PutItem`; undefined for any other header. */
function readOperationName(request: IncomingMessage): string | undefined {
  return /^DynamoDB_\d+\.(\w+)$/.exec(String(request.headers['x-amz-target'] ?? ''))?.[1];
}

/**
 * Calls a handler first for each request; if it returns true, the listeners that are registered already do not get the
 * request.
 */
function interceptRequests(
  server: Server,
  handle: (request: IncomingMessage, response: ServerResponse) => boolean,
): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (handle(request, response)) return;
    for (const listener of listeners) listener.call(server, request, response);
  });
}

function answerError(response: ServerResponse, status: number, type: string, message: string): void {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  response.writeHead(status, headers).end(JSON.stringify({ __type: type, message }));
}

/**
 * Keeps dynalite from admitting web pages: it answers each request that has an `Origin` with
 * `Access-Control-Allow-Origin: *`, and accepts every preflight. It must be called after dynalite has put its own
 * 'request' listener on the server.
 */
export function hideOrigin(server: Server): void {
  server.prependListener('request', (request) => {
    delete request.headers.origin;
  });
}

/** An iterator over a LevelDB; all that matters here is that it can be closed. */
interface LevelIterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}

/** The methods of a LevelDB class that dynalite reads with. */
export interface LevelPrototype {
  keys(options?: object): LevelIterator;
  values(options?: object): LevelIterator;
}

/**
 * Makes `Query` and `Scan` close their iterators.
 *
 * dynalite closes an iterator by `return()` when its stream is destroyed, but iterators of abstract-level 3 have only
 * `close()`. So each `Query` and `Scan` left its iterator open for as long as the process lived, and with it its read
 * buffer and the state of the whole database at that moment: about 5 KB a query on disk, and in memory all that was
 * overwritten since.
 */
export function closeIteratorsOnReturn(prototype: LevelPrototype): void {
  const closing = (open: (options?: object) => LevelIterator) =>
    function (this: unknown, options?: object): LevelIterator {
      const iterator = open.call(this, options);
      iterator.return = () => iterator.close();
      return iterator;
    };
  prototype.keys = closing(prototype.keys);
  prototype.values = closing(prototype.values);
}
