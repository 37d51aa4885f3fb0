import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** What the test files that share a process must not do: `vitest.config.ts` says which they are. */

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'));
const alone =
  /^(?:property\/|mutation\/resident-runner\.ts$|(?:readme|local\/bindings|local\/main|simulator\/fleet|lib\/checks|lib\/synth|emulators\/lambda-runtime\/function)\.test\.ts$)/;
const sharing = files.filter((path) => !alone.test(path) && path !== 'shared-process.test.ts');
const helpers = files.filter((path) => !/\.(test|endpoint)\.ts$/.test(path) && path !== 'log-guard.ts');

function filesWith(paths: readonly string[], does: RegExp, undoes?: string): string[] {
  return paths.filter((path) => {
    const text = readFileSync(join(folder, path), 'utf8');
    return does.test(text) && (undoes === undefined || !text.includes(undoes));
  });
}

describe('test files that share a process', () => {
  test.each([
    ['modules', /vi\.(?:mock|doMock|resetModules)\(/, undefined],
    ['variables', /vi\.stubEnv\(/, 'vi.unstubAllEnvs()'],
    ['variables by assignment', /process\.env(?:\.\w+|\[[^\]]+\]) = /, undefined],
    ['globals', /vi\.stubGlobal\(/, 'vi.unstubAllGlobals()'],
    ['the clock', /vi\.useFakeTimers\(/, 'vi.useRealTimers()'],
    ['functions', /vi\.spyOn\(/, 'vi.restoreAllMocks()'],
    ['the classes of AWS’s clients', /mockClient\([A-Z]/, 'mock.restore()'],
  ])('leave %s as they were', (_, does, undoes) => {
    expect(sharing.length).toBeGreaterThan(200);
    expect(filesWith(sharing, does, undoes)).toEqual([]);
  });

  test('import nothing that does something for the first of them only', () => {
    expect(filesWith(helpers, /^(?:beforeAll|beforeEach|afterAll|afterEach|vi\.\w+)\(/m)).toEqual([]);
  });
});
