import { expect, test } from 'vitest';
import { listTopPlaces, readSourceFiles } from './source-files.ts';

/** Each exported function, class and interface is explained where it is declared. */

const declaration = /^export (?:async )?(?:abstract )?(?:function\*?|class|interface) (\w+)/gm;
const anyExport = /^export (?:async )?(?:abstract )?(?:function\*?|class|interface|const|type) (\w+)/gm;

/** Made by `npm run openapi`. */
const generated = 'console/api/schema.ts';

/** The names that a file exports without a comment before them. What explains the only export of a file may begin the file. */
function findUnexplained(text: string): string[] {
  const names = new Set([...text.matchAll(anyExport)].map(([, name]) => name));
  if (names.size === 1 && /^\/\*\*/m.test(text)) return [];
  const explained = new Set<string>();
  return [...text.matchAll(declaration)].flatMap(({ 1: name = '', index }) => {
    const isExplained = text.slice(0, index).endsWith(' */\n') || explained.has(name);
    // Of an overloaded function, the first declaration is explained.
    if (isExplained) explained.add(name);
    return isExplained ? [] : [name];
  });
}

test('each exported function, class and interface has a comment that says what it is', () => {
  const files = [...readSourceFiles(listTopPlaces())].filter(
    ([path]) => !path.startsWith('test/') && path !== generated && /\.tsx?$/.test(path),
  );
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap(([path, text]) => findUnexplained(text).map((name) => `${path}: ${name}`))).toEqual(
    [],
  );
});

test('a comment further up explains nothing', () => {
  const text = '/** Times. */\n\n/** Now. */\nexport const now = 0;\n\nexport function later(): void {}\n';
  expect(findUnexplained(text)).toEqual(['later']);
  expect(findUnexplained('/** Later. */\n\nconst a = 0;\nexport function later(): void {}\n')).toEqual([]);
});
