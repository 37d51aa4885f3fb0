import { onTestFinished, vi } from 'vitest';
import type { Pause } from './invocation.ts';

/**
 * Nothing waits for a clock in this test: a wait ends when the pause lets it.
 *
 * @param pause is asked anew each time.
 */
export function withoutClock(pause: () => Pause): void {
  const timer = setTimeout(() => undefined, 0);
  clearTimeout(timer);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((callback) => {
    void pause()('has waited').then(() => callback());
    return timer;
  });
  onTestFinished(() => void vi.restoreAllMocks());
}
