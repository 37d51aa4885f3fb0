import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { listTopPlaces } from './source-files.ts';

const project = fileURLToPath(new URL('../', import.meta.url));

/**
 * The maximum words of README.md and all pages in docs/. It keeps each thing said once: a page that grows takes from what
 * another page says already.
 *
 * A word stands between blanks and has a letter or a digit, in text, lists, tables, commands and examples. Not counted are
 * the bars and rules of tables, the fences of examples, figures between `computed` marks, which `npm run costs` writes, and
 * what commands print (`text`): nobody writes these, and tests compare them.
 */
const maxWords = 20_000;

/** The maximum lines of README.md, which is read on a phone before anything is installed. */
const maxReadmeLines = 150;

/** Markdown pages by path, in a folder and its subfolders. */
function listPages(folder: string): string[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name.split(sep).join('/')}`);
}

function readPage(path: string): string {
  return readFileSync(join(project, path), 'utf8');
}

const countedPages = ['README.md', ...listPages('docs')];
const linkedPages = [
  ...countedPages,
  ...readdirSync(project).filter((name) => name.endsWith('.md') && name !== 'README.md'),
  ...['bench/README.md', 'local/examples/README.md'],
];

/** A page without its code, in which nothing is a link or heading. */
function removeCode(page: string): string {
  return page
    .replaceAll(/^ *```.*?^ *```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]]/g, ''));
}

/** The anchors of a page's headings, as the usual forges make them. */
function listAnchors(page: string): string[] {
  return [...removeCode(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links of a page that lead to nothing: a file that does not exist, or a heading that its page does not have. */
function findBrokenLinks(path: string): string[] {
  const links = [...removeCode(readPage(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(project, target))) return true;
      return anchor !== undefined && !listAnchors(readPage(target)).includes(anchor);
    });
}

function countWords(page: string): number {
  const written = page
    .replaceAll(/<!-- computed: .*?<!-- end -->|^```text\n.*?^```$/gms, ' ')
    .replaceAll(/^ *```\w*$/gm, ' ');
  return written.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

describe('the documentation', () => {
  test(`has at most ${maxWords.toLocaleString('en')} words`, () => {
    const words = countedPages
      .map((path) => countWords(readPage(path)))
      .reduce((sum, count) => sum + count, 0);
    const excess = Math.max(0, words - maxWords);
    expect(excess, `${excess} words too many: remove what another page says already`).toBe(0);
  });

  test('counts words as a reader would: neither bars, rules and fences nor computed figures', () => {
    const page =
      '# A page\n\n| a | 1.5 |\n|---|---:|\n<!-- computed: x -->\n| 1 | 2 |\n<!-- end -->\n```sh\n- done\n```\n';
    expect(countWords(page)).toBe(5);
  });

  test('begins with a README of at most 150 lines', () => {
    expect(readPage('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(maxReadmeLines);
  });

  test('has each folder of the project and of lambda/ in the layout of CONTRIBUTING.md, and no other', () => {
    const [, layout = ''] = /^## Layout\n\n```\n(.*?)^```$/ms.exec(readPage('CONTRIBUTING.md')) ?? [];
    const named = (pattern: RegExp): string[] =>
      [...layout.matchAll(pattern)].map(([, name = '']) => name).sort();
    const top = listTopPlaces().flatMap((place) => (place.endsWith('/') ? [place.slice(0, -1)] : []));
    const rooms = readdirSync(join(project, 'lambda'), { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    );
    expect([named(/^(\w+)\//gm), named(/^ {2}(\w+)\//gm)]).toEqual([
      top.sort(),
      rooms.map(({ name }) => name).sort(),
    ]);
  });

  test.each(linkedPages)('has no link that leads nowhere: %s', (path) => {
    expect(findBrokenLinks(path)).toEqual([]);
  });
});
