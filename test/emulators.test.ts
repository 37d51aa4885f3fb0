import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The emulators of AWS, from the project's folder: whole folders, and the single files that they share. */
const emulators: readonly string[] = [
  'local/api/',
  'local/dynamodb/',
  'local/event-source-mapping/',
  'local/kinesis/',
  'local/lambda-runtime/',
  'local/s3/',
  'local/secrets/',
  'local/sqs/',
  'local/aws-json-protocol.ts',
  'local/loopback-guard.ts',
  'local/loopback-server.ts',
  'local/temporary-folder.ts',
];

const project = fileURLToPath(new URL('../', import.meta.url));

function isEmulator(path: string): boolean {
  return emulators.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

/** The emulators' files, from the project's folder. */
const files = emulators.flatMap((place) => {
  if (!place.endsWith('/')) return [place];
  const names = readdirSync(join(project, place), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.\w*[jt]s$/.test(name)).map((name) => place + name.split(sep).join('/'));
});

/** The project's own files that a file's text names: by import of values or types, at once or later, or by URL. */
function namedFiles(path: string, text: string): string[] {
  const specifiers = text.matchAll(/\b(?:from|import|require|URL)\b\s*\(?\s*(['"`])(\.[^'"`]*)\1/g);
  return [...specifiers].map(([, , specifier = '']) => posix.join(posix.dirname(path), specifier));
}

describe('the emulators of AWS', () => {
  const texts = new Map(files.map((path) => [path, readFileSync(join(project, path), 'utf8')]));

  it('import nothing but each other and packages: what they need to know of simledger is handed in', () => {
    const foreign = [...texts].flatMap(([path, text]) =>
      namedFiles(path, text)
        .filter((named) => !isEmulator(named))
        .map((named) => `${path} imports ${named}`),
    );
    expect(foreign).toEqual([]);
  });

  it('do not name simledger', () => {
    expect([...texts].filter(([, text]) => /simledger/i.test(text)).map(([path]) => path)).toEqual([]);
  });

  it.each([
    ["import { tables } from '../../lambda/store/tables.ts';", 'lambda/store/tables.ts'],
    ["import type {\n  Route,\n} from '../options.ts';", 'local/options.ts'],
    ["export * from '../../lib/limits.ts';", 'lib/limits.ts'],
    ["import '../start.mjs';", 'local/start.mjs'],
    ["const { main } = await import('../../cli/main.ts');", 'cli/main.ts'],
    ["new URL('../../', import.meta.url)", ''],
  ])('would be found out by %s', (text, named) => {
    expect(namedFiles('local/s3/server.ts', text)).toEqual([named === '' ? './' : named]);
  });
});
