import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import type { SourceDescription } from '../../lambda/aws/sources.ts';
import { UnreachableError } from '../../lambda/errors.ts';
import type { ConnectionValues } from '../connect/portal-forms.ts';
import { isUnknownStack } from '../errors.ts';
import { type Access, Clients } from './clients.ts';
import { ConnectedDeployment } from './connected-deployment.ts';
import { connectionValues } from './connection-values.ts';
import type { DeployedStack } from './deployed-stack.ts';
import {
  type Check,
  type Deployment,
  MissingStackError,
  type OpenAlarm,
  type SourceTraffic,
} from './deployment.ts';
import { readPlaces } from './places.ts';

/** Which stack, as the command line names it. */
export interface StackChoice {
  readonly stack: string;
  readonly region: string | undefined;
  readonly profile: string | undefined;
}

/** Reads of a shard are five a second, for all readers together; Lambda makes one of them. */
const shardPauseMilliseconds = 500;

/**
 * Finds a deployed stack by its outputs.
 *
 * @throws MissingStackError if no stack has that name, UnreachableError if it is not a simledger stack; and what
 *   AWS throws.
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
    return new StackDeployment(title, deployedStack(accessThere, stack));
  } finally {
    client.destroy();
  }
}

async function readRegion(client: CloudFormationClient): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw new UnreachableError(
      'No AWS region is set: give --region, or set AWS_REGION, or take a profile that has one by --profile',
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

function deployedStack(
  access: Access,
  { StackName, StackId, StackStatus, Outputs = [] }: Stack,
): DeployedStack {
  const outputs = Object.fromEntries(
    Outputs.map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']),
  );
  return { access, outputs, name: StackName ?? '', id: StackId ?? '', status: StackStatus ?? '' };
}

class StackDeployment extends ConnectedDeployment implements Deployment {
  readonly s3Endpoint = undefined;
  readonly shardPauseMilliseconds = shardPauseMilliseconds;
  readonly #deployed: DeployedStack;

  constructor(title: string, deployed: DeployedStack) {
    super(title, readPlaces(deployed.outputs, title), new Clients(deployed.access));
    this.#deployed = deployed;
  }

  async traffic(): Promise<readonly SourceTraffic[]> {
    const { readTraffic } = await import('./stack-watch.ts');
    return readTraffic(this.#deployed, this.places.sources.all, Date.now());
  }

  async openAlarms(): Promise<readonly OpenAlarm[]> {
    const { listOpenAlarms } = await import('./stack-watch.ts');
    return listOpenAlarms(this.#deployed);
  }

  connection(source: SourceDescription): ConnectionValues {
    return connectionValues(source, this.#deployed);
  }

  async *connectionChecks(source: SourceDescription): AsyncGenerator<Check> {
    const { connectionChecks } = await import('./connection-checks.ts');
    yield* connectionChecks(source, this.#deployed, Date.now());
  }

  async *checks(): AsyncGenerator<Check> {
    const { stackChecks } = await import('./stack-checks.ts');
    yield* stackChecks(this, this.#deployed);
  }
}
