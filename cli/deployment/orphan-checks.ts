import {
  CloudFormationClient,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  paginateGetResources,
  ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { tables } from '../../lambda/store/tables.ts';
import { outputName } from '../../lib/output-names.ts';
import { isNotFound, isNotPermitted } from '../errors.ts';
import { count } from '../terminal/progress.ts';
import { check, reportOk, reportWarning } from './checks.ts';
import type { Check, DeployedStack, Deployment } from './deployment.ts';

/**
 * Orphans: streams, buckets, tables and secrets with a stack's name that do not belong to it. With `removal: "retain"`,
 * they remain when their source is removed or renamed, when another table is adopted, and when the stack is deleted.
 *
 * CloudFormation puts three tags on each of them, which nobody can remove, even after the resource left the stack:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html. Tags are
 * exact, but names are not: bucket names are cut, and names of the stack `simledger-trial` begin like those of
 * `simledger`.
 */

const stackNameTag = 'aws:cloudformation:stack-name';
const stackIdTag = 'aws:cloudformation:stack-id';
const logicalIdTag = 'aws:cloudformation:logical-id';

/** A tag, with any value, for an orphan that should stay. */
const keepTag = 'simledger:keep';

/** The caller's access, and the stack; a deleted stack has no id. */
type Caller = Pick<DeployedStack, 'access' | 'name'> & Partial<Pick<DeployedStack, 'id'>>;

type Kind = 'stream' | 'table' | 'bucket' | 'secret';

/** The ARN pattern of each kind; the last part is the name. */
const arns: Readonly<Record<Kind, RegExp>> = {
  stream: /^arn:[^:]+:kinesis:[^:]*:[^:]*:stream\/([^/]+)$/,
  table: /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/([^/]+)$/,
  bucket: /^arn:[^:]+:s3:::([^/]+)$/,
  secret: /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:(.+)$/,
};
const kinds = Object.keys(arns) as Kind[];

/** Prefixes of the ids in our templates: a deleted stack with this name may not have been simledger's. */
const ourIds = /^(Source|Storage|Lake|Catalog|WebhookIngest|QueryApi)/;

/** The resource types of the tagging API. A bucket's ARN has no type. */
const resourceTypes = ['kinesis:stream', 'dynamodb:table', 's3', 'secretsmanager:secret'];

/** A resource that carries a stack's name. */
interface Tagged {
  readonly kind: Kind;
  readonly arn: string;
  readonly name: string;
  /** Its id in its original template: `SourceKoreStream0123ABCD`. */
  readonly logicalId: string;
  /** ARN of the stack that created it. */
  readonly stackId: string | undefined;
}

/** The services that the checks call. */
type Services = Pick<Deployment, 'kinesis' | 's3' | 'dynamoDb'>;

/** Finds orphans of the stack, and of earlier stacks with its name. */
export async function* checkOrphans(services: Services, deployed: DeployedStack): AsyncGenerator<Check> {
  let some = false;
  for await (const one of judgeOrphans(services, deployed, () => findOrphans(deployed))) {
    some = true;
    yield one;
  }
  if (!some)
    yield {
      subject: 'orphans',
      ...reportOk("none: every resource with the stack's tags is part of the stack"),
    };
}

/** Finds orphans of deleted stacks with a name. */
export function checkMissingStack(services: Services, caller: Caller): AsyncGenerator<Check> {
  return judgeOrphans(services, caller, () => findTagged(caller));
}

async function* judgeOrphans(
  services: Services,
  caller: Caller,
  find: () => Promise<readonly Tagged[]>,
): AsyncGenerator<Check> {
  let orphans: readonly Tagged[] = [];
  try {
    orphans = await find();
  } catch (error) {
    yield await check('orphans', async () => {
      if (!isNotPermitted(error)) throw error;
      return reportWarning(
        'cannot be searched for without tag:GetResources, cloudformation:ListStackResources and lambda:GetFunctionConfiguration; docs/operating.md#what-stays-behind shows how to search by hand',
      );
    });
  }
  for (const orphan of orphans) {
    let isThere = true;
    const one = await check(`orphaned ${orphan.kind}`, async () => {
      const said = await describe(orphan, services, caller);
      isThere = said !== undefined;
      return reportWarning(said ?? '');
    });
    // The tagging API may list a resource for a while after its deletion.
    if (isThere) yield one;
  }
}

async function findOrphans(deployed: DeployedStack): Promise<readonly Tagged[]> {
  const tagged = await findTagged(deployed);
  if (tagged.length === 0) return [];
  const parts = await listParts(deployed);
  const orphans = omitKnown(tagged, [...parts, ...Object.values(deployed.outputs)]);
  // An adopted table that is missing in the outputs is in the consumer's environment.
  return orphans.length === 0 ? [] : omitKnown(orphans, await readVariables(deployed));
}

/** @param names names or ARNs of used resources. */
function omitKnown(resources: readonly Tagged[], names: readonly string[]): readonly Tagged[] {
  const used = new Set(names);
  return resources.filter(({ name, arn }) => !used.has(name) && !used.has(arn));
}

async function findTagged({ access, name }: Caller): Promise<Tagged[]> {
  const client = new ResourceGroupsTaggingAPIClient(access);
  try {
    const tagged: Tagged[] = [];
    const pages = paginateGetResources(
      { client },
      { TagFilters: [{ Key: stackNameTag, Values: [name] }], ResourceTypeFilters: resourceTypes },
    );
    for await (const { ResourceTagMappingList: page = [] } of pages) tagged.push(...page.flatMap(readTagged));
    return tagged.sort((one, other) => (one.arn < other.arn ? -1 : 1));
  } finally {
    client.destroy();
  }
}

function readTagged({ ResourceARN: arn = '', Tags = [] }: ResourceTagMapping): Tagged[] {
  const tags = new Map(Tags.map(({ Key, Value = '' }) => [Key, Value]));
  const logicalId = tags.get(logicalIdTag) ?? '';
  if (tags.has(keepTag) || !ourIds.test(logicalId)) return [];
  return kinds.flatMap((kind) => {
    const name = arns[kind].exec(arn)?.[1];
    return name === undefined ? [] : [{ kind, arn, name, logicalId, stackId: tags.get(stackIdTag) }];
  });
}

/** Physical ids of the stack's resources. */
async function listParts({ access, name }: Caller): Promise<string[]> {
  const client = new CloudFormationClient(access);
  try {
    const parts: StackResourceSummary[] = [];
    for await (const page of paginateListStackResources({ client }, { StackName: name })) {
      parts.push(...(page.StackResourceSummaries ?? []));
    }
    return parts.flatMap(({ ResourceStatus, PhysicalResourceId = '' }) =>
      ResourceStatus === 'DELETE_COMPLETE' || ResourceStatus === 'DELETE_SKIPPED' ? [] : PhysicalResourceId,
    );
  } finally {
    client.destroy();
  }
}

/** The values of the consumer's environment. */
async function readVariables({ access, outputs }: DeployedStack): Promise<string[]> {
  const client = new LambdaClient(access);
  try {
    const FunctionName = outputs[outputName.consumerFunction];
    const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return Object.values(Environment?.Variables ?? {});
  } finally {
    client.destroy();
  }
}

/** @returns undefined if it no longer exists. */
async function describe(orphan: Tagged, services: Services, caller: Caller): Promise<string | undefined> {
  const whose = orphan.stackId === caller.id ? '' : ', of an earlier stack of this name,';
  const region = typeof caller.access.region === 'string' ? ` --region ${caller.access.region}` : '';
  const said = await describeContent({ orphan, services, caller, region });
  if (said === undefined) return undefined;
  return `${orphan.name}${whose} ${said}. To keep it, give it the tag ${keepTag}`;
}

/** The caller's clients. */
interface Context {
  readonly orphan: Tagged;
  readonly services: Services;
  readonly caller: Caller;
  /** The option of the AWS CLI, with a space before it. */
  readonly region: string;
}

/** @returns undefined if the orphan no longer exists. */
async function describeContent(context: Context): Promise<string | undefined> {
  const { kind } = context.orphan;
  try {
    return await describers[kind](context);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (!isNotPermitted(error)) throw error;
    return `is not part of the stack. To see its content, you need ${permissions[kind]}`;
  }
}

/** Permissions to inspect an orphan; secrets are not read. */
const permissions: Readonly<Record<Kind, string>> = {
  stream: 'kinesis:DescribeStreamSummary',
  table: 'dynamodb:DescribeTable',
  bucket: 's3:ListBucket',
  secret: '',
};

/** Objects in buckets that belong to no source, by the beginning of the bucket's logical id. */
const keptObjects = [
  ['StorageQuarantine', 'rejects and failed batches'],
  ['Lake', 'rows of closed days, which may have expired from the tables'],
  ['CatalogResults', 'answers of Athena'],
] as const;

/** Completes a sentence about the orphan: its content, and what to do; undefined if it no longer exists. */
type Describe = (context: Context) => Promise<string | undefined>;

const describers: Readonly<Record<Kind, Describe>> = {
  stream: async ({ orphan: { name, arn }, services, caller, region }) => {
    const { StreamDescriptionSummary: stream } = await services.kinesis.send(
      new DescribeStreamSummaryCommand({ StreamARN: arn }),
    );
    if (stream?.StreamStatus === 'DELETING') return undefined;
    const hours = stream?.RetentionPeriodHours ?? 24;
    const records = await countArrivals(caller, name, hours);
    const remove = `aws kinesis delete-stream${region} --stream-name ${name}`;
    const cost = `its ${stream?.OpenShardCount ?? 0} shards cost by the hour`;
    if (records === 0) return `is empty, and ${cost}: ${remove}`;
    const content =
      records === undefined
        ? `may hold records of the last ${hours} hours`
        : `holds up to ${count(records)} records of the last ${hours} hours`;
    return `${content}, which nothing reads, and ${cost}: replay them with simledger replay --stream ${name} --source …; then ${remove}`;
  },
  bucket: async ({ orphan: { name, logicalId }, services }) => {
    const { KeyCount = 0, IsTruncated = false } = await services.s3.send(
      new ListObjectsV2Command({ Bucket: name }),
    );
    const remove = 'empty and delete it in the S3 console, which removes all versions';
    if (KeyCount === 0) return `is empty: ${remove}`;
    const content = `has ${count(KeyCount)} objects${IsTruncated ? ' or more' : ''} in it`;
    const [, what] = keptObjects.find(([prefix]) => logicalId.startsWith(prefix)) ?? [];
    return what === undefined
      ? `${content}, files of a carrier: import missing files with simledger import s3://${name}/; then ${remove}`
      : `${content}, ${what}: when you no longer need them, ${remove}`;
  },
  table: async ({ orphan: { name, logicalId }, services, region }) => {
    const { Table: table } = await services.dynamoDb.send(new DescribeTableCommand({ TableName: name }));
    if (table?.TableStatus === 'DELETING') return undefined;
    const options = `${region} --table-name ${name}`;
    const unlock = `aws dynamodb update-table${options} --no-deletion-protection-enabled && `;
    const remove = `${table?.DeletionProtectionEnabled === true ? unlock : ''}aws dynamodb delete-table${options}`;
    const items = table?.ItemCount ?? 0;
    const countNote = "by DynamoDB's count, which is up to six hours old";
    if (items === 0) return `is empty ${countNote}: ${remove}`;
    const id = tables.find((table) => logicalId.startsWith(`Storage${table.name}`))?.name ?? '…';
    return `holds ${count(items)} items ${countNote}: to use it instead of today's table, "adopt": { "tables": { "${id}": "${name}" } } (docs/operating.md#adopting-tables); to delete it, unless another stack has adopted it, ${remove}`;
  },
  secret: async ({ orphan: { arn }, region }) =>
    `is no longer read: aws secretsmanager delete-secret${region} --secret-id ${arn}`,
};

/** The most data points in one CloudWatch response. */
const maxDataPoints = 1_440;

const hourSeconds = 3_600;

/**
 * Records that arrived in a stream during its retention period.
 *
 * @returns undefined if the caller may not read the metric.
 */
async function countArrivals(
  { access }: Caller,
  StreamName: string,
  hours: number,
): Promise<number | undefined> {
  const client = new CloudWatchClient(access);
  try {
    const now = Date.now();
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        ...{ Namespace: 'AWS/Kinesis', MetricName: 'IncomingRecords', Statistics: ['Sum'] },
        Dimensions: [{ Name: 'StreamName', Value: StreamName }],
        // Count the hour that has begun to expire in full.
        StartTime: new Date(now - (hours + 1) * hourSeconds * 1000),
        EndTime: new Date(now),
        Period: hourSeconds * Math.ceil((hours + 1) / maxDataPoints),
      }),
    );
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  } catch (error) {
    if (!isNotPermitted(error)) throw error;
    return undefined;
  } finally {
    client.destroy();
  }
}
