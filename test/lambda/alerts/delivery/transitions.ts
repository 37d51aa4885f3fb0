import fc from 'fast-check';
import {
  type AlertSim,
  type AlertSubject,
  type AlertTransition,
  alertKinds,
  type EvidenceRecord,
  type Excerpt,
  evidenceTables,
} from '../../../../lambda/alerts/delivery/transition.ts';
import { episodeStates, transitionKinds } from '../../../../lambda/alerts/episode.ts';
import { groupDimensions } from '../../../../lambda/alerts/groups.ts';
import { severities } from '../../../../lambda/alerts/rules.ts';
import { sourceCauses } from '../../../../lambda/alerts/shared-episodes.ts';
import { codePoint } from '../../../records/code-points.ts';

/** Transitions for tests. */

/** A van that has fallen silent, with the given changes. */
export function transitionWith(more: Partial<AlertTransition> = {}): AlertTransition {
  return {
    episode: 'ep1',
    sequence: 1,
    kind: 'opened',
    state: 'open',
    decidedAt: '2026-11-03T14:10:00.000Z',
    rule: { name: 'silent-24h', version: '1', kind: 'silent', severity: 'critical' },
    subject: {
      ...{ kind: 'sim', source: 'fleet', sim: '8988303000000000001', name: 'van 17' },
      ...{ country: 'DE', network: 'Telekom' },
    },
    from: '2026-11-02T14:02:11.000Z',
    evidence: {
      total: 1,
      first: [{ table: 'Events', key: '2026-11-02T14:02:11.000Z#4711', time: '2026-11-02T14:02:11.000Z' }],
    },
    ...more,
  };
}

const word = fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/);
const time = fc
  .integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) })
  .map((milliseconds) => new Date(milliseconds).toISOString());

function excerpt<T>(one: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<Excerpt<T>> {
  return fc
    .tuple(fc.array(one, { maxLength }), fc.nat(100_000))
    .map(([first, others]) => ({ total: first.length + others, first }));
}

/** Names with any content, as people choose them. */
const name = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 120 }),
  fc.constantFrom('van 17', '901405100000001', '+49 170 1234567', '10.1.2.3', '<!channel> & co', ''),
);

const sim: fc.Arbitrary<AlertSim> = fc.record(
  { source: word, sim: fc.stringMatching(/^\d{19}$/), name },
  { requiredKeys: ['source', 'sim'] },
);

const evidence: fc.Arbitrary<EvidenceRecord> = fc.record({
  table: fc.constantFrom(...evidenceTables),
  key: word,
  time,
});

const subject: fc.Arbitrary<AlertSubject> = fc.oneof(
  fc
    .tuple(
      sim,
      fc.record(
        { country: word, network: word, isSourceInDoubt: fc.constant(true as const) },
        { requiredKeys: [] },
      ),
    )
    .map(([one, place]) => ({ kind: 'sim' as const, ...one, ...place })),
  fc.record({
    kind: fc.constant('group' as const),
    by: fc.constantFrom(...groupDimensions),
    value: word,
    members: excerpt(sim, 60),
  }),
  fc.record({
    kind: fc.constant('source' as const),
    source: word,
    cause: fc.constantFrom(...sourceCauses),
    members: excerpt(sim, 60),
  }),
);

/** Any transition. */
export const anyTransition: fc.Arbitrary<AlertTransition> = fc.record(
  {
    episode: fc.stringMatching(/^[A-Za-z0-9_-]{1,43}$/),
    sequence: fc.integer({ min: 1, max: 1_000_000 }),
    kind: fc.constantFrom(...transitionKinds),
    state: fc.constantFrom(...episodeStates),
    decidedAt: time,
    rule: fc.record({
      name: word,
      version: word,
      kind: fc.constantFrom(...alertKinds),
      severity: fc.constantFrom(...severities),
    }),
    subject,
    from: time,
    to: time,
    evidence: excerpt(evidence, 30),
    mergedInto: word,
  },
  {
    requiredKeys: [
      'episode',
      'sequence',
      'kind',
      'state',
      'decidedAt',
      'rule',
      'subject',
      'from',
      'evidence',
    ],
  },
);
