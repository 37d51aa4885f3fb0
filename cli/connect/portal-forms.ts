import type { Carrier } from '../../lambda/ledger/source.ts';
import { type PortalField, portals } from '../../lib/portals.ts';

/** The form of each carrier's portal (see docs/carriers), filled in with a deployment's values. */

/** A deployment's values for a source; missing values are left out. No value is a secret. */
export interface ConnectionValues {
  readonly region: string;
  readonly streamName: string;
  /** The Kinesis endpoint, if it is not AWS's own. */
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

/** A deployment's values for the webhook address. */
export interface CallbackValues {
  readonly url: string;
  /** Twilio's sink configuration. */
  readonly sink?: string | undefined;
  /** How to show the credential, or how to store the carrier's credential. */
  readonly credential: string;
}

/** A form of a carrier's portal. */
export interface PortalForm {
  /** Where in the portal the form is. */
  readonly where: string;
  readonly fields: readonly PortalField[];
}

/** The completed forms of the carrier's portal, one for each kind of connection that the source has. */
export function listPortalForms(carrier: Carrier, values: ConnectionValues): readonly PortalForm[] {
  const { where, kind, kinesis, webhook, names, settings } = portals[carrier].words;
  const { callback, accessKey, roleArn, endpoint } = values;
  const forms: PortalForm[] = [];
  if (roleArn !== undefined || accessKey !== undefined || endpoint !== undefined) {
    const fields = [{ field: kind, value: kinesis }, ...settings, ...listWriterFields(carrier, values)];
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

function listWriterFields(carrier: Carrier, values: ConnectionValues): PortalField[] {
  const { form, files, words } = portals[carrier];
  const { names } = words;
  const { streamArn, streamName, sink, roleArn, externalId, bucket, accessKey, endpoint, region } = values;
  const isSink = form === 'sink';
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['Endpoint', endpoint],
    [names.region, isSink && endpoint === undefined ? undefined : region],
    [names.stream, isSink ? streamArn : streamName],
    [names.role, roleArn],
    [isSink ? 'External ID' : 'External ID, for comparison', externalId],
    ['Or as one JSON text', sink],
    ['AWS Access Key, AWS Secret Key', accessKey],
    ['S3 Bucket, for a stream of CSV files', files ? bucket : undefined],
  ];
  return fields.flatMap(([field, value]) => (value === undefined ? [] : [{ field, value }]));
}
