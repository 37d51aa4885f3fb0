/**
 * The page's address says what is shown: `#/sims/8988…?from=2026-11-01`. It is in the fragment, so that every address loads
 * the same file and works below any path of the API.
 */

/** A place in the console. */
export interface Place {
  /** The parts of the path, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Reads the fragment of an address. */
export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const parts = path.split('/').filter((part) => part !== '');
  return { path: parts.map(decodePart), query: new URLSearchParams(query) };
}

/** The reverse of {@link parsePlace}. Empty and undefined parameters are left out. */
export function formatPlace(
  path: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as [string, string]],
  );
  const text = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** Decodes a part of a path. Malformed encoding stays as it is, because people may type addresses. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}
