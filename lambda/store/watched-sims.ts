import type { Carrier } from '../ledger/source.ts';
import { compileCodec } from './codec.ts';

/**
 * What alerts need of a SIM: owner, name, place, device, and when it was heard. A sweep reads this of every SIM, so it
 * is decoded directly from the item, and times stay numbers: milliseconds since the epoch.
 */
export interface StoredWatchedSim {
  readonly sim: string;
  readonly source: string;
  readonly carrier: Carrier;
  /** ISO 8601. */
  readonly lastUpdated: string;
  readonly lastEventTime: string | undefined;
  readonly fleetSid: string | undefined;
  readonly simName: string | undefined;
  readonly mcc: string | undefined;
  readonly mnc: string | undefined;
  readonly country: string | undefined;
  readonly imei: string | undefined;
  readonly online: boolean | undefined;
  readonly deviceAt: number | undefined;
  readonly networkAt: number | undefined;
  readonly connectionAt: number | undefined;
  readonly signalledAt: number | undefined;
  readonly bytesAt: number | undefined;
  readonly sessionAt: number | undefined;
}

/** Decodes from attributes of the same names; test/lambda/store/schema.property.test.ts compares the two. */
export const watchedSimCodec = compileCodec<StoredWatchedSim>({
  sim: 'text',
  source: 'text',
  carrier: 'text',
  lastUpdated: 'text',
  lastEventTime: 'text?',
  fleetSid: 'text?',
  simName: 'text?',
  mcc: 'text?',
  mnc: 'text?',
  country: 'text?',
  imei: 'text?',
  online: 'flag?',
  deviceAt: 'number?',
  networkAt: 'number?',
  connectionAt: 'number?',
  signalledAt: 'number?',
  bytesAt: 'number?',
  sessionAt: 'number?',
});
