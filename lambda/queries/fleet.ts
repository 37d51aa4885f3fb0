import type { AlertState } from '../alerts/sweep/alert-state.ts';
import { type CountryCount, countedSilences } from '../alerts/sweep/fleet-counts.ts';
import { formatTime } from '../ledger/time.ts';
import { convertCountry } from './country-code.ts';

/** The whole fleet in numbers, as the last alert sweep counted it, so that queries need not scan all SIMs. */

/** What is needed to read the last sweep's counts. */
export interface FleetPorts {
  /** Undefined if a deployment has no rules, so that nothing is counted. */
  readonly alerts: { readonly state: Pick<AlertState, 'readFleet'> } | undefined;
}

/** The fleet as a resource. */
export type Fleet = Awaited<ReturnType<typeof fetchFleet>>;

/** How many SIMs there are, and in which countries; null and empty before the first sweep. */
export async function fetchFleet({ alerts }: FleetPorts) {
  const fleet = await alerts?.state.readFleet();
  if (fleet?.countries === undefined) return { as_of: null, sims: null, countries: [] };
  return {
    as_of: formatTime(fleet.sweptAt),
    sims: fleet.sims,
    countries: sumCountries(fleet.countries).map(({ country, sims, silent }) => ({
      operator_country: country,
      sims,
      silent: countedSilences.map(([duration], index) => ({ duration, sims: silent[index] ?? 0 })),
    })),
  };
}

interface CountrySum extends Pick<CountryCount, 'sims' | 'silent'> {
  /** Three letters, or null. */
  readonly country: string | null;
}

/** By three-letter country, most SIMs first: carriers state a country, or the codes of its networks. */
function sumCountries(counts: readonly CountryCount[]): CountrySum[] {
  const sums = new Map<string | null, CountrySum>();
  for (const { country: stated, mcc, sims, silent } of counts) {
    const country = convertCountry(stated, mcc);
    const known = sums.get(country);
    sums.set(country, {
      country,
      sims: sims + (known?.sims ?? 0),
      silent: silent.map((count, index) => count + (known?.silent[index] ?? 0)),
    });
  }
  return [...sums.values()].sort(
    (a, b) => b.sims - a.sims || ((a.country ?? '') < (b.country ?? '') ? -1 : 1),
  );
}
