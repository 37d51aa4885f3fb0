import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeAttribute } from './html.ts';

/** The files with the contract and its page. `npm run openapi` makes both from `openapi.yaml`. */
export const documentationFiles = { contract: 'openapi.json', page: 'documentation.json' } as const;

/**
 * Serves the contract as JSON and as a page. Both are rarely requested, so they are read only then: a process that
 * answers other requests does not load them.
 */
export class Documentation {
  readonly #folder: string;

  /** @param folder contains {@link documentationFiles}. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The contract. Its server is the address that it was requested from. */
  async readContract(root: string): Promise<object> {
    return { ...(await this.#read<object>('contract')), servers: [{ url: root }] };
  }

  /** The contract as a page that loads nothing. Its example requests use the address that it was requested from. */
  async readPage(root: string): Promise<string> {
    const { html, rootMark } = await this.#read<RenderedPage>('page');
    return html.join('\n').replaceAll(rootMark, () => escapeAttribute(root));
  }

  async #read<Content>(name: keyof typeof documentationFiles): Promise<Content> {
    return JSON.parse(await readFile(join(this.#folder, documentationFiles[name]), 'utf8')) as Content;
  }
}

/** The page as `bin/documentation-page.ts` renders it. */
interface RenderedPage {
  readonly html: readonly string[];
  /** What the page contains where the address must be inserted. */
  readonly rootMark: string;
}
