import { isDeepStrictEqual } from 'node:util';
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickMoreComplete } from '../../../lambda/ledger/fold.ts';
import type { LedgerEvent, Session, Sim, Usage } from '../../../lambda/ledger/observation.ts';
import { mergeSessions, sameSession } from '../../../lambda/ledger/session.ts';
import { mergeSims, sameSim } from '../../../lambda/ledger/sim.ts';
import {
  decodeSession,
  decodeSim,
  encodeEventItem,
  encodeSessionItem,
  encodeSimItem,
  encodeUsageItem,
  type Item,
} from '../../../lambda/store/items.ts';
import { event, session, sim, usage } from '../../records/arbitraries.ts';
import { runs } from '../../records/runs.ts';

/** A thing that is joined, and what of it must not depend on order. */
interface Joined<State> {
  readonly what: string;
  readonly states: Arbitrary<State>;
  readonly merge: (a: State, b: State) => State;
  readonly contentOf: (state: State) => unknown;
}

function joined<State>(join: Joined<State>) {
  return join as Joined<unknown>;
}

const withoutArrival = ({ arrivedAt, ...content }: LedgerEvent) => content;
const joins = [
  joined({ what: 'sessions', states: session, merge: mergeSessions, contentOf: (state) => state }),
  joined({ what: 'SIMs', states: sim, merge: mergeSims, contentOf: (state) => state }),
  joined({ what: 'usage', states: usage, merge: pickMoreComplete<Usage>, contentOf: (state) => state }),
  joined({ what: 'events', states: event, merge: pickMoreComplete<LedgerEvent>, contentOf: withoutArrival }),
];

describe.each(joins)('joining $what', ({ states, merge, contentOf }) => {
  it('is commutative', () => {
    fc.assert(
      fc.property(states, states, (a, b) => {
        expect(contentOf(merge(a, b))).toEqual(contentOf(merge(b, a)));
      }),
      runs(400),
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(states, states, states, (a, b, c) => {
        expect(contentOf(merge(merge(a, b), c))).toEqual(contentOf(merge(a, merge(b, c))));
      }),
      runs(400),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(states, states, (a, b) => {
        const join = merge(a, b);
        expect([merge(a, a), contentOf(merge(join, a)), contentOf(merge(join, b))]).toEqual([
          a,
          contentOf(join),
          contentOf(join),
        ]);
      }),
      runs(400),
    );
  });
});

/** What of a session or SIM only means something together; each of it must come from one statement. */
function partsOf(state: Session | Sim): Record<string, unknown> {
  const { origin, groups } = state;
  if (!('terminal' in state)) return { origin, ...groups };
  const { start, startStated, terminal } = state;
  return { origin, ...groups, terminal, start: { start, startStated } };
}

function mixedParts<State extends Session | Sim>(join: State, statements: readonly State[]): string[] {
  return Object.entries(partsOf(join)).flatMap(([name, part]) =>
    statements.some((statement) => areEqual(partsOf(statement)[name], part)) ? [] : [name],
  );
}

describe('what only means something together', () => {
  it.each([
    ['session', session, mergeSessions, (state: Session) => decodeSession(encodeSessionItem(state))],
    ['SIM', sim, mergeSims, (state: Sim) => decodeSim(encodeSimItem(state))],
  ] as [string, Arbitrary<Session | Sim>, Merge, Stored][])(
    'comes from one record in a %s, joined in memory or with its item',
    (_, states, merge, stored) => {
      fc.assert(
        fc.property(fc.array(states, { minLength: 1, maxLength: 5 }), (statements) => {
          const joined = statements.reduce(merge);
          const joinedWithItems = statements.reduce((item, statement) => stored(merge(item, statement)));
          expect([mixedParts(joined, statements), mixedParts(joinedWithItems, statements)]).toEqual([[], []]);
        }),
        runs(400),
      );
    },
  );

  it.each([
    ['usage record', usage, pickMoreComplete<Usage>],
    ['event', event, pickMoreComplete<LedgerEvent>],
  ] as [string, Arbitrary<Usage | LedgerEvent>, typeof pickMoreComplete][])(
    'comes from one rendering in a %s',
    (_, states, merge) => {
      fc.assert(
        fc.property(fc.array(states, { minLength: 1, maxLength: 5 }), (renderings) => {
          expect(renderings).toContain(renderings.reduce(merge));
        }),
        runs(400),
      );
    },
  );
});

type Merge = (a: Session | Sim, b: Session | Sim) => Session | Sim;
type Stored = (state: Session | Sim) => Session | Sim;

function areEqual(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(structuredClone(a), structuredClone(b));
}

describe('what is the same', () => {
  it('is the same session, and nothing else is', () => {
    fc.assert(
      fc.property(session, session, (a, b) => {
        const join = mergeSessions(a, b);
        expect([sameSession(a, structuredClone(a)), sameSession(a, b), sameSession(join, a)]).toEqual([
          true,
          areEqual(a, b),
          areEqual(join, a),
        ]);
      }),
      runs(400),
    );
  });

  it('is the same SIM, and nothing else is', () => {
    fc.assert(
      fc.property(sim, sim, (a, b) => {
        const join = mergeSims(a, b);
        expect([sameSim(a, structuredClone(a)), sameSim(a, b), sameSim(join, a)]).toEqual([
          true,
          areEqual(a, b),
          areEqual(join, a),
        ]);
      }),
      runs(400),
    );
  });
});

describe('an item', () => {
  it('of a session holds the session', () => {
    fc.assert(
      fc.property(session, (state) => {
        expect(decodeSession(encodeSessionItem(state))).toEqual(state);
      }),
      runs(400),
    );
  });

  it('of a SIM holds the SIM', () => {
    fc.assert(
      fc.property(sim, (state) => {
        expect(decodeSim(encodeSimItem(state))).toEqual(state);
      }),
      runs(400),
    );
  });

  it('of merged states holds the merge of what the items hold', () => {
    fc.assert(
      fc.property(session, session, sim, sim, (a, b, c, d) => {
        expect([
          mergeSessions(decodeSession(encodeSessionItem(a)), decodeSession(encodeSessionItem(b))),
          mergeSims(decodeSim(encodeSimItem(c)), decodeSim(encodeSimItem(d))),
        ]).toEqual([
          decodeSession(encodeSessionItem(mergeSessions(a, b))),
          decodeSim(encodeSimItem(mergeSims(c, d))),
        ]);
      }),
      runs(300),
    );
  });
});

/** The order in which the store keeps one of two items that say equally much: by their content without the expiry. */
function storedWords({ expiresAt, ...content }: Item): string {
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('of two statements that say equally much', () => {
  it('the fold keeps the usage that the store would keep', () => {
    fc.assert(
      fc.property(usage, usage, (a, b) => {
        const [x, y] = [a, b].map((state) => ({ ...state, completeness: 6 })) as [Usage, Usage];
        const wordsOf = (state: Usage) => storedWords(encodeUsageItem(state, false));
        expect(wordsOf(pickMoreComplete(x, y))).toBe([wordsOf(x), wordsOf(y)].sort().at(-1));
      }),
      runs(400),
    );
  });

  it('the fold keeps the event that the store would keep', () => {
    fc.assert(
      fc.property(event, event, (a, b) => {
        const [x, y] = [a, b].map((state) => ({ ...state, completeness: 0 })) as [LedgerEvent, LedgerEvent];
        const wordsOf = (state: LedgerEvent) => storedWords(encodeEventItem(state, false, 30));
        expect(wordsOf(pickMoreComplete(x, y))).toBe([wordsOf(x), wordsOf(y)].sort().at(-1));
      }),
      runs(400),
    );
  });
});
