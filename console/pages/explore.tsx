import type { JSX } from 'preact';
import { changeQuery } from '../address.ts';
import type { Query } from '../api/client.ts';
import { ChoiceFilter, DayFilter, TextFilter } from '../components/form.tsx';
import type { PageProps } from '../page.ts';
import { UsageChart } from './usage-chart.tsx';
import { groups, UsageTable } from './usage-table.tsx';

/** Reports of the fleet's usage, grouped and filtered by choice. */
export function Explore({ place: { query } }: PageProps): JSX.Element {
  const value = (name: string): string | undefined => query.get(name) ?? undefined;
  const group = query.get('by') ?? 'isoCountry';
  const granularity = value('every') ?? 'day';
  const from = value('from') ?? daysAgo(30);
  const report = {
    ...{ StartTime: from, EndTime: value('to'), Group: group, Granularity: granularity },
    ...{ Order: value('order'), Sim: value('sim'), Fleet: value('fleet'), Network: value('network') },
    ...{ IsoCountry: value('country'), PageSize: 1000 },
  } as Query<'/v1/UsageRecords'>;
  return (
    <>
      <h1>Explore usage</h1>
      <search class="filters">
        <GroupFilter chosen={group} />
        <ChoiceFilter
          name="every"
          label="Every"
          choices={[
            ['day', 'day'],
            ['hour', 'hour'],
            ['all', 'whole time'],
          ]}
        />
        <DayFilter name="from" label="From" fallback={from} />
        <DayFilter name="to" label="Before" fallback="" />
        <ChoiceFilter
          name="order"
          label="Order"
          choices={[
            ['', 'time'],
            ['bytes', 'bytes'],
            ['messages', 'messages'],
            ['records', 'records'],
          ]}
        />
        <TextFilter name="sim" label="SIM" />
        <TextFilter name="fleet" label="Fleet" size={10} />
        <TextFilter name="network" label="Network (262-01)" size={8} />
        <TextFilter name="country" label="Country (DE)" size={4} />
      </search>
      <UsageTable name="Usage" query={report}>
        {(rows) =>
          granularity === 'day' || granularity === 'hour' ? (
            <UsageChart
              rows={rows}
              group={group}
              time={{ from, to: value('to') ?? nextHour(), step: granularity }}
            />
          ) : null
        }
      </UsageTable>
    </>
  );
}

/** A filter with the groups that usage can have. */
function GroupFilter({ chosen }: { readonly chosen: string }): JSX.Element {
  const names = chosen.split(',').filter((name) => name !== '');
  const toggle = (name: string): void => {
    const next = names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
    changeQuery({ by: next.join(',') || undefined });
  };
  return (
    <fieldset class="choices">
      <legend>By</legend>
      {groups.map(([name, title]) => (
        <label key={name}>
          <input type="checkbox" checked={names.includes(name)} onChange={() => toggle(name)} /> {title}
        </label>
      ))}
    </fieldset>
  );
}

/** The end of the current hour, so that the chart changes at most once an hour. */
function nextHour(): string {
  return new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000).toISOString();
}

/** The UTC day a number of days ago. */
function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}
