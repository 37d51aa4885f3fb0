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
