import { readIdentifier } from './identifier.ts';
import { readFreeText } from './reading.ts';

/**
 * The data streamer's codes: 3GPP TS 29.274 V17.10.0, table 8.17-1, where 0 is reserved and 23 to 255 are spare. From
 * 11 on, they also say through which satellites (LEO, MEO, GEO, others) the technology is used. Carriers also use 6
 * for most LTE-M, so the raw code is kept too.
 */
const byCode: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '1': '3G',
    '2': '2G',
    '3': 'WLAN',
    '4': 'GAN',
    '5': '3G',
    '6': '4G',
    '7': 'Virtual',
    '8': 'NB-IoT',
    '9': 'LTE-M',
    '10': '5G',
    '11': '4G',
    '12': '4G',
    '13': '4G',
    '14': '4G',
    '15': 'NB-IoT',
    '16': 'NB-IoT',
    '17': 'NB-IoT',
    '18': 'NB-IoT',
    '19': 'LTE-M',
    '20': 'LTE-M',
    '21': 'LTE-M',
    '22': 'LTE-M',
  }),
);

/**
 * Super SIM's words, those in data-streamer location events, and the names of TS 29.274: in capitals, without blanks,
 * hyphens and underscores.
 */
const byWord: ReadonlyMap<string, string> = new Map(
  (
    [
      ['2G', '2G GERAN GERA GSM GPRS EDGE'],
      ['3G', '3G UTRAN UTRA UMTS WCDMA HSPA HSPA+ HSDPA HSUPA HSPAEVOLUTION IHSPAEVOLUTION'],
      ['4G', '4G 4GLTE LTE EUTRAN EUTRA WBEUTRAN EUTRAN(WBEUTRAN)'],
      ['5G', '5G 5GNR NR NR5G'],
      ['LTE-M', 'LTEM LTECATM LTECATM1 CATM CATM1 EMTC'],
      ['NB-IoT', 'NBIOT EUTRANNBIOT LTENBIOT LTECATNB1 CATNB1 CATNB2 NB1 NB2'],
      ['WLAN', 'WLAN WIFI'],
      ['GAN', 'GAN'],
      ['Virtual', 'VIRTUAL'],
    ] as const
  ).flatMap(([radio, words]) => words.split(' ').map((word): [string, string] => [word, radio])),
);

/** The suffix for satellites: `EUTRAN-NB-IoT(LEO)`, `NB_IOT_LEO`. */
const orbit = /[(_ -](?:LEO|MEO|GEO|OTHER_?SAT)\)?$/;
const separators = /[\s_-]+/g;

/**
 * The usual name of a radio access technology, from a carrier's code or word.
 *
 * @returns the carrier's own word if it is not known.
 */
export function nameRadio(ratType: string | undefined): string | undefined {
  if (ratType === undefined) return undefined;
  return byCode.get(ratType) ?? usual.get(ratType) ?? findRadioByWord(ratType) ?? ratType;
}

function findRadioByWord(word: string): string | undefined {
  return byWord.get(word.toUpperCase().replace(orbit, '').replace(separators, ''));
}

/** The words of nearly all Super SIM records: looking them up unchanged is faster. */
const usual: ReadonlyMap<string, string> = new Map(
  ['2G', '3G', '4G LTE', 'LTE Cat-M', 'NB-IoT'].map((word) => [word, findRadioByWord(word) ?? word]),
);

/** A carrier's radio access technology as text. */
export function readRatType(value: unknown): string | undefined {
  return readFreeText(readIdentifier(value), 32);
}
