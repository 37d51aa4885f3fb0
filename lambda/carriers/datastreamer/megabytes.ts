import { isDecimal, multiplyByWhole, parseDecimal } from '../../json/decimal.ts';
import type { Totals } from '../../ledger/observation.ts';
import { isNothing } from '../nothing.ts';
import { addDirections, type Fault, isFault, makeLengthFault, makeMemberFault } from '../reading.ts';

/** The data streamer's volumes: decimals of megabytes, each optional, as sent. */
export interface Volume {
  /** From the device. */
  readonly volumeUp: unknown;
  /** To the device. */
  readonly volumeDown: unknown;
  readonly volumeTotal: unknown;
}

/** A volume in whole bytes. A total that is not stated is the sum of both directions. */
export interface WholeBytes extends Totals {
  readonly dataTotal: number;
}

/** A decimal in canonical form, undefined if the value is absent, or a fault. */
export function readDecimal(value: unknown, member: string): string | undefined | Fault {
  if (isNothing(value)) return undefined;
  const tooLong = makeLengthFault(value, member);
  if (tooLong !== undefined) return tooLong;
  if (typeof value !== 'string' && typeof value !== 'number') return makeDecimalFault(value, member);
  return (
    parseDecimal(value) ??
    (isDecimal(String(value)) ? makeTooManyDigitsFault : makeDecimalFault)(value, member)
  );
}

function makeDecimalFault(value: unknown, member: string): Fault {
  return makeMemberFault('impossible-number', member, 'is not a decimal', value);
}

function makeTooManyDigitsFault(value: unknown, member: string): Fault {
  return makeMemberFault('impossible-number', member, 'has more digits than can be kept exactly (36)', value);
}

/**
 * A volume in whole bytes, undefined if none is stated, or a fault.
 *
 * @param member the volume's name in the record, for the fault's sentence.
 */
export function convertToBytes(
  volume: Volume,
  member: string,
  bytesPerMegabyte: number,
): WholeBytes | undefined | Fault {
  const dataUploaded = toWholeBytes(volume.volumeUp, `${member} tx`, bytesPerMegabyte);
  const dataDownloaded = toWholeBytes(volume.volumeDown, `${member} rx`, bytesPerMegabyte);
  const total = toWholeBytes(volume.volumeTotal, member, bytesPerMegabyte);
  if (isFault(total)) return total;
  if (isFault(dataUploaded)) return dataUploaded;
  if (isFault(dataDownloaded)) return dataDownloaded;
  const dataTotal = total ?? addDirections(dataUploaded, dataDownloaded, member);
  if (dataTotal === undefined || isFault(dataTotal)) return dataTotal;
  return { dataUploaded, dataDownloaded, dataTotal };
}

function toWholeBytes(value: unknown, member: string, bytesPerMegabyte: number): number | undefined | Fault {
  const decimal = readDecimal(value, member);
  if (decimal === undefined || isFault(decimal)) return decimal;
  const bytes = multiplyByWhole(decimal, bytesPerMegabyte);
  if (bytes === undefined) {
    return makeMemberFault('impossible-number', member, 'is more bytes than can be counted exactly', value);
  }
  return bytes < 0 ? makeMemberFault('impossible-number', member, 'is negative', value) : bytes;
}
