import type { Sim } from '../ledger/observation.ts';
import { formatTime, parseTime, startOfDay, toMilliseconds } from '../ledger/time.ts';
import { isKeyWithin } from '../store/counted-items.ts';
import { isKey } from '../store/keys.ts';
import { type LedgerReader, spareRecords } from '../store/reader.ts';
import type { StoredUsage } from '../store/records.ts';
import { formatAmount } from './billing.ts';
import { readAccountSid } from './data-sessions.ts';
import type { Disclosure } from './disclosure.ts';
import { SlowSumError } from './errors.ts';
import type { Page, PageRequest } from './page.ts';
import type { granularities } from './parameters.ts';
import type { QueryPorts } from './ports.ts';
import { type FoundSim, makeUnknownSimError } from './sim-lookup.ts';
import { sumUsageWithin, UsageSum } from './usage-sum.ts';

/** The period that one resource sums up. */
export type Granularity = (typeof granularities)[number];

/** The time whose usage to list: its beginning is included, its end is excluded. */
export interface UsagePeriod {
  readonly from: string;
  readonly to: string;
}

/** Which of a SIM's usage to list. */
export interface UsageQuery extends PageRequest<string> {
  readonly sim: FoundSim;
  readonly period: UsagePeriod;
  readonly granularity: Granularity;
  /** How many seconds adding up the whole period may take; undefined for no limit. */
  readonly maxSumSeconds?: number | undefined;
}

/** Usage of a period as a resource. */
export type UsageRecord = ReturnType<typeof renderUsageRecord>;
/** A stored usage record as a resource. */
export type RawUsageRecord = ReturnType<typeof renderRawUsageRecord>;

/**
 * Lists a SIM's usage, newest first.
 *
 * @throws NotFoundError if no record of the SIM has arrived, SlowSumError if adding up takes too long.
 */
export async function listUsageRecords(
  query: UsageQuery,
  { reader }: Pick<QueryPorts, 'reader'>,
): Promise<Page<UsageRecord | RawUsageRecord, string>> {
  const { sim, period, granularity, size, after, include, maxSumSeconds } = query;
  const range: TimeRange = { reader, sim: sim.sim, ...period, size, position: after, maxSumSeconds };
  const [known, page] = await Promise.all([
    reader.readSim(sim.sim),
    granularity === 'raw' ? readRaw(range, include) : readSums(range, granularity),
  ]);
  if (known === undefined) throw makeUnknownSimError(sim.sim);
  return { resources: page.listRecords(known), next: page.next };
}

/** A position in a list of usage; undefined if the value is not one. A single sum has no second page. */
export function readUsagePosition(
  value: unknown,
  granularity: Granularity,
  { from, to }: UsagePeriod,
): string | undefined {
  if (granularity === 'all' || !isKey(value, 'sort')) return undefined;
  if (granularity === 'raw') return isKeyWithin(value, { from, to }) ? value : undefined;
  return parseTime(value) === value && value >= from && value <= to ? value : undefined;
}

/** What a page reads of a SIM's usage. The beginning is included, the end is excluded. */
interface TimeRange {
  readonly reader: LedgerReader;
  readonly sim: string;
  readonly from: string;
  readonly to: string;
  /** The most records of the page. */
  readonly size: number;
  /** Where the page continues. */
  readonly position: string | undefined;
  /** How many seconds adding up the whole period may take; undefined for no limit. */
  readonly maxSumSeconds: number | undefined;
}

/** A page, whose resources are made when the SIM is known. */
interface UsagePage {
  readonly listRecords: (sim: Sim) => readonly (UsageRecord | RawUsageRecord)[];
  readonly next: string | undefined;
}

/** The usage of one period. */
interface PeriodUsage {
  readonly start: string;
  readonly end: string;
  readonly sum: UsageSum;
}

async function readSums(range: TimeRange, granularity: 'all' | 'hour' | 'day'): Promise<UsagePage> {
  const { reader, sim, from, to, maxSumSeconds } = range;
  if (granularity !== 'all') return readPeriods(range, granularity);
  // One resource for the whole period, even if there is no usage.
  const sum = await sumUsageWithin(reader, sim, from, to, maxSumSeconds);
  if (sum === undefined) throw new SlowSumError(maxSumSeconds ?? Number.POSITIVE_INFINITY);
  return {
    listRecords: (owner) => [renderUsageRecord(owner, { start: from, end: to, sum })],
    next: undefined,
  };
}

/** UTC hours or days, newest first; those without usage are left out. */
async function readPeriods(range: TimeRange, granularity: 'hour' | 'day'): Promise<UsagePage> {
  const { reader, sim, from, to, size, position } = range;
  const periods: PeriodUsage[] = [];
  const page = (next: string | undefined): UsagePage => ({
    listRecords: (owner) => periods.map((period) => renderUsageRecord(owner, period)),
    next,
  });
  for await (const records of reader.readUsage({ sim, from, to: position ?? to })) {
    for (const record of records) {
      const { start, end } = cutPeriod(record.start, granularity, from, to);
      let period = periods.at(-1);
      if (period?.start !== start) {
        if (period !== undefined && periods.length === size) return page(period.start);
        period = { start, end, sum: new UsageSum() };
        periods.push(period);
      }
      period.sum.add(record);
    }
  }
  return page(undefined);
}

/** The stored records, newest first. */
async function readRaw(range: TimeRange, disclosure: Disclosure): Promise<UsagePage> {
  const { reader, sim, from, to, size, position } = range;
  const stored: StoredUsage[] = [];
  const options = { limit: size + spareRecords, before: position };
  for await (const records of reader.readUsage({ sim, from, to }, options)) {
    stored.push(...records);
    if (stored.length > size) break;
  }
  const page = stored.slice(0, size);
  return {
    listRecords: (owner) => page.map((usage) => renderRawUsageRecord(owner, usage, disclosure)),
    next: stored.length > size ? page.at(-1)?.usageId : undefined,
  };
}

const periodMilliseconds = { hour: 3_600_000, day: 86_400_000 };

/** The UTC hour or day of a time, cut to what was requested. */
export function cutPeriod(
  time: string,
  granularity: 'hour' | 'day',
  from: string,
  to: string,
): { start: string; end: string } {
  const start = granularity === 'day' ? startOfDay(time) : `${time.slice(0, 13)}:00:00.000Z`;
  const end = formatTime(toMilliseconds(start) + periodMilliseconds[granularity]);
  return { start: start < from ? from : start, end: end > to ? to : end };
}

/** Usage in the form of KORE's UsageRecord. Members that only filtered or grouped usage has are null. */
function renderUsageRecord(sim: Sim, { start, end, sum }: PeriodUsage) {
  const { amount, currency } = formatAmount(sum.bill);
  const { simSid, accountId } = sim.groups.ids?.group ?? {};
  return {
    account_sid: readAccountSid(accountId),
    sim_sid: simSid ?? sim.sim,
    fleet_sid: null,
    network_sid: null,
    iso_country: null,
    period: { start_time: start, end_time: end },
    data_upload: sum.volumes.uploaded,
    data_download: sum.volumes.downloaded,
    data_total: sum.volumes.total,
    data_total_billed: amount,
    billed_unit: currency,
  };
}

/** A stored record in the same form, followed by the members that only single records have. */
function renderRawUsageRecord(owner: Sim, usage: StoredUsage, disclosure: Disclosure) {
  const sum = new UsageSum();
  sum.add(usage);
  return {
    ...renderUsageRecord(owner, { start: usage.start, end: usage.end, sum }),
    iso_country: usage.country ?? null,
    sid: usage.recordId,
    data_session_sid: usage.sessionId ?? null,
    traffic_type: usage.trafficType,
    messages: usage.messages ?? null,
    messages_tx: usage.messagesTx ?? null,
    messages_rx: usage.messagesRx ?? null,
    volume: usage.volume ?? null,
    cost: usage.cost ?? null,
    currency: usage.currency ?? null,
    operator_mcc: usage.mcc ?? null,
    operator_mnc: usage.mnc ?? null,
    operator_name: usage.operatorName ?? null,
    radio_link: usage.radio ?? null,
    apn: usage.apn ?? null,
    imei: usage.imei ?? null,
    tariff: usage.tariff ?? null,
    rate_zone: usage.rateZone ?? null,
    data_modifier: usage.dataModifier ?? null,
    session_data_upload: usage.sessionUploaded ?? null,
    session_data_download: usage.sessionDownloaded ?? null,
    session_data_total: usage.sessionTotal ?? null,
    imsi: disclosure.has('imsi') ? (usage.imsi ?? null) : null,
    source: usage.source,
    detail: disclosure.has('detail') ? (usage.extra ?? null) : null,
  };
}
