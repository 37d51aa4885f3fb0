import { DynamoDbStartError } from '../emulators/dynamodb/start.ts';
import { UsageError } from '../lambda/errors.ts';
import { type Ports, portVariables } from './options.ts';

/** Waits for all servers, even if one fails to start, because the others must be stopped. */
export async function waitUntilStarted<const T extends readonly Promise<unknown>[]>(
  starts: T,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(starts);
  return Promise.all(starts) as Promise<{ [K in keyof T]: Awaited<T[K]> }>;
}

/** Starts a server on a port. If the port is in use, the error says which variable changes it. */
export async function explainPort<T>(
  name: keyof Ports,
  port: number,
  start: (port: number) => Promise<T>,
): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      const { variable } = portVariables[name];
      throw new UsageError(
        `Port ${port} is in use: set ${variable} to a free port, or stop the process that listens there`,
      );
    }
    if (error instanceof DynamoDbStartError && code === 'LEVEL_LOCKED') {
      throw new UsageError(
        'The folder of --data is in use by another local run: give another folder, or stop that run',
      );
    }
    throw error;
  }
}
