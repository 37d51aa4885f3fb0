import { relative } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { startTests, type VitestRunnerImportSource } from '@vitest/runner';
import {
  inject,
  type RunnerTask,
  type RunnerTestCase,
  type RunnerTestFile,
  type RunnerTestSuite,
  TestRunner,
  vi,
} from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The name of the channel by which `resident-plugin.mjs` says what to run. */
    mutants: string;
  }
}

/** What the plugin asks for: the tests of these files, or of these only the named ones, with or without a mutant. */
interface Request {
  stop?: true;
  files: string[];
  /** Ids of tests: the file's path, `#` and the names from the outermost group to the test. */
  tests?: string[];
  mutant?: string;
  /** Whether the mutant is in code that runs when it is loaded: everything is loaded again with it. */
  isStatic?: boolean;
  /** How often the mutant may be reached: one that never ends throws then. */
  hitLimit?: number;
  /** Whether the first failure is enough. */
  bail: boolean;
  /** Whether a mutant that no test finds is not tried again with everything loaded anew. */
  once?: boolean;
}

interface Outcome {
  id: string;
  state: 'pass' | 'fail' | 'skip';
  milliseconds: number;
  message?: string;
}

/** What the mutated code reads and writes: Stryker's instrumenter puts it there. */
interface Instruments {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: unknown;
}

const shared = globalThis as { __stryker__?: Instruments };
const instruments: Instruments = shared.__stryker__ ?? {};
shared.__stryker__ = instruments;

/**
 * Keeps the thread and what it has loaded, and runs tests again and again as the plugin asks. Only the tests' own files are
 * evaluated anew for each run. So that nothing which a module remembers decides, a mutant is tried once more with everything
 * loaded anew where no test found it, and where the test that did fails without it, too.
 */
export default class ResidentRunner extends TestRunner {
  #serving = false;
  #hasStaticMutant = false;
  #request: Request = { files: [], bail: false };
  #wanted: ReadonlySet<string> | undefined;
  #hasFailed = false;

  /** Vitest's own run never goes on to its file: from here, the plugin says what is run. */
  async onBeforeCollect(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    // What vitest would tell its reporters of each run would only grow there.
    Object.assign(this, {
      onTaskUpdate: async () => undefined,
      onCollected: (files: RunnerTestFile[]) => this.#choose(files),
      onAfterRunTask: (test: RunnerTestCase) => this.#endTest(test),
      onAfterRunFiles: () => super.onAfterRunFiles(),
      onCollectStart: (file: RunnerTestFile) => super.onCollectStart(file),
    });
    const channel = new BroadcastChannel(inject('mutants'));
    await new Promise<void>((resolve, reject) => {
      channel.onmessage = (event: unknown) => {
        const request = (event as { data: Request }).data;
        if (request.stop === true) resolve();
        else
          this.#answer(request).then(
            (answer) => channel.postMessage(answer),
            (error: unknown) => reject(error),
          );
      };
      channel.postMessage('ready');
    });
    channel.close();
    throw new Error('The mutation run is over');
  }

  async #answer(request: Request): Promise<object> {
    if (request.isStatic === true || this.#hasStaticMutant) vi.resetModules();
    this.#hasStaticMutant = request.isStatic === true;
    let tests = await this.#run(request);
    if (request.mutant !== undefined && request.isStatic !== true && !(await this.#isFound(request, tests))) {
      const failed = tests.some(({ state }) => state === 'fail');
      if (failed || request.once !== true) {
        vi.resetModules();
        tests = await this.#run(request);
      }
    }
    const { hitCount, mutantCoverage } = instruments;
    return { tests, hitCount, ...(request.mutant === undefined && { mutantCoverage }) };
  }

  /** Whether a test found the mutant, which it does not find without it. */
  async #isFound(request: Request, tests: readonly Outcome[]): Promise<boolean> {
    const failed = tests.find(({ state }) => state === 'fail');
    if (failed === undefined) return false;
    const { hitCount } = instruments;
    const control = await this.#run(leaveOutMutant(request, failed));
    instruments.hitCount = hitCount;
    return control.every(({ state }) => state !== 'fail');
  }

  async #run(request: Request): Promise<Outcome[]> {
    this.#request = request;
    this.#wanted = request.tests && new Set(request.tests);
    this.#hasFailed = false;
    instruments.hitCount = request.mutant === undefined ? undefined : 0;
    instruments.hitLimit = request.hitLimit;
    instruments.activeMutant = request.isStatic === true ? request.mutant : undefined;
    const outcomes: Outcome[] = [];
    for (const path of request.files) {
      const files = await startTests([path], this);
      if (request.isStatic !== true) instruments.activeMutant = undefined;
      vi.restoreAllMocks();
      outcomes.push(...files.flatMap(describeOutcomes));
      if (request.bail && outcomes.some(({ state }) => state === 'fail')) break;
    }
    instruments.activeMutant = undefined;
    return outcomes;
  }

  /** Runs only what is wanted; a file that cannot be loaded fails. */
  #choose(files: RunnerTestFile[]): void {
    for (const file of files) this.#chooseIn(file);
    if (this.#request.isStatic !== true) instruments.activeMutant = this.#request.mutant;
  }

  /** Whether any test of a group is wanted; a group without one runs none of its hooks. */
  #chooseIn(task: RunnerTask): boolean {
    const wanted =
      task.type === 'suite'
        ? task.tasks.map((child) => this.#chooseIn(child)).includes(true)
        : task.mode !== 'skip' && (this.#wanted?.has(identify(task)) ?? true);
    if (!wanted && task.result?.state !== 'fail') task.mode = 'skip';
    return wanted;
  }

  #endTest(test: RunnerTestCase): void {
    instruments.currentTestId = undefined;
    if (test.result?.state === 'fail') this.#hasFailed = true;
    super.onAfterRunTask(test);
  }

  override importFile(filepath: string, _source: VitestRunnerImportSource): unknown {
    // As setup files are, the tests' files are evaluated anew each time: that is what registers their tests.
    return super.importFile(filepath, 'setup');
  }

  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    if (this.#isEnough()) suite.mode = 'skip';
    await super.onBeforeRunSuite(suite);
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    if (this.#isEnough()) test.mode = 'skip';
    await super.onBeforeRunTask(test);
    if (test.mode !== 'skip') instruments.currentTestId = identify(test);
  }

  #isEnough(): boolean {
    return this.#request.bail && this.#hasFailed;
  }
}

/** A file's path, `#` and the names from the outermost group to the test, as Stryker's own runner names it. */
function identify(task: RunnerTask): string {
  const names: string[] = [];
  for (
    let inner: RunnerTask | undefined = task;
    inner !== undefined && inner !== inner.file;
    inner = inner.suite
  )
    names.unshift(inner.name);
  return `${relative(process.cwd(), task.file.filepath).replaceAll('\\', '/')}#${names.join(' ')}`;
}

/** The tests of a file, and its groups whose hooks failed, or itself where it could not be loaded. */
function describeOutcomes(task: RunnerTask): Outcome[] {
  const message = task.result?.errors?.[0]?.message;
  if (task.type === 'suite') {
    const outcomes = task.tasks.flatMap(describeOutcomes);
    if (message === undefined || outcomes.some(({ state }) => state === 'fail')) return outcomes;
    return [{ id: identify(task), state: 'fail', milliseconds: 0, message }];
  }
  const state = task.result?.state;
  return [
    {
      id: identify(task),
      state: state === 'pass' || state === 'fail' ? state : 'skip',
      milliseconds: task.result?.duration ?? 0,
      ...(message !== undefined && { message }),
    },
  ];
}

/** The same without the mutant, for the test that failed; for a group or file that did, all that is wanted of its file. */
function leaveOutMutant({ mutant, ...request }: Request, { id }: Outcome): Request {
  const path = id.slice(0, id.indexOf('#'));
  return {
    ...request,
    ...(request.tests?.includes(id) === true && { tests: [id] }),
    files: request.files.filter((file) => relative(process.cwd(), file).replaceAll('\\', '/') === path),
  };
}
