import {
  GetRoleCommand,
  IAMClient,
  paginateListAccessKeys,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import {
  type EventSourceMappingConfiguration,
  GetFunctionConfigurationCommand,
  LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { GetBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { toError } from '../../lambda/errors.ts';
import { parseJson } from '../../lambda/json/json.ts';
import { outputName } from '../../lib/output-names.ts';
import { estimateArrivals, type Fleet, findShortages } from '../../lib/sizing.ts';
import { makeSourceId, type SourceOutput } from '../../lib/source-ids.ts';
import { check, checkPlaces, checkVersion, reportOk, reportProblem, reportWarning } from './checks.ts';
import type { Check, DeployedStack, Deployment } from './deployment.ts';
import { checkOrphans } from './orphan-checks.ts';

/** Checks a deployed stack. */
export async function* checkStack(deployment: Deployment, deployed: DeployedStack): AsyncGenerator<Check> {
  const { access, status } = deployed;
  const clients = {
    iam: new IAMClient(access),
    lambda: new LambdaClient(access),
    sns: new SNSClient(access),
    sts: new STSClient(access),
  };
  try {
    yield* checkCaller(clients.sts);
    yield {
      subject: 'stack',
      ...(/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)
        ? reportOk(`is ${status}`)
        : reportWarning(`is ${status}: see its events in the CloudFormation console`)),
    };
    yield checkVersion(deployment);
    for (const source of deployment.places.sources.all) yield* checkWriter(clients.iam, source, deployed);
    yield* checkPlaces(deployment);
    for (const { name, bucket } of deployment.places.sources.all) {
      if (bucket !== undefined) yield checkNotifications(deployment, name, bucket);
    }
    const ofConsumer = await listMappings(clients.lambda, deployed.outputs[outputName.consumerFunction]);
    yield* checkMappings(clients.lambda, deployment, deployed, ofConsumer);
    yield* checkCapacity(clients.lambda, deployment, deployed, readFactorsByStream(ofConsumer));
    yield checkSubscriptions(clients.sns, deployed);
    yield checkAlarms(deployment);
    yield* checkOrphans(deployment, deployed);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

/**
 * If the clock is off by more than this, AWS refuses requests. The SDK then corrects the clock, and knows the
 * difference.
 */
const minuteMilliseconds = 60_000;

async function* checkCaller(sts: STSClient): AsyncGenerator<Check> {
  yield check('caller', async () => {
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    return reportOk(`you are ${Arn}`);
  });
  const offset = Math.round(sts.config.systemClockOffset / minuteMilliseconds);
  yield {
    subject: 'clock',
    ...(offset === 0
      ? reportOk("this machine's clock is right to a few minutes")
      : reportWarning(
          `this machine's clock is ${Math.abs(offset)} minutes ${offset > 0 ? 'behind' : 'ahead'}: set it`,
        )),
  };
}

/** Whether a carrier can write: who may assume the role, and what the role or user may do. */
async function* checkWriter(
  iam: IAMClient,
  source: KnownSource,
  { outputs }: DeployedStack,
): AsyncGenerator<Check> {
  const output = (id: SourceOutput): string | undefined => outputs[`${makeSourceId(source)}${id}`];
  const role = output('IAMRoleARN');
  const user = output('IAMUserARN');
  const writer = role ?? user;
  if (role !== undefined) yield checkRole(iam, source, role, output('ExternalId') ?? '');
  if (user !== undefined) yield checkAccessKey(iam, source, user);
  if (writer !== undefined) yield writeCheck(iam, source, writer);
}

function checkRole(iam: IAMClient, { name, carrier }: KnownSource, arn: string, externalId: string) {
  return check(`role of ${name}`, async () => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: arn.slice(arn.lastIndexOf('/') + 1) }));
    const wrong = findTrustProblem(Role?.AssumeRolePolicyDocument ?? '', externalId);
    return wrong === undefined
      ? reportOk(`${carrier} can assume it with the external id ${externalId}`)
      : reportProblem(`${wrong}; deploy the stack again`);
  });
}

function checkAccessKey(iam: IAMClient, { name }: KnownSource, arn: string) {
  return check(`access key of ${name}`, async () => {
    const UserName = arn.slice(arn.lastIndexOf('/') + 1);
    let active = 0;
    for await (const { AccessKeyMetadata: keys = [] } of paginateListAccessKeys(
      { client: iam },
      { UserName },
    )) {
      active += keys.filter(({ Status }) => Status === 'Active').length;
    }
    return active > 0
      ? reportOk('is active')
      : reportProblem(
          "is not active: activate it in the IAM console, or raise the source's keySerial and deploy",
        );
  });
}

/** Asks IAM what the writer may do, instead of writing something. */
function writeCheck(iam: IAMClient, { name, streamArn, bucket }: KnownSource, arn: string) {
  return check(`writing to ${name}`, async () => {
    const refused: string[] = [];
    const simulate = async (actions: string[], resource: string): Promise<void> => {
      const { EvaluationResults: results = [] } = await iam.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: arn,
          ActionNames: actions,
          ResourceArns: [resource],
        }),
      );
      for (const { EvalActionName, EvalDecision } of results) {
        if (EvalDecision !== 'allowed') refused.push(EvalActionName ?? '');
      }
    };
    const [, partition = 'aws'] = arn.split(':');
    if (streamArn !== undefined) await simulate(['kinesis:PutRecord', 'kinesis:PutRecords'], streamArn);
    if (bucket !== undefined) await simulate(['s3:PutObject'], `arn:${partition}:s3:::${bucket}/file.csv`);
    return refused.length === 0
      ? reportOk('is permitted')
      : reportProblem(
          `${refused.join(', ')} is denied: a policy was changed by hand; deploy the stack again`,
        );
  });
}

function checkNotifications({ s3 }: Deployment, source: string, Bucket: string): Promise<Check> {
  return check(`notifications of ${source}`, async () => {
    const { QueueConfigurations: queues = [] } = await s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    return queues.some(({ Events = [] }) => Events.includes('s3:ObjectCreated:*'))
      ? reportOk('the bucket notifies the importer of its files')
      : reportProblem('the bucket sends no notifications, so no file is imported: deploy the stack again');
  });
}

/** Checks the event source mappings: enabled for streams and files, disabled for dead letters. */
async function* checkMappings(
  client: LambdaClient,
  { places }: Deployment,
  { outputs }: DeployedStack,
  ofConsumer: Mappings,
): AsyncGenerator<Check> {
  for (const { name, streamArn } of places.sources.all) {
    if (streamArn === undefined) continue;
    yield checkMapping(`mapping of ${name}`, ofConsumer, (arn) => arn === streamArn);
  }
  if (places.queues === undefined) return;
  const queueName = places.queues.files.slice(places.queues.files.lastIndexOf('/') + 1);
  const ofImporter = await listMappings(client, outputs[outputName.importerFunction]);
  yield checkMapping('mapping of files', ofImporter, (arn) => arn.endsWith(`:${queueName}`));
}

/** A function's event source mappings, or why they cannot be listed. */
export type Mappings = readonly EventSourceMappingConfiguration[] | Error;

/**
 * Lists a function's event source mappings. It returns a failure as a value, so that each check that needs them reports
 * it.
 */
export async function listMappings(
  client: LambdaClient,
  FunctionName: string | undefined,
): Promise<Mappings> {
  try {
    const mappings: EventSourceMappingConfiguration[] = [];
    for await (const page of paginateListEventSourceMappings({ client }, { FunctionName })) {
      mappings.push(...(page.EventSourceMappings ?? []));
    }
    return mappings;
  } catch (error) {
    return toError(error);
  }
}

function readFactorsByStream(mappings: Mappings): ReadonlyMap<string, number> {
  if (mappings instanceof Error) return new Map();
  return new Map(
    mappings.map(({ EventSourceArn = '', ParallelizationFactor = 1 }) => [
      EventSourceArn,
      ParallelizationFactor,
    ]),
  );
}

/**
 * Checks that a mapping exists and is enabled.
 *
 * @param isIt whether a mapping is the one that reads an ARN.
 */
export function checkMapping(
  subject: string,
  mappings: Mappings,
  isIt: (arn: string) => boolean,
): Promise<Check> {
  return check(subject, async () => {
    if (mappings instanceof Error) throw mappings;
    const mapping = mappings.find(({ EventSourceArn }) => isIt(EventSourceArn ?? ''));
    if (mapping === undefined)
      return reportProblem('does not exist, so nothing is read: deploy the stack again');
    const { State, StateTransitionReason, LastProcessingResult } = mapping;
    return State === 'Enabled' || State === 'Updating' || State === 'Enabling'
      ? reportOk(
          `is ${State.toLowerCase()}${LastProcessingResult === undefined ? '' : `, last result: ${LastProcessingResult}`}`,
        )
      : reportProblem(
          `is ${State} (${StateTransitionReason}), so nothing is read: enable it in the Lambda console`,
        );
  });
}

function checkSubscriptions(client: SNSClient, { outputs }: DeployedStack): Promise<Check> {
  return check('alarms', async () => {
    let confirmed = 0;
    let pending = 0;
    const TopicArn = outputs[outputName.alarmTopic];
    for await (const page of paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
      for (const { SubscriptionArn } of page.Subscriptions ?? []) {
        if (SubscriptionArn === 'PendingConfirmation') pending += 1;
        else confirmed += 1;
      }
    }
    if (confirmed > 0) return reportOk(`${confirmed} subscribed`);
    return reportWarning(
      pending > 0
        ? `${pending} not confirmed yet, so alarms reach nobody: follow the link in the mail from AWS`
        : "there are no subscribers, so alarms reach nobody: set alarmEmail, or subscribe to the stack's topic",
    );
  });
}

function checkAlarms(deployment: Deployment): Promise<Check> {
  return check('open alarms', async () => {
    const open = (await deployment.openAlarms()) ?? [];
    return open.length === 0
      ? reportOk('none')
      : reportWarning(open.map(({ sentence }) => sentence).join('; '));
  });
}

const fleets = z.record(z.string(), z.object({ sims: z.number(), updateMinutes: z.number() }));

/**
 * Checks whether the fleet of each source fits the current deployment: someone may have changed shards by hand, or the
 * fleet may have grown.
 *
 * @param factors concurrent batches per shard, by the stream's ARN.
 */
async function* checkCapacity(
  lambda: LambdaClient,
  { kinesis, places }: Deployment,
  { outputs }: DeployedStack,
  factors: ReadonlyMap<string, number>,
): AsyncGenerator<Check> {
  const configured = fleets.safeParse(parseJson(outputs[outputName.fleets] ?? '{}'));
  for (const [name, fleet] of Object.entries(configured.data ?? {})) {
    const streamArn = places.sources.all.find((source) => source.name === name)?.streamArn;
    if (streamArn === undefined) continue;
    yield check(`capacity of ${name}`, async () => {
      const { StreamDescriptionSummary: stream } = await kinesis.send(
        new DescribeStreamSummaryCommand({ StreamARN: streamArn }),
      );
      const { MemorySize: memoryMegabytes = 128 } = await lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: outputs[outputName.consumerFunction] }),
      );
      return judge(fleet, {
        shards: stream?.OpenShardCount ?? 1,
        parallelizationFactor: factors.get(streamArn) ?? 1,
        memoryMegabytes,
        isOnDemand: stream?.StreamModeDetails?.StreamMode === 'ON_DEMAND',
      });
    });
  }
}

function judge(fleet: Fleet, capacity: Parameters<typeof findShortages>[1]): Omit<Check, 'subject'> {
  const shortages = findShortages(fleet, capacity);
  if (shortages.length > 0) return reportWarning(shortages.join(' '));
  const arrivals = Math.ceil(estimateArrivals(fleet));
  return reportOk(
    `${fleet.sims} SIMs send ${arrivals} records a second, and the deployment can handle ten times as many`,
  );
}

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** The parts of a role's trust policy that decide who may assume the role. */
const policy = z.object({
  Statement: z.array(
    z.object({
      Effect: z.string(),
      Action: oneOrMore,
      Principal: z.object({ AWS: oneOrMore.optional() }).or(z.string()),
      Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
    }),
  ),
});

/**
 * What keeps a carrier from assuming a role, or lets others do so; undefined if there is no problem.
 *
 * @param document the policy as IAM returns it: JSON, percent-encoded.
 */
export function findTrustProblem(document: string, externalId: string): string | undefined {
  const parsed = policy.safeParse(parseJson(decodeURIComponent(document)));
  if (!parsed.success) return 'its trust policy cannot be read';
  const trusts = parsed.data.Statement.filter(
    ({ Effect, Action }) => Effect === 'Allow' && Action.includes('sts:AssumeRole'),
  );
  const principals = trusts.flatMap(({ Principal }) =>
    typeof Principal === 'string' ? [Principal] : (Principal.AWS ?? []),
  );
  if (principals.length === 0) return 'nobody may assume it';
  const gone = principals.find((principal) => !principal.startsWith('arn:') && !/^\d{12}$/.test(principal));
  if (gone !== undefined) return `it trusts ${gone}, a principal that no longer exists`;
  const ids = trusts.map(({ Condition = {} }) =>
    Object.values(Condition).flatMap((condition) => condition['sts:ExternalId'] ?? []),
  );
  if (ids.some((stated) => stated.length === 0))
    return 'it requires no external id, so others could assume it';
  return ids.some((stated) => stated.includes(externalId))
    ? undefined
    : `the external id that it requires is not ${externalId}, the one in the outputs`;
}
