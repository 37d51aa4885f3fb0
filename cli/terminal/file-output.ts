import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type Output, ResultWriter } from './terminal.ts';

/**
 * A file that is written piece by piece. The next write, or closing the file, throws an error such as that of a full
 * disk: an unhandled error of a stream would end the process.
 */
export class FileOutput {
  readonly #stream: WriteStream;
  readonly #ended: Promise<void>;
  readonly #writer: ResultWriter;

  constructor(path: string) {
    const stream = createWriteStream(path);
    this.#stream = stream;
    this.#ended = finished(stream);
    this.#ended.catch(() => undefined);
    const output: Output = {
      write: (text) => {
        if (stream.errored !== null) throw stream.errored;
        return stream.write(text);
      },
      once: (event, listener) => {
        stream.once(event, listener);
        // The next write throws the error.
        this.#ended.catch(listener);
      },
    };
    this.#writer = new ResultWriter(output);
  }

  /**
   * Writes no faster than the file accepts data.
   *
   * @throws what Node.js throws if the file cannot be written.
   */
  write(text: string): Promise<void> {
    return this.#writer.write(text);
  }

  /** @throws what Node.js throws if some of it could not be written. */
  async close(): Promise<void> {
    await this.#writer.flush();
    this.#stream.end();
    await this.#ended;
  }

  /** Writes no more. */
  discard(): void {
    this.#stream.destroy();
  }
}
