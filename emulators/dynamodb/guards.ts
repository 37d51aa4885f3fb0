import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { describePermanent } from '../aws-json-protocol.ts';
import type { Store } from './dynalite-store.ts';
import { answerBatch } from './statements.ts';

/**
 * Keeps the server running if a client aborts a request, as SDKs do after a timeout.
 *
 * dynalite calls `req.on('error', (err) => { throw err })` on each request. Node.js reports a reset connection there,
 * and the uncaught exception ends the process. Without a listener Node.js reports nothing, so it is enough to remove
 * dynalite's. Call this after dynalite has added its own 'request' listener to the server.
 */
export function surviveAbortedRequests(server: Server): void {
  server.on('request', (request) => request.removeAllListeners('error'));
}

/**
 * Answers with `InternalServerError` if dynalite throws, instead of ending the process.
 *
 * A body that is JSON but not an object, or an attribute that is null, makes dynalite's validation throw in the
 * request's 'end' event. Call this after dynalite has added its own 'request' listener to the server.
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
 * Answers operations that dynalite lacks with an error that names them; dynalite's own error does not.
 *
 * Call this after dynalite has added its own 'request' listener to the server.
 *
 * @param supported the operations that dynalite has.
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
 * Answers `BatchExecuteStatement`, which dynalite lacks. Call this after {@link nameUnknownOperations}.
 *
 * @param store the store of the server's dynalite.
 */
export function answerStatements(server: Server, store: Store): void {
  interceptRequests(server, (request, response) => {
    if (readOperationName(request) !== 'BatchExecuteStatement') return false;
    // If a client aborts its request, nobody waits for the response.
    answerBatch(store, request, response).catch(() => response.destroy());
    return true;
  });
}

/** Operations that would remove a table of the local run, or an index that it reads. */
const breaking = ['DeleteTable', 'UpdateTable'];

/**
 * Refuses to delete certain tables. Call this after dynalite has added its own 'request' listener to the server.
 *
 * @param names the tables that the local run needs.
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

/** The table that a request contains, by its name or its ARN. dynalite refuses bodies that are invalid. */
function readTableName(body: string): string | undefined {
  try {
    const name: unknown = Object(JSON.parse(body)).TableName;
    return typeof name === 'string' ? name.slice(name.lastIndexOf('/') + 1) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The operation in the header `X-Amz-Target: DynamoDB_20120810.PutItem`; undefined for any other header. */
function readOperationName(request: IncomingMessage): string | undefined {
  return /^DynamoDB_\d+\.(\w+)$/.exec(String(request.headers['x-amz-target'] ?? ''))?.[1];
}

/** Calls a handler for each request before the existing listeners. If it returns true, they do not get the request. */
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
 * Prevents dynalite from allowing web pages: it would answer each request that has an `Origin` with
 * `Access-Control-Allow-Origin: *`, and accept every preflight. Call this after dynalite has added its own 'request'
 * listener to the server.
 */
export function hideOrigin(server: Server): void {
  server.prependListener('request', (request) => {
    delete request.headers.origin;
  });
}

/** A LevelDB iterator, of which only `close` matters here. */
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
 * dynalite ends an iterator by `return()` when its stream is destroyed, but iterators of abstract-level 3 have only
 * `close()`. So each `Query` and `Scan` left its iterator open until the process ended, with its read buffer and a
 * snapshot of the database: on disk about 5 KB per query, and in memory everything that was overwritten since.
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
