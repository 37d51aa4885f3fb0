import type { Source } from '../lambda/ledger/source.ts';

/**
 * The ids that a source's parts have in the stack: the source's logical name, then these suffixes. Names are chosen by
 * the user and ids have no separators, so that two names may lead to one id; {@link findNameClash} finds them.
 */

/** Outputs of a source: `Source<Name>` and one of these. */
export const sourceOutputs = [
  'Sink',
  'AWSRegion',
  'StreamName',
  'S3Bucket',
  'IAMRoleARN',
  'ExternalId',
  'IAMUserARN',
  'AccessKeySecret',
  'ReadAccessKey',
  'CallbackURL',
  'WebhookSink',
  'CallbackSecret',
  'ReadCallbackSecret',
] as const;
export type SourceOutput = (typeof sourceOutputs)[number];

/** Alarms of a source: see {@link makeSourceAlarmId}. */
export const sourceAlarms = [
  'Stuck',
  'Late',
  'Refused',
  'Rejected',
  'StopsConsumer',
  'HandedBack',
  'Unaccounted',
  'GivenUp',
  'Dropped',
  'FileFailed',
  'CallsRefused',
  'CallsFailed',
  'ReadHeld',
] as const;
export type SourceAlarm = (typeof sourceAlarms)[number];

/** Alarms of the stack itself whose ids look like those of a source: of one with the name `consumer`, for example. */
export const stackAlarms: readonly string[] = [
  'AlertSweepLate',
  'BatchedWritesRefused',
  'ConsumerLate',
  'DayPlannerLate',
  'FilesLate',
  'MetricsDropped',
  'MetricsLate',
  'WebhooksGatewayRefused',
];

/** The id of a source's alarm. */
export function makeSourceAlarmId(source: Pick<Source, 'name'>, alarm: SourceAlarm): string {
  const id = `${makeLogicalName(source)}${alarm}`;
  return stackAlarms.includes(id) ? `Source${id}` : id;
}

/** The secret of a source whose carrier calls: `Source<Name>` and this. */
export const callbackCredentials = 'Credentials';

/** A source's name as CloudFormation's logical ids carry it, which have no hyphens: `kore-eu` is `KoreEu`. */
export function makeLogicalName(source: Pick<Source, 'name'>): string {
  const words = source.name.split('-').filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** The id of the construct that is a source, and the first part of the ids of its outputs. */
export function makeSourceId(source: Pick<Source, 'name'>): string {
  return `Source${makeLogicalName(source)}`;
}

/** Two sources that would have the same id, and the id. */
export interface NameClash {
  readonly names: readonly [string, string];
  readonly id: string;
}

/**
 * Finds two source names that lead to one id: `twilio` has the output `SourceTwilioWebhookSink`, and so has
 * `twilio-webhook`. Ids that differ by upper and lower case only would be mistaken for each other, and count as one.
 *
 * @returns undefined where all ids differ.
 */
export function findNameClash(names: readonly string[]): NameClash | undefined {
  const owners = new Map<string, string>();
  for (const name of names) {
    for (const id of listIdsWithName(name)) {
      const key = id.toLowerCase();
      const owner = owners.get(key);
      if (owner !== undefined) return { names: [owner, name], id };
      owners.set(key, name);
    }
  }
  return undefined;
}

/** The source's construct, its secret and its outputs share a name space here, though not all of them share a scope. */
function listIdsWithName(name: string): string[] {
  const source = { name };
  return [
    makeSourceId(source),
    ...[callbackCredentials, ...sourceOutputs].map((part) => `${makeSourceId(source)}${part}`),
    ...sourceAlarms.map((alarm) => makeSourceAlarmId(source, alarm)),
  ];
}
