import type { JSX } from 'preact';
import { usePages } from '../api/answers.ts';
import { type ApiRequest, makeRequest, type Query, type Schemas } from '../api/client.ts';
import { bytesColumn, countColumn, nameColumn, timeColumn } from '../components/columns.tsx';
import { Listed } from '../components/listed.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Name, Time } from '../components/values.tsx';
import { formatBytes, formatCount, formatCountry, formatMoney } from '../format.ts';
import { makeSimHref } from './sims.ts';

/** Reports of the fleet's usage. */

export type FleetUsage = Schemas['FleetUsageRecord'];

/** A column for each group that usage can have, by the group's name. */
const groupColumns: Readonly<Record<string, Column<FleetUsage>>> = {
  sim: {
    title: 'SIM',
    text: ({ sim_sid: sim, sim_name: name }) => name ?? sim ?? '',
    show: ({ sim_sid: sim, sim_name: name }) =>
      sim === null ? (
        '–'
      ) : (
        <a href={makeSimHref(sim)} title={sim}>
          <Name text={name ?? sim} />
        </a>
      ),
  },
  fleet: nameColumn('Fleet', ({ fleet_sid: fleet }) => fleet),
  network: nameColumn('Network', ({ network_sid: network }) => network),
  isoCountry: {
    title: 'Country',
    text: ({ iso_country: country }) => country ?? '',
    show: ({ iso_country: country }) => formatCountry(country),
  },
  source: nameColumn('Source', ({ source }) => source),
  tariff: nameColumn('Tariff', ({ tariff }) => tariff),
  zone: nameColumn('Rate zone', ({ rate_zone: zone }) => zone),
  trafficType: nameColumn('Traffic', ({ traffic_type: type }) => type),
};

const simKeyColumn: Column<FleetUsage> = nameColumn('Key of the SIM', ({ sim_sid: sim }) => sim);

/** The groups that usage can have, with their titles. */
export const groups: readonly (readonly [name: string, title: string])[] = Object.entries(groupColumns).map(
  ([name, { title }]) => [name, title],
);

const periodColumn: Column<FleetUsage> = timeColumn('From', ({ period }) => period.start_time);

const valueColumns: readonly Column<FleetUsage>[] = [
  {
    title: 'Bytes',
    text: ({ data_total: bytes }) => String(bytes),
    show: ({ data_total: bytes }) => <span title={`${formatCount(bytes)} B`}>{formatBytes(bytes)}</span>,
    isNumeric: true,
  },
  bytesColumn('Up', ({ data_upload: bytes }) => bytes),
  bytesColumn('Down', ({ data_download: bytes }) => bytes),
  countColumn('Records', ({ records }) => records),
  countColumn('Messages', ({ messages }) => messages),
  { title: 'Carrier charged', text: (row) => describeCosts(row), isNumeric: true },
  { title: 'Sealed', text: ({ live }) => (live ? 'not all' : 'yes') },
];

/** Formats costs as exact amounts by currency. */
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
  // SIMs may have the same name, but not the same key.
  const keys = named.includes(groupColumns['sim'] as Column<FleetUsage>) ? [simKeyColumn] : [];
  return [...dated, ...named, ...keys, ...valueColumns];
}

/** A report as a table, with a note about days that are not sealed. */
export function UsageTable({
  name,
  query,
  children,
}: {
  readonly name: string;
  readonly query: Query<'/v1/UsageRecords'>;
  /** Renders the content above the table from the rows that were read. */
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

/** Says which days of a report are not sealed or missing. */
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
      {live.length + partial.length + missing.length === 0 ? 'This period is sealed.' : null}
      {live.length === 0 ? null : <>Not sealed yet, added up from the records so far:{periods(live)}. </>}
      {partial.length === 0 ? null : <>From sums made every few hours:{periods(partial)}. </>}
      {missing.length === 0 ? null : <strong>Not in these sums:{periods(missing)}. </strong>}
      {expired.length === 0 ? null : (
        <strong>Incomplete, since usage may have expired before it was sealed:{periods(expired)}.</strong>
      )}
    </p>
  );
}
