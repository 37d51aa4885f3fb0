import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { RootConstruct } from 'constructs';
import cdk from '../../cdk.json' with { type: 'json' };
import type { Carrier } from '../../lambda/ledger/source.ts';
import { readConfiguration, readStackName } from '../../lib/configuration.ts';
import { portals } from '../../lib/portals.ts';
import { SimledgerStack } from '../../lib/simledger-stack.ts';
import { outputFolder } from './output-folder.ts';

/**
 * One resource of a template, its references written as `Path/In/Stack` (Ref) or `Path/In/Stack.Arn` (GetAtt), and parts
 * of a text as `text.split(/)[2]`.
 */
export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A synthesised stack to make assertions on. */
export interface Synthesised {
  readonly template: Template;
  /** Every resource by its construct's path inside the stack. */
  readonly resources: Readonly<Record<string, Resource>>;
  /** Every resource's logical id by the same path. */
  readonly logicalIds: Readonly<Record<string, string>>;
  /** Every output's value. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What synth tells besides, in the order of constructs. */
  readonly infos: readonly string[];
  readonly warnings: readonly string[];
}

/** A source of a carrier, named after it, with the settings that its portal needs. */
export function describeSource(carrier: Carrier): Readonly<Record<string, string>> {
  const { writer, principal, externalId } = portals[carrier];
  return {
    ...{ name: carrier, carrier },
    ...(writer === 'role' && externalId === 'organisation' && { organisationId: '8100' }),
    ...(writer === 'role' && principal === undefined && { principal: 'arn:aws:iam::123456789012:root' }),
  };
}

/** A source of each of five carriers, which together have every kind of portal, with the settings that each needs. */
export const sourceOfEachCarrier = [
  { name: 'twilio', carrier: 'twilio' },
  { name: 'kore', carrier: 'kore' },
  { name: '1nce', carrier: '1nce', organisationId: '8100' },
  { name: 'emnify', carrier: 'emnify', organisationId: '42' },
  { name: 'telekom', carrier: 'telekom' },
];

/** The same, each of which has an address for its carrier to call. */
export const calledSourceOfEachCarrier = sourceOfEachCarrier.map((source) => ({ ...source, webhook: true }));

/** A configuration's context without the query API, which has tests of its own. */
export function withoutApi(simledger: Record<string, unknown> = {}): Record<string, unknown> {
  return { simledger: { ...cdk.context.simledger, ...simledger, api: { access: 'none' } } };
}

/**
 * The app and its stack, with these context values over those of `cdk.json`, before they are synthesised.
 *
 * @param props how the app is run. By default what it synthesises is removed when the test has finished, and CDK's own
 * checks, which take most of the time, are left to those tests that look at checks.
 */
export function appWith(
  context: Record<string, unknown>,
  props: Pick<AppProps, 'outdir' | 'builtinCloudFormationValidation'> = {},
): { app: App; stack: SimledgerStack } {
  const app = new App({
    analyticsReporting: false,
    outdir: props.outdir ?? outputFolder(),
    builtinCloudFormationValidation: props.builtinCloudFormationValidation ?? false,
    // Where a construct was made is not in a template, and takes a sixth of the time to note.
    treeMetadata: false,
    context: {
      ...cdk.context,
      'aws:cdk:disable-creation-stack-traces': true,
      'aws:cdk:disable-stack-trace': true,
      'aws:cdk:bundling-stacks': [],
      'aws:cdk:enable-path-metadata': true,
      ...context,
    },
  });
  return { app, stack: new SimledgerStack(app, readStackName(app.node), readConfiguration(app.node)) };
}

/** What was synthesised in this process, by what its context configures. */
const known = new Map<string, Synthesised>();

/**
 * The app as `cdk synth` makes it, with these context values over those of `cdk.json`, and without bundling or checks.
 * Contexts that configure the same are synthesised once in a process, so the result must not be changed.
 */
export function synthesise(context: Record<string, unknown> = {}): Synthesised {
  const key = describeConfiguration(context);
  const found = known.get(key) ?? synthesiseAnew(context);
  known.set(key, found);
  return found;
}

/** What a context configures, with all defaults: the same text for contexts that lead to the same stack. */
function describeConfiguration(context: Record<string, unknown>): string {
  const { node } = new RootConstruct();
  for (const [name, value] of Object.entries({ ...cdk.context, ...context })) node.setContext(name, value);
  const { simledger: _, stackName: __, ...others } = context;
  return JSON.stringify([readStackName(node), readConfiguration(node), others]);
}

function synthesiseAnew(context: Record<string, unknown>): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), 'simledger-synth-'));
  try {
    const { stack } = appWith(context, { outdir: folder });
    const template = Template.fromStack(stack);
    const messages = Annotations.fromStack(stack);
    return {
      ...readTemplate(template),
      infos: messages.findInfo('*', Match.anyValue()).map(({ entry }) => String(entry.data)),
      warnings: messages.findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readTemplate(template: Template): Omit<Synthesised, 'infos' | 'warnings'> {
  const { Resources, Outputs } = template.toJSON() as RawTemplate;
  const paths = new Map(Object.entries(Resources).map(([id, resource]) => [id, pathOf(id, resource)]));
  return {
    template,
    resources: Object.fromEntries(
      Object.entries(Resources).map(([id, { Metadata: _, ...resource }]) => [
        paths.get(id) ?? id,
        readable({ ...resource, Properties: resource.Properties ?? {} }, paths) as Resource,
      ]),
    ),
    logicalIds: Object.fromEntries([...paths].map(([id, path]) => [path, id])),
    outputs: Object.fromEntries(
      Object.entries(Outputs).map(([id, { Value }]) => [id, readable(Value, paths)]),
    ),
  };
}

/** The resources of one type. */
export function ofType(synthesised: Synthesised, type: string): Record<string, Resource> {
  return Object.fromEntries(
    Object.entries(synthesised.resources).filter(([, resource]) => resource.Type === type),
  );
}

/** What the access log of an HTTP API's stage tells of a request: names of API Gateway's context variables. */
export function loggedVariables(of: Synthesised, path: string): (string | undefined)[] {
  const { AccessLogSettings: log } = of.resources[path]?.Properties ?? {};
  const { Format } = log as { Format: string };
  return [...Format.matchAll(/\$context\.(\w+)/g)].map(([, name]) => name);
}

/** All that an access log may tell: nothing of who called, or about whom. */
export const impersonalVariables = [
  'requestId',
  'requestTimeEpoch',
  'routeKey',
  'status',
  'integration',
  'responseLatency',
  'integrationErrorMessage',
];

interface RawResource extends Omit<Resource, 'Properties'> {
  readonly Properties?: Record<string, unknown>;
  readonly Metadata?: Record<string, unknown>;
}

interface RawTemplate {
  readonly Resources: Record<string, RawResource>;
  readonly Outputs: Record<string, { readonly Value: unknown }>;
}

function pathOf(id: string, { Metadata }: RawTemplate['Resources'][string]): string {
  const path = Metadata?.['aws:cdk:path'];
  return typeof path === 'string' ? path.replace(/^[^/]+\//, '').replace(/\/Resource$/, '') : id;
}

function readable(value: unknown, paths: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => readable(item, paths));
  if (typeof value !== 'object' || value === null) return value;
  const {
    Ref: reference,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
    'Fn::Select': selection,
    'Fn::Split': split,
  } = value as Record<string, unknown>;
  if (typeof reference === 'string') return paths.get(reference) ?? reference;
  if (isPair(attribute)) return `${paths.get(String(attribute[0]))}.${String(attribute[1])}`;
  if (isPair(join) && Array.isArray(join[1])) {
    return join[1].map((part) => readable(part, paths)).join(String(join[0]));
  }
  if (isPair(selection)) return `${String(readable(selection[1], paths))}[${String(selection[0])}]`;
  if (isPair(split)) return `${String(readable(split[1], paths))}.split(${String(split[0])})`;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'DependsOn' && Array.isArray(item)
        ? item.map((id) => paths.get(String(id)))
        : readable(item, paths),
    ]),
  );
}

function isPair(value: unknown): value is [unknown, unknown] {
  return Array.isArray(value) && value.length === 2;
}
