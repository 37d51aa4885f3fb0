import type { JSX } from 'preact';
import { usePages } from '../api/answers.ts';
import { makeRequest, type Query } from '../api/client.ts';
import { ChoiceFilter, TextFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { Table } from '../components/table.tsx';
import type { PageProps } from '../page.ts';
import { formatPlace } from '../place.ts';
import { includePersonal } from '../settings.ts';
import { simColumns } from './sim-columns.tsx';
import { UsageTable } from './usage-table.tsx';

/** The SIMs, those that used most, and the fleets to which they belong. */

const views = [
  ['list', 'SIMs'],
  ['top', 'Top users'],
  ['fleets', 'By fleet'],
  ['networks', 'By network'],
] as const;

/** The page of SIMs, and of the usage of them all. */
export function Fleet({ place }: PageProps): JSX.Element {
  const view = place.query.get('view') ?? 'list';
  return (
    <>
      <h1>Fleet</h1>
      <nav class="tabs" aria-label="Views of the fleet">
        {views.map(([name, title]) => (
          <a
            key={name}
            href={formatPlace(['fleet'], { view: name === 'list' ? undefined : name })}
            aria-current={view === name ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      {view === 'top' ? (
        <UsageTable
          name="Top users"
          query={{ Group: 'sim', Order: 'bytes', ...monthSoFar(), PageSize: 100 }}
        />
      ) : view === 'fleets' ? (
        <UsageTable name="Usage by fleet" query={{ Group: 'fleet', ...monthSoFar(), PageSize: 200 }} />
      ) : view === 'networks' ? (
        <UsageTable
          name="Usage by network"
          query={{ Group: 'isoCountry,network', ...monthSoFar(), PageSize: 500 }}
        />
      ) : (
        <SimList place={place} />
      )}
    </>
  );
}

/** The UTC month up to now, as parameters. */
export function monthSoFar(): { readonly StartTime: string } {
  return { StartTime: `${new Date().toISOString().slice(0, 7)}-01` };
}

function SimList({ place: { query } }: PageProps): JSX.Element {
  const value = (name: string): string | undefined => query.get(name) ?? undefined;
  const online = value('online');
  const request = makeRequest('/v1/Sims', {}, {
    ...{ Name: value('name'), Source: value('source'), Fleet: value('fleet'), Status: value('status') },
    ...{ Silent: value('silent'), Include: includePersonal() },
    Online: online === undefined ? undefined : online === 'true',
    PageSize: 200,
  } as Query<'/v1/Sims'>);
  const sims = usePages(request, (answer) => answer.sims);
  return (
    <>
      <search class="filters">
        <TextFilter name="name" label="Name contains" />
        <TextFilter name="source" label="Source" size={10} />
        <TextFilter name="fleet" label="Fleet" size={12} />
        <TextFilter name="status" label="Status" size={10} />
        <ChoiceFilter
          name="online"
          label="Online"
          choices={[
            ['', 'any'],
            ['true', 'online'],
            ['false', 'offline'],
          ]}
        />
        <TextFilter name="silent" label="Silent for (24h, 7d)" size={6} />
      </search>
      <Listed asked={sims} what="SIMs" empty="No SIM matches: no record of such a SIM has come.">
        {(rows) => (
          <Table
            name="SIMs"
            columns={simColumns}
            rows={rows}
            request={request}
            more={sims.hasMore ? sims.more : undefined}
            isLoading={sims.isLoading}
          />
        )}
      </Listed>
    </>
  );
}
