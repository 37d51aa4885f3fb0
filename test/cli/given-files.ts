import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** A folder with the input files of a test file's commands. It is removed after the tests. */
export class GivenFiles {
  folder = '';

  constructor() {
    beforeAll(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'simledger-given-'));
    });
    afterAll(() => rm(this.folder, { recursive: true, force: true }));
  }

  /** Writes a file. @returns its path. */
  async write(name: string, content: string | Buffer): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }
}
