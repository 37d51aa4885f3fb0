import type { KnownUsage } from '../alerts/known.ts';
import { compileCodec, type Item } from './codec.ts';
import { completenessAttributes } from './completeness.ts';
import { usageRecords } from './counted-items.ts';
import { requireKnownCarrier } from './records.ts';

/**
 * Reads of usage what alerts look at, from the attributes of the same names: test/lambda/store/schema.property.test.ts
 * holds them together.
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

/** The attributes that are read: these, and what tells which of two renderings of a record counts. */
export const knownUsageAttributes: readonly string[] = [
  ...new Set([
    ...knownUsageCodec.attributes.map(({ name }) => name),
    ...['source', usageRecords.id],
    ...completenessAttributes,
  ]),
];

/** What alerts look at of the usage record that an item holds, in whole or in part. */
export function decodeKnownUsage(item: Item): KnownUsage {
  return requireKnownCarrier(knownUsageCodec.decode(item));
}
