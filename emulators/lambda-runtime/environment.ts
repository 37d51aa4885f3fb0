import { join } from 'node:path';

/** Name and region of a function. */
export interface FunctionIdentity {
  readonly name: string;
  readonly memoryMegabytes: number;
  /** Region that the function gets from its environment. */
  readonly region: string;
  /** Node's options in the function's process; none by default. */
  readonly nodeOptions?: string | undefined;
}

/** What a process needs of the machine, by operating system. Nothing else of the user's environment gets in. */
const inherited = ['PATH', 'Path', 'SystemRoot', 'SYSTEMROOT', 'windir', 'TMPDIR', 'TEMP', 'TMP', 'LANG'];

/**
 * The environment of a function's process: what Lambda sets, credentials that only stand-ins take, and what the
 * function itself is configured with, which wins.
 *
 * @param directory the function's own folder; no AWS configuration files are there, and so the user's are not read.
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
    // The SDK advises a newer Node.js; a local log need not repeat it in each process.
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
