import type { Carrier } from '../../lambda/ledger/source.ts';
import { portals } from '../../lib/portals.ts';

/** The form of each carrier's portal (see docs/carriers), filled in with a deployment's values. */

/** A deployment's values for a source; absent ones are left out. No value is a secret. */
export interface ConnectionValues {
  readonly region: string;
  readonly streamName: string;
  /** The endpoint of Kinesis, if it is not AWS's own. */
  readonly endpoint?: string | undefined;
  /** Stream, role and external id as one JSON text. */
  readonly sink?: string | undefined;
  readonly streamArn?: string | undefined;
  readonly bucket?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly externalId?: string | undefined;
  /** How to get the access key. */
  readonly accessKey?: string | undefined;
  readonly callback?: CallbackValues | undefined;
}

/** A deployment's values for the address that a carrier calls. */
export interface CallbackValues {
  readonly url: string;
  /** Twilio's sink configuration. */
  readonly sink?: string | undefined;
  /** How to show the credential, or to store the one that the carrier chose. */
  readonly credential: string;
}

/** A form of a carrier's portal. */
export interface PortalForm {
  /** Where in the portal the form is. */
  readonly where: string;
  readonly fields: readonly PortalField[];
}

/** A field of a form. */
export interface PortalField {
  /** Its name in the portal. */
  readonly field: string;
  readonly value: string;
}

/** A portal's words for its form and fields. */
interface PortalWords {
  readonly where: string;
  /** The name of the field that chooses the kind of connection, and its values. */
  readonly kind: string;
  readonly kinesis: string;
  readonly webhook: string;
  /** Field names of the form. */
  readonly names: Readonly<Record<'region' | 'stream' | 'role' | 'callback' | 'credential', string>>;
  /** Further settings. */
  readonly settings: readonly PortalField[];
}

const sinkNames = {
  ...{ region: 'AWS region', stream: 'Kinesis Stream ARN', role: 'Role ARN' },
  ...{ callback: 'Destination', credential: 'Credential' },
};
const history = 'on, to start with the last 7 days';

const words: Readonly<Record<Carrier, PortalWords>> = {
  kore: {
    where: 'KORE’s developer portal: Event Streams, Destinations, Create',
    ...{ kind: 'Destination type', kinesis: 'AWS Kinesis', webhook: 'Webhook' },
    names: { ...sinkNames, stream: 'Kinesis stream ARN', callback: 'Webhook URL', credential: 'Secret' },
    settings: [],
  },
  twilio: {
    where: 'Twilio’s Console: Explore products, Event Streams, Manage, Create new sink',
    ...{ kind: 'Sink type', kinesis: 'Amazon Kinesis', webhook: 'Webhook' },
    names: sinkNames,
    settings: [],
  },
  '1nce': {
    where: 'The 1NCE portal: Configuration, Data Streamer, New Data Stream',
    ...{ kind: 'API Type', kinesis: 'AWS Kinesis', webhook: 'RestAPI (Bulk)' },
    names: {
      ...{ region: 'AWS Region', stream: 'Stream Name', role: 'IAM Role ARN' },
      ...{ callback: 'API Callback URL', credential: 'Username, Password (Basic Auth)' },
    },
    settings: [
      { field: 'Stream Type', value: 'Usage Data & Events' },
      { field: 'Stream historic data', value: history },
    ],
  },
  emnify: {
    where: 'The emnify portal: Integrations, Data Streamer, Add data stream',
    ...{ kind: 'Destination', kinesis: 'AWS Kinesis', webhook: 'REST API (bulk)' },
    names: {
      ...{ region: 'AWS region', stream: 'Stream name', role: 'IAM role ARN' },
      ...{ callback: 'Callback URL', credential: 'Authorization header (Bearer and the token)' },
    },
    settings: [
      { field: 'Stream type', value: 'Usage Data & Events' },
      { field: 'Stream historic data', value: history },
    ],
  },
  telekom: {
    where: 'The BSC portal: data stream configuration, new data stream',
    ...{ kind: 'API type', kinesis: 'AWS Kinesis', webhook: 'Rest-API (bulk)' },
    names: {
      ...{ region: 'AWS Region', stream: 'Stream Name', role: 'IAM Role ARN' },
      ...{ callback: 'API Callback', credential: 'User, password' },
    },
    settings: [
      { field: 'Stream type', value: 'Usage & Event data' },
      { field: 'Historic data', value: history },
    ],
  },
};

/** The filled in forms of the carrier's portal, one for each kind of connection that the source has. */
export function portalForms(carrier: Carrier, values: ConnectionValues): readonly PortalForm[] {
  const { where, kind, kinesis, webhook, names, settings } = words[carrier];
  const { callback, accessKey, roleArn, endpoint } = values;
  const forms: PortalForm[] = [];
  if (roleArn !== undefined || accessKey !== undefined || endpoint !== undefined) {
    const fields = [{ field: kind, value: kinesis }, ...settings, ...writerFields(carrier, values)];
    forms.push({ where, fields });
  }
  if (callback !== undefined) {
    const { url, sink, credential } = callback;
    const fields = [
      ...[{ field: kind, value: webhook }, ...settings],
      { field: names.callback, value: url },
      ...(sink === undefined ? [] : [{ field: 'Or as one JSON text', value: sink }]),
      { field: names.credential, value: credential },
    ];
    forms.push({ where, fields });
  }
  return forms;
}

function writerFields(carrier: Carrier, values: ConnectionValues): PortalField[] {
  const { names } = words[carrier];
  const { streamArn, streamName, sink, roleArn, externalId, bucket, accessKey, endpoint, region } = values;
  const isSink = portals[carrier].form === 'sink';
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['Endpoint', endpoint],
    [names.region, isSink && endpoint === undefined ? undefined : region],
    [names.stream, isSink ? streamArn : streamName],
    [names.role, roleArn],
    [isSink ? 'External ID' : 'External ID, for comparison', externalId],
    ['Or as one JSON text', sink],
    ['AWS Access Key, AWS Secret Key', accessKey],
    ['S3 Bucket, for a stream of CSV files', portals[carrier].files ? bucket : undefined],
  ];
  return fields.flatMap(([field, value]) => (value === undefined ? [] : [{ field, value }]));
}
