import type { JSX } from 'preact';
import { usePages } from '../api/answers.ts';
import { type ApiRequest, makeRequest, type Query, type Schemas } from '../api/client.ts';
import { Listed } from '../components/listed.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Name, Time } from '../components/values.tsx';
import { formatBytes, formatCount, formatCountry, formatMoney } from '../format.ts';
import { simHref } from './sims.ts';

/** Reports of the fleet's usage. */

export type FleetUsage = Schemas['FleetUsageRecord'];

/** The columns of what usage can be grouped by, by the group's name. */
const groupColumns: Readonly<Record<string, Column<FleetUsage>>> = {
  sim: {
    title: 'SIM',
    text: ({ sim_sid: sim, sim_name: name }) => name ?? sim ?? '',
    show: ({ sim_sid: sim, sim_name: name }) =>
      sim === null ? (
        '–'
      ) : (
        <a href={simHref(sim)} title={sim}>
          <Name text={name ?? sim} />
        </a>
      ),
  },
  fleet: {
    title: 'Fleet',
    text: ({ fleet_sid: fleet }) => fleet ?? '',
    show: ({ fleet_sid: fleet }) => <Name text={fleet} />,
  },
  network: {
    title: 'Network',
    text: ({ network_sid: network }) => network ?? '',
    show: ({ network_sid: network }) => <Name text={network} />,
  },
  isoCountry: {
    title: 'Country',
    text: ({ iso_country: country }) => country ?? '',
    show: ({ iso_country: country }) => formatCountry(country),
  },
  source: {
    title: 'Source',
    text: ({ source }) => source ?? '',
    show: ({ source }) => <Name text={source} />,
  },
  tariff: {
    title: 'Tariff',
    text: ({ tariff }) => tariff ?? '',
    show: ({ tariff }) => <Name text={tariff} />,
  },
  zone: {
    title: 'Rate zone',
    text: ({ rate_zone: zone }) => zone ?? '',
    show: ({ rate_zone: zone }) => <Name text={zone} />,
  },
  trafficType: {
    title: 'Traffic',
    text: ({ traffic_type: type }) => type ?? '',
    show: ({ traffic_type: type }) => <Name text={type} />,
  },
};

const simKeyColumn: Column<FleetUsage> = {
  title: 'Key of the SIM',
  text: ({ sim_sid: sim }) => sim ?? '',
  show: ({ sim_sid: sim }) => <Name text={sim} />,
};

/** What usage can be grouped by, with its words. */
export const groups: readonly (readonly [name: string, title: string])[] = Object.entries(groupColumns).map(
  ([name, { title }]) => [name, title],
);

const periodColumn: Column<FleetUsage> = {
  title: 'From',
  text: ({ period }) => period.start_time,
  show: ({ period }) => <Time at={period.start_time} />,
};

const valueColumns: readonly Column<FleetUsage>[] = [
  {
    title: 'Bytes',
    text: ({ data_total: bytes }) => String(bytes),
    show: ({ data_total: bytes }) => <span title={`${formatCount(bytes)} B`}>{formatBytes(bytes)}</span>,
    isNumeric: true,
  },
  {
    title: 'Up',
    text: ({ data_upload: bytes }) => String(bytes ?? ''),
    show: ({ data_upload: bytes }) => formatBytes(bytes),
    isNumeric: true,
  },
  {
    title: 'Down',
    text: ({ data_download: bytes }) => String(bytes ?? ''),
    show: ({ data_download: bytes }) => formatBytes(bytes),
    isNumeric: true,
  },
  {
    title: 'Records',
    text: ({ records }) => String(records),
    show: ({ records }) => formatCount(records),
    isNumeric: true,
  },
  {
    title: 'Messages',
    text: ({ messages }) => String(messages ?? ''),
    show: ({ messages }) => formatCount(messages),
    isNumeric: true,
  },
  { title: 'Carrier charged', text: (row) => describeCosts(row), isNumeric: true },
  { title: 'Sealed', text: ({ live }) => (live ? 'not all' : 'yes') },
];

/** Exact amounts by currency. */
export function describeCosts({ costs }: Pick<FleetUsage, 'costs'>): string {
  return costs.map(({ amount, currency }) => formatMoney(amount, currency)).join(' + ') || '–';
}

/** The columns of a report. */
export function usageColumns(
  group: string | undefined,
  granularity: string | undefined,
): readonly Column<FleetUsage>[] {
  const named = (group ?? '').split(',').flatMap((name) => groupColumns[name] ?? []);
  const dated = granularity === 'day' || granularity === 'hour' ? [periodColumn] : [];
  // Names are for people; the key tells SIMs of one name apart.
  const keys = named.includes(groupColumns['sim'] as Column<FleetUsage>) ? [simKeyColumn] : [];
  return [...dated, ...named, ...keys, ...valueColumns];
}

/** A report as a table, with which part of its time is not sealed. */
export function UsageTable({
  name,
  query,
  children,
}: {
  readonly name: string;
  readonly query: Query<'/v1/UsageRecords'>;
  /** What stands above the table, of the rows that were read. */
  readonly children?: (rows: readonly FleetUsage[]) => JSX.Element | null;
}): JSX.Element {
  const request: ApiRequest<'/v1/UsageRecords'> = makeRequest('/v1/UsageRecords', {}, query);
  const usage = usePages(request, (answer) => answer.usage_records);
  return (
    <Listed asked={usage} what="usage" empty="No usage in this time, or none passes the filters.">
      {(rows) => (
        <>
          {children?.(rows)}
          <Table
            name={name}
            columns={usageColumns(query.Group, query.Granularity)}
            rows={rows}
            request={request}
            pages={usage}
          />
          <CoverageNote coverage={usage.first?.coverage} />
        </>
      )}
    </Listed>
  );
}

/** Which part of a report's time is not sealed or missing. */
function CoverageNote({
  coverage,
}: {
  readonly coverage: Schemas['Coverage'] | undefined;
}): JSX.Element | null {
  if (coverage === undefined) return null;
  const { live, partial, missing, expired } = coverage;
  const periods = (list: readonly Schemas['Period'][]): JSX.Element[] =>
    list.map(({ start_time: from, end_time: to }, index) => (
      <span key={from}>
        {index === 0 ? ' ' : ', '}
        <Time at={from} /> to <Time at={to} />
      </span>
    ));
  return (
    <p class="quiet">
      {live.length + partial.length + missing.length === 0 ? 'All of this time is sealed.' : null}
      {live.length === 0 ? null : <>Not sealed yet, added up from records that have come:{periods(live)}. </>}
      {partial.length === 0 ? null : <>From sums that are made every few hours:{periods(partial)}. </>}
      {missing.length === 0 ? null : <strong>Not in these sums:{periods(missing)}. </strong>}
      {expired.length === 0 ? null : (
        <strong>Incomplete where usage has expired, since it is not sealed:{periods(expired)}.</strong>
      )}
    </p>
  );
}
