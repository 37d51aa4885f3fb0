import page from './documentation.json' with { type: 'json' };
import contract from './openapi.json' with { type: 'json' };

/** The contract as it is served: as JSON, and as a page to read. Both are made from `openapi.yaml` by `npm run openapi`. */

/** The contract, with the address that it was read from as its server. */
export function contractAt(root: string): object {
  return { ...contract, servers: [{ url: root }] };
}

const html = page.html.join('\n');

/** The contract as a page that loads nothing, with the address that it was read from in its requests. */
export function documentationPage(root: string): string {
  const address = root.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return html.replaceAll(page.rootMark, () => address);
}
