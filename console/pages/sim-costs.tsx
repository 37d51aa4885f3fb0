import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from '../api/answers.ts';
import { makeRequest } from '../api/client.ts';
import { Figure } from '../components/source.tsx';
import { Failure } from '../components/states.tsx';
import { countThings, formatBytes, formatCount, formatMoney } from '../format.ts';
import { day, type TimeWindow } from '../timeline/window.ts';

/** A SIM's usage, and what its carrier charged for it. */

/** How long a window must be unchanged before its costs are requested, in milliseconds. */
const settleTime = 600;

/** Usage and costs for the UTC days of a window. */
export function SimCosts({
  name,
  window,
}: {
  readonly name: string;
  readonly window: TimeWindow;
}): JSX.Element {
  const days = useSettledDays(window);
  const request = makeRequest(
    '/v1/UsageRecords',
    {},
    {
      ...{ Sim: name, StartTime: days.from, EndTime: days.to },
    },
  );
  const { value, error, reload } = useAnswer(request);
  const sum = value?.usage_records[0];
  const costs = sum?.costs ?? [];
  const title = `${days.from} to ${lastDay(days.to)}`;
  const isEmpty = value !== undefined && sum === undefined;
  return (
    <section aria-labelledby="costs">
      <h3 id="costs">Used and cost, UTC days {title}</h3>
      {error !== undefined && <Failure error={error} retry={reload} />}
      <div class="figures">
        <Figure
          label="Bytes"
          value={isEmpty ? formatBytes(0) : sum && formatBytes(sum.data_total)}
          request={request}
          note={sum && countThings(sum.records, 'usage record')}
        />
        {sum !== undefined && sum.messages !== null && (
          <Figure label="Text messages" value={formatCount(sum.messages)} request={request} />
        )}
        {costs.map(({ currency, amount }) => (
          <Figure
            key={currency}
            label={`Charged, ${currency ?? 'no currency'}`}
            value={formatMoney(amount, currency)}
            request={request}
            note="As the carrier’s records state it"
          />
        ))}
        {value !== undefined && costs.length === 0 && (
          <Figure
            label="Charged"
            value="not stated"
            request={request}
            note="These records state no cost in money"
          />
        )}
      </div>
    </section>
  );
}

function lastDay(end: string): string {
  return new Date(Date.parse(end) - 1).toISOString().slice(0, 10);
}

/** The UTC days of a window, updated when the window has stopped changing. */
function useSettledDays({ from, to }: TimeWindow): { readonly from: string; readonly to: string } {
  const days = `${formatDay(Math.floor(from / day) * day)}/${formatDay(Math.ceil(to / day) * day)}`;
  const [settled, setSettled] = useState(days);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(days), settleTime);
    return () => clearTimeout(timer);
  }, [days]);
  const [begin = '', end = ''] = settled.split('/');
  return { from: begin, to: end };
}

function formatDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
