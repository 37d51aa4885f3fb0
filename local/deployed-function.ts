import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createLambdaFunction,
  type LambdaFunctionOptions,
  type LocalFunction,
} from '../emulators/lambda-runtime/function.ts';
import { bundling, formatNodeOptions } from '../lib/limits.ts';

const projectDirectory = fileURLToPath(new URL('../', import.meta.url));
const cacheDirectory = join(projectDirectory, 'node_modules/.cache/simledger/functions');

/** A function of the stack: how it is bundled and which options Node gets are the stack's. */
export type DeployedFunctionOptions = Omit<LambdaFunctionOptions, 'bundling' | 'nodeOptions'> & {
  /** Megabytes of a semi-space, where its memory does not decide. */
  readonly semiSpaceMegabytes?: number | undefined;
};

/**
 * Bundles a function exactly as it is deployed, by `lib/limits.ts`, and makes it ready to be invoked.
 *
 * @throws esbuild's BuildFailure when the entry does not build.
 */
export function createDeployedFunction({
  semiSpaceMegabytes,
  ...options
}: DeployedFunctionOptions): Promise<LocalFunction> {
  const { memoryMegabytes } = options;
  return createLambdaFunction({
    ...options,
    bundling: { ...bundling, projectDirectory, cacheDirectory },
    nodeOptions: formatNodeOptions({ memoryMegabytes, semiSpaceMegabytes }),
  });
}
