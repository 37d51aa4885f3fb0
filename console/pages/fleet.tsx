import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useAnswer, usePages } from '../api/answers.ts';
import { makeRequest, type Query, type Schemas } from '../api/client.ts';
import { countColumn } from '../components/columns.tsx';
import { ChoiceFilter, TextFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { type Column, Table, type TableProps } from '../components/table.tsx';
import { Time } from '../components/values.tsx';
import { countThings, findTwoLetters, formatCountry } from '../format.ts';
import { type CountryCount, CountryMap } from '../map/country-map.tsx';
import type { PageProps } from '../page.ts';
import { formatPlace } from '../place.ts';
import { listIncluded } from '../settings.ts';
import { simColumns } from './sim-columns.tsx';
import { countByCountry, listSilentCountries, unknownCountry } from './sims.ts';
import { UsageTable } from './usage-table.tsx';

/** All SIMs, the SIMs with the most usage, and their fleets. */

const views = [
  ['list', 'SIMs'],
  ['countries', 'By country'],
  ['top', 'Top users'],
  ['fleets', 'By fleet'],
  ['networks', 'By network'],
] as const;

/** The page of all SIMs and their usage. */
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
      {view === 'countries' ? (
        <SimCountries />
      ) : view === 'top' ? (
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

/** SIMs per page, and how many pages are read automatically. The user can request more. */
const countedPages = { size: 1000, atOnce: 5 };
/** The request for the numbers of the whole fleet. */
const fleetRequest = makeRequest('/v1/Fleet', {});
/** SIMs that are silent for this long count as silent on the map: a value of the parameter `Silent`. */
const countedSilence = '24h';

/** How many SIMs were last seen in each country, and how many of them are silent. */
function SimCountries(): JSX.Element {
  const { value: fleet, error, reload } = useAnswer(fleetRequest);
  if (error !== undefined) return <Failure error={error} retry={reload} />;
  if (fleet === undefined) return <Loading what="the fleet" />;
  const isLarge = (fleet.sims ?? 0) > countedPages.size * countedPages.atOnce;
  return isLarge ? <SweptCountries fleet={fleet} /> : <ListedCountries />;
}

/** The last sweep's counts, for a fleet that is too large to read here. */
function SweptCountries({ fleet }: { readonly fleet: Schemas['Fleet'] }): JSX.Element {
  const silentBy = new Map(
    (listSilentCountries(fleet, countedSilence) ?? []).map(({ country, sims }) => [country, sims]),
  );
  const counts = fleet.countries.map(({ operator_country: stated, sims }): CountryCount => {
    const country = stated ?? unknownCountry;
    return { country, sims, silent: silentBy.get(country) ?? 0 };
  });
  return (
    <>
      <p class="quiet">
        All {countThings(fleet.sims ?? 0, 'SIM')} by the country in which each was last seen, counted by the
        sweep of <Time at={fleet.as_of} />. At most the number shown was silent for 24 hours.
      </p>
      <CountryTables counts={counts} request={fleetRequest} />
    </>
  );
}

/** Counts from reading all SIMs. */
function ListedCountries(): JSX.Element {
  const request = makeRequest('/v1/Sims', {}, { PageSize: countedPages.size });
  const silentRequest = makeRequest('/v1/Sims', {}, { Silent: countedSilence, PageSize: countedPages.size });
  const sims = usePages(request, (answer) => answer.sims, countedPages.atOnce);
  const silent = usePages(silentRequest, (answer) => answer.sims, countedPages.atOnce);
  const counts = useMemo(() => {
    const silentBy = new Map(countByCountry(silent.value ?? []).map((one) => [one.country, one.sims]));
    return countByCountry(sims.value ?? []).map(
      (one): CountryCount => ({ ...one, silent: Math.min(one.sims, silentBy.get(one.country) ?? 0) }),
    );
  }, [sims.value, silent.value]);
  return (
    <>
      <p class="quiet">
        SIMs by the country in which each was last seen, and those silent for 24 hours up to now.
        {sims.hasMore ? ` Only the first ${countThings(sims.value?.length ?? 0, 'SIM')} so far.` : ''}
        {silent.hasMore ? ` Only the first ${countThings(silent.value?.length ?? 0, 'silent SIM')}.` : ''}
      </p>
      {silent.error === undefined ? null : <Failure error={silent.error} retry={silent.reload} />}
      <Listed
        asked={{ ...sims, value: silent.value && sims.value }}
        what="SIMs"
        empty="No record of a SIM has arrived."
      >
        {() => <CountryTables counts={counts} request={request} pages={sims} />}
      </Listed>
    </>
  );
}

function CountryTables({
  counts,
  ...from
}: { readonly counts: readonly CountryCount[] } & Pick<
  TableProps<CountryCount>,
  'request' | 'pages'
>): JSX.Element {
  return (
    <div class="beside">
      <CountryMap name="Map of SIMs" counts={counts} href={usageHref} />
      <Table name="SIMs by country" columns={countryColumns} rows={counts} {...from} />
    </div>
  );
}

/** The address of the report of usage in a country by SIM. */
function usageHref(country: string): string {
  return formatPlace(['explore'], { country: findTwoLetters(country), by: 'sim', every: 'all' });
}

const countryColumns: readonly Column<CountryCount>[] = [
  {
    title: 'Country',
    text: ({ country }) => country,
    show: ({ country }) =>
      country === unknownCountry ? country : <a href={usageHref(country)}>{formatCountry(country)}</a>,
  },
  countColumn('SIMs', ({ sims }) => sims),
  countColumn('Silent for 24 hours', ({ silent }) => silent),
];

/** Query parameters for the current UTC month. */
export function monthSoFar(): { readonly StartTime: string } {
  return { StartTime: `${new Date().toISOString().slice(0, 7)}-01` };
}

function SimList({ place: { query } }: PageProps): JSX.Element {
  const value = (name: string): string | undefined => query.get(name) ?? undefined;
  const online = value('online');
  const request = makeRequest('/v1/Sims', {}, {
    ...{ Name: value('name'), Source: value('source'), Fleet: value('fleet'), Status: value('status') },
    ...{ Silent: value('silent'), Include: listIncluded() },
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
      <Listed asked={sims} what="SIMs" empty="No SIM matches: no record of such a SIM has arrived.">
        {(rows) => <Table name="SIMs" columns={simColumns} rows={rows} request={request} pages={sims} />}
      </Listed>
    </>
  );
}
