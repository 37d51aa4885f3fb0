/**
 * Starts to measure a duration.
 *
 * @returns a function that returns the milliseconds since, by whichever clock has advanced more: the monotonic clock
 *   may stop while a process is frozen or its machine sleeps.
 */
export function startTimer(): () => number {
  const [steady, wall] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}
