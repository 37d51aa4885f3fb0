import type { Node } from 'constructs';
import * as z from 'zod';
import { carriers, type Source } from '../lambda/sources.ts';

/** What a deployment is made of: the context key `simledger`, checked and with every default filled in. */
export interface Configuration {
  /** The carrier connections. Each gets a stream and a bucket of its own. */
  readonly sources: readonly Source[];
  /** Hours for which a stream keeps a record: the time there is to repair a consumer before records are lost. */
  readonly streamRetentionHours: number;
  /** Days for which an item of the events table is kept, counted from its arrival; 0 keeps it for ever. */
  readonly eventRetentionDays: number;
  /** What becomes of tables, buckets, streams and logs when the stack is deleted. */
  readonly removal: 'retain' | 'destroy';
}

/** The context key that holds the configuration. */
export const configurationKey = 'simledger';

/** The context key that holds the stack's name. */
export const stackNameKey = 'stackName';

/** Says, one line a mistake, which key is wrong, the value given and what is accepted. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Lambda allows a function 4 KB of environment, and the description of a source takes about 300 bytes of them: more
 * sources would fail only when they are deployed.
 */
const maximumSources = 10;

/** A whole number in a range; every mistake is answered with the range and the unit. */
function wholeNumber(minimum: number, maximum: number, meaning: string) {
  const accepted = `a whole number from ${minimum} to ${maximum} (${meaning})`;
  return z.int(accepted).min(minimum, accepted).max(maximum, accepted);
}

/** An object that takes no other keys than those of its shape; a mistake is answered with their names. */
function exactly<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: `an object with the keys ${Object.keys(shape).join(', ')}` });
}

const name = '1 to 32 lower-case letters, digits and hyphens';

const source = exactly({
  name: z.string(name).regex(/^[a-z0-9-]{1,32}$/, name),
  carrier: z.enum(carriers, { error: `one of ${carriers.join(', ')}` }),
  bytesPerMegabyte: wholeNumber(1_000_000, 1_048_576, 'bytes').default(1_000_000),
});

const distinctNames = 'sources whose names differ by more than their hyphens';

const configuration = exactly({
  sources: z
    .array(source, `a list of 1 to ${maximumSources} sources`)
    .min(1, `a list of 1 to ${maximumSources} sources`)
    .max(maximumSources, `a list of 1 to ${maximumSources} sources`)
    .refine(
      (sources) => new Set(sources.map(({ name }) => name.replaceAll('-', ''))).size === sources.length,
      distinctNames,
    )
    .default([{ name: 'default', carrier: 'kore', bytesPerMegabyte: 1_000_000 }]),
  streamRetentionHours: wholeNumber(24, 8_760, 'hours').default(168),
  eventRetentionDays: wholeNumber(0, 36_500, 'days; 0 keeps events for ever').default(90),
  removal: z.enum(['retain', 'destroy'], { error: 'one of retain, destroy' }).default('retain'),
});

const stackName = 'a letter, then up to 127 letters, digits and hyphens';
const stackNameSchema = z
  .string(stackName)
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, stackName)
  .default('simledger');

/**
 * Reads the configuration from a construct tree's context: an object in `cdk.json`, or JSON text given by
 * `-c simledger='{…}'`, which replaces the object of `cdk.json` as a whole. What is left out takes its default.
 *
 * @throws ConfigurationError naming each key that is wrong.
 */
export function configurationOf(node: Node): Configuration {
  const given: unknown = node.tryGetContext(configurationKey) ?? {};
  return checked(configuration, typeof given === 'string' ? objectFrom(given) : given, configurationKey);
}

/**
 * Reads the stack's name from the context key `stackName`: `simledger` unless given. Stacks of different names live
 * side by side in one account and region.
 *
 * @throws ConfigurationError when it is no name that CloudFormation takes.
 */
export function stackNameOf(node: Node): string {
  return checked(stackNameSchema, node.tryGetContext(stackNameKey), stackNameKey);
}

/** A source's name as CloudFormation's logical ids carry it, which have no hyphens: `kore-eu` is `KoreEu`. */
export function logicalName(source: Pick<Source, 'name'>): string {
  const words = source.name.split('-').filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function objectFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${configurationKey}: ${text} given; accepted is a JSON object (${reason})`);
  }
}

function checked<Schema extends z.ZodType>(schema: Schema, given: unknown, key: string): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigurationError(
    result.error.issues.flatMap((issue) => complaints(issue, given, key)).join('\n'),
  );
}

/** An issue's lines. The schemas' messages say what is accepted; here the key and the value given come to them. */
function complaints(issue: z.core.$ZodIssue, given: unknown, key: string): string[] {
  const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const paths = unknownKeys.length === 0 ? [issue.path] : unknownKeys.map((name) => [...issue.path, name]);
  return paths.map((path) => {
    const value = JSON.stringify(path.reduce(memberOf, given));
    return `${keyText(key, path)}: ${value ?? 'nothing'} given; accepted is ${issue.message}`;
  });
}

function memberOf(value: unknown, part: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined;
}

/** A key as one would write it: `simledger.sources[0].name`. */
function keyText(key: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`),
    key,
  );
}
