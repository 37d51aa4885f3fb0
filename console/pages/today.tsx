import type { JSX } from 'preact';
import { type Asked, type AskedPages, useAnswer, usePages } from '../api/answers.ts';
import { type Answer, type ApiRequest, makeRequest, type Schemas } from '../api/client.ts';
import { nameColumn, timeColumn } from '../components/columns.tsx';
import { Listed } from '../components/listed.tsx';
import { Figure } from '../components/source.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Age } from '../components/values.tsx';
import { formatCount, formatDuration } from '../format.ts';
import type { PageProps } from '../page.ts';
import { formatPlace } from '../place.ts';
import { alertColumns } from './alert-columns.tsx';
import { rejectedColumns } from './file-columns.tsx';
import { describeSilence, type SilentSims, SilentSimsSection, useSilentSims } from './silent-sims.tsx';

/** The first page for someone who was just paged. */

const shownFiles = 100;

/** The state of the request for open alerts. */
interface OpenAlertsAsked {
  readonly request: ApiRequest<'/v1/Alerts'>;
  readonly alerts: AskedPages<Schemas['Alert'], Answer<'/v1/Alerts'>>;
}

/** The state of the request for the latest files. */
interface FilesAsked {
  readonly request: ApiRequest<'/v1/Files'>;
  readonly files: Asked<Answer<'/v1/Files'>>;
  /** The files that failed or have rejected rows. */
  readonly rejected: readonly Schemas['File'][] | undefined;
}

/** The page of open alerts, silent SIMs, and how up to date each source is. */
export function Today({ place }: PageProps): JSX.Element {
  const request = makeRequest('/v1/Alerts', {}, { State: 'open', PageSize: 200 });
  const alerts = { request, alerts: usePages(request, (answer) => answer.alerts) };
  const silent = useSilentSims(place);
  const files = useRejectedFiles();
  const slowest = findSlowest(silent.sims.first?.watermarks ?? []);
  return (
    <>
      <h1>Today</h1>
      <div class="figures">
        <AlertsFigure {...alerts} />
        <SilentFigure {...silent} />
        <RejectsFigure {...files} />
        <SourcesFigure silent={silent} slowest={slowest} />
      </div>
      <OpenAlerts {...alerts} />
      <SilentSimsSection place={place} silent={silent} empty={describeNoSilence(slowest)} />
      <Sources {...silent} />
      <RejectedFiles {...files} />
    </>
  );
}

function useRejectedFiles(): FilesAsked {
  const request = makeRequest('/v1/Files', {}, { PageSize: shownFiles });
  const files = useAnswer(request);
  const rejected = files.value?.files.filter(({ rejected, state }) => rejected > 0 || state === 'failed');
  return { request, files, rejected };
}

function AlertsFigure({ request, alerts }: OpenAlertsAsked): JSX.Element {
  return (
    <Figure
      label="Open alerts"
      value={countRows(alerts)}
      href={formatPlace(['alerts'], { state: 'open' })}
      request={request}
      note={<Severities alerts={alerts.value ?? []} />}
      tone={alerts.value?.some(({ severity }) => severity === 'critical') ? 'bad' : 'plain'}
    />
  );
}

function SilentFigure({ silence, request, sims, counted }: SilentSims): JSX.Element {
  return (
    <Figure
      label={`SIMs silent for ${describeSilence(silence)}`}
      value={counted === undefined ? countRows(sims) : formatCount(counted.sims)}
      href={formatPlace(['fleet'], { silent: silence })}
      request={request}
      note={counted === undefined ? undefined : 'at most, by the last sweep'}
    />
  );
}

function RejectsFigure({ request, files, rejected }: FilesAsked): JSX.Element {
  return (
    <Figure
      label="Rejected rows"
      value={rejected && formatCount(rejected.reduce((sum, file) => sum + file.rejected, 0))}
      href={formatPlace(['files'])}
      request={request}
      note={files.value && describeLastFiles(files.value.files.length)}
    />
  );
}

function SourcesFigure({
  silent: { request, sims },
  slowest,
}: {
  readonly silent: SilentSims;
  readonly slowest: Schemas['Watermark'] | undefined;
}): JSX.Element {
  return (
    <Figure
      label="Records read up to"
      value={sims.first === undefined ? undefined : <Age at={slowest?.watermark} />}
      request={request}
      note={slowest?.watermark ? <>the slowest source: {slowest.source}</> : 'no alert sweep yet'}
    />
  );
}

function OpenAlerts({ request, alerts }: OpenAlertsAsked): JSX.Element {
  return (
    <section>
      <div class="heading">
        <h2>Open alerts</h2>
        <a href="#/alerts">All alerts</a>
      </div>
      <Listed
        asked={alerts}
        what="alerts"
        empty="No alert is open: no rule’s condition holds, or no rule is configured."
      >
        {(rows) => (
          <Table name="Open alerts" columns={alertColumns} rows={rows} request={request} pages={alerts} />
        )}
      </Listed>
    </section>
  );
}

function Sources({ request, sims }: SilentSims): JSX.Element {
  return (
    <section>
      <h2>Sources</h2>
      <Listed
        asked={{ ...sims, value: sims.first && (sims.first.watermarks ?? []) }}
        what="sources"
        empty="Not known: no alert sweep has run yet."
      >
        {(rows) => <Table name="Sources" columns={sourceColumns} rows={rows} request={request} />}
      </Listed>
    </section>
  );
}

function RejectedFiles({ request, files, rejected }: FilesAsked): JSX.Element {
  return (
    <section>
      <h2>Files with rejected rows</h2>
      <Listed
        asked={{ ...files, value: rejected }}
        what="files"
        empty={
          files.value?.files.length === 0
            ? 'No file has arrived.'
            : `None ${describeLastFiles(files.value?.files.length ?? 0)}.`
        }
      >
        {(rows) => (
          <Table name="Files with rejected rows" columns={rejectedColumns} rows={rows} request={request} />
        )}
      </Listed>
      <p class="quiet">
        Rejected records of streams and webhooks are in the <a href="#/files">quarantine</a>.
      </p>
    </section>
  );
}

/** Says that no SIM is silent, and warns if a source was not judged yet. */
function describeNoSilence(slowest: Schemas['Watermark'] | undefined): string {
  const sentence = 'No SIM has been silent for that long.';
  return slowest?.watermark
    ? sentence
    : `${sentence} Not all sources were judged yet: records may be missing.`;
}

function describeLastFiles(files: number): string {
  if (files === 0) return 'no file has arrived';
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

function Severities({ alerts }: { readonly alerts: readonly Schemas['Alert'][] }): JSX.Element {
  const counts = (['critical', 'warning', 'info'] as const).flatMap((severity) => {
    const count = alerts.filter((alert) => alert.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  return <>{counts.join(', ') || 'no rule’s condition holds'}</>;
}

/** Finds the source that is furthest behind. A source that was never swept counts as the furthest. */
function findSlowest(watermarks: readonly Schemas['Watermark'][]): Schemas['Watermark'] | undefined {
  return watermarks.toSorted((a, b) => ((a.watermark ?? '') < (b.watermark ?? '') ? -1 : 1))[0];
}

const sourceColumns: readonly Column<Schemas['Watermark']>[] = [
  nameColumn('Source', ({ source }) => source),
  timeColumn('All records read up to', ({ watermark }) => watermark),
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
