import page from './documentation.json' with { type: 'json' };
import { escapeAttribute } from './html.ts';
import contract from './openapi.json' with { type: 'json' };

/** Serves the contract as JSON and as a page. `npm run openapi` makes both from `openapi.yaml`. */

/** The contract, with the address that it was read from as its server. */
export function contractAt(root: string): object {
  return { ...contract, servers: [{ url: root }] };
}

const html = page.html.join('\n');

/** The contract as a page that loads nothing, with the address that it was read from in its requests. */
export function documentationPage(root: string): string {
  return html.replaceAll(page.rootMark, () => escapeAttribute(root));
}
