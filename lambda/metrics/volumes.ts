import { otherNetworks } from '../aws/names.ts';
import { DecimalSum } from '../json/decimal-sum.ts';

/** Volumes of usage, added up by what metrics tell apart. Never by SIM. */

/** What volumes are told apart by. What records do not state is undefined. */
export interface VolumeDimensions {
  readonly source: string;
  readonly carrier: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | undefined;
  /** Name of the visited operator. */
  readonly operator: string | undefined;
  /** Radio access technology, as in Usage; of closed days undefined. */
  readonly radio: string | undefined;
  /** ISO 4217, of the cost. Amounts of several currencies are never added up. */
  readonly currency: string | undefined;
}

/** What is added up. */
export interface Volume {
  /** Bytes. */
  readonly bytes: number;
  /** Bytes that devices sent. */
  readonly uploaded: number;
  /** Bytes that devices received. */
  readonly downloaded: number;
  /** Money in the dimensions' currency, a decimal as text. */
  readonly cost: string;
}

/** Volumes of one combination of dimensions. */
export interface VolumeGroup extends VolumeDimensions, Volume {}

/** Characters of a name that are told apart, of UTF-16. */
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

  /** Adds a volume; one without anything adds nothing. */
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

  /** The sums, those of most bytes first. */
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
 * Decides which combinations have a series of their own. Receivers are paid by the series, so only the first ones that are
 * met do; volumes of the same moment come in the order of their bytes. The others are added up as `other`, by source,
 * carrier and currency.
 */
export class NamedSeries {
  readonly #maxSeries: number;
  readonly #named = new Set<string>();

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** The same volumes by the series that they belong to. */
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
  // A character of two halves that is cut would make the whole request one that receivers cannot read.
  return name?.slice(0, maxNameCharacters).toWellFormed();
}
