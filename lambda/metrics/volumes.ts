import { otherNetworks } from '../aws/names.ts';
import { DecimalSum } from '../json/decimal-sum.ts';

/** Adds up volumes of usage by the dimensions of metrics, never by SIM. */

/** The dimensions of a volume. Values that records do not state are undefined. */
export interface VolumeDimensions {
  readonly source: string;
  readonly carrier: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | undefined;
  /** Name of the visited operator. */
  readonly operator: string | undefined;
  /** Radio access technology, as in Usage; undefined for closed days. */
  readonly radio: string | undefined;
  /** The cost's currency (ISO 4217). Amounts in several currencies are never added up. */
  readonly currency: string | undefined;
}

/** The amounts that are added up. */
export interface Volume {
  /** Bytes. */
  readonly bytes: number;
  /** Bytes that devices sent. */
  readonly uploaded: number;
  /** Bytes that devices received. */
  readonly downloaded: number;
  /** Money in the dimensions' currency, as a decimal string. */
  readonly cost: string;
}

/** The volume of one combination of dimensions. */
export interface VolumeGroup extends VolumeDimensions, Volume {}

/** Names are cut to this length, in UTF-16 code units. */
const maxNameCharacters = 64;

interface OpenGroup {
  readonly dimensions: VolumeDimensions;
  bytes: number;
  uploaded: number;
  downloaded: number;
  readonly cost: DecimalSum;
}

/** Adds up volumes, in any order. */
export class VolumeSums {
  readonly #groups = new Map<string, OpenGroup>();

  /** Adds a volume. A volume of zeros adds no group. */
  add(dimensions: VolumeDimensions, { bytes, uploaded, downloaded, cost }: Volume): void {
    if (bytes === 0 && uploaded === 0 && downloaded === 0 && cost === '0') return;
    const cut = cutNames(dimensions);
    const key = formatSeries(cut);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { dimensions: cut, bytes: 0, uploaded: 0, downloaded: 0, cost: new DecimalSum() };
      this.#groups.set(key, group);
    }
    group.bytes += bytes;
    group.uploaded += uploaded;
    group.downloaded += downloaded;
    group.cost.add(cost);
  }

  /** Lists the sums, largest volume first. */
  list(): VolumeGroup[] {
    const groups = [...this.#groups].map(([key, { dimensions, cost, ...sums }]) => ({
      key,
      group: { ...dimensions, ...sums, cost: cost.toString() },
    }));
    groups.sort((a, b) => b.group.bytes - a.group.bytes || (a.key < b.key ? -1 : 1));
    return groups.map(({ group }) => group);
  }
}

/**
 * Decides which combinations have a series of their own. Metrics services charge by series, so only the first combinations
 * get one, the largest first within a call. The others are added up as `other`, by source, carrier and currency.
 */
export class NamedSeries {
  readonly #maxSeries: number;
  readonly #named = new Set<string>();

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Groups volumes by the series that they belong to, and remembers new series. */
  name(groups: readonly VolumeGroup[]): VolumeGroup[] {
    const sums = new VolumeSums();
    for (const group of groups) sums.add(this.#isNamed(group) ? group : nameOther(group), group);
    return sums.list();
  }

  #isNamed(dimensions: VolumeDimensions): boolean {
    const key = formatSeries(dimensions);
    if (this.#named.has(key)) return true;
    if (this.#named.size >= this.#maxSeries) return false;
    this.#named.add(key);
    return true;
  }
}

function nameOther({ source, carrier, currency }: VolumeDimensions): VolumeDimensions {
  const [country, operator, radio] = [otherNetworks, otherNetworks, otherNetworks];
  return { source, carrier, country, operator, radio, currency };
}

function formatSeries({ source, carrier, country, operator, radio, currency }: VolumeDimensions): string {
  return JSON.stringify([
    source,
    carrier,
    country ?? null,
    operator ?? null,
    radio ?? null,
    currency ?? null,
  ]);
}

function cutNames({
  source,
  carrier,
  country,
  operator,
  radio,
  currency,
}: VolumeDimensions): VolumeDimensions {
  return {
    ...{ source, carrier },
    country: cutName(country),
    operator: cutName(operator),
    radio: cutName(radio),
    currency: cutName(currency),
  };
}

function cutName(name: string | undefined): string | undefined {
  // If the cut leaves half a surrogate pair, receivers cannot read the whole request.
  return name?.slice(0, maxNameCharacters).toWellFormed();
}
