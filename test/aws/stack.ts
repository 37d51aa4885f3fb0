import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { type Endpoint, projectFolder, runScript } from './endpoint.ts';
import type { Lacks } from './lacks.ts';
import {
  chooseSamples,
  dropTypes,
  findClosure,
  keepResources,
  type Resource,
  type Substitutes,
  type Template,
} from './template.ts';

/** A stack as it stands at an endpoint, maybe without some of its resources. */
export interface StackAtEndpoint {
  readonly name: string;
  /** As it was synthesised, with everything. */
  readonly template: Template;
  readonly outputs: Readonly<Record<string, string>>;
  /** Names that the endpoint has given, by the template's. */
  readonly physicalIds: ReadonlyMap<string, string>;
  /** Types of resources that the endpoint does not make. */
  readonly missingTypes: ReadonlySet<string>;
}

/** Makes what stands for resources that the endpoint lacks. */
export type Substitute = (template: Template, missingTypes: ReadonlySet<string>) => Promise<Substitutes>;

const cdk = join(projectFolder, 'node_modules/aws-cdk/bin/cdk');

/** How long one resource may take to be made. */
const probeMilliseconds = 60_000;
const pollMilliseconds = 100;

/** Makes an endpoint ready for CDK, by CDK's own command. */
export async function bootstrap(endpoint: Endpoint, lacks: Lacks): Promise<void> {
  await runCdk(endpoint, ['bootstrap', `aws://${endpoint.account}/${endpoint.region}`, '--app', '']);
  await withCloudFormation(endpoint, async (client) => {
    const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName: 'CDKToolkit' }));
    // Not each endpoint gives a template back as JSON; what bootstrap has made is looked at where it does.
    if (!TemplateBody.startsWith('{')) return;
    const { Resources = {} } = JSON.parse(TemplateBody) as Partial<Template>;
    const made = await listResources(client, 'CDKToolkit');
    for (const [name, { Type }] of Object.entries(Resources)) {
      if (!made.has(name)) lacks.add(`CloudFormation ${Type} (bootstrap)`, 'the stack is made without it');
    }
  });
}

/**
 * Deploys the project as `cdk deploy` does. Where the endpoint does not take the whole of it, each type of resource is
 * tried by itself, and the stack is deployed without those that the endpoint does not make.
 *
 * @param folder for what is synthesised.
 * @throws Error with what CDK printed, where a stack without these is not taken either.
 */
export async function deploy(
  endpoint: Endpoint,
  { name, configuration, folder }: { name: string; configuration: object; folder: string },
  lacks: Lacks,
  substitute: Substitute,
): Promise<StackAtEndpoint> {
  const assembly = join(folder, 'assembly');
  await runCdk(endpoint, [
    ...['synth', '--quiet', '--output', assembly],
    ...['-c', `simledger=${JSON.stringify(configuration)}`, '-c', `stackName=${name}`],
    // Checks of the template are those of npm test.
    ...['-c', '@aws-cdk/core:validateAgainstDefaultRules=false'],
  ]);
  const templateFile = join(assembly, `${name}.template.json`);
  let template = JSON.parse(await readFile(templateFile, 'utf8')) as Template;
  const deployment = ['deploy', '--app', assembly, '--require-approval', 'never', '--progress', 'events'];
  return withCloudFormation(endpoint, async (client) => {
    const whole = await runScript(endpoint, cdk, deployment);
    const isWhole = whole.code === 0 && (await findMissing(client, name, template)).length === 0;
    let missingTypes: ReadonlySet<string> = new Set();
    let stackName = name;
    if (!isWhole) {
      await deleteStack(client, name);
      missingTypes = await findMissingTypes(client, name, template, lacks);
      stackName = `${name}-reduced`;
      template = JSON.parse(JSON.stringify(template).replaceAll(name, stackName)) as Template;
      const reduced = dropTypes(template, missingTypes, await substitute(template, missingTypes));
      await replaceTemplate(assembly, { name, stackName, template: reduced });
      // A change set is one thing more that an endpoint may not carry out as a whole.
      await runCdk(endpoint, [...deployment, '--method', 'direct']);
      const missing = await findMissing(client, stackName, reduced);
      if (missing.length > 0)
        throw new Error(`The endpoint has left out of the stack: ${missing.join(', ')}`);
    }
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = (stack?.Outputs ?? []).map(
      ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
    );
    const physicalIds = await listResources(client, stackName);
    return { name: stackName, template, outputs: Object.fromEntries(outputs), physicalIds, missingTypes };
  });
}

/**
 * The resource that a construct of the stack makes.
 *
 * @param path of the construct in the stack: `StreamIngest/KinesisConsumer/Function`.
 */
export function resourceAt(stack: StackAtEndpoint, path: string): Resource {
  return findAt(stack, path)[1];
}

/** The name that the endpoint has given to that resource. */
export function physicalIdAt(stack: StackAtEndpoint, path: string): string {
  const id = stack.physicalIds.get(findAt(stack, path)[0]);
  if (id === undefined) throw new Error(`The endpoint has no resource ${path}`);
  return id;
}

function findAt({ template }: StackAtEndpoint, path: string): [string, Resource] {
  const found = Object.entries(template.Resources).find(
    ([, { Metadata }]) => Metadata?.['aws:cdk:path']?.split('/').slice(1).join('/') === `${path}/Resource`,
  );
  if (found === undefined) throw new Error(`The template has no resource ${path}`);
  return found;
}

/** Runs CDK's command line. @throws Error with what it printed, where it fails. */
async function runCdk(endpoint: Endpoint, args: readonly string[]): Promise<void> {
  const { code, output, errors } = await runScript(endpoint, cdk, args);
  if (code !== 0) throw new Error(`cdk ${args[0]} ended with ${code}:\n${output}${errors}`);
}

/** The types that the endpoint does not make: one resource of each is tried, with all that it needs. */
async function findMissingTypes(
  client: CloudFormationClient,
  stackName: string,
  template: Template,
  lacks: Lacks,
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (const [index, { name, type }] of chooseSamples(template).entries()) {
    const probe = dropTypes(keepResources(template, findClosure(template, name)), missing);
    const error = await tryStack(client, `${stackName}-probe-${index}`, probe, name);
    if (error === undefined) continue;
    missing.add(type);
    lacks.add(`CloudFormation ${type}`, error);
  }
  return missing;
}

/** Makes a stack and deletes it again. @returns why it is without a resource; undefined where it has it. */
async function tryStack(
  client: CloudFormationClient,
  StackName: string,
  template: Template,
  resource: string,
): Promise<string | undefined> {
  try {
    await client.send(
      new CreateStackCommand({
        StackName,
        TemplateBody: JSON.stringify(template),
        Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
      }),
    );
    const status = await waitForStack(client, StackName);
    if (status !== 'CREATE_COMPLETE') return await findFailure(client, StackName, status);
    const made = await listResources(client, StackName);
    return made.has(resource) ? undefined : 'the stack is made without it';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `${error.name}: ${error.message}`;
  } finally {
    await deleteStack(client, StackName);
  }
}

/** @returns the status in the end, or the last one where it takes too long. */
async function waitForStack(client: CloudFormationClient, StackName: string): Promise<string> {
  const until = Date.now() + probeMilliseconds;
  for (;;) {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const status = stack?.StackStatus ?? '';
    if (!status.endsWith('_IN_PROGRESS') || Date.now() > until) return status;
    await wait(pollMilliseconds);
  }
}

async function findFailure(client: CloudFormationClient, StackName: string, status: string): Promise<string> {
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName })) {
    for (const { ResourceStatus = '', ResourceStatusReason } of StackEvents) {
      if (ResourceStatus.endsWith('_FAILED') && ResourceStatusReason) return ResourceStatusReason;
    }
  }
  return `the stack stays ${status}`;
}

async function deleteStack(client: CloudFormationClient, StackName: string): Promise<void> {
  try {
    await client.send(new DeleteStackCommand({ StackName }));
    await waitForStack(client, StackName);
  } catch (error) {
    // It is gone, was never there, or stays as it is: the next has another name.
    if (!(error instanceof Error && '$fault' in error)) throw error;
  }
}

/** Resources of a template that the stack at the endpoint does not have, as `name (type)`. */
async function findMissing(
  client: CloudFormationClient,
  name: string,
  { Resources }: Template,
): Promise<string[]> {
  const made = await listResources(client, name);
  return Object.entries(Resources).flatMap(([id, { Type }]) => (made.has(id) ? [] : [`${id} (${Type})`]));
}

async function listResources(client: CloudFormationClient, StackName: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
    for (const { LogicalResourceId = '', PhysicalResourceId = '' } of StackResourceSummaries) {
      found.set(LogicalResourceId, PhysicalResourceId);
    }
  }
  return found;
}

/** Puts another template, and another name of the stack, into an assembly: the template is an asset named by its hash. */
async function replaceTemplate(
  assembly: string,
  { name, stackName, template }: { name: string; stackName: string; template: Template },
): Promise<void> {
  const content = JSON.stringify(template);
  await writeFile(join(assembly, `${name}.template.json`), content);
  const assets = await readJson(join(assembly, `${name}.assets.json`));
  const files = assets['files'] as Record<string, { source: { path: string } }>;
  const entry = Object.entries(files).find(([, { source }]) => source.path === `${name}.template.json`);
  if (entry === undefined) throw new Error('The assembly has no asset for its template');
  const hash = createHash('sha256').update(content).digest('hex');
  for (const file of [`${name}.assets.json`, 'manifest.json']) {
    const path = join(assembly, file);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(entry[0], hash));
  }
  const manifest = await readJson(join(assembly, 'manifest.json'));
  const artifacts = manifest['artifacts'] as Record<string, { properties: { stackName?: string } }>;
  artifacts[name]!.properties.stackName = stackName;
  await writeFile(join(assembly, 'manifest.json'), JSON.stringify(manifest));
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}

async function withCloudFormation<Result>(
  { proxy, region, credentials }: Endpoint,
  use: (client: CloudFormationClient) => Promise<Result>,
): Promise<Result> {
  const client = new CloudFormationClient({ endpoint: proxy.url, region, credentials });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
