import { describe, expect, test } from 'vitest';
import { listTopPlaces, readPages, readSourceFiles } from './source-files.ts';

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

/** Words with which the name of a function does not begin: prepositions and participles, of which only these are verbs. */
const notVerbs =
  /^(?:as|at|by|from|in|of|only|with|within|without)(?![a-z])|^(?!exceed|feed|need|seed)[a-z]+ed(?![a-z])/;

/** Where code names a function: by its declaration, as a constant, and as a method of a class. */
const functionNames = [
  /\bfunction\*? (\w+)/g,
  /\bconst (\w+) = (?:async )?\([^)]*\)(?:: [^=]+)? =>/g,
  /^ +(?:(?:static|async|override) )*\*?#?(\w+)(?:<\w+>)?\([^;\n]*\{$/gm,
];

/** Source files by path, without comments and without texts. */
const code = new Map(
  [...readSourceFiles(listTopPlaces())].map(([path, text]) => [
    path,
    removeText(path.endsWith('x') ? text.replaceAll(/(?<=[>}])[^<>{}=;]*(?=[<{])/g, ' ') : text),
  ]),
);

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

  test('of a function or a method outside tests begins with a verb, not with a preposition or a participle', () => {
    const found = [...code]
      .filter(([path]) => !path.startsWith('test/'))
      .flatMap(([path, text]) =>
        functionNames.flatMap((pattern) =>
          [...text.matchAll(pattern)].flatMap(([, name = '']) =>
            notVerbs.test(name) ? [`${path}: ${name}`] : [],
          ),
        ),
      );
    expect(found).toEqual([]);
    expect(['need', 'readAll', 'asking'].filter((name) => notVerbs.test(name))).toEqual([]);
    expect(['masked', 'atEnd', 'withinBytes'].filter((name) => !notVerbs.test(name))).toEqual([]);
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

/** Turns of speech that a reader has to translate, with what to say: in comments, texts and pages. */
const plainWords: readonly (readonly [found: RegExp, say: string])[] = [
  [/(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|one\b)\w+/gi, 'is not a'],
  [/(?<!\bthere )\b(?:is|are|was|were) none\b(?! of\b)/gi, 'is not one, or is absent'],
  [/\bha(?:s|ve) to\b/gi, 'must'],
  [/\bwhoever\b/gi, 'who it is: a client, a process, a person'],
];

describe('a sentence of code or documentation', () => {
  const texts = [...readSourceFiles(listTopPlaces()), ...readPages()].filter(
    ([path]) => path !== 'test/words.test.ts',
  );

  test.each(plainWords)('is plain: it has no %s', (pattern, say) => {
    const found = texts.flatMap(([path, text]) =>
      [...text.matchAll(pattern)].map(([words]) => `${path}: "${words}", say ${say}`),
    );
    expect(found).toEqual([]);
  });

  test('may say that there is none, and that something is no longer so', () => {
    const fine =
      'Undefined where there is none. It is no longer read. There are no SIMs. They are none of ours.';
    expect(plainWords.flatMap(([pattern]) => fine.match(pattern) ?? [])).toEqual([]);
  });
});
