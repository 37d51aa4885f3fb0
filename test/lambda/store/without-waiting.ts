import { onTestFinished, vi } from 'vitest';

/** No pauses between attempts, until the test that asks for it ends. */
export function withoutWaiting(): void {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  onTestFinished(() => void vi.restoreAllMocks());
}
