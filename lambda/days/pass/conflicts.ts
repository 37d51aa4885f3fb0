import { ConflictError } from './ports.ts';

/**
 * Runs a task, and repeats it from its beginning whenever somebody else wrote what it had read.
 *
 * @param maxAttempts how often to begin.
 * @throws ConflictError if others keep writing, and other errors of the task.
 */
export async function retryConflicts<Result>(
  maxAttempts: number,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConflictError) || attempts === maxAttempts) throw error;
    }
  }
}
