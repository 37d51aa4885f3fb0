import { localAccount, localRegion } from '../emulators/aws-json-protocol.ts';
import type { KnownSource } from '../lambda/aws/sources.ts';
import { carriers } from '../lambda/ledger/source.ts';

/** The fixed names of the local run, which other AWS clients can use. */

/** A source of the local run: its stream and its bucket. */
export interface LocalSource extends KnownSource {
  readonly stream: string;
  readonly streamArn: string;
  readonly bucket: string;
}

/** The buckets that do not belong to a source. */
export const quarantineBucket = 'simledger-quarantine';
export const lakeBucket = 'simledger-lake';
export const accountLakeBucket = 'simledger-account-lake';
/** The buckets of closed days, and their folders in that of `--data`. */
export const lakeFolders: ReadonlyMap<string, string> = new Map([
  [lakeBucket, 'lake'],
  [accountLakeBucket, 'account-lake'],
]);
/** The queues, and the API's secret. */
export const fileQueue = 'simledger-files';
export const deadLetterQueue = 'simledger-files-dead-letters';
export const dayQueue = 'simledger-days';
export const dayDeadLetterQueue = 'simledger-days-dead-letters';
export const metricsQueue = 'simledger-metrics';
export const apiSecret = 'simledger-api';

/** The name of the secret that authenticates requests of a source's carrier. */
export function makeWebhookSecret(source: string): string {
  return `simledger-webhook-${source}`;
}

/**
 * The first source is for records that are sent by hand: its stream and bucket accept any carrier's records. Super SIM
 * records state whether they are Twilio's or KORE's; data-streamer records do not state their carrier, and count as
 * 1NCE's. In addition, each carrier has a source, as in a deployment.
 */
export const localSources: readonly [LocalSource, ...LocalSource[]] = [
  findLocalSource('default', '1nce', ''),
  ...carriers.map((carrier) => findLocalSource(carrier, carrier, `-${carrier}`)),
];

/**
 * A source by its name.
 *
 * @throws Error if the source is unknown.
 */
export function findPlace(source: string): LocalSource {
  const place = localSources.find(({ name }) => name === source);
  if (place === undefined) throw new Error(`Unknown local source ${JSON.stringify(source)}`);
  return place;
}

function findLocalSource(name: string, carrier: LocalSource['carrier'], suffix: string): LocalSource {
  const stream = `simledger-stream${suffix}`;
  return {
    name,
    carrier,
    bytesPerMegabyte: 1_000_000,
    stream,
    streamArn: `arn:aws:kinesis:${localRegion}:${localAccount}:stream/${stream}`,
    bucket: `simledger-files${suffix}`,
  };
}
