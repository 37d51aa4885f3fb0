import type { Node } from 'constructs';
import * as z from 'zod';
import { defaultLateness } from '../lambda/aws/sources.ts';
import { UsageError } from '../lambda/errors.ts';
import { personalDataSettings } from '../lambda/functions/query-api/personal-data.ts';
import { carriers, carrierTraits, sessionRefreshes } from '../lambda/ledger/source.ts';
import { writeModes } from '../lambda/store/ledger-tables.ts';
import { tables } from '../lambda/store/tables.ts';
import { alerts, findRuleObjections, listDefaultRules } from './alert-rules.ts';
import { findMember, formatComplaint, listComplaints } from './complaints.ts';
import { duration, exactly, parseWord, secretId, text, wholeNumber } from './configuration-schemas.ts';
import {
  fileMapping,
  functions,
  measuredNetworks,
  metricsExport,
  partialHours,
  retention,
  streamMapping,
} from './limits.ts';
import { portals } from './portals.ts';
import { findReceiverObjections, listDefaultReceivers, receivers } from './receivers.ts';
import type { Configuration, SourceSettings } from './settings.ts';
import { countShards, type Fleet } from './sizing.ts';
import { findNameClash } from './source-ids.ts';

/** The context key that holds the configuration. */
export const configurationKey = 'simledger';

/** The context key that holds the stack's name. */
export const stackNameKey = 'stackName';

/**
 * Thrown for invalid settings. The message has one line per mistake: the key, the given value, and what is accepted.
 */
export class ConfigurationError extends UsageError {
  override readonly name = 'ConfigurationError';
}

/** The retention periods that CloudWatch Logs supports, in days; 0 is forever. */
const logDays = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const streamHours = wholeNumber(24, 8_760, 'hours');

const stream = exactly({
  mode: parseWord(['on-demand', 'provisioned']).default('on-demand'),
  shards: wholeNumber(1, 500, 'shards of a provisioned stream').optional(),
  retentionHours: streamHours.optional(),
}).refine(({ mode, shards }) => mode === 'provisioned' || shards === undefined, {
  path: ['shards'],
  error: 'a number only where mode is provisioned',
});

const principal = text(
  /^arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]+)$/,
  'the ARN of an IAM principal, such as arn:aws:iam::123456789012:root',
);

const fleet = exactly({
  sims: wholeNumber(1, 100_000_000, 'SIMs'),
  updateMinutes: wholeNumber(1, 1_440, 'minutes between two records of a SIM'),
});

const givenSource = exactly({
  name: text(/^[a-z0-9-]{1,32}$/, '1 to 32 lower-case letters, digits and hyphens'),
  carrier: parseWord(carriers),
  writer: parseWord(['role', 'user', 'none']).optional(),
  principal: principal.optional(),
  externalId: text(
    /^[\w+=,.@:/-]{2,1224}$/,
    '2 to 1224 letters, digits and characters of _+=,.@:/-',
  ).optional(),
  organisationId: text(/^\d{1,20}$/, 'the number of your organisation, as text').optional(),
  keySerial: wholeNumber(1, 1_000_000, 'a larger one replaces the access key').optional(),
  stream: stream.prefault({}),
  bucket: z.boolean('true or false').optional(),
  bytesPerMegabyte: wholeNumber(1_000_000, 1_048_576, 'bytes').optional(),
  lateness: duration('5m', '7d').default(defaultLateness),
  webhook: z.boolean('true or false').default(false),
  webhookRequestsPerSecond: wholeNumber(1, 10_000, 'requests a second').optional(),
  fleet: fleet.optional(),
});

type SourceInput = z.output<typeof givenSource>;

/** What is wrong with a source whose keys are each valid by themselves. */
interface Objection {
  readonly path: keyof SourceInput;
  readonly accepted: string;
}

/** Reads a source's writer, or says what is wrong with its keys. */
function readWriter(given: SourceInput): { settings: SourceSettings['writer'] } | Objection {
  const portal = portals[given.carrier];
  const kind = given.writer ?? portal.writer;
  if (kind === 'none') {
    const accepted = 'role or user, unless webhook is true: no records could arrive';
    return given.webhook ? { settings: undefined } : { path: 'writer', accepted };
  }
  if (kind === 'user') return { settings: { kind, keySerial: given.keySerial ?? 1 } };
  const principal = given.principal ?? portal.principal;
  if (principal === undefined) {
    const accepted = `the ARN of the principal that assumes the role: ${given.carrier} does not publish one`;
    return { path: 'principal', accepted };
  }
  const { organisationId } = given;
  const externalId = given.externalId ?? (organisationId === undefined ? undefined : `org-${organisationId}`);
  if (externalId !== undefined || portal.externalId === 'chosen') {
    return { settings: { kind, principal, externalId } };
  }
  const accepted = `the number of your organisation at ${given.carrier}, as text (or give externalId, or writer "user")`;
  return { path: 'organisationId', accepted };
}

/** Given keys that have no effect, each with the reason. */
function listIdleKeys(given: SourceInput): Objection[] {
  const { carrier, webhook } = given;
  const portal = portals[carrier];
  const kind = given.writer ?? portal.writer;
  const whose = kind === 'none' ? 'source without a writer' : `${carrier} ${kind}`;
  const ofWriter = `nothing: a ${whose} has none`;
  const idle: [keyof SourceInput, boolean, string][] = [
    ['principal', kind !== 'role', ofWriter],
    ['externalId', kind !== 'role', ofWriter],
    ['organisationId', kind !== 'role' || portal.externalId === 'chosen', ofWriter],
    ['keySerial', kind !== 'user', 'nothing: only a source with writer "user" has an access key'],
    ['webhookRequestsPerSecond', !webhook, 'nothing: only a source with webhook true receives requests'],
    ['bytesPerMegabyte', portal.volumes === 'bytes', `nothing: ${carrier} states bytes`],
  ];
  return idle
    .filter(([key, isIdle]) => isIdle && given[key] !== undefined)
    .map(([path, , accepted]) => ({ path, accepted }));
}

/** Refuses a key of earlier versions, and says what replaces it. */
const withoutOldKeys = z.unknown().superRefine((given, context) => {
  if (typeof given !== 'object' || given === null || !('silentHours' in given)) return;
  const message =
    'nothing: remove it. The alert `source` says when a source is behind, and `lateness` how late its records may arrive';
  context.issues.push({ code: 'custom', input: given, path: ['silentHours'], message });
});

const source = withoutOldKeys.pipe(givenSource).transform((given, context) => {
  const writer = readWriter(given);
  const objections = listIdleKeys(given);
  if ('path' in writer) objections.push(writer);
  for (const { path, accepted } of objections) {
    context.issues.push({ code: 'custom', input: given, path: [path], message: accepted });
  }
  if ('path' in writer) return z.NEVER;
  const { name, carrier, bytesPerMegabyte = 1_000_000, lateness } = given;
  const { mode, shards, retentionHours } = given.stream;
  return {
    ...{ name, carrier, bytesPerMegabyte, lateness },
    writer: writer.settings,
    bucket: given.bucket ?? (writer.settings !== undefined && portals[carrier].files),
    webhook: given.webhook ? { requestsPerSecond: given.webhookRequestsPerSecond ?? 100 } : undefined,
    stream: { mode, shards, retentionHours },
    fleet: given.fleet,
  };
});

const maxDays = 36_500;

const usageDaysAccepted = `0, which keeps usage forever, or a whole number from ${retention.minUsageDays} to ${maxDays} (days)`;

const retentions = exactly({
  streamHours: streamHours.default(retention.streamHours),
  eventDays: wholeNumber(0, 36_500, 'days; 0 keeps events forever').default(retention.eventDays),
  usageDays: z
    .int(usageDaysAccepted)
    .refine((days) => days === 0 || (days >= retention.minUsageDays && days <= maxDays), usageDaysAccepted)
    .default(retention.usageDays),
  logDays: z
    .literal(logDays, `one of ${logDays.join(', ')} (days; 0 keeps logs forever)`)
    .default(retention.logDays),
  quarantineDays: wholeNumber(1, 36_500, 'days').default(retention.quarantineDays),
  overwrittenFileDays: wholeNumber(7, 36_500, 'days').default(retention.overwrittenFileDays),
});

const consumer = exactly({
  batchSize: wholeNumber(1, 10_000, 'records').default(streamMapping.batchSize),
  batchingWindowSeconds: wholeNumber(0, 300, 'seconds').default(streamMapping.batchingWindowSeconds),
  parallelizationFactor: wholeNumber(1, 10, 'concurrent batches per shard').optional(),
  memoryMegabytes: wholeNumber(512, 10_240, 'megabytes; 1769 come with a whole CPU').default(
    functions.kinesisConsumer.memoryMegabytes,
  ),
  reservedConcurrency: wholeNumber(0, 10_000, 'reserved invocations; 0 for none').default(0),
});

const importer = exactly({
  maximumConcurrency: wholeNumber(2, 1_000, 'files at the same time').default(fileMapping.maximumConcurrency),
});

const days = exactly({
  maximumConcurrency: wholeNumber(2, 1_000, 'parts of a day that are read at the same time').optional(),
  partialHours: wholeNumber(0, 24, 'hours; 0 for never').default(partialHours),
});

const lake = exactly({
  objectLock: exactly({
    mode: parseWord(['governance', 'compliance']),
    days: wholeNumber(1, 36_500, 'days'),
  }).optional(),
  queryGigabytes: wholeNumber(1, 1_000_000, 'GB that one query may read').default(100),
});

const origin = text(/^(\*|https?:\/\/[^\s/*]+)$/, 'an origin such as https://example.com, or *');

const api = exactly({
  access: parseWord(['basic', 'iam', 'none']).default('basic'),
  personalData: parseWord(personalDataSettings).default('on-request'),
  requestsPerSecond: wholeNumber(1, 10_000, 'requests a second, of all clients').default(100),
  clientRequestsPerSecond: wholeNumber(
    0,
    10_000,
    'requests a second, of one client; 0 for any number',
  ).default(25),
  corsOrigins: z.array(origin, 'a list of origins').default([]),
});

const otlp = exactly({
  secret: secretId,
  series: wholeNumber(
    10,
    1_000,
    'combinations of source, country, operator and radio, in up to eight metrics each',
  ).default(metricsExport.series),
  allowPrivateAddresses: z.boolean('true or false').default(false),
});

const sourceList = 'a list of at least one source';

const tableName = text(
  /^[\w.-]{3,255}$/,
  'the name of a table that exists: 3 to 255 letters, digits and characters of _.-',
);

const adopt = exactly({
  tables: exactly(Object.fromEntries(tables.map(({ name }) => [name, tableName.optional()]))).prefault({}),
});

const kmsKeyArn = text(
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  'the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab; permissions are for a key, not for an alias or a bare id (aws kms describe-key --key-id … --query KeyMetadata.Arn shows the ARN)',
);

const logTarget = 'true for a new bucket, the name of a bucket that exists, or false';

/** The texts `true` and `false` are probably mistyped booleans, so they are not accepted as names of buckets. */
const accessLogs = z.union(
  [z.boolean(logTarget), text(/^(?!true$|false$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, logTarget)],
  logTarget,
);

const configuration = exactly({
  sources: z
    .array(source, sourceList)
    .min(1, sourceList)
    .superRefine((sources, context) => {
      const clash = findNameClash(sources.map(({ name }) => name));
      if (clash === undefined) return;
      const { names, id } = clash;
      const message = `sources whose names make different ids: ${names.join(' and ')} both make ${id}. Rename one of them`;
      context.issues.push({ code: 'custom', input: sources, path: [], message });
    })
    .prefault([{ name: 'default', carrier: 'kore', bucket: true }]),
  fleet: fleet.optional(),
  sessionRefresh: parseWord(sessionRefreshes).default('update'),
  writes: parseWord(writeModes).default('batched'),
  retention: retentions.prefault({}),
  removal: parseWord(['retain', 'destroy']).default('retain'),
  alerts: alerts.prefault({}),
  receivers,
  otlp: otlp.optional(),
  alarmEmail: z.email('an e-mail address').optional(),
  // An alarm's description ends with the runbook's address and is limited to 1,024 characters.
  runbook: text(/^\S{1,400}$/, 'a path or URL without blanks, of up to 400 characters').default(
    'docs/runbook.md',
  ),
  consumer: consumer.prefault({}),
  importer: importer.prefault({}),
  days: days.prefault({}),
  lake: lake.prefault({}),
  api: api.prefault({}),
  tracing: z.boolean('true or false').default(false),
  measuredNetworks: wholeNumber(0, 500, 'pairs of country and operator').default(measuredNetworks),
  adopt: adopt.prefault({}),
  kmsKeyArn: kmsKeyArn.optional(),
  accessLogs: accessLogs.default(false),
});

/** The API's name begins with the stack's name and is limited to 128 characters. */
const stackName = text(
  /^[A-Za-z][A-Za-z0-9-]{0,117}$/,
  'a letter, then up to 117 letters, digits and hyphens',
);

/**
 * Reads the configuration from a construct tree's context: an object in `cdk.json`, or JSON text from `-c
 * simledger='{…}'`, which replaces that object as a whole. Missing keys get their defaults.
 *
 * @param region the region to deploy to, if known.
 * @throws ConfigurationError naming each invalid key.
 */
export function readConfiguration(node: Node, region?: string): Configuration {
  const context: unknown = node.tryGetContext(configurationKey) ?? {};
  const given = typeof context === 'string' ? parseContext(context) : context;
  const { sources, alarmEmail, alerts, otlp, consumer, days, lake, fleet, adopt, kmsKeyArn, ...others } =
    checkSettings(configuration, given, configurationKey);
  const result: Configuration = {
    ...others,
    ...{ alarmEmail, otlp },
    alerts: { ...alerts, rules: alerts.rules ?? listDefaultRules(sources) },
    receivers: others.receivers ?? listDefaultReceivers(alarmEmail),
    adoptedTables: adopt.tables,
    kmsKeyArn,
    consumer: { ...consumer, parallelizationFactor: consumer.parallelizationFactor },
    days: { ...days, maximumConcurrency: days.maximumConcurrency },
    lake: { ...lake, objectLock: lake.objectLock },
    sources: sources.map((source) => sizeSource(source, source.fleet ?? fleet, others.retention.streamHours)),
  };
  refuseIdleKeys(given, result);
  refuseContradictions(given, result, region);
  return result;
}

function sizeSource(
  { stream: { mode, shards, retentionHours }, ...source }: z.output<typeof configuration>['sources'][number],
  fleet: Fleet | undefined,
  streamHours: number,
): SourceSettings {
  const needed = fleet === undefined ? 1 : countShards(fleet);
  return {
    ...source,
    fleet,
    stream: {
      shards: mode === 'provisioned' ? (shards ?? needed) : undefined,
      retentionHours: retentionHours ?? streamHours,
    },
  };
}

/** A key of the stack that has an effect only under a condition. */
interface ConditionalKey {
  readonly path: readonly string[];
  readonly hasEffect: (configuration: Configuration) => boolean;
  /** What is accepted otherwise. */
  readonly accepted: string;
}

const deliversFiles = ({ sources }: Configuration): boolean => sources.some(({ bucket }) => bucket);

const deploysApi = ({ api }: Configuration): boolean => api.access !== 'none';

const withoutFiles = 'nothing: no source has a bucket';

const withoutApi = 'nothing: api.access none deploys no API';

/** `Twilio or KORE` */
const superSimCarriers = Object.values(carrierTraits)
  .filter(({ format }) => format === 'supersim')
  .map(({ title }) => title)
  .join(' or ');

const conditionalKeys: readonly ConditionalKey[] = [
  {
    path: ['sessionRefresh'],
    hasEffect: ({ sources, sessionRefresh }) =>
      sessionRefresh === 'update' ||
      sources.some(({ carrier }) => carrierTraits[carrier].format === 'supersim'),
    accepted: `update: session updates come only from ${superSimCarriers}, and no source is theirs`,
  },
  {
    path: ['fleet'],
    hasEffect: ({ sources }) => sources.length === 1,
    accepted: 'nothing with several sources: give each source its own fleet',
  },
  { path: ['importer'], hasEffect: deliversFiles, accepted: withoutFiles },
  ...['personalData', 'requestsPerSecond', 'clientRequestsPerSecond', 'corsOrigins'].map(
    (key): ConditionalKey => ({ path: ['api', key], hasEffect: deploysApi, accepted: withoutApi }),
  ),
];

/** @throws ConfigurationError naming each given key that has no effect. */
function refuseIdleKeys(given: unknown, configuration: Configuration): void {
  const idle = conditionalKeys.filter(
    ({ path, hasEffect }) => path.reduce(findMember, given) !== undefined && !hasEffect(configuration),
  );
  if (idle.length === 0) return;
  throw new ConfigurationError(
    idle.map(({ path, accepted }) => formatComplaint(configurationKey, path, given, accepted)).join('\n'),
  );
}

/** @throws ConfigurationError naming each key that is valid by itself but contradicts another. */
function refuseContradictions(
  given: unknown,
  configuration: Configuration,
  region: string | undefined,
): void {
  const { kmsKeyArn, adoptedTables, removal, lake } = configuration;
  const objections: { readonly path: readonly PropertyKey[]; readonly accepted: string }[] =
    findRuleObjections(configuration.alerts.rules, configuration).map(({ path, accepted }) => ({
      path: ['alerts', 'rules', ...path],
      accepted,
    }));
  const ruleNames = configuration.alerts.rules.map(({ name }) => name);
  const adopted = Object.entries(adoptedTables);
  for (const [name, table] of adopted) {
    const [other] = adopted.find(([, one]) => one === table) ?? [];
    if (other === name) continue;
    const accepted = `a table of its own: ${other} has this one, and their items would be mixed`;
    objections.push({ path: ['adopt', 'tables', name], accepted });
  }
  for (const { path, accepted } of findReceiverObjections(configuration.receivers, ruleNames)) {
    objections.push({ path: ['receivers', ...path], accepted });
  }
  if (kmsKeyArn !== undefined && region !== undefined && kmsKeyArn.split(':')[3] !== region) {
    objections.push({
      path: ['kmsKeyArn'],
      accepted: `a key of ${region}, where the stack is deployed: services use keys of their own region only`,
    });
  }
  if (removal === 'destroy' && lake.objectLock !== undefined) {
    const accepted =
      'nothing with removal destroy: locked objects cannot be deleted, so neither could the stack';
    objections.push({ path: ['lake', 'objectLock'], accepted });
  }
  if (removal === 'destroy') {
    // If the stack adopted a table of its own, the table would leave the template, and CloudFormation would delete
    // it.
    const accepted =
      'nothing with removal destroy: if the stack itself created the table, it would be deleted with its items. First deploy with removal retain, then adopt the table in a second deployment';
    for (const name of Object.keys(adoptedTables))
      objections.push({ path: ['adopt', 'tables', name], accepted });
  }
  if (objections.length === 0) return;
  throw new ConfigurationError(
    objections
      .map(({ path, accepted }) => formatComplaint(configurationKey, path, given, accepted))
      .join('\n'),
  );
}

/** Context keys of CDK's own command line that have neither a colon nor an at sign. */
const keysOfCdk: readonly string[] = ['acknowledged-issue-numbers', 'cli-telemetry'];

/**
 * Refuses unknown context keys: `-c removal=destroy` or a misspelt `-c simledgr=…` would otherwise silently deploy
 * the defaults. CDK's own keys contain a colon or an at sign.
 *
 * @throws ConfigurationError naming each unknown key.
 */
export function refuseUnknownContext(node: Node): void {
  const context: Readonly<Record<string, unknown>> = node.getAllContext();
  const known = [configurationKey, stackNameKey];
  const unknown = Object.keys(context).filter(
    (key) => !/[:@]/.test(key) && !known.includes(key) && !keysOfCdk.includes(key),
  );
  if (unknown.length === 0) return;
  const accepted = `${known.join(', ')} (settings are given as JSON: -c ${configurationKey}='{"removal":"destroy"}')`;
  throw new ConfigurationError(
    unknown
      .map(
        (key) =>
          `The context key ${key} is unknown: ${JSON.stringify(context[key])} given; accepted is ${accepted}`,
      )
      .join('\n'),
  );
}

/**
 * Reads the stack's name from the context key `stackName`; `simledger` by default. One account and region can hold
 * several stacks with different names.
 *
 * @throws ConfigurationError if CloudFormation does not accept the name.
 */
export function readStackName(node: Node): string {
  return checkSettings(stackName.default('simledger'), node.tryGetContext(stackNameKey), stackNameKey);
}

function parseContext(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`${configurationKey}: ${text} given; accepted is a JSON object (${reason})`);
  }
}

function checkSettings<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  key: string,
): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigurationError(
    result.error.issues.flatMap((issue) => listComplaints(issue, given, key)).join('\n'),
  );
}
