import type { SimUsage } from '../days/sim-days.ts';
import type { UsageDimensions } from '../days/sums.ts';
import { parseDecimal } from '../json/decimal.ts';
import { DecimalSum } from '../json/decimal-sum.ts';
import type { Sim } from '../ledger/observation.ts';
import type { StoredUsage } from '../store/records.ts';
import { readAccountSid } from './data-sessions.ts';
import type { UsageGroup, UsageOrder } from './parameters.ts';

/** Adds usage up exactly, by a report's groups, and renders it in the form of KORE's UsageRecord. */

/** Which usage a report is about. An absent filter allows all. */
export interface UsageFilter {
  /** As {@link identifyNetwork} names it. */
  readonly network?: string | undefined;
  /** Two letters. */
  readonly isoCountry?: string | undefined;
}

/** The period of one record of a report. */
export interface ReportPeriod {
  readonly start: string;
  readonly end: string;
}

/** Where usage that is added up comes from. */
export interface Found {
  /** How many records it represents. */
  readonly records: number;
  /** Whether its day is not sealed. */
  readonly isLive: boolean;
}

/** A record, or the sums of others. */
export type Addend = UsageDimensions & Omit<SimUsage, keyof UsageDimensions | 'records'>;

/** A stored record in a form that can be added up: decimals without exponents. */
export function readAddend(usage: StoredUsage): Addend {
  return {
    ...usage,
    dataTotal: String(usage.dataTotal),
    dataUploaded: usage.dataUploaded?.toString(),
    dataDownloaded: usage.dataDownloaded?.toString(),
    messages: usage.messages?.toString(),
    messagesTx: usage.messagesTx?.toString(),
    messagesRx: usage.messagesRx?.toString(),
    cost: usage.cost === undefined ? undefined : (parseDecimal(usage.cost) ?? usage.cost),
  };
}

/**
 * The name that identifies a network in reports: mobile country and network code, for example `262-01`; if a record
 * lacks these, the operator's name. Records have no SID of a network.
 */
export function identifyNetwork({
  mcc,
  mnc,
  operatorName,
}: Pick<UsageDimensions, 'mcc' | 'mnc' | 'operatorName'>): string | null {
  return mcc !== undefined && mnc !== undefined ? `${mcc}-${mnc}` : (operatorName ?? null);
}

/** The fields of a report's record that say whose usage it is; null unless usage is grouped or filtered by it. */
interface ReportSubject {
  readonly account_sid: string | null;
  readonly sim_sid: string | null;
  readonly fleet_sid: string | null;
  readonly network_sid: string | null;
  readonly iso_country: string | null;
  readonly source: string | null;
  readonly tariff: string | null;
  readonly rate_zone: string | null;
  readonly traffic_type: string | null;
}

/** A record of a report. */
export type FleetUsageRecord = ReturnType<typeof renderRecord>;

/** A record, and its place in the report. */
export interface ReportRow {
  readonly position: ReportPosition;
  readonly record: FleetUsageRecord;
  /** What records are sorted by. */
  readonly measures: Readonly<Record<UsageOrder, bigint>>;
}

/** The place of a record in its report: newest period first, then by subject. */
export interface ReportPosition {
  readonly start: string;
  readonly subject: string;
}

/** Adds up usage of many SIMs. Keeps one sum for each period and subject. */
export class UsageReport {
  readonly #groups: ReadonlySet<UsageGroup>;
  readonly #filter: UsageFilter;
  /** The SIM or the fleet that the report is about. */
  readonly #about: { readonly sim: Sim | undefined; readonly fleet: string | undefined };
  readonly #sums = new Map<string, { period: ReportPeriod; subject: string; sum: ReportSum }>();

  constructor(
    groups: readonly UsageGroup[],
    filter: UsageFilter,
    about: { readonly sim?: Sim | undefined; readonly fleet?: string | undefined } = {},
  ) {
    this.#groups = new Set(groups);
    this.#filter = filter;
    this.#about = { sim: about.sim, fleet: about.fleet };
  }

  /**
   * Adds usage, if it passes the filter.
   *
   * @param sim the SIM; undefined for sums of many SIMs.
   */
  add(period: ReportPeriod, sim: Sim | undefined, usage: Addend, found: Found): void {
    const { network, isoCountry } = this.#filter;
    if (isoCountry !== undefined && usage.country !== isoCountry) return;
    if (network !== undefined && identifyNetwork(usage) !== network) return;
    this.#open(period, this.#describe(sim, usage), this.#findOwner(sim)).add(usage, found);
  }

  /** Adds a record for a period, even if there is no usage. */
  addPeriod(period: ReportPeriod): void {
    this.#open(period, this.#describe(undefined, undefined), this.#findOwner(undefined));
  }

  #open(period: ReportPeriod, about: ReportSubject, owner: Sim | undefined): ReportSum {
    const subject = JSON.stringify(Object.values(about));
    const key = `${period.start} ${subject}`;
    let entry = this.#sums.get(key);
    if (entry === undefined) {
      entry = { period, subject, sum: new ReportSum(about, owner?.groups.label?.group.simName) };
      this.#sums.set(key, entry);
    }
    return entry.sum;
  }

  /** The SIM that a record is about, if it is about one. */
  #findOwner(sim: Sim | undefined): Sim | undefined {
    return this.#groups.has('sim') ? sim : this.#about.sim;
  }

  #describe(sim: Sim | undefined, usage: UsageDimensions | undefined): ReportSubject {
    const owner = this.#findOwner(sim);
    const { simSid, accountId } = owner?.groups.ids?.group ?? {};
    const fleet = this.#groups.has('fleet') ? sim?.groups.ids?.group.fleetSid : this.#about.fleet;
    const { network, isoCountry } = this.#filter;
    const read = (group: UsageGroup, value: string | undefined): string | null =>
      this.#groups.has(group) ? (value ?? null) : null;
    return {
      account_sid: readAccountSid(accountId),
      sim_sid: owner === undefined ? null : (simSid ?? owner.sim),
      fleet_sid: fleet ?? null,
      network_sid:
        network ?? (this.#groups.has('network') && usage !== undefined ? identifyNetwork(usage) : null),
      iso_country: isoCountry ?? read('isoCountry', usage?.country),
      source: read('source', usage?.source),
      tariff: read('tariff', usage?.tariff),
      rate_zone: read('zone', usage?.rateZone),
      traffic_type: read('trafficType', usage?.trafficType),
    };
  }

  /** The records: newest period first, then by subject. */
  list(): ReportRow[] {
    const rows = [...this.#sums.values()].map(({ period, subject, sum }) => ({
      position: { start: period.start, subject },
      record: renderRecord(period, sum),
      measures: sum.measures,
    }));
    return rows.sort((a, b) => comparePositions(a.position, b.position));
  }
}

/** Orders positions: newest period first, then by subject. */
export function comparePositions(a: ReportPosition, b: ReportPosition): number {
  if (a.start !== b.start) return a.start > b.start ? -1 : 1;
  if (a.subject === b.subject) return 0;
  return a.subject < b.subject ? -1 : 1;
}

const measures = [
  'dataUploaded',
  'dataDownloaded',
  'dataTotal',
  'messages',
  'messagesTx',
  'messagesRx',
] as const satisfies readonly (keyof Addend)[];
type Measure = (typeof measures)[number];

/** The sum of one record of a report. A sum of values that are never stated is undefined. */
class ReportSum {
  readonly about: ReportSubject;
  /** The SIM's current name, which may change and so does not identify records. */
  readonly simName: string | undefined;
  readonly #sums = new Map<Measure, DecimalSum>();
  /** Costs by currency; null for amounts without a stated currency. */
  readonly #costs = new Map<string | null, DecimalSum>();
  /** Costs of data, without text messages. */
  readonly #dataCosts = new Map<string | null, DecimalSum>();
  records = 0;
  isLive = false;

  constructor(about: ReportSubject, simName: string | undefined) {
    this.about = about;
    this.simName = simName;
  }

  add(usage: Addend, { records, isLive }: Found): void {
    this.records += records;
    this.isLive ||= isLive;
    for (const name of measures) addTo(this.#sums, name, usage[name]);
    addTo(this.#costs, usage.currency ?? null, usage.cost);
    if (usage.trafficType !== 'sms') addTo(this.#dataCosts, usage.currency ?? null, usage.cost);
  }

  read(name: Measure): string | undefined {
    return this.#sums.get(name)?.toString();
  }

  /** Amounts by currency, sorted. */
  get costs(): { currency: string | null; amount: string }[] {
    return [...this.#costs]
      .map(([currency, sum]) => ({ currency, amount: sum.toString() }))
      .sort((a, b) => ((a.currency ?? '') < (b.currency ?? '') ? -1 : 1));
  }

  /** The cost of data, and its currency. Both are null if no cost is stated, or if there are several currencies. */
  get bill(): { amount: number | null; currency: string | null } {
    const [[currency, sum] = [null, undefined], second] = this.#dataCosts;
    if (currency === null || sum === undefined || second !== undefined)
      return { amount: null, currency: null };
    return { amount: Number(sum.toString()), currency };
  }

  get measures(): Readonly<Record<UsageOrder, bigint>> {
    return {
      bytes: BigInt(this.read('dataTotal') ?? 0),
      messages: BigInt(this.read('messages') ?? 0),
      records: BigInt(this.records),
    };
  }
}

function addTo<Key>(sums: Map<Key, DecimalSum>, key: Key, value: string | undefined): void {
  if (value === undefined) return;
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = new DecimalSum();
    sums.set(key, sum);
  }
  sum.add(value);
}

/** A sum in the form of KORE's UsageRecord, followed by simledger's own members. */
function renderRecord({ start, end }: ReportPeriod, sum: ReportSum) {
  const { amount, currency } = sum.bill;
  const { account_sid, sim_sid, fleet_sid, network_sid, iso_country, ...others } = sum.about;
  return {
    ...{ account_sid, sim_sid, sim_name: sum.simName ?? null, fleet_sid, network_sid, iso_country },
    period: { start_time: start, end_time: end },
    data_upload: renderWhole(sum.read('dataUploaded')),
    data_download: renderWhole(sum.read('dataDownloaded')),
    data_total: renderWhole(sum.read('dataTotal')) ?? 0,
    data_total_billed: amount,
    billed_unit: currency,
    ...others,
    records: sum.records,
    messages: renderWhole(sum.read('messages')),
    messages_tx: renderWhole(sum.read('messagesTx')),
    messages_rx: renderWhole(sum.read('messagesRx')),
    costs: sum.costs,
    live: sum.isLive,
  };
}

/** A whole number, as text if a JSON number would not be exact; null if it is not stated. */
function renderWhole(text: string | undefined): number | string | null {
  if (text === undefined) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
