import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpisodeWrite, StoredEpisode } from '../../../lambda/alerts/episode.ts';
import { reconcileEpisodes } from '../../../lambda/alerts/episodes.ts';
import type { Known } from '../../../lambda/alerts/known.ts';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import { joinSpans } from '../../../lambda/alerts/span.ts';
import { findSpans } from '../../../lambda/alerts/spans.ts';
import { known, rule } from './arbitraries.ts';
import { EpisodeStore, judge, type Sweep } from './episode-store.ts';
import { at, minute } from './records.ts';

const numRuns = 500 * Math.max(0.1, Number(process.env['PROPERTY_RUNS'] ?? '1'));
const last = 100;

/** An event on the timeline. */
interface Step {
  /** The percentage of the records that have arrived by then. */
  readonly percent: number;
  readonly watermark: number;
  readonly isHeld: boolean;
  /** After how many writes the sweep crashes, if at all. */
  readonly diesAfter: number | undefined;
  /** Whether a second sweep, with some more records, begins before this one writes, and writes in between. */
  readonly overlaps: boolean;
  readonly delivers: boolean;
}

const step = fc.record<Step>({
  percent: fc.nat({ max: 100 }),
  watermark: fc.nat({ max: last }),
  isHeld: fc.constantFrom(false, false, false, true),
  diesAfter: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 2 }),
  overlaps: fc.boolean(),
  delivers: fc.boolean(),
});

const steps = fc.array(step, { minLength: 2, maxLength: 8 });

const timedRule = fc
  .tuple(rule, fc.nat({ max: 6 }), fc.nat({ max: 6 }))
  .map(([one, pending, recovery]): Rule => {
    const isMoment = one.kind === 'device-changed' || one.kind === 'country';
    return { ...one, pending: isMoment ? 0 : pending * minute, recovery: recovery * minute };
  });

/** Records in order of arrival, so that a part of them has some of each kind. */
function takePart(records: Known, percent: number): Known {
  const take = <Item>(items: readonly Item[]): Item[] =>
    items.filter((_, index) => (index * 37 + 11) % 100 < percent || percent === 100);
  return {
    sessions: take(records.sessions),
    usage: take(records.usage),
    events: take(records.events),
    signs: take(records.signs),
  };
}

type Reconcile = typeof reconcileEpisodes;

/** Runs the timeline. Each sweep has all records of the earlier ones. */
function runTimeline(reconcile: Reconcile, given: Rule, records: Known, all: readonly Step[]): EpisodeStore {
  const store = new EpisodeStore();
  let percent = 0;
  let watermark = 0;
  for (const [index, one] of all.entries()) {
    percent = Math.max(percent, one.percent);
    watermark = Math.max(watermark, one.watermark);
    const sweep = {
      rule: given,
      known: takePart(records, percent),
      watermark: at(watermark),
      now: at(1_000 + index),
      isHeld: one.isHeld,
    };
    const plans = [plan(reconcile, store.slots(), sweep).slice(0, one.diesAfter)];
    if (one.overlaps) {
      const later = { ...sweep, known: takePart(records, Math.min(100, percent + 20)) };
      plans.push(plan(reconcile, store.slots(), later));
      percent = Math.min(100, percent + 20);
    }
    const told = store.messages.size;
    interleave(store, plans);
    if (one.isHeld) expect(store.messages.size).toBe(told);
    if (one.delivers) store.deliver();
  }
  return store;
}

function plan(reconcile: Reconcile, stored: readonly StoredEpisode[], sweep: Sweep): EpisodeWrite[] {
  return reconcile(stored, judge(stored, sweep));
}

/** Makes the writes of several sweeps in turn. A sweep whose condition fails stops; the next one does the work. */
function interleave(store: EpisodeStore, plans: readonly EpisodeWrite[][]): void {
  const left = plans.map((writes) => [...writes]);
  while (left.some((writes) => writes.length > 0)) {
    for (const writes of left) {
      const write = writes.shift();
      if (write === undefined) continue;
      try {
        store.write(write);
      } catch (error) {
        expect(error).toEqual(new Error('The condition does not hold'));
        writes.length = 0;
      }
    }
  }
}

/** The last sweep, and whether a further one would have anything to do. */
function settle(reconcile: Reconcile, store: EpisodeStore, sweep: Sweep): EpisodeWrite[] {
  interleave(store, [plan(reconcile, store.slots(), sweep)]);
  return plan(reconcile, store.slots(), sweep);
}

/** Whatever happened to sweeps, the episodes in the end are the joined spans, and receivers got their current state. */
function describeAgreement(reconcile: Reconcile): fc.IProperty<[Rule, Known, Step[]]> {
  return fc.property(timedRule, known, steps, (given, records, all) => {
    const store = runTimeline(reconcile, given, records, all);
    const sweep = { rule: given, known: records, watermark: at(last), now: at(2_000) };
    expect(settle(reconcile, store, sweep)).toEqual([]);
    const stored = store.list();
    const active = stored.filter(({ episode }) => episode.state === 'open' || episode.state === 'closed');
    expect(
      active.map(({ slot, episode: { from, to, state } }) => ({ slot, from, to, state })).sort(byBegin),
    ).toEqual(
      joinSpans(findSpans(given, records, at(last)), given, at(last))
        .map(({ from, to, isOver }) => {
          return { slot: isOver ? 'history' : 'live', from, to, state: isOver ? 'closed' : 'open' };
        })
        .sort(byBegin),
    );
    expect(new Set(stored.map(({ episode }) => episode.id)).size).toBe(stored.length);
    const wasHeld = all.some(({ isHeld }) => isHeld);
    for (const { episode } of stored) {
      const { id, sequence, told, state } = episode;
      const messages = Array.from({ length: sequence }, (_, index) =>
        store.messages.get(`${id} ${index + 1}`),
      );
      expect(messages.map((message) => message?.sequence)).toEqual(messages.map((_, index) => index + 1));
      expect(messages.map((message) => message?.kind).slice(0, 1)).toEqual(sequence > 0 ? ['opened'] : []);
      expect(told?.state).toBe(told && state);
      expect(messages.at(-1)?.state).toBe(told?.state);
      if (!wasHeld && (state === 'open' || state === 'closed')) expect(told).toBeDefined();
    }
  });
}

function byBegin(a: { from: number }, b: { from: number }): number {
  return a.from - b.from;
}

describe('episodes', () => {
  it('are the joined spans in the end, each sent correctly, despite late records, crashes and overlapping sweeps', () => {
    fc.assert(describeAgreement(reconcileEpisodes), { numRuns });
  });

  it('do not change when the same records are judged twice', () => {
    fc.assert(
      fc.property(timedRule, known, steps, (given, records, all) => {
        const store = runTimeline(reconcileEpisodes, given, records, all);
        const sweep = { rule: given, known: takePart(records, 70), watermark: at(last) };
        expect(settle(reconcileEpisodes, store, sweep)).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('end when their rule is removed', () => {
    fc.assert(
      fc.property(timedRule, known, steps, (given, records, all) => {
        const store = runTimeline(reconcileEpisodes, given, records, all);
        expect(
          settle(reconcileEpisodes, store, { rule: undefined, known: records, watermark: at(last) }),
        ).toEqual([]);
        const stored = store.list();
        expect(stored.filter(({ slot, episode }) => slot === 'live' || episode.state === 'open')).toEqual([]);
      }),
      { numRuns },
    );
  });
});

/** Possible faults in the writes. */
const faults: Readonly<Record<string, Reconcile>> = {
  'a copy that a crash left stays': (stored, judgement) =>
    reconcileEpisodes(stored, judgement).filter(
      (write) => write.action === 'put' || write.slot === 'history',
    ),
  'what is open is never withdrawn': (stored, judgement) =>
    reconcileEpisodes(stored, judgement).filter(
      (write) => write.action === 'leave' || write.episode.state !== 'withdrawn',
    ),
  'the live slot is freed before the history is written': (stored, judgement) =>
    reconcileEpisodes(stored, judgement).toSorted((a, b) => (a.action < b.action ? -1 : 1)),
  'what is merged is only forgotten': (stored, judgement) =>
    reconcileEpisodes(stored, judgement).filter(
      (write) => write.action === 'leave' || write.episode.state !== 'merged',
    ),
  'a mute is forever': (stored, judgement) => {
    const isMuted = stored.some(({ episode }) => episode.isHeld);
    return reconcileEpisodes(stored, { ...judgement, isHeld: judgement.isHeld || isMuted });
  },
  'messages get lost when an episode closes': (stored, judgement) =>
    reconcileEpisodes(stored, judgement).map((write) =>
      write.action === 'put' && write.episode.state === 'closed'
        ? { ...write, episode: { ...write.episode, messages: [] } }
        : write,
    ),
};

describe('the agreement of episodes and spans notices that', () => {
  it.each(Object.entries(faults))('%s', (_, reconcile) => {
    expect(fc.check(describeAgreement(reconcile), { numRuns: 3_000, endOnFailure: true }).failed).toBe(true);
  });
});
