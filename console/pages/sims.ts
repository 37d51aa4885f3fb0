import type { components } from '../api/schema.ts';
import { formatPlace } from '../place.ts';
import { findNetworkName } from '../timeline/records.ts';

/** Texts about SIMs that several pages use. */

type Sim = components['schemas']['Sim'];

/** A SIM's key in paths of the API: the last part of its URL. */
export function readSimKey({ url }: Pick<Sim, 'url'>): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
}

/** A SIM's name, or an identifier if it has none. */
export function nameSim({
  unique_name: name,
  iccid,
  sid,
}: Pick<Sim, 'unique_name' | 'iccid' | 'sid'>): string {
  return name ?? iccid ?? sid;
}

/** The address of a SIM's page. */
export function makeSimHref(key: string): string {
  return formatPlace(['sims', key]);
}

/** A network's name, or its codes. */
export function nameNetwork(network: Sim['network']): string {
  return (network && findNetworkName(network)) ?? 'unknown';
}

/** The country in which a SIM was last seen: the three-letter code from records. */
export function nameCountry({ network }: Pick<Sim, 'network'>): string {
  return network?.operator_country ?? unknownCountry;
}

/** Stands for a country that no record states. */
export const unknownCountry = 'unknown';

/** How many SIMs were last seen in a country. */
export interface CountrySims {
  /** A three-letter code, or {@link unknownCountry}. */
  readonly country: string;
  readonly sims: number;
}

type Fleet = components['schemas']['Fleet'];

/** How many SIMs were silent in each country at the last sweep; undefined if it did not count them. */
export function listSilentCountries(
  { as_of: asOf, countries }: Fleet,
  silence: string,
): CountrySims[] | undefined {
  if (asOf === null) return undefined;
  const counted = countries.flatMap(({ operator_country: country, silent }) => {
    const sims = silent.find(({ duration }) => duration === silence)?.sims;
    return sims === undefined ? [] : [{ country: country ?? unknownCountry, sims }];
  });
  return counted.length < countries.length ? undefined : counted.filter(({ sims }) => sims > 0);
}

/** Counts the SIMs that were last seen in each country, the highest count first. */
export function countByCountry(sims: readonly Pick<Sim, 'network'>[]): CountrySims[] {
  const counts = new Map<string, number>();
  for (const sim of sims) counts.set(nameCountry(sim), (counts.get(nameCountry(sim)) ?? 0) + 1);
  return [...counts]
    .map(([country, count]) => ({ country, sims: count }))
    .sort((a, b) => b.sims - a.sims || (a.country < b.country ? -1 : 1));
}

/** SIMs that were last seen in one country and network. */
export interface SimGroup {
  /** The three-letter code from records. */
  readonly country: string;
  readonly network: string;
  readonly sims: number;
  /** The earliest time at which a SIM of the group was last heard; null if one never was. */
  readonly firstHeard: string | null;
}

/** Groups SIMs by country and network, the largest group first. */
export function groupSims(sims: readonly Pick<Sim, 'network' | 'last_heard'>[]): SimGroup[] {
  const groups = new Map<string, SimGroup>();
  for (const { network, last_heard: heard } of sims) {
    const country = nameCountry({ network });
    const name = nameNetwork(network);
    const key = JSON.stringify([country, name]);
    const { sims: count = 0, firstHeard } = groups.get(key) ?? {};
    groups.set(key, {
      ...{ country, network: name, sims: count + 1 },
      firstHeard: firstHeard === undefined ? heard : findEarlier(firstHeard, heard),
    });
  }
  return [...groups.values()].sort(
    (a, b) => b.sims - a.sims || (a.country + a.network < b.country + b.network ? -1 : 1),
  );
}

/** The earlier of two times. Null is earlier than any time. */
function findEarlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return a < b ? a : b;
}
