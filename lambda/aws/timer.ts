/**
 * Starts to measure a duration.
 *
 * @returns tells how many milliseconds have passed since, by the clock that says more: the one that is never set back may
 *   stand still while a process is frozen or its machine sleeps.
 */
export function startTimer(): () => number {
  const [steady, wall] = [performance.now(), Date.now()];
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}
