import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What tests of the source itself read. */

const project = fileURLToPath(new URL('../', import.meta.url));

/** Folders that are made, not written. */
const made = ['cdk.out', 'coverage', 'node_modules'];

/** The folders and source files at the top of the project; folders end in `/`. */
export function listTopPlaces(): string[] {
  return readdirSync(project, { withFileTypes: true }).flatMap((entry) => {
    const { name } = entry;
    if (entry.isDirectory()) return name.startsWith('.') || made.includes(name) ? [] : [`${name}/`];
    return isSource(name) ? [name] : [];
  });
}

/** The text of each source file in some places, by its path from the project's folder; folders end in `/`. */
export function readSourceFiles(places: readonly string[]): Map<string, string> {
  const paths = places.flatMap((place) => {
    if (!place.endsWith('/')) return [place];
    const names = readdirSync(join(project, place), { recursive: true, encoding: 'utf8' });
    return names.filter(isSource).map((name) => place + name.split(sep).join('/'));
  });
  return new Map(paths.map((path) => [path, readFileSync(join(project, path), 'utf8')]));
}

/** The text of each Markdown page of the project, by its path from the project's folder. */
export function readPages(): Map<string, string> {
  const places = listTopFolders().flatMap((folder) =>
    readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  );
  const paths = [...readdirSync(project), ...places].filter((path) => path.endsWith('.md'));
  return new Map(paths.map((path) => [path.split(sep).join('/'), readFileSync(join(project, path), 'utf8')]));
}

function listTopFolders(): string[] {
  return listTopPlaces().filter((place) => place.endsWith('/'));
}

function isSource(name: string): boolean {
  return /\.\w*[jt]sx?$/.test(name);
}

/** The modules that a text names: by import of values or types, at once or later, or by URL. */
export function findModules(text: string): string[] {
  const specifiers = text.matchAll(/(?<!['"`.])\b(?:from|import|require|URL)\b\s*\(?\s*(['"`])([^'"`]*)\1/g);
  return [...specifiers].map(([, , name = '']) => name);
}
