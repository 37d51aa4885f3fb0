import type { JSX } from 'preact';
import { changeQuery } from '../address.ts';
import { useAnswer, usePages } from '../api/answers.ts';
import { type ApiRequest, makeRequest, type Schemas } from '../api/client.ts';
import { countColumn, nameColumn } from '../components/columns.tsx';
import { ChoiceFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { Figure } from '../components/source.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Name, Time } from '../components/values.tsx';
import { countThings, formatBytes, formatCount, formatCountry, formatMoney } from '../format.ts';
import type { PageProps } from '../page.ts';
import { makeSimHref } from './sims.ts';
import { describeCosts, UsageTable } from './usage-table.tsx';

/** The expected cost of a month by its tariffs, and the cost that carriers' records state. */

const groupings = [
  ['isoCountry,tariff', 'country and tariff'],
  ['source,tariff', 'source and tariff'],
  ['isoCountry', 'country'],
  ['network', 'network'],
  ['fleet', 'fleet'],
  ['zone', 'rate zone'],
  ['trafficType', 'traffic type'],
] as const;

/** The page of a stored bill or, without one, of the cost that records state. */
export function BillPage({ place: { query } }: PageProps): JSX.Element {
  const listRequest = makeRequest('/v1/Bills', {}, { PageSize: 100 });
  const bills = useAnswer(listRequest);
  const given = query.get('month') ?? '';
  const isGiven = /^\d{4}-(0[1-9]|1[0-2])$/.test(given);
  const month = isGiven ? given : (bills.value?.bills[0]?.month ?? new Date().toISOString().slice(0, 7));
  const hasBill = bills.value?.bills.some((bill) => bill.month === month) ?? false;
  return (
    <>
      <h1>Bill</h1>
      <search class="filters">
        <label>
          Month
          <input
            type="month"
            name="month"
            value={month}
            onChange={({ currentTarget }) => changeQuery({ month: currentTarget.value })}
          />
        </label>
        {(bills.value?.bills ?? []).slice(0, 12).map((bill) => (
          <button
            key={bill.month}
            type="button"
            aria-pressed={bill.month === month}
            onClick={() => changeQuery({ month: bill.month })}
          >
            {bill.month}: {describeAmounts(bill.totals)}
          </button>
        ))}
      </search>
      <h2>What it should cost</h2>
      {bills.error === undefined ? null : <Failure error={bills.error} retry={bills.reload} />}
      {bills.value === undefined ? (
        bills.isLoading ? (
          <Loading what="bills" />
        ) : null
      ) : hasBill ? (
        <StoredBill key={month} month={month} bySim={query.get('lines') === 'sim'} />
      ) : (
        <p class="empty">
          No bill of {month} is stored. A bill is made once the month’s days are sealed, from the tariffs that{' '}
          <code>npx simledger tariff put</code> has stored.
        </p>
      )}
      {isGiven || bills.value !== undefined ? (
        <StatedUsage key={month} month={month} group={query.get('by') ?? groupings[0][0]} />
      ) : null}
    </>
  );
}

function StoredBill({ month, bySim }: { readonly month: string; readonly bySim: boolean }): JSX.Element {
  const request = makeRequest('/v1/Bills/{month}', { month });
  const linesRequest = makeRequest('/v1/Bills/{month}/Lines', { month }, { PageSize: 500 });
  const answer = useAnswer(request);
  const lines = usePages(bySim ? linesRequest : undefined, (page) => page.lines);
  const bill = answer.value;
  if (bill === undefined) {
    return answer.error === undefined ? (
      <Loading what="the bill" />
    ) : (
      <Failure error={answer.error} retry={answer.reload} />
    );
  }
  return (
    <>
      <BillFigures bill={bill} request={request} />
      <search class="filters">
        <ChoiceFilter
          name="lines"
          label="Lines"
          choices={[
            ['', 'by charge, country and network'],
            ['sim', 'of each SIM'],
          ]}
        />
      </search>
      {bySim ? (
        <Listed asked={lines} what="lines" empty="The bill has no lines for SIMs.">
          {(rows) => (
            <Table
              name="Lines of SIMs"
              columns={[simColumn, ...rowColumns]}
              rows={rows}
              request={linesRequest}
              pages={lines}
            />
          )}
        </Listed>
      ) : (
        <Table name="Lines of the bill" columns={rowColumns} rows={bill.rows} request={request} />
      )}
      <BillDoubts bill={bill} request={request} />
      <p class="quiet">
        <code>npx simledger bill --explain LINE</code> explains a line;{' '}
        <code>npx simledger bill check INVOICE.csv</code> compares an invoice with the bill.
      </p>
    </>
  );
}

interface BillProps {
  readonly bill: Schemas['Bill'];
  readonly request: ApiRequest<'/v1/Bills/{month}'>;
}

function BillFigures({ bill, request }: BillProps): JSX.Element {
  return (
    <div class="figures">
      <Figure
        label="Should cost"
        value={describeAmounts(bill.totals)}
        request={request}
        note={bill.tariffs.join(', ')}
      />
      <Figure label="SIMs billed" value={formatCount(bill.sims)} request={request} />
      <Figure
        label="Version"
        value={bill.version}
        request={request}
        note={
          <>
            made at <Time at={bill.made_at} />
          </>
        }
      />
      <Figure label="Sealed days" value={bill.days.length} request={request} note={describeDays(bill)} />
    </div>
  );
}

/** Usage without a price, and the bill's assumptions. */
function BillDoubts({ bill: { not_rated: rows, assumptions }, request }: BillProps): JSX.Element {
  return (
    <>
      {rows.length === 0 ? null : (
        <>
          <h3>Usage without a price</h3>
          <Table name="Usage without a price" columns={notRatedColumns} rows={rows} request={request} />
        </>
      )}
      {assumptions.map(({ kind, tariff, sims }) => (
        <p class="quiet" key={kind + tariff}>
          {kind === 'calendar-year'
            ? `Assumed: years of ${countThings(sims, 'SIM')} in the tariff ${tariff} begin on 1 January.`
            : `Assumed: ${countThings(sims, 'SIM')} in the tariff ${tariff} had used nothing before the ledger began.`}
        </p>
      ))}
    </>
  );
}

/** The month's usage and cost as carriers stated them. */
function StatedUsage({ month, group }: { readonly month: string; readonly group: string }): JSX.Element {
  const period = { StartTime: `${month}-01`, EndTime: `${nextMonth(month)}-01` };
  const total = makeRequest('/v1/UsageRecords', {}, period);
  const answer = useAnswer(total);
  const [sum] = answer.value?.usage_records ?? [];
  const isEmpty = answer.value !== undefined && sum === undefined;
  return (
    <>
      <h2>What carriers’ records state</h2>
      <p class="quiet">Usage of the month in UTC, with the cost that its records state.</p>
      {answer.error === undefined ? (
        <div class="figures">
          <Figure
            label="Bytes"
            value={isEmpty ? '0 B' : sum && formatBytes(sum.data_total)}
            request={total}
            note={sum && `${formatCount(sum.data_total)} B`}
          />
          <Figure
            label="Carriers charged"
            value={isEmpty ? '–' : sum && describeCosts(sum)}
            request={total}
            note="where they state a cost in money"
          />
          <Figure
            label="Usage records"
            value={isEmpty ? '0' : sum && formatCount(sum.records)}
            request={total}
          />
          <Figure
            label="Text messages"
            value={isEmpty ? '0' : sum && formatCount(sum.messages)}
            request={total}
          />
        </div>
      ) : (
        <Failure error={answer.error} retry={answer.reload} />
      )}
      <search class="filters">
        <ChoiceFilter name="by" label="By" choices={groupings} />
      </search>
      <UsageTable name={`Usage of ${month}`} query={{ ...period, Group: group, PageSize: 500 }} />
    </>
  );
}

function describeAmounts(totals: Schemas['BillVersion']['totals']): string {
  return totals.map(({ amount, currency }) => formatMoney(amount, currency)).join(' + ') || '–';
}

function describeDays({ missing_days: missing, pending_days: pending }: Schemas['Bill']): string {
  const parts = [
    ...(missing.length === 0 ? [] : [`${missing.length} from before the ledger began`]),
    ...(pending.length === 0 ? [] : [`${pending.length} later ones not sealed yet`]),
  ];
  return parts.join(', ') || 'all of its periods';
}

type BillRow = Schemas['BillRow'];

const simColumn: Column<BillRow> = {
  title: 'SIM',
  text: ({ sim }) => sim ?? '',
  show: ({ sim }) =>
    sim === null ? (
      '–'
    ) : (
      <a href={makeSimHref(sim)}>
        <Name text={sim} />
      </a>
    ),
};

function formatWithUnit(amount: string | null, unit: BillRow['unit']): string {
  return amount === null ? '–' : `${amount} ${unit ?? ''}`.trimEnd();
}

const rowColumns: readonly Column<BillRow>[] = [
  nameColumn('Charge', ({ name }) => name),
  { title: 'Kind', text: ({ kind }) => kind },
  nameColumn('Tariff', ({ tariff }) => tariff),
  {
    title: 'Country',
    text: ({ country }) => country ?? '',
    show: ({ country }) => (country === null ? '–' : formatCountry(country)),
  },
  nameColumn('Network', ({ network }) => network),
  nameColumn('Zone', ({ zone }) => zone),
  {
    title: 'Used',
    text: ({ used }) => used ?? '',
    show: ({ used, unit }) => formatWithUnit(used, unit),
    isNumeric: true,
  },
  {
    title: 'Included',
    text: ({ included }) => included ?? '',
    show: ({ included, unit }) => formatWithUnit(included, unit),
    isNumeric: true,
  },
  {
    title: 'Billed',
    text: ({ billed }) => billed ?? '',
    show: ({ billed, unit }) => formatWithUnit(billed, unit),
    isNumeric: true,
  },
  {
    title: 'Amount',
    text: ({ amount }) => amount ?? '',
    show: ({ amount, exact }) => <span title={`exactly ${exact}`}>{amount ?? 'in the account’s line'}</span>,
    isNumeric: true,
  },
  { title: 'Currency', text: ({ currency }) => currency ?? '' },
  countColumn('Records', ({ records }) => records),
  {
    title: 'Line',
    text: ({ line }) => line ?? '',
    show: ({ line }) => (line === null ? '–' : <code>{line}</code>),
  },
];

const reasons: Readonly<Record<Schemas['Bill']['not_rated'][number]['reason'], string>> = {
  'no-tariff': 'no tariff matches',
  'no-charge': 'its tariff has no charge for it',
  'no-activation': 'the SIM’s day of activation is not known',
  'not-stated': 'the records do not state what the charge needs',
  'open-session': 'its session is open',
  'no-cost': 'the records state no cost',
};

const notRatedColumns: readonly Column<Schemas['Bill']['not_rated'][number]>[] = [
  { title: 'Why', text: ({ reason }) => reasons[reason] },
  nameColumn('Tariff', ({ tariff }) => tariff),
  nameColumn('Tariff in the records', ({ record_tariff: tariff }) => tariff),
  {
    title: 'Country',
    text: ({ country }) => country ?? '',
    show: ({ country }) => (country === null ? '–' : formatCountry(country)),
  },
  nameColumn('Traffic', ({ traffic_type: type }) => type),
  { title: 'SIMs', text: ({ sims }) => String(sims), isNumeric: true },
  { title: 'Records', text: ({ records }) => String(records), isNumeric: true },
  { title: 'Bytes', text: ({ bytes }) => bytes, show: ({ bytes }) => formatBytes(bytes), isNumeric: true },
  { title: 'Messages', text: ({ messages }) => messages, isNumeric: true },
];

/** The next month. Months have the form `2026-11`. */
export function nextMonth(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}
