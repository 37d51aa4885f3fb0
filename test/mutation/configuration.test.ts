import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import store from './store.stryker.config.json' with { type: 'json' };
import storeTests from './store.vitest.config.ts';
import core from './stryker.config.json' with { type: 'json' };
import coreTests from './vitest.config.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));

/** `a/{b,c}/*.ts` as `a/b/*.ts` and `a/c/*.ts`. */
function expandBraces(pattern: string): string[] {
  const [whole, alternatives] = /\{([^{}]*)\}/.exec(pattern) ?? [];
  if (whole === undefined || alternatives === undefined) return [pattern];
  return alternatives.split(',').flatMap((one) => expandBraces(pattern.replace(whole, one)));
}

test.each([
  ['core', core.mutate, coreTests.test?.include],
  ['store', store.mutate, storeTests.test?.include],
])('mutation of the %s names only files and folders that there are', (_, mutated, included = []) => {
  const paths = [...mutated, ...included]
    .map((pattern) => pattern.replace(/^!/, ''))
    .flatMap(expandBraces)
    .map((pattern) => pattern.replace(/\/[^/]*\*.*$/, ''));
  expect(included.length).toBeGreaterThan(0);
  expect(paths.filter((path) => !existsSync(join(project, path)))).toEqual([]);
});
