import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { UnreachableError } from '../../lambda/errors.ts';
import { carrierTraits, type WebhookAuthentication } from '../../lambda/ledger/source.ts';
import { makeSourceId, type SourceOutput } from '../../lib/source-ids.ts';
import type { CallbackValues, ConnectionValues } from '../connect/portal-forms.ts';
import { isUnknownStack } from '../errors.ts';
import { Clients, ConnectedDeployment, readPlaces } from './clients.ts';
import {
  type Access,
  type Check,
  type DeployedStack,
  type Deployment,
  MissingStackError,
  type OpenAlarm,
  type SourceTraffic,
} from './deployment.ts';

/** The stack options of the command line. */
export interface StackChoice {
  readonly stack: string;
  readonly region: string | undefined;
  readonly profile: string | undefined;
}

/** A shard allows five reads a second for all readers together, and Lambda uses one of them. */
const shardPauseMilliseconds = 500;

/**
 * Finds a deployed stack by its outputs.
 *
 * @throws MissingStackError if no stack has that name; UnreachableError if it is not a simledger stack; and what AWS
 *   throws.
 */
export async function openStack({ stack: name, region, profile }: StackChoice): Promise<Deployment> {
  const access: Access = {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
  };
  const client = new CloudFormationClient(access);
  try {
    const foundRegion = await readRegion(client);
    const title = `the stack ${name} in ${foundRegion}`;
    const accessThere = { ...access, region: foundRegion };
    const stack = await describe(client, name);
    if (stack === undefined) throw new MissingStackError(title, accessThere, name);
    return new StackDeployment(title, readDeployedStack(accessThere, stack));
  } finally {
    client.destroy();
  }
}

async function readRegion(client: CloudFormationClient): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw new UnreachableError(
      'No AWS region is set: give --region, set AWS_REGION, or choose a profile with a region with --profile',
      { cause: error },
    );
  }
}

/** @returns undefined if no stack has that name. */
async function describe(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return stack;
  } catch (error) {
    if (isUnknownStack(error)) return undefined;
    throw error;
  }
}

function readDeployedStack(
  access: Access,
  { StackName, StackId, StackStatus, Outputs = [] }: Stack,
): DeployedStack {
  const outputs = Object.fromEntries(
    Outputs.map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
  );
  return { access, outputs, name: StackName ?? '', id: StackId ?? '', status: StackStatus ?? '' };
}

class StackDeployment extends ConnectedDeployment implements Deployment {
  readonly shardPauseMilliseconds = shardPauseMilliseconds;
  readonly closesAtOnce = false;
  readonly #deployed: DeployedStack;

  constructor(title: string, deployed: DeployedStack) {
    super(title, readPlaces(deployed.outputs, title), new Clients(deployed.access));
    this.#deployed = deployed;
  }

  async readTraffic(): Promise<readonly SourceTraffic[]> {
    const { readTraffic } = await import('./stack-watch.ts');
    return readTraffic(this.#deployed, this.places.sources.all, Date.now());
  }

  async openAlarms(): Promise<readonly OpenAlarm[]> {
    const { listOpenAlarms } = await import('./stack-watch.ts');
    return listOpenAlarms(this.#deployed);
  }

  describeConnection(source: KnownSource): ConnectionValues {
    return listConnectionValues(source, this.#deployed);
  }

  async *checkConnection(source: KnownSource): AsyncGenerator<Check> {
    const { checkConnection } = await import('./connection-checks.ts');
    yield* checkConnection(source, this.#deployed, Date.now());
  }

  async *runChecks(): AsyncGenerator<Check> {
    const { checkStack } = await import('./stack-checks.ts');
    yield* checkStack(this, this.#deployed);
  }
}

/** What a stack's outputs say about a source. */
function listConnectionValues(
  source: KnownSource,
  { outputs }: Pick<DeployedStack, 'outputs'>,
): ConnectionValues {
  const output = (id: SourceOutput): string | undefined => outputs[`${makeSourceId(source)}${id}`];
  const { streamArn, bucket } = source;
  const accessKey = output('ReadAccessKey');
  return {
    region: output('AWSRegion') ?? '',
    streamName: output('StreamName') ?? '',
    sink: output('Sink'),
    ...{ streamArn, bucket: output('S3Bucket') ?? bucket },
    roleArn: output('IAMRoleARN'),
    externalId: output('ExternalId'),
    accessKey: accessKey && `shown by: ${accessKey}`,
    callback: listCallbackValues(source, output),
  };
}

/**
 * The key in a source's secret under which the user stores the carrier's credential. Without a key, the secret was
 * generated, and a command shows it.
 */
const carriersMember: Readonly<Record<WebhookAuthentication, string | undefined>> = {
  'twilio-hmac': 'authToken',
  'kore-hmac': 'secret',
  basic: undefined,
  token: undefined,
};

function listCallbackValues(
  { carrier }: KnownSource,
  output: (id: SourceOutput) => string | undefined,
): CallbackValues | undefined {
  const url = output('CallbackURL');
  if (url === undefined) return undefined;
  const member = carriersMember[carrierTraits[carrier].webhook];
  const put = `put the carrier’s in place: aws secretsmanager put-secret-value --region ${output('AWSRegion')} --secret-id ${output('CallbackSecret')} --secret-string '{"${member}":"…"}'`;
  const shown = `shown by: ${output('ReadCallbackSecret')}`;
  return { url, sink: output('WebhookSink'), credential: member === undefined ? shown : put };
}
