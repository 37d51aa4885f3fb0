import type { components } from '../api/schema.ts';
import { formatPlace } from '../place.ts';
import { findNetworkName } from '../timeline/records.ts';

/** What several pages say of SIMs. */

type Sim = components['schemas']['Sim'];

/** A SIM as a path of the API names it: the last part of its address. */
export function readSimKey({ url }: Pick<Sim, 'url'>): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
}

/** What a SIM is called: its name, or what identifies it. */
export function nameSim({
  unique_name: name,
  iccid,
  sid,
}: Pick<Sim, 'unique_name' | 'iccid' | 'sid'>): string {
  return name ?? iccid ?? sid;
}

/** The page of a SIM. */
export function makeSimHref(key: string): string {
  return formatPlace(['sims', key]);
}

/** A network's name, or its codes. */
export function nameNetwork(network: Sim['network']): string {
  return (network && findNetworkName(network)) ?? 'unknown';
}

/** The country in which a SIM was last seen, as records state it, three letters. */
export function nameCountry({ network }: Pick<Sim, 'network'>): string {
  return network?.operator_country ?? unknownCountry;
}

/** Stands for a country that no record states. */
export const unknownCountry = 'unknown';

/** How many SIMs were last seen in a country. */
export interface CountrySims {
  /** Three letters, or {@link unknownCountry}. */
  readonly country: string;
  readonly sims: number;
}

type Fleet = components['schemas']['Fleet'];

/** How many SIMs of the fleet were silent in each country by the last sweep; undefined where that was not counted. */
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

/** How many SIMs were last seen in each country, the most first. */
export function countByCountry(sims: readonly Pick<Sim, 'network'>[]): CountrySims[] {
  const counts = new Map<string, number>();
  for (const sim of sims) counts.set(nameCountry(sim), (counts.get(nameCountry(sim)) ?? 0) + 1);
  return [...counts]
    .map(([country, count]) => ({ country, sims: count }))
    .sort((a, b) => b.sims - a.sims || (a.country < b.country ? -1 : 1));
}

/** SIMs that were last seen in one country and network. */
export interface SimGroup {
  /** As records state it, three letters. */
  readonly country: string;
  readonly network: string;
  readonly sims: number;
  /** When the first of them was last heard; null where one never was. */
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

/** The earlier of two times, of which null is the earliest. */
function findEarlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return a < b ? a : b;
}
