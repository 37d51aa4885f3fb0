import type { Interpret } from '../lambda/ingest/entries.ts';
import type { CommandContext, CommandEnvironment, ExitCode, Perform, PerformAlone } from './command.ts';
import type { Deployment } from './deployment/deployment.ts';
import type { Program } from './new-program.ts';

/** Runs a command that needs a deployment. */
export type Performer = ReturnType<typeof makePerformer>;

/** Runs a command that needs no deployment. */
export type PerformerAlone = ReturnType<typeof performWithoutDeployment>;

/** Whether a command changes anything. */
type Effect = 'reads' | 'writes';

/** Runs a command on the deployment that the options select. */
export function makePerformer(
  environment: CommandEnvironment,
  program: Program,
  onEnd: (code: ExitCode) => void,
) {
  const { terminal, signal } = environment;
  return async <Options>(
    effect: Effect,
    load: () => Promise<Perform<Options>>,
    options: Options,
  ): Promise<void> => {
    const { json = false, reveal = false } = program.opts();
    const [command, interpret, deployment] = await stopOnInterrupt(
      signal,
      settleAll([load(), loadInterpret(environment), openDeployment(environment, program)]),
    );
    const context: CommandContext = { terminal, deployment, json, reveal, signal, interpret };
    if (effect === 'writes') {
      signal.addEventListener('abort', () =>
        terminal.err.write('\nStopping … (Ctrl-C again stops immediately)\n'),
      );
    }
    try {
      const ended = command(context, options);
      onEnd(await (effect === 'reads' ? stopOnInterrupt(signal, ended) : ended));
    } finally {
      deployment.close();
    }
  };
}

/** Runs a command that only reads files on this machine. */
export function performWithoutDeployment(
  { terminal, signal }: CommandEnvironment,
  program: Program,
  onEnd: (code: ExitCode) => void,
) {
  return async <Options>(load: () => Promise<PerformAlone<Options>>, options: Options): Promise<void> => {
    const { json = false, reveal = false } = program.opts();
    const command = await stopOnInterrupt(signal, load());
    onEnd(await stopOnInterrupt(signal, command({ terminal, json, reveal, signal }, options)));
  };
}

/** Waits for all work, even if some of it fails, so that no code is still loading when a command ends. */
async function settleAll<Results extends readonly unknown[]>(
  work: {
    readonly [Index in keyof Results]: Promise<Results[Index]>;
  },
): Promise<Results> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as unknown as Results;
}

/**
 * Waits for something until Ctrl-C.
 *
 * @throws the signal's reason.
 */
async function stopOnInterrupt<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  let stop: () => void = () => undefined;
  const interruption = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([interruption, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function loadInterpret({ interpret }: CommandEnvironment): Promise<Interpret> {
  return interpret ?? (await import('../lambda/carriers/index.ts')).interpret;
}

async function openDeployment({ terminal }: CommandEnvironment, program: Program): Promise<Deployment> {
  const { local, stack, region, profile } = program.opts();
  if (local === true) {
    const { openLocalRun } = await import('./deployment/local-run.ts');
    return openLocalRun(terminal.env);
  }
  const { openStack } = await import('./deployment/stack.ts');
  return openStack({ stack, region, profile });
}
