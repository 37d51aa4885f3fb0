import { fileURLToPath } from 'node:url';
import countries from 'i18n-iso-countries';
import { describe, expect, it } from 'vitest';
import { readCountry } from '../../../lambda/carriers/country.ts';
import { nameRadio } from '../../../lambda/carriers/radio.ts';

describe('a country', () => {
  it.each([
    [{ isoCode: 'de' }, 'DE'],
    [{ isoCode: 'PR', mcc: '310' }, 'PR'],
    [{ isoCode: 'DEU', name: 'Germany' }, 'DE'],
    [{ name: 'germany', mcc: '208' }, 'DE'],
    [{ name: 'UNITED STATES' }, 'US'],
    [{ name: 'Côte d’Ivoire' }, 'CI'],
    [{ isoCode: 'D1', mcc: '262' }, 'DE'],
    [{ isoCode: 'D', mcc: '262' }, 'DE'],
    [{ name: 'undefined' }, undefined],
    [{ name: 'Atlantis', mcc: '208' }, 'FR'],
    [{ mcc: '262' }, 'DE'],
    [{ mcc: '2xx' }, undefined],
    [{ mcc: '901' }, undefined],
    [{ name: 'constructor', mcc: '__proto__' }, undefined],
    [{}, undefined],
  ])('stated as %j is %s', (statement, country) => {
    expect(readCountry(statement)).toBe(country);
  });

  it('is found by its name, the first that is looked up included', async () => {
    // A module of its own: the names are read once, for the first that is looked up.
    const path = fileURLToPath(new URL('../../../lambda/carriers/country.ts', import.meta.url));
    const unused = (await import(`${path}?unused`)) as typeof import('../../../lambda/carriers/country.ts');
    const names = ['germany', 'Germany', 'PUERTO RICO', 'Kosovo', 'Atlantis', 'DE', 'region'];
    expect(names.map((name) => unused.readCountry({ name }))).toEqual([
      'DE',
      'DE',
      'PR',
      'XK',
      undefined,
      undefined,
      undefined,
    ]);
  });

  /** Countries of ISO 3166 whose networks use the code of another, or which have none. */
  const withoutCode =
    'AQ AX BL BQ BV CC CX EH GG GS GU HM IM IO JE MF MP MQ NF PN PS SJ SX TF UM VA VI YT'.split(' ');

  it('is known by a mobile country code, of each that has one', () => {
    const codes = Array.from({ length: 600 }, (_, index) => readCountry({ mcc: String(200 + index) }));
    const named = new Set(codes.filter((country) => country !== undefined));
    expect([...named, ...withoutCode].sort()).toEqual(Object.keys(countries.getAlpha2Codes()).sort());
    expect(codes.filter((country) => country !== undefined).length).toBe(232);
  });
});

describe('a radio access technology', () => {
  it.each([
    ['1', '3G'],
    ['2', '2G'],
    ['3', 'WLAN'],
    ['4', 'GAN'],
    ['5', '3G'],
    ['6', '4G'],
    ['8', 'NB-IoT'],
    ['9', 'LTE-M'],
    ['7', 'Virtual'],
    ['10', '5G'],
    ['11', '4G'],
    ['14', '4G'],
    ['15', 'NB-IoT'],
    ['18', 'NB-IoT'],
    ['19', 'LTE-M'],
    ['22', 'LTE-M'],
    ['0', '0'],
    ['23', '23'],
    ['UTRAN', '3G'],
    ['GERAN', '2G'],
    ['WLAN', 'WLAN'],
    ['GAN', 'GAN'],
    ['HSPA Evolution', '3G'],
    ['EUTRAN (WB-E-UTRAN)', '4G'],
    ['Virtual', 'Virtual'],
    ['EUTRAN-NB-IoT', 'NB-IoT'],
    ['LTE-M', 'LTE-M'],
    ['NR', '5G'],
    ['WB-E-UTRAN(LEO)', '4G'],
    ['EUTRAN-NB-IoT(OTHERSAT)', 'NB-IoT'],
    ['NB_IOT_GEO', 'NB-IoT'],
    ['lte-m (meo)', 'LTE-M'],
    ['lte cat m1', 'LTE-M'],
    ['4G LTE', '4G'],
    ['4g lte', '4G'],
    ['2G', '2G'],
    ['3G', '3G'],
    ['lte', '4G'],
    ['NB_IOT(OTHER_SAT)', 'NB-IoT'],
    ['LEO', 'LEO'],
    ['LTE Cat-M', 'LTE-M'],
    ['NB-IoT', 'NB-IoT'],
    ['E_UTRAN', '4G'],
    ['Smoke signals', 'Smoke signals'],
    [undefined, undefined],
  ])('written %s is %s', (ratType, radio) => {
    expect(nameRadio(ratType)).toBe(radio);
  });
});
