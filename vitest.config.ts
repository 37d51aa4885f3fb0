import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { toolStackTests } from './test/unit/stack-tests.ts';

/**
 * Tests of the core, which are quick and share a process, and so load the code and the CDK once. `npm run test:unit` runs
 * them alone.
 */
export const coreTests = [
  'test/lambda/{alerts,carriers,days,functions/query-api,json,ledger,queries,store}/**/*.test.ts',
];
const unitTests = [...coreTests, 'test/lib/**/*.test.ts'];
/** How work grows with its input, and bodies of megabytes: the same in every time zone, and they take long. */
export const slowTests = ['test/lambda/**/{growth,doubling,large-bodies}.test.ts'];
/** Whole fleets and passes, every request of the API, and what waits for real timeouts: these take seconds each. */
export const longTests = [
  'test/lambda/alerts/{sweep/{deadline,fleet-stories,groups},delivery/{outbox-crashes,post,webhook-delivery}}.test.ts',
  'test/lambda/days/{days,fence/fence,pass/stored-pass}.property.test.ts',
  'test/lambda/days/pass/suspended-runs.test.ts',
  'test/lambda/queries/large-fleet.test.ts',
  'test/lambda/store/known-sims.test.ts',
  'test/lambda/functions/query-api/{contract,credentials,expired-usage,fleet-days,paging,renderings.property,requests,sim-list,sim-records}.test.ts',
];
/** How tests share a process: one file after the other, with a large nursery, since little lives longer than its test. */
export const sharedProcess = {
  isolate: false,
  execArgv: ['--min-semi-space-size=64', '--max-semi-space-size=64'],
};
/**
 * Tests that need a process of their own: they replace modules or the process's environment, measure its memory, or run
 * for so long that it does not count. All others share processes: `test/shared-process.test.ts` says what they must not do.
 */
export const aloneTests = [
  `test/lib/{${toolStackTests.join()}}.test.ts`,
  'test/property/**/*.test.ts',
  'test/{readme,local/bindings,local/main,simulator/fleet}.test.ts',
  'test/lambda/store/remembered-sims.test.ts',
  'test/emulators/lambda-runtime/function.test.ts',
];

/** Files of few lines that run for long. */
const longest =
  /\/test\/(unit\/stack\.|property\/|local\/(main|alerts|days-of-fleet)\.|readme\.|simulator\/(fleet|alert-truth)\.|cli\/(commands|failures\/redrive|import\/import)\.|lib\/alarm-fleet\.|lambda\/carriers\/(growth|doubling)\.|lambda\/alerts\/sweep\/groups\.)/;

/**
 * Runs the longest files of each project first, so that none runs alone at the end. vitest knows how long files take only
 * where they ran before; on a new clone it begins with those of the most lines. Files of a project stay together: only one
 * that is followed by another of its project hands its process on.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.test(moduleId.replaceAll('\\', '/'));
    return [...new Set(sorted.map(({ project }) => project))].flatMap((project) => {
      const its = sorted.filter((file) => file.project === project);
      return [...its.filter(isLong), ...its.filter((file) => !isLong(file))];
    });
  }
}

/** How many times as long properties may take, which are tried as many times as often. */
const runs = Math.max(1, Number(process.env['PROPERTY_RUNS'] ?? '1'));

export default defineConfig({
  test: {
    setupFiles: ['test/log-guard.ts', 'test/property-seed.ts'],
    // For what hangs: a busy machine takes ten times as long, and nothing is measured by it.
    testTimeout: 300_000 * runs,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: unitTests, exclude: [...slowTests, ...aloneTests], ...sharedProcess },
      },
      {
        extends: true,
        test: {
          name: 'others',
          include: ['test/**/*.test.ts'],
          exclude: [...unitTests, ...slowTests, ...aloneTests],
          ...sharedProcess,
        },
      },
      { extends: true, test: { name: 'slow', include: slowTests } },
      { extends: true, test: { name: 'alone', include: aloneTests } },
    ],
  },
});
