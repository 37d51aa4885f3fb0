import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };
import { readCountry } from '../carriers/country.ts';

/** ISO 3166-1 alpha-2 to alpha-3: the first two columns of the library's table. */
const alpha3ByAlpha2 = new Map(codes.map(([alpha2 = '', alpha3 = '']) => [alpha2, alpha3]));

/**
 * The three-letter country of a network.
 *
 * @param country ISO 3166-1 alpha-2, if the record stated it: one mobile country code can cover several countries.
 * @param mcc mobile country code, used if `country` is not stated.
 */
export function convertCountry(country: string | undefined, mcc: string | undefined): string | null {
  const alpha2 = country ?? readCountry({ mcc });
  return alpha2 === undefined ? null : (alpha3ByAlpha2.get(alpha2) ?? null);
}
