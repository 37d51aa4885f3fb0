import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdk from '../../cdk.json' with { type: 'json' };
import { configurationOf, stackNameOf } from '../../lib/configuration.ts';
import { SimledgerStack } from '../../lib/simledger-stack.ts';

/** One resource of a template, its references written as `Path/In/Stack` (Ref) or `Path/In/Stack.Arn` (GetAtt). */
export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
}

/** A synthesised stack to make assertions on. */
export interface Synthesised {
  readonly template: Template;
  /** Every resource by its construct's path inside the stack. */
  readonly resources: Readonly<Record<string, Resource>>;
  /** Every output's value. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** The app as `cdk synth` makes it, with these context values over those of `cdk.json`, and without bundling. */
export function synthesise(context: Record<string, unknown> = {}): Synthesised {
  const app = new App({
    analyticsReporting: false,
    context: {
      ...cdk.context,
      'aws:cdk:bundling-stacks': [],
      'aws:cdk:enable-path-metadata': true,
      ...context,
    },
  });
  const stack = new SimledgerStack(app, stackNameOf(app.node), configurationOf(app.node));
  const template = Template.fromStack(stack);
  const { Resources, Outputs } = template.toJSON() as RawTemplate;
  const paths = new Map(Object.entries(Resources).map(([id, resource]) => [id, pathOf(id, resource)]));
  return {
    template,
    resources: Object.fromEntries(
      Object.entries(Resources).map(([id, { Metadata: _, ...resource }]) => [
        paths.get(id) ?? id,
        readable(resource, paths) as Resource,
      ]),
    ),
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

interface RawTemplate {
  readonly Resources: Record<string, Resource & { readonly Metadata?: Record<string, unknown> }>;
  readonly Outputs: Record<string, { readonly Value: unknown }>;
}

function pathOf(id: string, { Metadata }: RawTemplate['Resources'][string]): string {
  const path = Metadata?.['aws:cdk:path'];
  return typeof path === 'string' ? path.replace(/^[^/]+\//, '').replace(/\/Resource$/, '') : id;
}

function readable(value: unknown, paths: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => readable(item, paths));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref: reference, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof reference === 'string') return paths.get(reference) ?? reference;
  if (isPair(attribute)) return `${paths.get(String(attribute[0]))}.${String(attribute[1])}`;
  if (isPair(join) && Array.isArray(join[1])) {
    return join[1].map((part) => readable(part, paths)).join(String(join[0]));
  }
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
