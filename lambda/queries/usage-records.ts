import { epochMilliseconds, parseTime, startOfDay, timeOf } from '../carriers/time.ts';
import type { Sim } from '../ledger/observation.ts';
import {
  keyPosition,
  type Listing,
  type Next,
  openListing,
  type PageBody,
  pageBody,
} from '../query-api/listing.ts';
import { type granularities, readParameters } from '../query-api/parameters.ts';
import { completePeriod, type PeriodRule } from '../query-api/period.ts';
import { badParameter } from '../query-api/problem.ts';
import type { ApiRequest } from '../query-api/request.ts';
import { isKeyWithin } from '../store/counted-items.ts';
import { type LedgerReader, spareRecords } from '../store/reader.ts';
import type { StoredUsage } from '../store/records.ts';
import { amountOf } from './billing.ts';
import { accountSid } from './data-sessions.ts';
import { type Disclosure, disclosureOf } from './disclosure.ts';
import type { ApiPorts } from './ports.ts';
import { findSim, unknownSim } from './sim-lookup.ts';
import { UsageSum, usageWithin } from './usage-sum.ts';

type Granularity = (typeof granularities)[number];

/** How much may be asked for at once. */
export const usagePeriodRules: Readonly<Record<Granularity, PeriodRule>> = {
  hour: { maxDays: 31, defaultDays: 30, includesEnd: false },
  day: { maxDays: 400, defaultDays: 30, includesEnd: false },
  all: { maxDays: undefined, defaultDays: 30, includesEnd: false },
  raw: { maxDays: 400, defaultDays: 30, includesEnd: false },
};

/** `GET /v1/Sims/{sim}/UsageRecords` */
export async function listUsageRecords(request: ApiRequest, ports: ApiPorts): Promise<PageBody> {
  const { reader } = ports;
  const parameters = readParameters('listUsageRecords', request.query);
  const disclosure = disclosureOf(ports.personalData, parameters.Include);
  const { StartTime, EndTime, Granularity: granularity = 'all' } = parameters;
  const { sim } = await findSim(reader, request.pathParameters['sim'] ?? '');
  const subject = `UsageRecords/${granularity} ${sim}`;
  const listing = openListing(
    'listUsageRecords',
    subject,
    parameters,
    { StartTime, EndTime },
    (given, isBegun) => {
      const now = ports.now();
      const period = completePeriod(given, now, usagePeriodRules[granularity], isBegun);
      return { ...period, EndTime: period.EndTime ?? timeOf(now) };
    },
  );
  const { StartTime: from = '', EndTime: to = '' } = listing.filters;
  const position = keyPosition(listing, parameters, 'sort', (key) =>
    isPosition(key, granularity, listing.filters),
  );
  const stretch: Stretch = {
    reader,
    sim,
    from,
    to,
    size: listing.size,
    position,
    maxSumSeconds: ports.maxSumSeconds,
  };
  const [known, page] = await Promise.all([
    reader.sim(sim),
    granularity === 'raw' ? readRaw(stretch, disclosure) : readSums(stretch, granularity),
  ]);
  if (known === undefined) throw unknownSim(sim);
  return pageBody(request, listing, 'usage_records', page.records(known), page.next);
}

/** What a page reads of a SIM's usage. The beginning is part of it, the end is not. */
interface Stretch {
  readonly reader: LedgerReader;
  readonly sim: string;
  readonly from: string;
  readonly to: string;
  /** Records in the page, at most. */
  readonly size: number;
  /** Where the page goes on. */
  readonly position: string | undefined;
  /** How long the usage of the whole time may take to be added up; undefined for as long as it takes. */
  readonly maxSumSeconds: number | undefined;
}

/** A page, once it is known whose it is. */
interface UsagePage {
  readonly records: (sim: Sim) => readonly object[];
  readonly next: Next;
}

/** The usage of one period. */
interface PeriodUsage {
  readonly start: string;
  readonly end: string;
  readonly sum: UsageSum;
}

async function readSums(stretch: Stretch, granularity: 'all' | 'hour' | 'day'): Promise<UsagePage> {
  const { reader, sim, from, to, maxSumSeconds } = stretch;
  if (granularity !== 'all') return readPeriods(stretch, granularity);
  // One record for the whole period, there even where nothing was used.
  const sum = await usageWithin(reader, sim, from, to, maxSumSeconds);
  if (sum === undefined) {
    const accepted = `a later time, or an earlier EndTime: to add up all usage from then to ${to} takes more than ${maxSumSeconds} seconds. Ask for parts of that time, and add up their answers`;
    throw badParameter('StartTime', from, accepted);
  }
  return { records: (owner) => [usageRecord(owner, { start: from, end: to, sum })], next: undefined };
}

/** One UTC hour or day after the other, newest first; those without usage are left out. */
async function readPeriods(stretch: Stretch, granularity: 'hour' | 'day'): Promise<UsagePage> {
  const { reader, sim, from, to, size, position } = stretch;
  const periods: PeriodUsage[] = [];
  const page = (next: Next): UsagePage => ({
    records: (owner) => periods.map((period) => usageRecord(owner, period)),
    next,
  });
  for await (const records of reader.usage({ sim, from, to: position ?? to })) {
    for (const record of records) {
      const { start, end } = periodOf(record.start, granularity, from, to);
      let period = periods.at(-1);
      if (period?.start !== start) {
        if (period !== undefined && periods.length === size) return page({ position: period.start });
        period = { start, end, sum: new UsageSum() };
        periods.push(period);
      }
      period.sum.add(record);
    }
  }
  return page(undefined);
}

/** The stored records themselves, newest first. */
async function readRaw(stretch: Stretch, disclosure: Disclosure): Promise<UsagePage> {
  const { reader, sim, from, to, size, position } = stretch;
  const stored: StoredUsage[] = [];
  const options = { limit: size + spareRecords, before: position };
  for await (const records of reader.usage({ sim, from, to }, options)) {
    stored.push(...records);
    if (stored.length > size) break;
  }
  const page = stored.slice(0, size);
  return {
    records: (owner) => page.map((usage) => rawUsageRecord(owner, usage, disclosure)),
    next: stored.length > size ? { position: page.at(-1)?.usageId } : undefined,
  };
}

const periodMilliseconds = { hour: 3_600_000, day: 86_400_000 };

/** The UTC hour or day of a time, cut to what was asked for. */
function periodOf(
  time: string,
  granularity: 'hour' | 'day',
  from: string,
  to: string,
): { start: string; end: string } {
  const start = granularity === 'day' ? startOfDay(time) : `${time.slice(0, 13)}:00:00.000Z`;
  const end = timeOf(epochMilliseconds(start) + periodMilliseconds[granularity]);
  return { start: start < from ? from : start, end: end > to ? to : end };
}

/** Whether a key can be where a listing of some granularity goes on. One sum has no second page. */
function isPosition(
  key: string,
  granularity: Granularity,
  { StartTime = '', EndTime = '' }: Listing['filters'],
): boolean {
  if (granularity === 'all') return false;
  if (granularity === 'raw') return isKeyWithin(key, { from: StartTime, to: EndTime });
  return parseTime(key) === key && key >= StartTime && key <= EndTime;
}

/** Usage in the shape of KORE's UsageRecord. What it states only of filtered or grouped usage is null. */
function usageRecord(sim: Sim, { start, end, sum }: PeriodUsage): object {
  const { amount, currency } = amountOf(sum.bill);
  const { simSid, accountId } = sim.groups.ids?.group ?? {};
  return {
    account_sid: accountSid(accountId),
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

/** A stored record in the same shape, and after it what only a single record states. */
function rawUsageRecord(owner: Sim, usage: StoredUsage, disclosure: Disclosure): object {
  const sum = new UsageSum();
  sum.add(usage);
  return {
    ...usageRecord(owner, { start: usage.start, end: usage.end, sum }),
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
