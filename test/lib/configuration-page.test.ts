import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { ConfigurationError, configurationKey, readConfiguration } from '../../lib/configuration.ts';

/** docs/configuration.md beside the keys that are accepted, in both directions. */

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** The keys of a section's lists. */
function listDocumented(section: string): string[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [lists = ''] = text.split('\n## ');
  return [...lists.matchAll(/^- `([\w.]+)` /gm)].map(([, key = '']) => key).sort();
}

/** What a section's lists say of their keys: `range` where it is of numbers, `standard` where the default is one value. */
function readLists(
  section: string,
): { key: string; range: string | undefined; standard: string | undefined }[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [lists = ''] = text.split('\n## ');
  const items = lists.replaceAll('\n  ', ' ').matchAll(/^- `([\w.]+)` \((.+?)\):/gm);
  return [...items].map(([, key = '', said = '']) => ({
    key,
    range: /^(\d+ to \d+)(?:; |$)/.exec(said)?.[1],
    standard: /; \*\*`?([\w./-]+)`?\*\*$/.exec(said)?.[1],
  }));
}

/** The object that has a value at a path: `a.b` is `{ a: { b: value } }`. */
function placeAt(path: string, value: unknown): object {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
}

function valueAt(from: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => (value as Readonly<Record<string, unknown>>)[key], from);
}

/** The numbers that the complaint about another one states. */
function acceptedRange(configuration: object): string | undefined {
  return /accepted is a whole number from (\d+ to \d+) /.exec(complaintAbout(configuration))?.[1];
}

/** What is said of a configuration that is not accepted. */
function complaintAbout(configuration: object): string {
  const app = new App({ context: { [configurationKey]: configuration } });
  try {
    readConfiguration(app.node);
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

/** The keys below a path, as the complaint about a number in their place names them; none where it takes no object. */
function listKeys(path: string, place: (value: unknown) => object): string[] {
  const [, keys] =
    complaintAbout(place(-1.5))
      .split('\n')
      .map((line) => /accepted is an object with the keys (.+)$/.exec(line))
      .find((match) => match !== null) ?? [];
  if (keys === undefined) return [path];
  return keys.split(', ').flatMap((key) => {
    const below = path === '' ? key : `${path}.${key}`;
    return stops.has(below) ? [below] : listKeys(below, (value) => place({ [key]: value }));
  });
}

/** Keys that the page explains with all that is in them. */
const stops = new Set(['fleet', 'adopt.tables', 'sources']);

test('docs/configuration.md lists every key of the stack, and no other', () => {
  const unknown = '?';
  const [, keys = ''] = /the keys (.+)$/.exec(complaintAbout({ [unknown]: 1 })) ?? [];
  const accepted = keys
    .split(', ')
    .flatMap((key) => (stops.has(key) ? [key] : listKeys(key, (value) => ({ [key]: value }))));
  expect(listDocumented('The stack')).toEqual(accepted.sort());
});

test('docs/configuration.md lists every key of a source, and no other', () => {
  const accepted = listKeys('', (value) => ({ sources: [value] }));
  expect(listDocumented('A source')).toEqual(accepted.sort());
});

test('docs/configuration.md has the range of every number', () => {
  const documented = ['The stack', 'A source'].map((section) =>
    readLists(section).map(({ key, range }) => [key, range]),
  );
  const stack = readLists('The stack').map(({ key }) => [key, acceptedRange(placeAt(key, -1.5))]);
  const source = readLists('A source').map(({ key }) => [
    key,
    acceptedRange({ sources: [placeAt(key, -1.5)] }),
  ]);
  expect(documented).toEqual([stack, source]);
});

test('docs/configuration.md has the defaults of the stack', () => {
  const standard: unknown = readConfiguration(new App().node);
  const documented = readLists('The stack').filter((item) => item.standard !== undefined);
  expect(documented.length).toBeGreaterThan(15);
  expect(documented.map(({ key, standard: said }) => [key, said])).toEqual(
    documented.map(({ key }) => [key, String(valueAt(standard, key))]),
  );
});
