import type { Carrier } from '../lambda/ledger/source.ts';

/** A field of a portal's form. */
export interface PortalField {
  /** Its name in the portal. */
  readonly field: string;
  readonly value: string;
}

/** What a portal calls the form that configures a stream of data. */
export interface PortalWords {
  /** How to reach the form in the portal. */
  readonly where: string;
  /** The name of the field that selects the kind of connection, and its values. */
  readonly kind: string;
  readonly kinesis: string;
  readonly webhook: string;
  /** Names of the form's fields. */
  readonly names: Readonly<Record<'region' | 'stream' | 'role' | 'callback' | 'credential', string>>;
  /** Further fields, and what to enter. */
  readonly settings: readonly PortalField[];
}

/** How a carrier's portal connects to an AWS account, and what its form asks for. */
export interface Portal {
  /**
   * - `role`: the carrier assumes a role of ours with its own AWS principal.
   * - `user`: the portal asks for an access key, so the carrier gets an IAM user.
   */
  readonly writer: 'role' | 'user';
  /** ARN of the principal that assumes the role; undefined if the carrier does not publish one. */
  readonly principal?: string;
  /**
   * Which external id the carrier sends when it assumes the role.
   *
   * - `chosen`: the one that is entered in its form; by default, one is generated from the stack's id.
   * - `organisation`: always `org-<number of the customer's organisation>`.
   */
  readonly externalId: 'chosen' | 'organisation';
  /** Whether the carrier delivers CSV files to a bucket. */
  readonly files: boolean;
  /** Which outputs to show: the sink of Twilio and KORE, or the fields of the data streamer. */
  readonly form: 'sink' | 'fields';
  /** Whether a webhook can also be configured by one JSON text. */
  readonly webhookSink: boolean;
  /** The unit in which the carrier states volumes. */
  readonly volumes: 'bytes' | 'megabytes';
  readonly words: PortalWords;
}

const superSim = {
  writer: 'role',
  // Twilio's account. KORE, which took over the service, does not publish one of its own.
  principal: 'arn:aws:iam::177261743968:root',
  externalId: 'chosen',
  files: false,
  form: 'sink',
  webhookSink: false,
  volumes: 'bytes',
} as const satisfies Omit<Portal, 'words'>;

const dataStreamer = {
  externalId: 'organisation',
  files: true,
  form: 'fields',
  webhookSink: false,
  volumes: 'megabytes',
} as const;

const sinkNames = {
  ...{ region: 'AWS region', stream: 'Kinesis Stream ARN', role: 'Role ARN' },
  ...{ callback: 'Destination', credential: 'Credential' },
};
const history = 'on, to start with the last 7 days';

/**
 * Each carrier's portal, as its documents describe it: docs.emnify.com/developers/integrations/data-streamer,
 * 1NCE-GmbH/cfn-templates and korewireless/Super-Sim-Connection-Events on GitHub, Telekom's Data Streamer document of
 * 2021.
 */
export const portals: Readonly<Record<Carrier, Portal>> = {
  twilio: {
    ...superSim,
    webhookSink: true,
    words: {
      where: 'Twilio’s Console: Explore products, Event Streams, Manage, Create new sink',
      ...{ kind: 'Sink type', kinesis: 'Amazon Kinesis', webhook: 'Webhook' },
      names: sinkNames,
      settings: [],
    },
  },
  kore: {
    ...superSim,
    words: {
      where: 'KORE’s developer portal: Event Streams, Destinations, Create',
      ...{ kind: 'Destination type', kinesis: 'AWS Kinesis', webhook: 'Webhook' },
      names: { ...sinkNames, stream: 'Kinesis stream ARN', callback: 'Webhook URL', credential: 'Secret' },
      settings: [],
    },
  },
  '1nce': {
    ...dataStreamer,
    writer: 'role',
    principal: 'arn:aws:iam::884047677700:role/1nce-datastreamer',
    words: {
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
  },
  emnify: {
    ...dataStreamer,
    writer: 'role',
    principal: 'arn:aws:iam::884047677700:role/datastreamer',
    words: {
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
  },
  telekom: {
    ...dataStreamer,
    writer: 'user',
    words: {
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
  },
};
