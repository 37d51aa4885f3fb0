import type { ComponentChildren, JSX } from 'preact';
import { useAnswer, usePages } from '../api/answers.ts';
import { type ApiRequest, makeRequest, type Query, type Schemas } from '../api/client.ts';
import { nameColumn, timeColumn } from '../components/columns.tsx';
import { ChoiceFilter, TextFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { MuteButton } from '../components/mute.tsx';
import { requestHref, SourceLink } from '../components/source.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Name, Time } from '../components/values.tsx';
import type { PageProps } from '../page.ts';
import { formatPlace } from '../place.ts';
import { alertColumns, describeScope, describeSubject } from './alert-columns.tsx';
import { makeSimHref } from './sims.ts';

/** The pages of all alerts, and of one alert with the records that it is based on. */
export function Alerts({ place }: PageProps): JSX.Element {
  const [, id] = place.path;
  return id === undefined ? <AlertList place={place} /> : <AlertPage id={id} />;
}

const states = ['open', 'closed', 'merged', 'withdrawn', 'rule-changed'] as const;

function AlertList({ place: { query } }: PageProps): JSX.Element {
  const value = (name: string): string | undefined => query.get(name) ?? undefined;
  const request = makeRequest('/v1/Alerts', {}, {
    ...{ State: value('state'), Severity: value('severity'), Rule: value('rule'), Sim: value('sim') },
    ...{ Source: value('source'), PageSize: 200 },
  } as Query<'/v1/Alerts'>);
  const alerts = usePages(request, (answer) => answer.alerts);
  return (
    <>
      <h1>Alerts</h1>
      <search class="filters">
        <ChoiceFilter
          name="state"
          label="State"
          choices={[['', 'any'], ...states.map((state) => [state, state] as const)]}
        />
        <ChoiceFilter
          name="severity"
          label="Severity"
          choices={[
            ['', 'any'],
            ...(['critical', 'warning', 'info'] as const).map((one) => [one, one] as const),
          ]}
        />
        <TextFilter name="rule" label="Rule" size={10} />
        <TextFilter name="sim" label="SIM" />
        <TextFilter name="source" label="Source" size={10} />
      </search>
      <Listed asked={alerts} what="alerts" empty="No alert matches.">
        {(rows) => (
          <Table name="Alerts" columns={alertColumns} rows={rows} request={request} pages={alerts} />
        )}
      </Listed>
    </>
  );
}

function AlertPage({ id }: { readonly id: string }): JSX.Element {
  const request = makeRequest('/v1/Alerts/{id}', { id });
  const answer = useAnswer(request);
  const alert = answer.value;
  return (
    <>
      <h1>Alert {alert?.rule}</h1>
      {answer.error === undefined ? null : <Failure error={answer.error} retry={answer.reload} />}
      {alert === undefined ? (
        answer.isLoading ? (
          <Loading what="the alert" />
        ) : null
      ) : (
        <AlertDetails alert={alert} request={request} reload={answer.reload} />
      )}
    </>
  );
}

function AlertDetails({
  alert,
  request,
  reload,
}: {
  readonly reload: () => void;
  readonly alert: Schemas['AlertDetail'];
  readonly request: ApiRequest<'/v1/Alerts/{id}'>;
}): JSX.Element {
  const { evidence, members } = alert;
  return (
    <>
      <AlertFacts alert={alert} request={request} />
      {alert.state === 'open' ? (
        <MuteButton alert={alert.id} scope={describeScope(alert)} onMuted={reload} />
      ) : null}
      {evidence === null ? null : (
        <>
          <h2>Records that say so</h2>
          <Table
            name="Records of the alert"
            columns={evidenceColumns}
            rows={listEvidence(evidence)}
            request={request}
          />
        </>
      )}
      {members.length === 0 ? null : (
        <>
          <h2>SIMs</h2>
          <Table name="SIMs of the alert" columns={memberColumns} rows={members} request={request} />
        </>
      )}
    </>
  );
}

function AlertFacts({
  alert,
  request,
}: {
  readonly alert: Schemas['AlertDetail'];
  readonly request: ApiRequest<'/v1/Alerts/{id}'>;
}): JSX.Element {
  const { mute } = alert;
  return (
    <dl class="facts">
      <Fact name="About">
        <Subject alert={alert} />
      </Fact>
      <Fact name="Severity">
        <span class={`badge ${alert.severity}`}>{alert.severity}</span>
      </Fact>
      <Fact name="State">
        {alert.state}
        {alert.held ? ', messages held back' : ''} <SourceLink request={request} of="this alert" />
      </Fact>
      <Fact name="From">
        <Time at={alert.start_time} />
      </Fact>
      <Fact name="Condition met">
        <Time at={alert.met_time} />
      </Fact>
      <Fact name="Until">
        {alert.end_time === null ? 'now' : <Time at={alert.end_time} />}
        {alert.final === true ? ', final' : null}
      </Fact>
      <Fact name="Source">
        <Name text={alert.source} />
      </Fact>
      <Fact name="SIMs">{alert.sims}</Fact>
      <Fact name="Judged with records up to">
        <Time at={alert.judged_until} />
      </Fact>
      {mute === null ? null : (
        <Fact name="Muted until">
          <span data-figure="Muted until">
            <Time at={mute.until} /> <Name text={mute.reason} />
          </span>
        </Fact>
      )}
    </dl>
  );
}

function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What an alert is about: one SIM with its name and key, or what several SIMs have in common. */
function Subject({ alert }: { readonly alert: Schemas['AlertDetail'] }): JSX.Element {
  const name = <Name text={describeSubject(alert)} />;
  if (alert.sim === null) return name;
  return (
    <>
      <a href={makeSimHref(alert.sim)}>{name}</a>
      {alert.sim_name === null ? null : (
        <>
          {' '}
          <Name text={alert.sim} />
        </>
      )}
    </>
  );
}

interface Evidence extends NonNullable<Schemas['AlertEvidence']['before']> {
  readonly role: string;
}

const roles = { before: 'compared with', begin: 'began it', last: 'last record', end: 'ended it' } as const;

/** Lists an alert's records with what each one shows. A record that shows several things has a row for each. */
function listEvidence(evidence: Schemas['AlertEvidence']): Evidence[] {
  return (['before', 'begin', 'last', 'end'] as const).flatMap((name) => {
    const record = evidence[name];
    return record === null ? [] : [{ ...record, role: roles[name] }];
  });
}

const evidenceColumns: readonly Column<Evidence>[] = [
  { title: 'Record', text: ({ role }) => role },
  timeColumn('At', ({ time }) => time),
  { title: 'Kind', text: ({ type }) => type.replaceAll('_', ' ') },
  nameColumn('Key', ({ key }) => key),
  {
    title: 'As stored',
    text: ({ url }) => url ?? '',
    show: ({ url }) => (url === null ? 'no longer stored' : <a href={recordHref(url)}>show</a>),
  },
];

/** The address of the page with the request that lists a record. */
function recordHref(url: string): string {
  const { pathname, search } = new URL(url);
  return requestHref({
    target: pathname.slice(pathname.indexOf('/v1/')),
    query: [...new URLSearchParams(search)],
  });
}

const memberColumns: readonly Column<Schemas['AlertMember']>[] = [
  {
    title: 'SIM',
    text: ({ sim, sim_name: name }) => name ?? sim,
    show: ({ sim, sim_name: name }) => (
      <a href={makeSimHref(sim)}>
        <Name text={name ?? sim} />
      </a>
    ),
  },
  {
    title: 'Its alert',
    text: ({ alert }) => alert,
    show: ({ alert, state }) => <a href={formatPlace(['alerts', alert])}>{state}</a>,
  },
  timeColumn('From', ({ start_time: at }) => at),
  timeColumn('Until', ({ end_time: at }) => at),
  nameColumn('Key', ({ sim }) => sim),
  nameColumn('Source', ({ source }) => source),
];
