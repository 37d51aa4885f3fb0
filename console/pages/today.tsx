import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useAnswer, usePages } from '../api/answers.ts';
import { makeRequest, type Schemas } from '../api/client.ts';
import { nameColumn, timeColumn } from '../components/columns.tsx';
import { ChoiceFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { Figure } from '../components/source.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Age, Time } from '../components/values.tsx';
import { formatCount, formatCountry, formatDuration } from '../format.ts';
import { CountryMap } from '../map/country-map.tsx';
import type { PageProps } from '../page.ts';
import { formatPlace } from '../place.ts';
import { alertColumns } from './alert-columns.tsx';
import { rejectedColumns } from './file-columns.tsx';
import { simColumns } from './sim-columns.tsx';
import { countByCountry, groupSims, nameCountry, type SimGroup } from './sims.ts';

/** What somebody who was just paged looks at first. */

/** SIMs in a page, and pages that are read at once: more are read when they are asked for. */
const silentPages = { size: 500, atOnce: 4 };
const shownFiles = 100;

const silences = [
  ['24h', '24 hours'],
  ['1h', '1 hour'],
  ['6h', '6 hours'],
  ['3d', '3 days'],
  ['7d', '7 days'],
  ['30d', '30 days'],
] as const;

/** The page of open alerts, silent SIMs, and how far sources are read. */
export function Today({ place }: PageProps): JSX.Element {
  const silence = place.query.get('silent') ?? silences[0][0];
  const alertsRequest = makeRequest('/v1/Alerts', {}, { State: 'open', PageSize: 200 });
  const silentRequest = makeRequest('/v1/Sims', {}, { Silent: silence, PageSize: silentPages.size });
  const filesRequest = makeRequest('/v1/Files', {}, { PageSize: shownFiles });
  const alerts = usePages(alertsRequest, (answer) => answer.alerts);
  const silent = usePages(silentRequest, (answer) => answer.sims, silentPages.atOnce);
  const files = useAnswer(filesRequest);
  const watermarks = silent.first?.watermarks ?? [];
  const withRejects = (files.value?.files ?? []).filter(
    ({ rejected, state }) => rejected > 0 || state === 'failed',
  );
  const groups = useMemo(() => groupSims(silent.value ?? []), [silent.value]);
  const counts = useMemo(
    () => countByCountry(silent.value ?? []).map(({ country, sims }) => ({ country, sims, silent: sims })),
    [silent.value],
  );
  const country = place.query.get('country') ?? undefined;
  const countryHref = (of: string | undefined): string =>
    formatPlace([], { ...Object.fromEntries(place.query), country: of });
  const slowest = findSlowest(watermarks);
  return (
    <>
      <h1>Today</h1>
      <div class="figures">
        <Figure
          label="Open alerts"
          value={countRows(alerts)}
          href={formatPlace(['alerts'], { state: 'open' })}
          request={alertsRequest}
          note={<Severities alerts={alerts.value ?? []} />}
          tone={alerts.value?.some(({ severity }) => severity === 'critical') ? 'bad' : 'plain'}
        />
        <Figure
          label={`SIMs silent for ${describeSilence(silence)}`}
          value={countRows(silent)}
          href={formatPlace(['fleet'], { silent: silence })}
          request={silentRequest}
        />
        <Figure
          label="Rejected rows"
          value={files.value && formatCount(withRejects.reduce((sum, { rejected }) => sum + rejected, 0))}
          href={formatPlace(['files'])}
          request={filesRequest}
          note={files.value && describeLastFiles(files.value.files.length)}
        />
        <Figure
          label="Records are in up to"
          value={silent.first === undefined ? undefined : <Age at={slowest?.watermark} />}
          request={silentRequest}
          note={
            slowest?.watermark ? (
              <>the source that is furthest behind: {slowest.source}</>
            ) : (
              'no sweep of the alerts yet'
            )
          }
        />
      </div>

      <section>
        <div class="heading">
          <h2>Open alerts</h2>
          <a href="#/alerts">All alerts</a>
        </div>
        <Listed
          asked={alerts}
          what="alerts"
          empty="No alert is open: no rule finds anything now, or none is configured."
        >
          {(rows) => (
            <Table
              name="Open alerts"
              columns={alertColumns}
              rows={rows}
              request={alertsRequest}
              pages={alerts}
            />
          )}
        </Listed>
      </section>

      <section>
        <div class="heading">
          <h2>Silent SIMs</h2>
          <ChoiceFilter name="silent" label="for" choices={silences} />
        </div>
        <p class="quiet">
          Of whose device no record came in that time, measured against now. The longest silent come first.
        </p>
        <Listed asked={silent} what="silent SIMs" empty={describeNoSilence(slowest)}>
          {(rows) => (
            <>
              <div class="beside">
                <CountryMap name="Map of silent SIMs" counts={counts} href={countryHref} />
                <Table
                  name="Silent SIMs by country and network"
                  columns={groupColumns(countryHref)}
                  rows={groups}
                  request={silentRequest}
                  pages={silent}
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
                request={silentRequest}
                pages={silent}
              />
            </>
          )}
        </Listed>
      </section>

      <section>
        <h2>How far sources are known</h2>
        <Listed
          asked={{ ...silent, value: silent.first && watermarks }}
          what="sources"
          empty="Not known: the alerts have not been swept yet."
        >
          {(rows) => <Table name="Sources" columns={sourceColumns} rows={rows} request={silentRequest} />}
        </Listed>
      </section>

      <section>
        <h2>Files with rejected rows</h2>
        <Listed
          asked={{ ...files, value: files.value && withRejects }}
          what="files"
          empty={
            files.value?.files.length === 0
              ? 'No file has come.'
              : `None ${describeLastFiles(files.value?.files.length ?? 0)}.`
          }
        >
          {(rows) => (
            <Table
              name="Files with rejected rows"
              columns={rejectedColumns}
              rows={rows}
              request={filesRequest}
            />
          )}
        </Listed>
        <p class="quiet">
          Records of streams and webhooks that were rejected are in <a href="#/files">quarantine</a>.
        </p>
      </section>
    </>
  );
}

/** Says that no SIM is silent, and where that says little. */
function describeNoSilence(slowest: Schemas['Watermark'] | undefined): string {
  const sentence = 'No SIM has been silent for so long.';
  return slowest?.watermark
    ? sentence
    : `${sentence} Not all sources were judged yet: records may be missing.`;
}

function describeLastFiles(files: number): string {
  if (files === 0) return 'no file has come';
  return files === 1 ? 'in the last file' : `in the last ${formatCount(files)} files`;
}

function countRows({
  value,
  hasMore,
}: {
  readonly value: readonly unknown[] | undefined;
  readonly hasMore: boolean;
}) {
  return value === undefined ? undefined : `${formatCount(value.length)}${hasMore ? '+' : ''}`;
}

function describeSilence(silence: string): string {
  return silences.find(([value]) => value === silence)?.[1] ?? silence;
}

function Severities({ alerts }: { readonly alerts: readonly Schemas['Alert'][] }): JSX.Element {
  const counts = (['critical', 'warning', 'info'] as const).flatMap((severity) => {
    const count = alerts.filter((alert) => alert.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  return <>{counts.join(', ') || 'no rule holds'}</>;
}

/** The source that is known least far; one that was never swept before all others. */
function findSlowest(watermarks: readonly Schemas['Watermark'][]): Schemas['Watermark'] | undefined {
  return watermarks.toSorted((a, b) => ((a.watermark ?? '') < (b.watermark ?? '') ? -1 : 1))[0];
}

const groupColumns = (countryHref: (country: string) => string): readonly Column<SimGroup>[] => [
  {
    title: 'Country',
    text: ({ country }) => country,
    show: ({ country }) => <a href={countryHref(country)}>{formatCountry(country)}</a>,
  },
  nameColumn('Network', ({ network }) => network),
  { title: 'Silent SIMs', text: ({ sims }) => String(sims), isNumeric: true },
  {
    title: 'First of them last heard',
    text: ({ firstHeard }) => firstHeard ?? 'never',
    show: ({ firstHeard }) => (firstHeard === null ? 'never' : <Time at={firstHeard} />),
  },
];

const sourceColumns: readonly Column<Schemas['Watermark']>[] = [
  nameColumn('Source', ({ source }) => source),
  timeColumn('All records are in up to', ({ watermark }) => watermark),
  {
    title: 'That is',
    text: ({ watermark }) => watermark ?? '',
    show: ({ watermark }) => <Age at={watermark} />,
  },
  {
    title: 'Behind the sweep',
    text: (source) => describeLag(source),
    isNumeric: true,
  },
  timeColumn('Swept', ({ swept }) => swept),
];

function describeLag({ watermark, swept }: Schemas['Watermark']): string {
  return watermark === null || swept === null
    ? '–'
    : formatDuration(Date.parse(swept) - Date.parse(watermark));
}
