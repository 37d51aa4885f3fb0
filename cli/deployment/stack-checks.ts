import {
  GetRoleCommand,
  IAMClient,
  paginateListAccessKeys,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { GetBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { SourceDescription } from '../../lambda/aws/sources.ts';
import { outputName } from '../../lib/output-names.ts';
import { type SourceOutput, sourceId } from '../../lib/source-ids.ts';
import { capacityChecks } from './capacity-check.ts';
import type { DeployedStack } from './deployed-stack.ts';
import type { Check, Deployment } from './deployment.ts';
import { check, ok, placeChecks, problem, versionCheck, warning } from './general-checks.ts';
import { orphanChecks } from './orphan-checks.ts';
import { trustProblem } from './trust.ts';

/** Looks after a deployed stack, as a careful friend would. */
export async function* stackChecks(deployment: Deployment, deployed: DeployedStack): AsyncGenerator<Check> {
  const { access, status } = deployed;
  const clients = {
    iam: new IAMClient(access),
    lambda: new LambdaClient(access),
    sns: new SNSClient(access),
    sts: new STSClient(access),
  };
  try {
    yield* callerChecks(clients.sts);
    yield {
      subject: 'stack',
      ...(/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)
        ? ok(`is ${status}`)
        : warning(`is ${status}: look at its events in the CloudFormation console`)),
    };
    yield versionCheck(deployment);
    for (const source of deployment.places.sources.all) yield* writerChecks(clients.iam, source, deployed);
    yield* placeChecks(deployment);
    for (const { name, bucket } of deployment.places.sources.all) {
      if (bucket !== undefined) yield announcementCheck(deployment, name, bucket);
    }
    const ofConsumer = await listMappings(clients.lambda, deployed.outputs[outputName.consumerFunction]);
    yield* mappingChecks(clients.lambda, deployment, deployed, ofConsumer);
    yield* capacityChecks(clients.lambda, deployment, deployed, factorsByStream(ofConsumer));
    yield subscriptionCheck(clients.sns, deployed);
    yield alarmCheck(deployment);
    yield* orphanChecks(deployment, deployed);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

/** A clock that is off by more than this makes AWS refuse requests; the SDK then corrects for it, and says by how much. */
const minuteMilliseconds = 60_000;

async function* callerChecks(sts: STSClient): AsyncGenerator<Check> {
  yield check('caller', async () => {
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
    return ok(`you are ${Arn}`);
  });
  const offset = Math.round(sts.config.systemClockOffset / minuteMilliseconds);
  yield {
    subject: 'clock',
    ...(offset === 0
      ? ok("this machine's clock is right to a few minutes")
      : warning(
          `this machine's clock is ${Math.abs(offset)} minutes ${offset > 0 ? 'behind' : 'ahead'}: set it`,
        )),
  };
}

/** Whether a carrier can write: who may be the role, and what the role or user may do. */
async function* writerChecks(
  iam: IAMClient,
  source: SourceDescription,
  { outputs }: DeployedStack,
): AsyncGenerator<Check> {
  const output = (id: SourceOutput): string | undefined => outputs[`${sourceId(source)}${id}`];
  const role = output('IAMRoleARN');
  const user = output('IAMUserARN');
  const writer = role ?? user;
  if (role !== undefined) yield roleCheck(iam, source, role, output('ExternalId') ?? '');
  if (user !== undefined) yield accessKeyCheck(iam, source, user);
  if (writer !== undefined) yield writeCheck(iam, source, writer);
}

function roleCheck(iam: IAMClient, { name, carrier }: SourceDescription, arn: string, externalId: string) {
  return check(`role of ${name}`, async () => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: arn.slice(arn.lastIndexOf('/') + 1) }));
    const wrong = trustProblem(Role?.AssumeRolePolicyDocument ?? '', externalId);
    return wrong === undefined
      ? ok(`${carrier} can assume it with the external id ${externalId}`)
      : problem(`${wrong}; deploy the stack again`);
  });
}

function accessKeyCheck(iam: IAMClient, { name }: SourceDescription, arn: string) {
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
      ? ok('is active')
      : problem("is not active: activate it in the IAM console, or raise the source's keySerial and deploy");
  });
}

/** Asks IAM what the writer may do, instead of writing something. */
function writeCheck(iam: IAMClient, { name, streamArn, bucket }: SourceDescription, arn: string) {
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
      ? ok('is permitted')
      : problem(`${refused.join(', ')} is refused: a policy was changed by hand; deploy the stack again`);
  });
}

function announcementCheck({ s3 }: Deployment, source: string, Bucket: string): Promise<Check> {
  return check(`announcements of ${source}`, async () => {
    const { QueueConfigurations: queues = [] } = await s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    return queues.some(({ Events = [] }) => Events.includes('s3:ObjectCreated:*'))
      ? ok('the bucket announces its files')
      : problem('the bucket announces no files, so none is imported: deploy the stack again');
  });
}

/** What feeds the functions: on for streams and files, off for the dead letters. */
async function* mappingChecks(
  client: LambdaClient,
  { places }: Deployment,
  { outputs }: DeployedStack,
  ofConsumer: Mappings,
): AsyncGenerator<Check> {
  for (const { name, streamArn } of places.sources.all) {
    if (streamArn === undefined) continue;
    yield mappingCheck(`mapping of ${name}`, ofConsumer, (arn) => arn === streamArn);
  }
  if (places.queues === undefined) return;
  const queueName = places.queues.files.slice(places.queues.files.lastIndexOf('/') + 1);
  const ofImporter = await listMappings(client, outputs[outputName.importerFunction]);
  yield mappingCheck('mapping of files', ofImporter, (arn) => arn.endsWith(`:${queueName}`));
}

export type Mappings = readonly EventSourceMappingConfiguration[] | Error;

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
    return error instanceof Error ? error : new Error(String(error));
  }
}

function factorsByStream(mappings: Mappings): ReadonlyMap<string, number> {
  if (mappings instanceof Error) return new Map();
  return new Map(
    mappings.map(({ EventSourceArn = '', ParallelizationFactor = 1 }) => [
      EventSourceArn,
      ParallelizationFactor,
    ]),
  );
}

export function mappingCheck(
  subject: string,
  mappings: Mappings,
  isIt: (arn: string) => boolean,
): Promise<Check> {
  return check(subject, async () => {
    if (mappings instanceof Error) throw mappings;
    const mapping = mappings.find(({ EventSourceArn }) => isIt(EventSourceArn ?? ''));
    if (mapping === undefined) return problem('is not there, so nothing is taken in: deploy the stack again');
    const { State, StateTransitionReason, LastProcessingResult } = mapping;
    return State === 'Enabled' || State === 'Updating' || State === 'Enabling'
      ? ok(
          `is ${State.toLowerCase()}${LastProcessingResult === undefined ? '' : `, last result: ${LastProcessingResult}`}`,
        )
      : problem(
          `is ${State} (${StateTransitionReason}), so nothing is taken in: switch it on in the Lambda console`,
        );
  });
}

function subscriptionCheck(client: SNSClient, { outputs }: DeployedStack): Promise<Check> {
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
    if (confirmed > 0) return ok(`${confirmed} subscribed`);
    return warning(
      pending > 0
        ? `${pending} subscribed and not confirmed, so nobody is told: follow the link in the mail of AWS`
        : "nobody is subscribed: set alarmEmail, or subscribe to the stack's topic",
    );
  });
}

function alarmCheck(deployment: Deployment): Promise<Check> {
  return check('open alarms', async () => {
    const open = (await deployment.openAlarms()) ?? [];
    return open.length === 0 ? ok('none') : warning(open.map(({ sentence }) => sentence).join('; '));
  });
}
