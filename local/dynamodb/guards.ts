import type { Server } from 'node:http';

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
 * Answers a request that dynalite trips over with `InternalServerError` instead of ending the process.
 *
 * A body that is JSON but no object, or an attribute that is null, makes its validation throw out of the request's
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
        const body = {
          __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
          message: String(error),
        };
        response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
      }
    });
  });
}

/**
 * Keeps dynalite from inviting web pages: whatever has an `Origin`, it answers with `Access-Control-Allow-Origin: *`, and
 * every preflight with a yes. It must be called after dynalite has put its own 'request' listener on the server.
 */
export function hideOrigin(server: Server): void {
  server.prependListener('request', (request) => {
    delete request.headers.origin;
  });
}

/** An iterator over a LevelDB, of which nothing matters here but that it can be closed. */
interface LevelIterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}

/** The methods of a LevelDB class that dynalite reads ranges with. */
export interface LevelPrototype {
  keys(options?: object): LevelIterator;
  values(options?: object): LevelIterator;
}

/**
 * Makes `Query` and `Scan` give back what they take.
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
