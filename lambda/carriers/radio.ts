import { identifier } from './identifier.ts';
import { freeText } from './reading.ts';

/** Data-streamer codes (WIRE-FORMATS section 2.6). Code 6 covers most LTE-M as well; the raw code is kept beside. */
const byCode: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '1': '3G',
    '2': '2G',
    '3': 'WLAN',
    '4': 'GAN',
    '5': '3G',
    '6': '4G',
    '8': 'NB-IoT',
    '9': 'LTE-M',
  }),
);

/** Super SIM's words, and those in the texts of data-streamer location events. */
const byWord: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '2G': '2G',
    GERAN: '2G',
    GSM: '2G',
    '3G': '3G',
    UTRAN: '3G',
    HSPA: '3G',
    '4G': '4G',
    '4G LTE': '4G',
    LTE: '4G',
    E_UTRAN: '4G',
    EUTRAN: '4G',
    '5G': '5G',
    'LTE CAT-M': 'LTE-M',
    'LTE-M': 'LTE-M',
    'CAT-M': 'LTE-M',
    'CAT-M1': 'LTE-M',
    'NB-IOT': 'NB-IoT',
  }),
);

/**
 * The radio access technology under its usual name, from a carrier's code or word.
 *
 * @returns the carrier's own word where it is not known.
 */
export function radioOf(ratType: string | undefined): string | undefined {
  if (ratType === undefined) return undefined;
  return byCode.get(ratType) ?? byWord.get(ratType) ?? byWord.get(ratType.toUpperCase()) ?? ratType;
}

/** A carrier's radio access type as text. */
export function ratTypeOf(value: unknown): string | undefined {
  return freeText(identifier(value), 32);
}
