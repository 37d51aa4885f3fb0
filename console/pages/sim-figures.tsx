import type { JSX } from 'preact';
import { useAnswer } from '../api/answers.ts';
import { type ApiRequest, makeRequest, type Schemas } from '../api/client.ts';
import { Figure, SourceLink } from '../components/source.tsx';
import { Age, Name, Time } from '../components/values.tsx';
import { formatBytes, formatCountry, formatDuration } from '../format.ts';
import { formatPlace } from '../place.ts';
import { findNetworkName } from '../timeline/records.ts';
import { describeCosts } from './usage-table.tsx';

/** The figures about a SIM's current state. */

interface SimFigureProps {
  readonly sim: Schemas['SimDetails'];
  readonly request: ApiRequest;
}

/** All figures. If the SIM is silent, the silence comes first. */
export function SimFigures({
  silence,
  ...known
}: SimFigureProps & {
  /** The open alert about the silence. */
  readonly silence: Schemas['Alert'] | undefined;
}): JSX.Element {
  return (
    <div class="figures">
      {silence === undefined ? null : <SilenceFigure silence={silence} />}
      <HeardFigure {...known} />
      <SourceFigure {...known} />
      <OnlineFigure {...known} />
      <NetworkFigure {...known} />
      <UsageFigure {...known} />
    </div>
  );
}

function SilenceFigure({ silence }: { readonly silence: Schemas['Alert'] }): JSX.Element {
  return (
    <Figure
      label="Silent for"
      value={formatDuration(Date.now() - Date.parse(silence.start_time))}
      href={formatPlace(['alerts', silence.id])}
      request={makeRequest('/v1/Alerts/{id}', { id: silence.id })}
      note={
        <>
          since <Time at={silence.start_time} />, by the rule {silence.rule}
        </>
      }
      tone="bad"
    />
  );
}

function HeardFigure({ sim, request }: SimFigureProps): JSX.Element {
  const precision =
    sim.last_heard_precision === 'granule' ? 'then or up to 12 hours later' : 'from the device itself';
  return (
    <Figure
      label="Last heard"
      value={sim.last_heard === null ? 'never' : <Age at={sim.last_heard} />}
      request={request}
      note={
        sim.last_heard === null ? (
          'No record came from the device'
        ) : (
          <>
            <Time at={sim.last_heard} />, {precision}
          </>
        )
      }
    />
  );
}

function SourceFigure({ sim, request }: SimFigureProps): JSX.Element {
  const { source, watermark, swept } = sim.source_watermark;
  return (
    <Figure
      label="Source known up to"
      value={watermark === null ? 'not judged' : <Age at={watermark} />}
      request={request}
      note={
        swept === null ? (
          `No sweep of the alerts has judged ${source}`
        ) : (
          <>
            <Name text={source} />, judged <Age at={swept} />
          </>
        )
      }
    />
  );
}

function OnlineFigure({ sim, request }: SimFigureProps): JSX.Element {
  return (
    <Figure
      label="Data session, as the carrier says"
      value={sim.online === null ? 'not stated' : sim.online ? 'online' : 'offline'}
      request={request}
      note={
        sim.online === null ? undefined : (
          <>
            said <Age at={sim.online_stated_at} />
          </>
        )
      }
    />
  );
}

function NetworkFigure({ sim: { network }, request }: SimFigureProps): JSX.Element {
  const name = network && findNetworkName(network);
  return (
    <Figure
      label="Network"
      value={name === null ? 'not stated' : <Name text={name} />}
      request={request}
      note={[network?.operator_country && formatCountry(network.operator_country), network?.radio_link]
        .filter(Boolean)
        .join(', ')}
    />
  );
}

/** The month's usage and its cost. */
function UsageFigure({ sim: { sid, usage_this_month: usage } }: SimFigureProps): JSX.Element {
  const { start_time: StartTime, end_time: EndTime } = usage.period;
  const costRequest = makeRequest('/v1/UsageRecords', {}, { Sim: sid, StartTime, EndTime });
  const { value } = useAnswer(costRequest);
  const [sum] = value?.usage_records ?? [];
  return (
    <Figure
      label="This month"
      value={formatBytes(usage.data_total)}
      request={makeRequest(
        '/v1/Sims/{sim}/UsageRecords',
        { sim: sid },
        { Granularity: 'day', StartTime, EndTime },
      )}
      note={
        <>
          UTC month from {StartTime.slice(0, 10)}
          {sum === undefined ? null : (
            <>
              ,{' '}
              <span data-figure="Charged this month">
                {sum.costs.length === 0 ? 'no cost stated' : `${describeCosts(sum)} charged`}
              </span>{' '}
              <SourceLink request={costRequest} of="what was charged this month" />
            </>
          )}
        </>
      }
    />
  );
}
