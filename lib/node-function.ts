import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Duration, type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, LoggingFormat, type RecursiveLoop, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type ICommandHooks, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ConfigurationError } from './configuration.ts';
import { permitKey } from './data-key.ts';
import { countEnvironmentBytes, maxEnvironmentBytes } from './environment-size.ts';
import { bundling, formatNodeOptions } from './limits.ts';

/** Settings that all functions of a stack share. */
export interface FunctionOperation {
  /** Days that logs are kept, one of the values that CloudWatch Logs supports; 0 forever. */
  readonly logDays: number;
  /** Whether X-Ray traces the functions. */
  readonly tracing: boolean;
  /** What happens to the functions' logs when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key that encrypts the data; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
}

/** What differs from function to function. */
export interface NodeFunctionProps {
  readonly definition: {
    /** Path of the handler's module, relative to the project's folder. */
    readonly entry: string;
    readonly memoryMegabytes: number;
    readonly timeoutSeconds: number;
  };
  /** The description in the Lambda console, as a sentence. */
  readonly description: string;
  readonly environment: Record<string, string>;
  /**
   * Whether Lambda stops a function that keeps invoking itself through a queue.
   *
   * @default RecursiveLoop.TERMINATE
   */
  readonly recursiveLoop?: RecursiveLoop;
  /**
   * Maximum concurrent invocations, reserved from the account's concurrency.
   *
   * @default - nothing is reserved, and only the account's limit applies
   */
  readonly reservedConcurrency?: number;
  /**
   * What to change if the environment is too large for Lambda.
   *
   * @default - the sources
   */
  readonly largeEnvironment?: LargeEnvironment;
  /**
   * Folders to deploy with the function's code.
   *
   * @default - none
   */
  readonly folders?: readonly FunctionFolder[];
  readonly operation: FunctionOperation;
}

/** A folder that a program of the project fills during bundling. */
export interface FunctionFolder {
  readonly name: string;
  /** Path of the program, relative to the project's folder. Its argument is the path of the folder to fill. */
  readonly program: string;
}

/** What makes an environment large, and how to reduce it. */
export interface LargeEnvironment {
  /** The key of the configuration, such as `simledger.sources`. */
  readonly key: string;
  /** A sentence. */
  readonly advice: string;
}

const manySources: LargeEnvironment = {
  key: 'simledger.sources',
  advice:
    'Shorten the names of sources or of the stack, or deploy some of the sources as another stack (-c stackName=…)',
};

const projectRoot = fileURLToPath(new URL('..', import.meta.url));

const formats = { cjs: OutputFormat.CJS, esm: OutputFormat.ESM } as const;

/**
 * A Lambda function as this stack deploys them: Node on arm64, bundled by the local esbuild together with the AWS SDK
 * (the runtime's own copy changes without notice and loads more slowly), with JSON logs in its own log group and a
 * role that may initially only write them.
 */
export class NodeFunction extends Construct {
  readonly handler: NodejsFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;
  readonly #dataKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const environment = { NODE_OPTIONS: formatNodeOptions(props.definition), ...props.environment };
    refuseLargeEnvironment(this, environment, props.largeEnvironment ?? manySources);
    const { logDays, tracing, removalPolicy, dataKey } = props.operation;
    this.#dataKey = dataKey;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: logDays === 0 ? RetentionDays.INFINITE : logDays,
      removalPolicy,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [this.logGroup.logGroupArn]);
    this.handler = new NodejsFunction(this, 'Function', {
      ...(props.recursiveLoop !== undefined && { recursiveLoop: props.recursiveLoop }),
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      ...bundleCode(props.definition.entry, props.folders ?? []),
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.definition.memoryMegabytes,
      timeout: Duration.seconds(props.definition.timeoutSeconds),
      environment,
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    });
    if (tracing) this.#acknowledgeTracing();
  }

  /**
   * Adds a permission, and what it needs of the customer's key. The grants of CDK's constructs allow more than our
   * functions use.
   *
   * @param partitions patterns that the partition keys of requests to a table must match; all keys by default.
   */
  allow(actions: string[], resources: string[], partitions?: readonly string[]): void {
    const conditions = partitions && {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
    };
    this.role.addToPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));
    for (const statement of permitKey(this.#dataKey, actions)) this.role.addToPolicy(statement);
  }

  /** Lets the function list the objects below a prefix of a bucket, but not read them. */
  allowList({ bucketArn }: Pick<IBucket, 'bucketArn'>, prefix: string): void {
    const conditions = { StringLike: { 's3:prefix': `${prefix}*` } };
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn], conditions }),
    );
  }

  #acknowledgeTracing(): void {
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray accepts traces without a resource: AWS offers nothing narrower.',
    });
  }
}

/** @throws ConfigurationError if Lambda would refuse the environment during the deployment. */
function refuseLargeEnvironment(
  scope: Construct,
  environment: Readonly<Record<string, string>>,
  { key, advice }: LargeEnvironment,
): void {
  const bytes = countEnvironmentBytes(scope, environment);
  if (bytes <= maxEnvironmentBytes) return;
  throw new ConfigurationError(
    `${key}: the environment of the function ${scope.node.id} may take ${bytes} bytes with these ${key.split('.').at(-1)}; accepted are ${maxEnvironmentBytes} bytes, Lambda's limit. ${advice}`,
  );
}

function bundleCode(entry: string, folders: readonly FunctionFolder[]) {
  return {
    entry: fileURLToPath(new URL(`../${entry}`, import.meta.url)),
    projectRoot,
    depsLockFilePath: fileURLToPath(new URL('../package-lock.json', import.meta.url)),
    bundling: {
      format: formats[bundling.format],
      target: bundling.target,
      mainFields: [...bundling.mainFields],
      minify: bundling.minify,
      sourceMap: bundling.sourceMap,
      sourcesContent: bundling.sourcesContent,
      esbuildArgs: Object.fromEntries(
        Object.entries(bundling.alias).map(([name, path]) => [`--alias:${name}`, path]),
      ),
      bundleAwsSDK: true,
      ...(folders.length > 0 && { commandHooks: fillFolders(folders) }),
    },
  };
}

function fillFolders(folders: readonly FunctionFolder[]): ICommandHooks {
  const fill = ({ name, program }: FunctionFolder, output: string): string => {
    const path = fileURLToPath(new URL(`../${program}`, import.meta.url));
    return `"${process.execPath}" --import tsx "${path}" "${join(output, name)}"`;
  };
  return {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (_, output) => folders.map((folder) => fill(folder, output)),
  };
}
