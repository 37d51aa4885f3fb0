/**
 * Whether work grows faster than its input: told by doubling the input. Measured in processor time of this process, the
 * least of several runs, so that other processes on the machine don't count.
 */

/** Prepares the work on an input of a size. */
export type Work = (size: number) => () => void;

const sizes = [2_048, 32_768];
/** Below this, in milliseconds, a measurement says nothing; work that grows with the square is far above it. */
const leastMilliseconds = 4;
const maxRuns = 7;
/** Milliseconds after which a size is judged by what was measured: runs this long vary little, and may take minutes. */
const enoughMilliseconds = 2_000;
/** If twice the input takes less than this many times the work, one measurement suffices: noise hides no factor of 4. */
const clearlyLess = 2.5;

/**
 * The first size at which twice the input takes three times the work or more, and four times the input nine times as
 * much; undefined where there is none. Smaller sizes first: what grows with the square is found before it takes long.
 */
export function outgrownSize(work: Work): number | undefined {
  return sizes.find((size) => isOutgrown(work, size) && isOutgrown(work, 2 * size));
}

function isOutgrown(work: Work, size: number): boolean {
  const runTwice = work(2 * size);
  if (isShort(runTwice)) return false;
  const run = work(size);
  let least = Number.POSITIVE_INFINITY;
  let leastTwice = Number.POSITIVE_INFINITY;
  let measured = 0;
  for (let attempt = 0; attempt < maxRuns; attempt += 1) {
    const twice = processorTime(runTwice);
    leastTwice = Math.min(leastTwice, twice);
    if (leastTwice < leastMilliseconds) return false;
    const once = processorTime(run);
    least = Math.min(least, once);
    measured += twice + once;
    if (measured > enoughMilliseconds) return leastTwice >= 3 * least;
    // One measurement may be wrong in either; the least of two seldom is.
    if (attempt > 0 && leastTwice < (attempt > 2 ? 3 : clearlyLess) * least) return false;
  }
  return true;
}

/**
 * Whether a run is over so soon that a measurement would say nothing. It has then worked no longer either, and the time
 * of day costs much less to ask for than the processor's.
 */
function isShort(run: () => void): boolean {
  const before = performance.now();
  run();
  return performance.now() - before < leastMilliseconds;
}

/** Milliseconds that the processor works for a run. */
function processorTime(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
