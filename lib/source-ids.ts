import type { Source } from '../lambda/ledger/source.ts';

/**
 * The ids of a source's parts in the stack: the source's logical name plus one of these suffixes. Users choose the
 * names and ids have no separators, so two names can lead to the same id; {@link findNameClash} detects this.
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

/**
 * Alarms of the stack whose ids a source's alarm could also have: those of a source named `consumer`, for example.
 */
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

/** The secret of a source with a webhook: `Source<Name>` and this. */
export const callbackCredentials = 'Credentials';

/** A source's name as in CloudFormation's logical ids, which have no hyphens: `kore-eu` becomes `KoreEu`. */
export function makeLogicalName(source: Pick<Source, 'name'>): string {
  const words = source.name.split('-').filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** The id of a source's construct, and the prefix of its outputs' ids. */
export function makeSourceId(source: Pick<Source, 'name'>): string {
  return `Source${makeLogicalName(source)}`;
}

/** Two sources that would have the same id. */
export interface NameClash {
  readonly names: readonly [string, string];
  readonly id: string;
}

/**
 * Finds two source names that lead to the same id: `twilio` has the output `SourceTwilioWebhookSink`, and so does
 * `twilio-webhook`. Ids that differ only in case are easily confused, so they count as equal.
 *
 * @returns undefined if all ids differ.
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

/** A source's construct, secret and outputs share one namespace here, although not all of them share a scope. */
function listIdsWithName(name: string): string[] {
  const source = { name };
  return [
    makeSourceId(source),
    ...[callbackCredentials, ...sourceOutputs].map((part) => `${makeSourceId(source)}${part}`),
    ...sourceAlarms.map((alarm) => makeSourceAlarmId(source, alarm)),
  ];
}
