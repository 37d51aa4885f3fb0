import { describe, expect, test } from 'vitest';
import { listTopPlaces, readSourceFiles } from './source-files.ts';

/** Words that have a standard term instead, as parts of an identifier, with that term. */
const replacedWords: ReadonlyMap<string, string> = new Map([
  ['stretch', 'range, page, block or fragment'],
  ['stretches', 'ranges, pages, blocks or fragments'],
  ['road', 'path or source'],
  ['roads', 'paths or sources'],
  ['portion', 'chunk or page'],
  ['portions', 'chunks or pages'],
  ['patience', 'retry policy'],
  ['surroundings', 'context'],
  ['fullness', 'completeness'],
]);

/** Whole identifiers that say less than another name does, with that name. */
const replacedNames: ReadonlyMap<string, string> = new Map([
  ['lookFirst', 'readBeforeWrite'],
  ['settledBefore', 'finalBefore'],
  ['speakingFor', 'withoutSession'],
  ['Earnest', 'Effect'],
  ['Given', 'what was given'],
  ['Left', 'what was left'],
  ['Begun', 'what was begun'],
]);

/** Names that are not ours to choose. */
const exceptions: ReadonlySet<string> = new Set([
  // JavaScript's and vitest's.
  ...['indexOf', 'lastIndexOf', 'valueOf', 'setPrototypeOf', 'getPrototypeOf'],
  // JSON Schema's, in openapi.yaml.
  ...['allOf', 'oneOf', 'anyOf'],
  // An attribute of stored items, which older versions wrote.
  'fullness',
  // An attribute, not a function: as of when something was added up.
  'asOf',
]);

/** Source files by path, without comments and without what stands between quotes. */
const code = new Map([...readSourceFiles(listTopPlaces())].map(([path, text]) => [path, removeText(text)]));

/** Code without comments and quoted texts. Templates stay: they hold code. */
function removeText(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, ' ');
}

/** The words of an identifier, in lower case: `#maxRecordBytes` has three. */
function splitWords(identifier: string): string[] {
  return identifier.split(/(?<=[a-z\d])(?=[A-Z])|_/).map((word) => word.toLowerCase());
}

/** What to say in place of an identifier; undefined if it is fine. */
function findTerm(identifier: string): string | undefined {
  if (exceptions.has(identifier)) return undefined;
  if (/^most[A-Z]/.test(identifier)) return identifier.replace('most', 'max');
  const [term] = splitWords(identifier).flatMap((word) => replacedWords.get(word) ?? []);
  return replacedNames.get(identifier) ?? term;
}

describe('an identifier', () => {
  const identifiers = new Map<string, string>();
  for (const [path, text] of code) {
    for (const [name] of text.matchAll(/[A-Za-z_]\w*/g))
      if (!identifiers.has(name)) identifiers.set(name, path);
  }

  test('has the standard term, not a word of our own', () => {
    const found = [...identifiers].flatMap(([name, path]) => {
      const term = findTerm(name);
      return term === undefined ? [] : [`${path}: ${name}, say ${term}`];
    });
    expect(found).toEqual([]);
  });

  test('of a function outside tests is a verb: none ends in Of', () => {
    const found = [...code]
      .filter(([path]) => !path.startsWith('test/'))
      .flatMap(([path, text]) =>
        [...text.matchAll(/\b(\w+Of)\b/g)].flatMap(([, name = '']) =>
          exceptions.has(name) ? [] : [`${path}: ${name}`],
        ),
      );
    expect(found).toEqual([]);
  });
});
