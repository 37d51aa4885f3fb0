import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type Output, ResultWriter } from './terminal.ts';

/**
 * A file that is written piece by piece. An error, such as that of a full disk, is thrown by the next write, or where the
 * file is closed: a stream that nobody listens to would end the process.
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
        // The next write says why.
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

  /** @throws what Node.js throws if not all of it could be written. */
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
