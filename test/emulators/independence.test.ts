import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findModules, readSourceFiles } from '../source-files.ts';

/** The emulators of AWS, from the project's folder. */
const emulators: readonly string[] = ['emulators/'];

/** The simulator of fleets, which is also the oracle of what the ledger must hold. */
const simulator: readonly string[] = ['simulator/'];

function isIn(places: readonly string[], path: string): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

/** The project's own files that a file's text names: by import of values or types, at once or later, or by URL. */
function namedFiles(path: string, text: string): string[] {
  return findModules(text)
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(path), name));
}

/** Imports by files of some places that lead out of them. */
function foreignImports(places: readonly string[], texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([path, text]) =>
    namedFiles(path, text)
      .filter((named) => !isIn(places, named))
      .map((named) => `${path} imports ${named}`),
  );
}

describe('the emulators of AWS', () => {
  const texts = readSourceFiles(emulators);

  it('import only each other and packages: they get what they need of simledger as arguments', () => {
    expect(foreignImports(emulators, texts)).toEqual([]);
  });

  it('do not name simledger', () => {
    expect([...texts].filter(([, text]) => /simledger/i.test(text)).map(([path]) => path)).toEqual([]);
  });

  it.each([
    ["import { tables } from '../../lambda/store/tables.ts';", 'lambda/store/tables.ts'],
    ["import type {\n  Route,\n} from '../../local/options.ts';", 'local/options.ts'],
    ["export * from '../../lib/limits.ts';", 'lib/limits.ts'],
    ["import '../../local/start.mjs';", 'local/start.mjs'],
    ["const { main } = await import('../../cli/main.ts');", 'cli/main.ts'],
    ["new URL('../../', import.meta.url)", './'],
  ])('would be found out by %s', (text, named) => {
    expect(namedFiles('emulators/s3/server.ts', text)).toEqual([named]);
  });
});

describe('the simulator', () => {
  const typeImport = /\b(?:import|export) type [^;]*;/g;

  it('shares no code with the ledger that it judges: it imports only types of simledger', () => {
    const values = [...readSourceFiles(simulator)].map(
      ([path, text]) => [path, text.replaceAll(typeImport, '')] as const,
    );
    expect(foreignImports(simulator, new Map(values))).toEqual([]);
  });

  it.each([
    ["import { tables } from '../lambda/store/tables.ts';", ['lambda/store/tables.ts']],
    ["import { type Source, sources } from '../lambda/aws/sources.ts';", ['lambda/aws/sources.ts']],
    ["import type {\n  Source,\n} from '../lambda/ledger/source.ts';", []],
  ])('would be found out by %s', (text, named) => {
    expect(namedFiles('simulator/truth.ts', text.replaceAll(typeImport, ''))).toEqual(named);
  });
});
