import { describe, expect, it } from 'vitest';
import type { Observations, Session, Sim } from '../../../lambda/ledger/observation.ts';
import { observationsOf } from '../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  pdpContext,
  readStreamer,
  usageRecord,
} from '../../records/datastreamer.ts';
import { ledgerOf } from '../../records/ledger-of.ts';
import { permutations } from '../../records/permutations.ts';
import { fullData, readConnectionEvent } from '../../records/supersim.ts';

/** What begins and what ends each state of a SIM and of a session, whatever comes first. */

/** A record of the SIM, a number of hours after midnight. */
type Telling = (hours: number) => Observations;

function timeAfter(hours: number): string {
  return new Date(Date.UTC(2025, 10, 20) + hours * 3_600_000).toISOString();
}

function event(typeId: number): Telling {
  return (hours) =>
    observationsOf(
      readStreamer(carrierEvent(typeId, { id: hours * 1000 + typeId, timestamp: timeAfter(hours) })),
    );
}

function context(typeId: 3 | 4 | 5, session = 1): Telling {
  const detail = { ...pdpContext, tunnel_created: null, pdp_context_id: session };
  return (hours) =>
    observationsOf(
      readStreamer(
        contextEvent(typeId, detail, {}, { id: hours * 1000 + typeId, timestamp: timeAfter(hours) }),
      ),
    );
}

function usage(total: number, trafficTypeId = 5): Telling {
  return (hours) =>
    observationsOf(
      readStreamer({
        ...usageRecord,
        id: hours,
        start_timestamp: timeAfter(hours),
        end_timestamp: timeAfter(hours + 1),
        traffic_type: { id: trafficTypeId },
        volume: { total },
      }),
    );
}

const activated = event(8);
const suspended = event(9);
const deleted = event(10);
const blocked = event(11);
const enabled = event(42);
const disabled = event(43);
const purged = event(16);
const quotaUsedUp = event(19);
const quotaAssigned = event(56);
const created = context(3);
const updated = context(4);
const ended = context(5);
const refused: Telling = (hours) =>
  observationsOf(readStreamer(carrierEvent(3, { id: hours, alert: true, timestamp: timeAfter(hours) })));

/** The one thing that all orders of records, one a batch or all in one, come to; its last record comes twice. */
function outcomeOf<Outcome>(
  records: readonly Observations[],
  look: (ledger: ReturnType<typeof ledgerOf>) => Outcome,
): Outcome {
  const [outcome, ...others] = permutations(records).flatMap((order) => [
    look(ledgerOf([...order, ...order.slice(-1)].map((record) => [record]))),
    look(ledgerOf([order])),
  ]);
  for (const other of others) expect(other).toEqual(outcome);
  return outcome as Outcome;
}

function onlySim({ sims }: { readonly sims: ReadonlyMap<string, Sim> }): Sim {
  const [sim, ...more] = sims.values();
  if (sim === undefined || more.length > 0) throw new Error('The records are not of one SIM');
  return sim;
}

describe('the status of a SIM', () => {
  it.each<[string | undefined, string, readonly (readonly [Telling, number])[]]>([
    ['active', 'SIM activation', [[activated, 1]]],
    [
      'suspended',
      'SIM suspension',
      [
        [activated, 1],
        [suspended, 2],
      ],
    ],
    [
      'deleted',
      'SIM deletion',
      [
        [activated, 1],
        [deleted, 2],
      ],
    ],
    [
      'blocked',
      'endpoint blocked',
      [
        [activated, 1],
        [blocked, 2],
      ],
    ],
    [
      'disabled',
      'endpoint disabled',
      [
        [activated, 1],
        [disabled, 2],
      ],
    ],
    [
      'active',
      'SIM activation after a suspension',
      [
        [suspended, 1],
        [activated, 2],
      ],
    ],
    [
      'active',
      'endpoint enabled after it was blocked',
      [
        [blocked, 1],
        [enabled, 2],
      ],
    ],
    [
      'active',
      'a session that begins after the SIM was blocked',
      [
        [blocked, 1],
        [created, 2],
      ],
    ],
    [
      'active',
      'a session that began after that and ended',
      [
        [blocked, 1],
        [created, 2],
        [ended, 3],
      ],
    ],
    [
      'active',
      'a session that goes on after the SIM was blocked',
      [
        [blocked, 1],
        [updated, 2],
      ],
    ],
    [
      'active',
      'a session after a suspension',
      [
        [suspended, 1],
        [created, 2],
      ],
    ],
    [
      'active',
      'a session after a deletion',
      [
        [deleted, 1],
        [created, 2],
      ],
    ],
    [
      'active',
      'a session after the endpoint was disabled',
      [
        [disabled, 1],
        [created, 2],
      ],
    ],
    [
      'active',
      'bytes of a later day',
      [
        [blocked, 1],
        [usage(1), 30],
      ],
    ],
    [
      'blocked',
      'bytes of the same day, which count as of its beginning',
      [
        [blocked, 1],
        [usage(1), 2],
      ],
    ],
    [
      'blocked',
      'usage without bytes',
      [
        [blocked, 1],
        [usage(0), 30],
      ],
    ],
    [
      'blocked',
      'a text message',
      [
        [blocked, 1],
        [usage(1, 6), 30],
      ],
    ],
    [
      'blocked',
      'a session that ended, and began before',
      [
        [created, 1],
        [blocked, 2],
        [ended, 3],
      ],
    ],
    [
      'blocked',
      'a session that was refused',
      [
        [blocked, 1],
        [refused, 2],
      ],
    ],
    [
      'blocked',
      'a session that began at the same moment',
      [
        [blocked, 1],
        [created, 1],
      ],
    ],
    [
      'blocked',
      'a quota that was assigned',
      [
        [blocked, 1],
        [quotaAssigned, 2],
      ],
    ],
    [undefined, 'a quota that was used up', [[quotaUsedUp, 1]]],
  ])('is %s after %s', (status, _, tellings) => {
    const records = tellings.map(([telling, hours]) => telling(hours));
    expect(outcomeOf(records, onlySim).groups.lifecycle?.group.status).toBe(status);
  });
});

describe('a SIM is online', () => {
  it.each<[boolean | undefined, string, readonly (readonly [Telling, number])[]]>([
    [true, 'a session began', [[created, 1]]],
    [
      true,
      'a session was updated',
      [
        [created, 1],
        [updated, 2],
      ],
    ],
    [
      false,
      'it ended',
      [
        [created, 1],
        [ended, 2],
      ],
    ],
    [
      true,
      'another began',
      [
        [created, 1],
        [ended, 2],
        [context(3, 2), 3],
      ],
    ],
    [
      false,
      'the SIM was suspended, although no end of the session came',
      [
        [created, 1],
        [suspended, 2],
      ],
    ],
    [
      false,
      'the SIM was deleted',
      [
        [created, 1],
        [deleted, 2],
      ],
    ],
    [
      false,
      'the SIM was blocked',
      [
        [created, 1],
        [blocked, 2],
      ],
    ],
    [
      false,
      'the endpoint was disabled',
      [
        [created, 1],
        [disabled, 2],
      ],
    ],
    [
      false,
      'its location was purged',
      [
        [created, 1],
        [purged, 2],
      ],
    ],
    [
      true,
      'a session began after all that',
      [
        [blocked, 1],
        [purged, 2],
        [created, 3],
      ],
    ],
    [undefined, 'it was activated', [[activated, 1]]],
  ])('%s, after %s', (online, _, tellings) => {
    const records = tellings.map(([telling, hours]) => telling(hours));
    expect(outcomeOf(records, onlySim).groups.connection?.group.online).toBe(online);
  });
});

/** A Super SIM's record of one session. */
function told(minute: number, type: string, members: object = {}): Observations {
  const timestamp = `2026-11-02T10:0${minute}:00Z`;
  const about = { ...fullData, event_sid: `EZ${minute}`, timestamp };
  return observationsOf(readConnectionEvent(`data-session.${type}`, { ...about, ...members }));
}

const limited = { data_modifier: 'blocked' };
const failure = { error: { code: '1', message: 'Lost' } };

function onlySession({ sessions }: { readonly sessions: ReadonlyMap<string, Session> }): Session {
  const [session, ...more] = sessions.values();
  if (session === undefined || more.length > 0) throw new Error('The records are not of one session');
  return session;
}

describe('a session', () => {
  it.each<[string | undefined, string, Observations[]]>([
    ['blocked', 'an update that says so', [told(1, 'started'), told(2, 'updated', limited)]],
    [undefined, 'an update that does not', [told(1, 'started', limited), told(2, 'updated')]],
    [undefined, 'an end that does not', [told(1, 'updated', limited), told(2, 'ended')]],
    ['blocked', 'one at the same moment', [told(1, 'started', limited), told(1, 'updated')]],
  ])('is limited as %s after %s', (dataModifier, _, records) => {
    expect(outcomeOf(records, onlySession).origin.group.dataModifier).toBe(dataModifier);
  });

  it('keeps its error, which is an event and not a state', () => {
    const session = outcomeOf(
      [told(1, 'updated', failure), told(2, 'updated'), told(3, 'ended')],
      onlySession,
    );
    expect(session.groups.trouble?.group).toEqual({ error: '1: Lost' });
  });
});
