import type { Carrier } from '../lambda/ledger/source.ts';

/** How a carrier's portal reaches an AWS account. */
export interface Portal {
  /**
   * - `role`: the carrier assumes a role of ours by its own AWS principal.
   * - `user`: the portal asks for an access key, so a dedicated IAM user stands for the carrier.
   */
  readonly writer: 'role' | 'user';
  /** ARN of the principal that assumes the role; absent where the carrier has published none. */
  readonly principal?: string;
  /**
   * Which external id the carrier states when it assumes the role.
   *
   * - `chosen`: the one that its form is given; unless configured, one is made from the stack's id.
   * - `organisation`: `org-<number of the customer's organisation>`, always.
   */
  readonly externalId: 'chosen' | 'organisation';
  /** Whether the carrier delivers CSV files to a bucket. */
  readonly files: boolean;
  /** Which form the outputs fill in: the sink of Twilio and KORE, or the fields of the data streamer. */
  readonly form: 'sink' | 'fields';
  /** Whether a webhook can be configured by one JSON text, too. */
  readonly webhookSink: boolean;
  /** The unit in which the carrier states volumes. */
  readonly volumes: 'bytes' | 'megabytes';
}

const superSim = {
  writer: 'role',
  // Twilio's account. KORE, which took the service over, has published none of its own.
  principal: 'arn:aws:iam::177261743968:root',
  externalId: 'chosen',
  files: false,
  form: 'sink',
  webhookSink: false,
  volumes: 'bytes',
} as const satisfies Portal;

const dataStreamer = {
  externalId: 'organisation',
  files: true,
  form: 'fields',
  webhookSink: false,
  volumes: 'megabytes',
} as const;

/**
 * Each carrier's portal, as its documents describe it: docs.emnify.com/developers/integrations/data-streamer,
 * 1NCE-GmbH/cfn-templates and korewireless/Super-Sim-Connection-Events on GitHub, Telekom's Data Streamer document of
 * 2021.
 */
export const portals: Readonly<Record<Carrier, Portal>> = {
  twilio: { ...superSim, webhookSink: true },
  kore: superSim,
  '1nce': {
    ...dataStreamer,
    writer: 'role',
    principal: 'arn:aws:iam::884047677700:role/1nce-datastreamer',
  },
  emnify: { ...dataStreamer, writer: 'role', principal: 'arn:aws:iam::884047677700:role/datastreamer' },
  telekom: { ...dataStreamer, writer: 'user' },
};
