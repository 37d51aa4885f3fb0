import type { JSX } from 'preact';
import { useAnswer } from '../api/answers.ts';
import { makeRequest, type Query } from '../api/client.ts';
import { SourceLink } from '../components/source.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { Age, Name, Time } from '../components/values.tsx';
import type { PageProps } from '../page.ts';
import { includePersonal } from '../settings.ts';
import { nameSim } from './sims.ts';

/** One SIM. */
export function SimPage({ place }: PageProps): JSX.Element {
  const request = makeRequest('/v1/Sims/{sim}', { sim: place.path[1] ?? '' }, {
    Include: includePersonal(),
  } as Query<'/v1/Sims/{sim}'>);
  const answer = useAnswer(request);
  const sim = answer.value;
  return (
    <>
      <h1>
        SIM <Name text={sim === undefined ? place.path[1] : nameSim(sim)} />
      </h1>
      {answer.error === undefined ? null : <Failure error={answer.error} retry={answer.reload} />}
      {sim === undefined ? (
        answer.isLoading ? (
          <Loading what="the SIM" />
        ) : null
      ) : (
        <dl class="facts">
          <dt>Last heard</dt>
          <dd>
            <Age at={sim.last_heard} />, <Time at={sim.last_heard} />{' '}
            <SourceLink request={request} of="this SIM" />
          </dd>
        </dl>
      )}
    </>
  );
}
