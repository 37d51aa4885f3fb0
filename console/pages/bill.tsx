import type { JSX } from 'preact';
import { changeQuery } from '../address.ts';
import { useAnswer } from '../api/answers.ts';
import { makeRequest } from '../api/client.ts';
import { ChoiceFilter } from '../components/form.tsx';
import { Figure } from '../components/source.tsx';
import { Failure } from '../components/states.tsx';
import { formatBytes, formatCount } from '../format.ts';
import type { PageProps } from '../page.ts';
import { describeCosts, UsageTable } from './usage-table.tsx';

/** What a month used, and what carriers charged for it. */

const groupings = [
  ['isoCountry,tariff', 'country and tariff'],
  ['source,tariff', 'source and tariff'],
  ['isoCountry', 'country'],
  ['network', 'network'],
  ['fleet', 'fleet'],
  ['zone', 'rate zone'],
  ['trafficType', 'traffic type'],
] as const;

export function BillPage({ place: { query } }: PageProps): JSX.Element {
  const thisMonth = new Date().toISOString().slice(0, 7);
  const given = query.get('month') ?? thisMonth;
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(given) ? given : thisMonth;
  const group = query.get('by') ?? groupings[0][0];
  const period = { StartTime: `${month}-01`, EndTime: `${nextMonth(month)}-01` };
  const total = makeRequest('/v1/UsageRecords', {}, period);
  const answer = useAnswer(total);
  const [sum] = answer.value?.usage_records ?? [];
  return (
    <>
      <h1>Bill</h1>
      <p class="quiet">
        Usage of a month in UTC, and what carriers stated as its cost. <code>npx simledger bill</code>{' '}
        computes what it should cost by a tariff, and compares it with an invoice.
      </p>
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
        <ChoiceFilter name="by" label="By" choices={groupings} />
      </search>
      {answer.error === undefined ? (
        <div class="figures">
          <Figure
            label="Bytes"
            value={sum && formatBytes(sum.data_total)}
            request={total}
            note={sum && `${formatCount(sum.data_total)} B`}
          />
          <Figure
            label="Carriers charged"
            value={sum && describeCosts(sum)}
            request={total}
            note="where they state a cost in money"
          />
          <Figure label="Usage records" value={sum && formatCount(sum.records)} request={total} />
          <Figure label="Text messages" value={sum && formatCount(sum.messages)} request={total} />
        </div>
      ) : (
        <Failure error={answer.error} retry={answer.reload} />
      )}
      <UsageTable name={`Usage of ${month}`} query={{ ...period, Group: group, PageSize: 500 }} />
    </>
  );
}

/** The month after one, both as `2026-11`. */
export function nextMonth(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}
