import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdk from '../cdk.json' with { type: 'json' };
import { readConfiguration, readStackName } from '../lib/configuration.ts';
import { SimledgerStack } from '../lib/simledger-stack.ts';
import type { Deployed } from './month.ts';
import { type MeasuredSource, nameStream } from './workloads.ts';

/**
 * What a configuration deploys, read from its template. The benchmarks take each function's environment from here
 * instead of writing it by hand, so they cannot measure a mode that no configuration produces.
 */

/** The functions, by the paths of their constructs in the stack. */
const functionPaths = {
  kinesisConsumer: 'StreamIngest/KinesisConsumer/Function',
  fileImporter: 'FileIngest/FileImporter/Function',
  queryApi: 'QueryApi/Reader/Function',
  webhookReceiver: 'WebhookIngest/Receiver/Function',
  alertSweep: 'AlertSweep/Sweeper/Function',
  dayWorker: 'DayPass/Worker/Function',
} as const;
export type FunctionName = keyof typeof functionPaths;

/** A function as it is deployed. */
export interface DeployedFunction {
  readonly memoryMegabytes: number;
  /**
   * Its variables, including `NODE_OPTIONS`. Tables have the names that they have in the local engine; other resources
   * have their paths.
   */
  readonly environment: Readonly<Record<string, string>>;
}

/** How a source's stream feeds the consumer. */
export interface DeployedMapping {
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly parallelizationFactor: number;
}

/**
 * The configuration to measure: sources of the carriers whose records the workloads have, and defaults for everything
 * else.
 */
const measuredConfiguration = {
  sources: [
    { name: 'kore', carrier: 'kore', webhook: true },
    { name: '1nce', carrier: '1nce', organisationId: '8100', webhook: true },
    { name: 'emnify', carrier: 'emnify', organisationId: '42', webhook: true },
    { name: 'telekom', carrier: 'telekom' },
  ] satisfies readonly ({ readonly name: MeasuredSource } & Record<string, unknown>)[],
};

/** The host of queues' URLs in functions' environments, where nothing listens. */
export const queueHost = 'http://127.0.0.1:9';

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, string>>;
}

let measured: Template | undefined;

/** The template of the measured configuration. Cached, because it takes a second to make. */
function readMeasured(): Template {
  measured ??= synthesize(measuredConfiguration);
  return measured;
}

/**
 * A function of the measured configuration.
 *
 * @throws Error if the template does not have it.
 */
export function readDeployedFunction(name: FunctionName): DeployedFunction {
  const resources: Readonly<Record<string, Resource>> = readMeasured().toJSON()['Resources'];
  const found = Object.values(resources).find((one) => findPath(one) === functionPaths[name]);
  if (found === undefined) throw new Error(`The template has no function ${functionPaths[name]}`);
  const { MemorySize, Environment } = found.Properties;
  const { Variables } = Environment as { readonly Variables: Readonly<Record<string, unknown>> };
  const variables = Object.entries(Variables).map(([key, value]) => [key, resolveText(value, resources)]);
  return { memoryMegabytes: Number(MemorySize), environment: Object.fromEntries(variables) };
}

/** How the default configuration feeds a stream's records to the consumer. */
export function readDeployedMapping(): DeployedMapping {
  const [mapping] = Object.values(
    readMeasured().findResources('AWS::Lambda::EventSourceMapping', {
      Properties: { StartingPosition: 'TRIM_HORIZON' },
    }),
  );
  if (mapping === undefined) throw new Error('The template has no mapping of a stream');
  const { BatchSize, MaximumBatchingWindowInSeconds, ParallelizationFactor } = mapping['Properties'];
  return {
    batchSize: BatchSize,
    batchingWindowSeconds: MaximumBatchingWindowInSeconds,
    parallelizationFactor: ParallelizationFactor,
  };
}

/** Counts the resources with a fixed price in the template of `docs/costs.md`'s fleets: one 1NCE source. */
export function countDeployed(): Deployed {
  const template = synthesize({ sources: [{ name: '1nce', carrier: '1nce', organisationId: '8100' }] });
  const count = (type: string) => Object.keys(template.findResources(type)).length;
  return { alarms: count('AWS::CloudWatch::Alarm'), dashboards: count('AWS::CloudWatch::Dashboard') };
}

function synthesize(simledger: object): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'simledger-costs-'));
  try {
    const app = new App({
      analyticsReporting: false,
      outdir,
      // CDK's own checks and its tree of constructs take seconds and are not needed.
      builtinCloudFormationValidation: false,
      treeMetadata: false,
      context: {
        ...cdk.context,
        'aws:cdk:disable-creation-stack-traces': true,
        'aws:cdk:disable-stack-trace': true,
        'aws:cdk:bundling-stacks': [],
        'aws:cdk:enable-path-metadata': true,
        simledger,
      },
    });
    const stack = new SimledgerStack(app, readStackName(app.node), readConfiguration(app.node));
    return Template.fromStack(stack);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The path of a resource's construct in the stack. */
function findPath({ Metadata }: Resource): string {
  const [, ...parts] = (Metadata?.['aws:cdk:path'] ?? '').split('/');
  return parts.slice(0, -1).join('/');
}

/** The text of a property, with names instead of references to resources. */
function resolveText(value: unknown, resources: Readonly<Record<string, Resource>>): string {
  if (typeof value === 'string') return value;
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': joined,
  } = value as {
    readonly Ref?: string;
    readonly 'Fn::GetAtt'?: readonly [string, string];
    readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
  };
  if (joined !== undefined) return joined[1].map((part) => resolveText(part, resources)).join(joined[0]);
  const id = Ref ?? attribute?.[0] ?? '';
  const resource = resources[id];
  if (resource === undefined)
    throw new Error(`A reference of the template is not resolved: ${JSON.stringify(value)}`);
  return nameResource(resource);
}

function nameResource(resource: Resource): string {
  const path = findPath(resource);
  const parts = path.split('/');
  switch (resource.Type) {
    case 'AWS::DynamoDB::Table':
      return parts.at(-1) ?? '';
    case 'AWS::Kinesis::Stream':
      return nameStream(parts[0] ?? '');
    case 'AWS::SQS::Queue':
      return `${queueHost}/${path}`;
    default:
      return parts.join('-').toLowerCase();
  }
}
