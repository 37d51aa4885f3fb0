import { ConflictError } from './ports.ts';

/**
 * Does something, and again from its beginning whenever somebody else wrote what it had read.
 *
 * @param maxAttempts times that it is begun.
 * @throws ConflictError if others keep writing, and what else it throws.
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
