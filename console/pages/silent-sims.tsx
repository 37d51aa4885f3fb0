import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type AskedPages, useAnswer, usePages } from '../api/answers.ts';
import { type Answer, type ApiRequest, makeRequest, type Schemas } from '../api/client.ts';
import { countColumn, nameColumn } from '../components/columns.tsx';
import { ChoiceFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { SourceLink } from '../components/source.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Time } from '../components/values.tsx';
import { countThings, formatCount, formatCountry } from '../format.ts';
import { CountryMap } from '../map/country-map.tsx';
import { formatPlace, type Place } from '../place.ts';
import { simColumns } from './sim-columns.tsx';
import {
  type CountrySims,
  countByCountry,
  groupSims,
  listSilentCountries,
  nameCountry,
  type SimGroup,
} from './sims.ts';

/** The silent SIMs: how many there are, and where. */

/** SIMs per page, and how many pages are read automatically. The user can request more. */
const silentPages = { size: 500, atOnce: 4 };

/** The request for the numbers of the whole fleet. */
const fleetRequest = makeRequest('/v1/Fleet', {});

const silences = [
  ['24h', '24 hours'],
  ['1h', '1 hour'],
  ['6h', '6 hours'],
  ['3d', '3 days'],
  ['7d', '7 days'],
  ['30d', '30 days'],
] as const;

/** The silent SIMs for an address, as far as they have been read. */
export interface SilentSims {
  /** A value of the parameter `Silent`. */
  readonly silence: string;
  readonly request: ApiRequest<'/v1/Sims'>;
  readonly sims: AskedPages<Schemas['Sim'], Answer<'/v1/Sims'>>;
  /** The last sweep's count, if there are more SIMs than were read. */
  readonly counted:
    | { readonly asOf: string; readonly sims: number; readonly countries: readonly CountrySims[] }
    | undefined;
}

/** Reads the silent SIMs for an address. */
export function useSilentSims({ query }: Place): SilentSims {
  const silence = query.get('silent') ?? silences[0][0];
  const request = makeRequest('/v1/Sims', {}, { Silent: silence, PageSize: silentPages.size });
  const sims = usePages(request, (answer) => answer.sims, silentPages.atOnce);
  const { value: fleet } = useAnswer(sims.hasMore ? fleetRequest : undefined);
  const countries = fleet && listSilentCountries(fleet, silence);
  const asOf = fleet?.as_of ?? undefined;
  return {
    ...{ silence, request, sims },
    counted:
      asOf === undefined || countries === undefined
        ? undefined
        : { asOf, countries, sims: countries.reduce((sum, one) => sum + one.sims, 0) },
  };
}

/** A silence in words. */
export function describeSilence(silence: string): string {
  return silences.find(([value]) => value === silence)?.[1] ?? silence;
}

/** The section of a page about silent SIMs. */
export function SilentSimsSection({
  place,
  silent,
  empty,
}: {
  readonly place: Place;
  readonly silent: SilentSims;
  /** The sentence to show if no SIM is silent. */
  readonly empty: string;
}): JSX.Element {
  return (
    <section>
      <div class="heading">
        <h2>Silent SIMs</h2>
        <ChoiceFilter name="silent" label="for" choices={silences} />
      </div>
      <p class="quiet">
        SIMs whose device sent no record in that time, up to now. The longest silent come first.
      </p>
      <Listed asked={silent.sims} what="silent SIMs" empty={empty}>
        {(rows) => <SilentTables place={place} silent={silent} rows={rows} />}
      </Listed>
    </section>
  );
}

function SilentTables({
  place,
  silent: { request, sims, counted },
  rows,
}: {
  readonly place: Place;
  readonly silent: SilentSims;
  readonly rows: readonly Schemas['Sim'][];
}): JSX.Element {
  const country = place.query.get('country') ?? undefined;
  const countryHref = (of: string | undefined): string =>
    formatPlace([], { ...Object.fromEntries(place.query), country: of });
  const groups = useMemo(() => groupSims(rows), [rows]);
  const countries = counted?.countries;
  const counts = useMemo(
    () => (countries ?? countByCountry(rows)).map((one) => ({ ...one, silent: one.sims })),
    [countries, rows],
  );
  return (
    <>
      {counted === undefined ? null : (
        <p class="quiet">
          The map shows all: at most {countThings(counted.sims, 'SIM')}, counted by the sweep of{' '}
          <Time at={counted.asOf} />. <SourceLink request={fleetRequest} of="the counts" /> The tables have
          the {formatCount(rows.length)} that were silent longest.
        </p>
      )}
      <div class="beside">
        <CountryMap name="Map of silent SIMs" counts={counts} href={countryHref} />
        <Table
          name="Silent SIMs by country and network"
          columns={groupColumns(countryHref)}
          rows={groups}
          request={request}
          pages={sims}
        />
      </div>
      {country === undefined ? null : (
        <p class="tools">
          Only SIMs that were last seen in {formatCountry(country)}.
          <a href={countryHref(undefined)}>Show all</a>
        </p>
      )}
      <Table
        name="Silent SIMs"
        columns={simColumns}
        rows={country === undefined ? rows : rows.filter((sim) => nameCountry(sim) === country)}
        request={request}
        pages={sims}
      />
    </>
  );
}

const groupColumns = (countryHref: (country: string) => string): readonly Column<SimGroup>[] => [
  {
    title: 'Country',
    text: ({ country }) => country,
    show: ({ country }) => <a href={countryHref(country)}>{formatCountry(country)}</a>,
  },
  nameColumn('Network', ({ network }) => network),
  countColumn('Silent SIMs', ({ sims }) => sims),
  {
    title: 'First of them last heard',
    text: ({ firstHeard }) => firstHeard ?? 'never',
    show: ({ firstHeard }) => (firstHeard === null ? 'never' : <Time at={firstHeard} />),
  },
];
