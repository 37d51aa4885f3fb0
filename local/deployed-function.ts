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

/** A function of the stack: the stack decides how it is bundled, and its `NODE_OPTIONS`. */
export type DeployedFunctionOptions = Omit<LambdaFunctionOptions, 'bundling' | 'nodeOptions'> & {
  /** Megabytes of a semi-space, if they do not follow from its memory. */
  readonly semiSpaceMegabytes?: number | undefined;
};

/**
 * Bundles a function exactly as it is deployed, with the settings of `lib/limits.ts`, and starts it.
 *
 * @throws esbuild's BuildFailure if the entry does not compile.
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
