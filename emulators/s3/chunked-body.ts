import { S3Error } from './errors.ts';

/** The most bytes of a line: a chunk's size with its signature, or a trailer. */
const longestLine = 8_192;

/**
 * Decodes an `aws-chunked` body: chunks with or without signatures, and trailers. Does not check signatures.
 *
 * @param source the body as it was sent over HTTP.
 * @param trailers receives the trailing fields, with names in lower case, after the last chunk was read.
 * @returns the object's bytes.
 * @throws S3Error `IncompleteBody` if the body ends before its last chunk, `InvalidRequest` if it is not `aws-chunked`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer, void> {
  const reader = new FramedReader(source);
  try {
    for (
      let size = parseChunkSize(await reader.readLine());
      size > 0;
      size = parseChunkSize(await reader.readLine())
    ) {
      yield* reader.take(size);
      if ((await reader.readLine()) !== '') throw makeMalformedError('a chunk is longer than its size');
    }
    // Clients put different empty lines between and after trailers, so only the end of the body ends the trailers.
    for (let line = await reader.readLine(); line !== undefined; line = await reader.readLine()) {
      const colon = line.indexOf(':');
      if (colon > 0) trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
  } finally {
    await reader.close();
  }
}

function parseChunkSize(line: string | undefined): number {
  if (line === undefined) throw makeIncompleteError();
  const size = /^([0-9a-fA-F]{1,10})(;.*)?$/.exec(line)?.[1];
  if (size === undefined) throw makeMalformedError('a chunk does not begin with its size');
  return Number.parseInt(size, 16);
}

function makeIncompleteError(): S3Error {
  return new S3Error('IncompleteBody', 'The request body terminated unexpectedly');
}

function makeMalformedError(reason: string): S3Error {
  return new S3Error(
    'InvalidRequest',
    `The aws-chunked encoding of the request body is not valid: ${reason}`,
  );
}

/** Reads lines and byte counts alternately from a sequence of buffers. */
class FramedReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line, without its line ending; undefined at the end of the body. */
  async readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#held.indexOf(0x0a);
      if (end >= 0)
        return this.#cut(end + 1)
          .toString('latin1')
          .replace(/\r?\n$/, '');
      if (this.#held.length > longestLine) throw makeMalformedError('a line has no end');
      const more = await this.#source.next();
      if (!more.done) this.#held = Buffer.concat([this.#held, more.value]);
      else if (this.#held.length === 0) return undefined;
      else throw makeIncompleteError();
    }
  }

  /** Exactly the next `count` bytes. */
  async *take(count: number): AsyncGenerator<Buffer, void> {
    for (let left = count; left > 0; ) {
      if (this.#held.length === 0) await this.#refill();
      const bytes = this.#cut(Math.min(left, this.#held.length));
      left -= bytes.length;
      yield bytes;
    }
  }

  /** Stops reading the source. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #refill(): Promise<void> {
    const more = await this.#source.next();
    if (more.done) throw makeIncompleteError();
    this.#held = more.value;
  }

  #cut(count: number): Buffer {
    const bytes = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return bytes;
  }
}
