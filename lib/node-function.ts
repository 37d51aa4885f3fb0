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

/** How a stack runs its functions. */
export interface FunctionOperation {
  /** Days for which logs are kept, one of the numbers that CloudWatch Logs takes; 0 forever. */
  readonly logDays: number;
  /** Whether X-Ray traces the functions. */
  readonly tracing: boolean;
  /** What becomes of the functions' logs when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key with which the data is encrypted; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
}

/** What distinguishes one function from the other. */
export interface NodeFunctionProps {
  readonly definition: {
    /** Path of the module with the handler, from the project's folder. */
    readonly entry: string;
    readonly memoryMegabytes: number;
    readonly timeoutSeconds: number;
  };
  /** A sentence for the Lambda console. */
  readonly description: string;
  readonly environment: Record<string, string>;
  /**
   * Whether Lambda ends a function that, through a queue, keeps calling itself.
   *
   * @default RecursiveLoop.TERMINATE
   */
  readonly recursiveLoop?: RecursiveLoop;
  /**
   * Invocations at the same time, at most, set aside from the account's.
   *
   * @default - none set aside, and no limit but the account's
   */
  readonly reservedConcurrency?: number;
  /**
   * What to change where the environment is too large for Lambda.
   *
   * @default - the sources
   */
  readonly largeEnvironment?: LargeEnvironment;
  /**
   * Folders beside the function's code.
   *
   * @default - none
   */
  readonly folders?: readonly FunctionFolder[];
  readonly operation: FunctionOperation;
}

/** A folder that a program of the project fills when the function is bundled. */
export interface FunctionFolder {
  readonly name: string;
  /** Path of the program from the project's folder. It is run with the folder's path. */
  readonly program: string;
}

/** What makes an environment large, and what to do about it. */
export interface LargeEnvironment {
  /** The key of the configuration. */
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
 * A Lambda function in the one way that this stack makes them: Node on arm64, bundled by the local esbuild with the
 * AWS SDK inside (the runtime's own copy changes without notice and loads more slowly), JSON logs in a group of its
 * own, and a role that starts with the right to write them and nothing else.
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
   * @param partitions patterns of the partition keys that requests to a table may name; all of them by default.
   */
  allow(actions: string[], resources: string[], partitions?: readonly string[]): void {
    const conditions = partitions && {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
    };
    this.role.addToPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));
    for (const statement of permitKey(this.#dataKey, actions)) this.role.addToPolicy(statement);
  }

  /** Lets the function list those objects of a bucket whose keys begin with a prefix, and read none of them. */
  allowList({ bucketArn }: Pick<IBucket, 'bucketArn'>, prefix: string): void {
    const conditions = { StringLike: { 's3:prefix': `${prefix}*` } };
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn], conditions }),
    );
  }

  #acknowledgeTracing(): void {
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray takes traces without a resource: AWS has no finer grain.',
    });
  }
}

/** @throws ConfigurationError when Lambda would refuse the environment at the deployment. */
function refuseLargeEnvironment(
  scope: Construct,
  environment: Readonly<Record<string, string>>,
  { key, advice }: LargeEnvironment,
): void {
  const bytes = countEnvironmentBytes(scope, environment);
  if (bytes <= maxEnvironmentBytes) return;
  throw new ConfigurationError(
    `${key}: the environment of the function ${scope.node.id} may take ${bytes} bytes with these ${key.split('.').at(-1)}; accepted is what takes ${maxEnvironmentBytes}, which is Lambda's limit. ${advice}`,
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
