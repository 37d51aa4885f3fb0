import { DecimalSum } from '../json/decimal-sum.ts';
import type { AttributeTable } from '../ledger/attributes.ts';
import type { Usage } from '../ledger/observation.ts';

/** What is added up of usage records, and by what it is grouped. */

/** What usage must have in common to be added up. */
export interface UsageDimensions {
  readonly source: string;
  readonly carrier: string;
  /** `data`, `sms`, or the carrier's word. */
  readonly trafficType: string;
  readonly country: string | undefined;
  /** The visited network, as far as the record states these three. */
  readonly mcc: string | undefined;
  readonly mnc: string | undefined;
  readonly operatorName: string | undefined;
  readonly tariff: string | undefined;
  readonly rateZone: string | undefined;
  /** The currency of the cost. Amounts in different currencies are never added. */
  readonly currency: string | undefined;
}

/** Exact decimals as text. Undefined if no record states the value; a record that does not state it adds nothing. */
export interface UsageSums {
  readonly dataUploaded: string | undefined;
  readonly dataDownloaded: string | undefined;
  /** Bytes. */
  readonly dataTotal: string;
  /** Text messages. */
  readonly messages: string | undefined;
  /** The same in the carrier's terms: carriers define tx and rx in opposite ways. */
  readonly messagesTx: string | undefined;
  readonly messagesRx: string | undefined;
  /** The carrier's own decimals, in the carrier's unit. */
  readonly volume: string | undefined;
  /** Money, in the dimensions' currency. */
  readonly cost: string | undefined;
  /** The decimals that carriers write as cost although they repeat the volume. */
  readonly costVolume: string | undefined;
  /** Number of records. */
  readonly records: number;
}

/** The attributes of {@link UsageDimensions}, in their order in keys. */
export const usageDimensions = {
  source: 'text',
  carrier: 'text',
  trafficType: 'text',
  country: 'text?',
  mcc: 'text?',
  mnc: 'text?',
  operatorName: 'text?',
  tariff: 'text?',
  rateZone: 'text?',
  currency: 'text?',
} as const satisfies AttributeTable<UsageDimensions>;

/**
 * The attributes of {@link UsageSums}. Bytes and messages are whole and have fewer than the 38 digits of a number in a
 * table. The carrier's decimals are text, because their sums may have more.
 */
export const usageSums = {
  dataUploaded: 'decimal?',
  dataDownloaded: 'decimal?',
  dataTotal: 'decimal',
  messages: 'decimal?',
  messagesTx: 'decimal?',
  messagesRx: 'decimal?',
  volume: 'text?',
  cost: 'text?',
  costVolume: 'text?',
  records: 'number',
} as const satisfies AttributeTable<UsageSums>;

type Measure = Exclude<keyof UsageSums, 'records'>;

/** What is added: a usage record, or sums of others. */
type Addend = { readonly [Name in Measure]: Usage[Name] | UsageSums[Name] };

const dimensionNames = Object.keys(usageDimensions) as (keyof UsageDimensions)[];
const measures = (Object.keys(usageSums) as (keyof UsageSums)[]).filter((name) => name !== 'records');

/** The dimensions of a usage record or of sums, without other members. */
export function pickDimensions(usage: UsageDimensions): UsageDimensions {
  const { source, carrier, trafficType, country, mcc, mnc, operatorName, tariff, rateZone, currency } = usage;
  return { source, carrier, trafficType, country, mcc, mnc, operatorName, tariff, rateZone, currency };
}

/**
 * Dimensions as part of a key, unique whatever names contain. At most 900 bytes, because names have at most 64 and
 * codes at most 16.
 */
export function encodeDimensions(dimensions: UsageDimensions): string {
  return dimensionNames.map((name) => encodePart(dimensions[name])).join('#');
}

/** A text without `#`: empty if the value is absent, `%` if it is empty. */
function encodePart(text: string | undefined): string {
  if (text === undefined) return '';
  return text === '' ? '%' : text.replaceAll('%', '%25').replaceAll('#', '%23');
}

/** Adds up usage exactly. */
export class UsageSum {
  readonly #sums: (DecimalSum | undefined)[] = [];
  #records = 0;

  /** @param records how many records the addend represents. */
  add(addend: Addend, records: number): void {
    this.#records += records;
    for (const [index, name] of measures.entries()) {
      const value = addend[name];
      if (value === undefined) continue;
      const sum = this.#sums[index] ?? new DecimalSum();
      this.#sums[index] = sum;
      sum.add(value);
    }
  }

  get sums(): UsageSums {
    const read = (name: Measure): string | undefined => this.#sums[measures.indexOf(name)]?.toString();
    return {
      dataUploaded: read('dataUploaded'),
      dataDownloaded: read('dataDownloaded'),
      dataTotal: read('dataTotal') ?? '0',
      messages: read('messages'),
      messagesTx: read('messagesTx'),
      messagesRx: read('messagesRx'),
      volume: read('volume'),
      cost: read('cost'),
      costVolume: read('costVolume'),
      records: this.#records,
    };
  }
}

/** Usage of the same dimensions, added up. */
export interface UsageGroup {
  /** {@link encodeDimensions} of the dimensions. */
  readonly key: string;
  readonly dimensions: UsageDimensions;
  readonly sum: UsageSum;
  /** How often {@link UsageGroups.add} was called for it. */
  readonly parts: number;
}

/** A group that is being added to. */
interface OpenGroup {
  readonly dimensions: UsageDimensions;
  readonly sum: UsageSum;
  parts: number;
}

function hasDimensions(addend: UsageDimensions, { dimensions }: OpenGroup): boolean {
  return dimensionNames.every((name) => addend[name] === dimensions[name]);
}

/** Adds up usage by its dimensions, in any order. */
export class UsageGroups {
  readonly #groups = new Map<string, OpenGroup>();
  /** The group of the previous addend, which most addends belong to. */
  #last: OpenGroup | undefined;

  /** @param parts what the addend adds to the group's parts; 1 unless it is a group itself. */
  add(addend: UsageDimensions & Addend, records: number, parts = 1): void {
    const group =
      this.#last !== undefined && hasDimensions(addend, this.#last) ? this.#last : this.#find(addend);
    group.sum.add(addend, records);
    group.parts += parts;
    this.#last = group;
  }

  #find(addend: UsageDimensions): OpenGroup {
    const key = encodeDimensions(addend);
    const group = this.#groups.get(key) ?? {
      dimensions: pickDimensions(addend),
      sum: new UsageSum(),
      parts: 0,
    };
    this.#groups.set(key, group);
    return group;
  }

  /** The groups, sorted by key. */
  list(): UsageGroup[] {
    const groups = [...this.#groups].map(([key, group]) => ({ key, ...group }));
    return groups.sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}
