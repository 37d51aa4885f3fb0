import type { Pause } from './invocation.ts';

/** What one interleaving did: the number of those who waited, and which of them went on, step by step. */
interface Step {
  readonly waiting: number;
  readonly chosen: number;
}

/**
 * Runs something under every interleaving of its pauses, one after the other: depth first through all choices of who
 * goes on next. What runs must depend only on these choices.
 *
 * @returns the number of interleavings.
 * @throws what a run throws, with the choices that led there in the error's message.
 */
export async function underEveryInterleaving(
  run: (pause: Pause) => Promise<void>,
  most = 20_000,
): Promise<number> {
  let prefix: readonly number[] = [];
  for (let count = 1; ; count += 1) {
    const steps = await underOne(run, prefix);
    const next = following(steps);
    if (next === undefined) return count;
    if (count === most) throw new RangeError(`More than ${most} interleavings`);
    prefix = next;
  }
}

async function underOne(run: (pause: Pause) => Promise<void>, prefix: readonly number[]): Promise<Step[]> {
  const waiting: { readonly where: string; readonly goOn: () => void }[] = [];
  const steps: Step[] = [];
  const order: string[] = [];
  const state = { ended: false };
  const running = run((where) => new Promise<void>((goOn) => waiting.push({ where, goOn }))).finally(() => {
    state.ended = true;
  });
  running.catch(() => undefined);
  for (;;) {
    // What can go on by itself does so before the next choice.
    await new Promise(setImmediate);
    if (state.ended) break;
    const chosen = prefix[steps.length] ?? 0;
    const [next] = waiting.splice(chosen, 1);
    if (next === undefined) throw new Error(`All wait for something else: ${order.join(', ')}`);
    steps.push({ waiting: waiting.length + 1, chosen });
    order.push(`${chosen}: ${next.where}`);
    next.goOn();
  }
  try {
    await running;
  } catch (error) {
    throw new Error(`In the interleaving ${order.join(', ')}`, { cause: error });
  }
  return steps;
}

/** The choices that come next in depth-first order; undefined after the last. */
function following(steps: readonly Step[]): number[] | undefined {
  const last = steps.findLastIndex(({ waiting, chosen }) => chosen + 1 < waiting);
  if (last === -1) return undefined;
  return steps.slice(0, last + 1).map(({ chosen }, index) => (index === last ? chosen + 1 : chosen));
}
