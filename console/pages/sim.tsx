import type { JSX } from 'preact';
import { type Asked, useAnswer, usePages } from '../api/answers.ts';
import { type ApiRequest, makeRequest, type Schemas } from '../api/client.ts';
import { MuteButton } from '../components/mute.tsx';
import { SourceLink } from '../components/source.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { Age, Name, Personal, Time } from '../components/values.tsx';
import { formatDuration } from '../format.ts';
import type { PageProps } from '../page.ts';
import { formatPlace } from '../place.ts';
import { listIncluded, showsPersonalData } from '../settings.ts';
import { nameModel } from '../timeline/records.ts';
import { describeScope } from './alert-columns.tsx';
import { SimFigures } from './sim-figures.tsx';
import { SimHistory, type SimHistoryProps } from './sim-history.tsx';
import { readEvidence, showRecord, showTime } from './sim-selection.ts';
import { nameSim } from './sims.ts';

/** The page of one SIM: its current state, why it is silent, and its history on one time axis. */
export function SimPage({ place }: PageProps): JSX.Element | null {
  const sim = place.path[1] ?? '';
  const request = makeRequest('/v1/Sims/{sim}', { sim }, { Include: listIncluded() });
  const { value, error, isLoading, reload } = useAnswer(sim === '' ? undefined : request);
  if (sim === '') return <Failure error={new Error('The address names no SIM: choose one in Fleet')} />;
  if (error !== undefined) {
    return (
      <>
        <h1>
          SIM <Name text={sim} />
        </h1>
        <Failure error={error} retry={reload} />
      </>
    );
  }
  if (value === undefined) return isLoading ? <Loading what="the SIM" /> : null;
  return <KnownSim sim={value} name={sim} place={place} request={request} />;
}

/** The maximum pages of alerts to search for this SIM's. A page scans up to eight hundred alerts of all SIMs. */
const maxAlertPages = 5;

interface KnownSimProps extends SimHistoryProps {
  readonly request: ApiRequest;
}

/** The page of a SIM that has records. */
function KnownSim({ sim, name, place, request }: KnownSimProps): JSX.Element {
  const alertsRequest = makeRequest('/v1/Alerts', {}, { Sim: name, State: 'open', PageSize: 100 });
  const alerts = usePages(alertsRequest, (answer) => answer.alerts, maxAlertPages);
  const silence = alerts.value?.find(({ kind }) => kind === 'silent');
  return (
    <>
      <h1>
        <Name text={nameSim(sim)} />
      </h1>
      <Identity sim={sim} request={request} />
      <SimFigures sim={sim} request={request} silence={silence} />
      <OpenAlerts sim={sim} name={name} request={alertsRequest} alerts={alerts} />
      <SimHistory sim={sim} name={name} place={place} />
    </>
  );
}

type Sim = Schemas['SimDetails'];

/** The SIM's names and ids. */
function Identity({ sim, request }: { readonly sim: Sim; readonly request: ApiRequest }): JSX.Element {
  const ids: readonly (readonly [string, JSX.Element | string | null])[] = [
    ['ICCID', sim.iccid],
    ['SID', sim.sid === sim.iccid ? null : sim.sid],
    ['Carrier’s number', sim.sim_id],
    ['Source', sim.source === sim.carrier ? sim.source : `${sim.source} (${sim.carrier})`],
    ['Status', sim.status],
    ['Fleet', sim.fleet_sid],
    ['Device', sim.imei === null ? null : showsPersonalData.value ? sim.imei : nameModel(sim.imei)],
    ['IMSI', <Personal key="imsi" value={sim.imsi} />],
    ['MSISDN', sim.msisdn === null ? null : <Personal key="msisdn" value={sim.msisdn} />],
  ];
  return (
    <p class="sim-ids">
      {ids.map(([name, value]) =>
        value === null ? null : (
          <span key={name}>
            <span class="quiet">{name}</span> {typeof value === 'string' ? <bdi>{value}</bdi> : value}
          </span>
        ),
      )}
      <SourceLink request={request} of="the SIM" />
    </p>
  );
}

/** Why someone was paged: the open alerts, and what the last records say. */
function OpenAlerts({
  sim,
  name,
  request,
  alerts: { value, error, isLoading, reload },
}: {
  readonly sim: Sim;
  readonly name: string;
  readonly request: ApiRequest;
  readonly alerts: Asked<readonly Schemas['Alert'][]>;
}): JSX.Element {
  return (
    <section aria-labelledby="why">
      <h2 id="why">
        Open alerts <SourceLink request={request} of="open alerts" />
      </h2>
      <LastWords sim={sim} name={name} />
      {error !== undefined && <Failure error={error} retry={reload} />}
      {value === undefined && isLoading && <Loading what="open alerts" />}
      {value?.length === 0 && !isLoading && <p class="quiet">No alert about this SIM is open.</p>}
      <ul class="episodes">
        {value?.map((alert) => (
          <OpenAlert key={alert.id} alert={alert} name={name} />
        ))}
      </ul>
    </section>
  );
}

/** The maximum events of one moment to search for the last one. */
const maxEventsAtOnce = 20;

/** What the last records say about the device, in words: the last event's reason, and a link to the records. */
function LastWords({ sim, name }: { readonly sim: Sim; readonly name: string }): JSX.Element {
  const { last_heard: heard, last_event: type, last_event_time: at } = sim;
  const hasEvent = type !== null && at !== null;
  const range = { StartTime: at ?? '', EndTime: at ?? '', PageSize: maxEventsAtOnce };
  const { value } = useAnswer(
    hasEvent ? makeRequest('/v1/Sims/{sim}/ConnectionEvents', { sim: name }, range) : undefined,
  );
  const event = value?.connection_events.find((one) => one.event_type === type);
  const reason = event && describeReason(event);
  const age = (time: string): string => formatDuration(Date.now() - Date.parse(time));
  return (
    <p>
      {heard === null ? (
        'No record of this SIM came from its device.'
      ) : (
        <>
          The <a href={formatPlace(['sims', name], showTime(heard))}>last record that came from the device</a>{' '}
          is {age(heard)} old.
        </>
      )}
      {hasEvent ? (
        <>
          {` The last event is ${type}${reason === undefined ? '' : ` (${reason})`}, ${age(at)} ago`}
          {event === undefined ? null : (
            <>
              {': '}
              <a href={formatPlace(['sims', name], showRecord(at, { row: 'events', id: event.sid }))}>
                its record
              </a>
            </>
          )}
          .
        </>
      ) : null}
      {describeSession(sim)}
    </p>
  );
}

/** The carrier's reason for an event; undefined if it gives none. */
function describeReason({
  error_code: code,
  error_message: message,
}: Schemas['ConnectionEvent']): string | undefined {
  return [code, message].filter((part) => part !== null).join(': ') || undefined;
}

/** Says whether a data session is open, and warns if that may be out of date. */
function describeSession({ last_heard: heard, online, open_session: session }: Sim): string {
  if (session === null) return ' No data session is open.';
  return online === true && heard !== null && Date.now() - Date.parse(heard) > doubtAfter
    ? ' The carrier has not said that its data session ended: a device that vanishes stays online.'
    : ' A data session is open.';
}

/** A carrier's "online" may be out of date after this long, in milliseconds. */
const doubtAfter = 6 * 3_600_000;

/** One open alert, with a link to the record that it is based on. */
function OpenAlert({
  alert,
  name,
}: {
  readonly alert: Schemas['Alert'];
  readonly name: string;
}): JSX.Element {
  const details = useAnswer(makeRequest('/v1/Alerts/{id}', { id: alert.id }));
  const record = details.value?.evidence?.last;
  const evidence = record && readEvidence(record);
  return (
    <li class={`episode ${alert.severity}`}>
      <span class={`badge ${alert.severity}`}>{alert.severity}</span> <strong>{alert.rule}</strong> since{' '}
      <Time at={alert.start_time} /> (<Age at={alert.start_time} />)
      {evidence && (
        <>
          {' · '}
          <a href={formatPlace(['sims', name], evidence)}>the record that says so</a>
        </>
      )}
      {' · '}
      <a href={formatPlace(['alerts', alert.id])}>
        details<span class="hidden"> of alert {alert.rule}</span>
      </a>
      {details.value?.mute && (
        <span>
          {' · muted until '}
          <Time at={details.value.mute.until} />
        </span>
      )}{' '}
      <MuteButton alert={alert.id} scope={describeScope(alert)} onMuted={details.reload} />
    </li>
  );
}
