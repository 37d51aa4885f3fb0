import { join } from 'node:path';

/** A function's name, and what else its environment depends on. */
export interface FunctionIdentity {
  readonly name: string;
  readonly memoryMegabytes: number;
  /** The region in the function's environment. */
  readonly region: string;
  /** `NODE_OPTIONS` of the function's process; none by default. */
  readonly nodeOptions?: string | undefined;
}

/** What a process needs of the user's environment, on any operating system. Nothing else is passed on. */
const inherited = ['PATH', 'Path', 'SystemRoot', 'SYSTEMROOT', 'windir', 'TMPDIR', 'TEMP', 'TMP', 'LANG'];

/**
 * The environment of a function's process: what Lambda sets, credentials that only emulators accept, and the function's
 * own configuration, which takes precedence.
 *
 * @param directory the function's folder. It contains no AWS configuration files, so that the user's are not read.
 */
export function makeEnvironment(
  { name, memoryMegabytes, region, nodeOptions }: FunctionIdentity,
  directory: string,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const machine = inherited.flatMap((key) => {
    const value = process.env[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    ...Object.fromEntries(machine),
    TZ: 'UTC',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: join(directory, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    // The SDK recommends a newer Node.js; local logs need not repeat this for each process.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: directory,
    ...(nodeOptions === undefined ? {} : { NODE_OPTIONS: nodeOptions }),
    _HANDLER: 'index.handler',
    ...configured,
  };
}
