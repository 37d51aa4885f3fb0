import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { createVitest } from 'vitest/node';

/**
 * A test runner for Stryker that loads the code once. Stryker's own runner for vitest begins a new thread for each mutant and
 * loads everything again, which takes seconds; here one thread stays (`resident-runner.ts`) and runs, for each mutant, the
 * tests that reach it. Stryker still plants the mutants, knows which test reaches which, and ends this process where a mutant
 * runs for too long.
 */
class ResidentTestRunner {
  static inject = tokens(commonTokens.options);

  #configFile;
  #secondsPerMutant;
  #vitest;
  #channel;
  /** The tests' files, those beside the mutants first and whole properties last: most mutants are found early. */
  #files = [];
  /** Rejects if the thread ends. */
  #ended;
  /** Milliseconds that each test took without a mutant, by its id. */
  #times = {};

  /** @param {{resident: {configFile: string, secondsPerMutant?: number}}} options what Stryker is configured with */
  constructor(options) {
    this.#configFile = options.resident.configFile;
    this.#secondsPerMutant = options.resident.secondsPerMutant;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    process.env['NODE_ENV'] = 'test';
    process.env['VITEST'] = '1';
    this.#vitest = await createVitest('test', {
      config: this.#configFile,
      runner: resolve('test/mutation/resident-runner.ts'),
      pool: 'threads',
      isolate: false,
      maxWorkers: 1,
      watch: false,
      coverage: { enabled: false },
      reporters: [{}],
      onConsoleLog: () => false,
    });
    const specifications = await this.#vitest.globTestSpecifications();
    this.#files = specifications.map(({ moduleId }) => moduleId).sort(compareFiles);
    if (existsSync(timesFile)) this.#times = JSON.parse(readFileSync(timesFile, 'utf8'));
    const name = `mutants-${process.pid}`;
    this.#vitest.provide('mutants', name);
    this.#channel = new BroadcastChannel(name);
    const ready = this.#nextMessage();
    // One file begins the thread, which then waits for what to run: see the runner.
    this.#ended = this.#vitest.runTestSpecifications(specifications.slice(0, 1)).then(() => {
      throw new Error(
        `The thread of the tests ended: ${[...this.#vitest.state.errorsSet].map(describeError)}`,
      );
    });
    this.#ended.catch(() => undefined);
    await Promise.race([ready, this.#ended]);
  }

  async dryRun() {
    const { tests, mutantCoverage } = await this.#run({ files: this.#files, bail: false });
    this.#times = Object.fromEntries(tests.map(({ id, milliseconds }) => [id, milliseconds]));
    writeFileSync(timesFile, JSON.stringify(this.#times));
    return { status: DryRunStatus.Complete, tests: tests.map(describeTest), mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation, disableBail, sandboxFileName }) {
    const { tests, hitCount } = await this.#run({
      files: this.#sortFiles(testFilter, sandboxFileName),
      tests: testFilter,
      mutant: activeMutant.id,
      isStatic: mutantActivation === 'static',
      hitLimit,
      bail: !disableBail,
      once: this.#secondsPerMutant !== undefined,
    });
    const errors = [...this.#vitest.state.errorsSet];
    this.#vitest.state.errorsSet.clear();
    if (errors.length > 0 && tests.every(({ state }) => state !== 'fail'))
      return toMutantRunResult({
        status: DryRunStatus.Error,
        errorMessage: errors.map(describeError).join('\n'),
      });
    return toMutantRunResult(
      determineHitLimitReached(hitCount, hitLimit) ?? {
        status: DryRunStatus.Complete,
        tests: tests.map(describeTest),
      },
    );
  }

  async dispose() {
    this.#channel?.postMessage({ stop: true });
    this.#channel?.close();
    await this.#vitest?.close();
  }

  /**
   * The files of the wanted tests: first that of the mutated file, then those whose tests take least time, as many as may be
   * run for one mutant.
   */
  #sortFiles(testFilter, mutatedFile) {
    if (testFilter === undefined) return this.#files;
    const times = new Map();
    for (const id of testFilter) {
      const file = resolve(id.slice(0, id.indexOf('#')));
      times.set(file, (times.get(file) ?? 0) + (this.#times[id] ?? 0));
    }
    const name = basename(mutatedFile, '.ts');
    const isOwn = (file) => basename(file).startsWith(`${name}.`);
    const sorted = this.#files
      .filter((file) => times.has(resolve(file)))
      .sort((a, b) => isOwn(b) - isOwn(a) || times.get(resolve(a)) - times.get(resolve(b)));
    if (this.#secondsPerMutant === undefined) return sorted;
    let milliseconds = 0;
    return sorted.filter((file, index) => {
      milliseconds += times.get(resolve(file));
      return index === 0 || milliseconds <= this.#secondsPerMutant * 1000;
    });
  }

  /** Runs tests in the thread, and waits for what they told. */
  async #run(request) {
    const answer = this.#nextMessage();
    this.#channel.postMessage(request);
    return Promise.race([answer, this.#ended]);
  }

  #nextMessage() {
    return new Promise((resolve) => {
      this.#channel.onmessage = ({ data }) => resolve(data);
    });
  }
}

/** Where the times are kept for the process that follows one which a mutant made hang. */
const timesFile = 'test-times.json';

const statuses = { pass: TestStatus.Success, fail: TestStatus.Failed, skip: TestStatus.Skipped };

function describeTest({ id, state, milliseconds, message }) {
  const [file, ...name] = id.split('#');
  return {
    id,
    name: name.join('#'),
    fileName: resolve(file),
    timeSpentMs: milliseconds,
    status: statuses[state],
    ...(state === 'fail' && { failureMessage: message }),
  };
}

function describeError(error) {
  return error instanceof Error
    ? (error.stack ?? error.message)
    : String(error?.stack ?? error?.message ?? error);
}

function compareFiles(a, b) {
  return rankFile(a) - rankFile(b) || (a < b ? -1 : 1);
}

function rankFile(file) {
  const path = relative('.', file).replaceAll('\\', '/');
  if (path.startsWith('test/property/')) return 2;
  return /^test\/lambda\/(carriers|ingest|json|ledger|store)\//.test(path) ? 0 : 1;
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'resident', ResidentTestRunner)];

/** The options that Stryker's configuration has for this runner. */
export const strykerValidationSchema = {
  properties: {
    resident: {
      type: 'object',
      title: 'ResidentTestRunnerOptions',
      additionalProperties: false,
      required: ['configFile'],
      properties: {
        configFile: { type: 'string', description: 'The configuration of vitest, which names the tests.' },
        secondsPerMutant: {
          type: 'number',
          exclusiveMinimum: 0,
          description:
            'How long the tests of one mutant may take, once. Without it, all run, and again with everything loaded anew.',
        },
      },
    },
  },
};
