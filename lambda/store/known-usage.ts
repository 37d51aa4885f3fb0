import type { KnownUsage } from '../alerts/known.ts';
import { compileCodec, type Item } from './codec.ts';
import { completenessAttributes } from './completeness.ts';
import { usageRecords } from './counted-items.ts';
import { requireKnownCarrier } from './records.ts';

/**
 * Decodes the members of usage that alerts need from the attributes of the same names.
 * test/lambda/store/schema.property.test.ts compares the two.
 */
export const knownUsageCodec = compileCodec<KnownUsage>({
  usageId: 'text',
  start: 'text',
  end: 'text',
  sessionId: 'text?',
  trafficType: 'text',
  dataUploaded: 'number?',
  dataDownloaded: 'number?',
  dataTotal: 'number',
  messagesTx: 'number?',
  messagesRx: 'number?',
  country: 'text?',
  imei: 'text?',
  writtenImei: 'text?',
  dataModifier: 'text?',
  sessionTotal: 'number?',
  carrier: 'text',
});

/** The attributes to read: these, and those that decide which of two renderings of a record counts. */
export const knownUsageAttributes: readonly string[] = [
  ...new Set([
    ...knownUsageCodec.attributes.map(({ name }) => name),
    ...['source', usageRecords.id],
    ...completenessAttributes,
  ]),
];

/** Decodes what alerts need from a usage item, which may be complete or a projection. */
export function decodeKnownUsage(item: Item): KnownUsage {
  return requireKnownCarrier(knownUsageCodec.decode(item));
}
