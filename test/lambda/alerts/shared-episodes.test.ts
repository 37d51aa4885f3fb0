import { describe, expect, it, test } from 'vitest';
import {
  amendShared,
  type MemberSim,
  type SharedEpisode,
  type SharedFacts,
} from '../../../lambda/alerts/shared-episodes.ts';
import { at } from './records.ts';

/** When an episode about many SIMs is written, and when it is sent. */

const first: MemberSim = { source: 'fleet', sim: '8988303000000000001', name: 'van 17' };

const facts: SharedFacts = {
  id: 'group-1',
  rule: 'silent',
  ruleVersion: '1',
  kind: 'silent',
  severity: 'critical',
  subject: { kind: 'group', by: 'network', value: '262-01', common: { network: '262-01' } },
  state: 'open',
  from: at(0),
  to: undefined,
  members: { total: 30, first: [first] },
  isGrowing: true,
};

/** The findings of a sweep for a number of SIMs. */
function countMembers(total: number, more: Partial<SharedFacts> = {}): SharedFacts {
  return { ...facts, members: { total, first: [first] }, ...more };
}

const closed = countMembers(0, { state: 'closed', to: at(90) });

/** An episode that consecutive sweeps update, a minute apart. Its messages are passed on immediately. */
class Brought {
  readonly told: string[] = [];
  episode: SharedEpisode | undefined;
  writes = 0;
  #minutes = 0;

  sweep(found: SharedFacts, isHeld = false): this {
    this.#minutes += 1;
    const next = amendShared(this.episode, found, { now: at(this.#minutes), isHeld });
    if (next === undefined) return this;
    this.writes += 1;
    this.told.push(
      ...next.messages.map(({ sequence, kind, members }) => `${sequence} ${kind} ${members.total}`),
    );
    this.episode = { ...next, messages: [] };
    return this;
  }
}

test('it is written with its message', () => {
  const times = { state: 'open', from: at(0), to: undefined } as const;
  const { members } = facts;
  expect(amendShared(undefined, facts, { now: at(5), isHeld: false })).toEqual({
    ...facts,
    told: { ...times, members: 30, isGrowing: true },
    isHeld: false,
    sequence: 1,
    messages: [{ ...times, sequence: 1, kind: 'opened', foundAt: at(5), members }],
    sweptAt: at(5),
    writtenAt: at(5),
    revision: 1,
  });
});

test('an episode that is over when it is found is not written', () => {
  expect(amendShared(undefined, closed, { now: at(5), isHeld: false })).toBeUndefined();
});

test('a sweep without changes writes nothing', () => {
  const { told, writes } = new Brought().sweep(facts).sweep(facts).sweep(facts);
  expect({ told, writes }).toEqual({ told: ['1 opened 30'], writes: 1 });
});

describe('it is sent again', () => {
  it.each<[string, SharedFacts[], string[]]>([
    ['not when members come or go', [countMembers(59), countMembers(3)], []],
    ['when they have doubled', [countMembers(60)], ['2 amended 60']],
    [
      'when they have doubled again, since it was told last',
      [countMembers(60), countMembers(119), countMembers(120)],
      ['2 amended 60', '3 amended 120'],
    ],
    ['when a late record makes it begin earlier', [countMembers(30, { from: at(-9) })], ['2 amended 30']],
    ['when it takes up no more', [countMembers(19, { isGrowing: false })], ['2 amended 19']],
    ['when it is over', [closed, closed], ['2 closed 0']],
    ['when its rule was changed', [{ ...closed, state: 'rule-changed' }], ['2 rule-changed 0']],
    ['when it is open after all', [closed, countMembers(4)], ['2 closed 0', '3 reopened 4']],
    ['not when its end is corrected', [closed, { ...closed, to: at(80) }], ['2 closed 0']],
  ])('%s', (_, found, told) => {
    const brought = new Brought().sweep(facts);
    for (const one of found) brought.sweep(one);
    expect(brought.told).toEqual(['1 opened 30', ...told]);
    expect(brought.episode).toEqual(expect.objectContaining({ ...found.at(-1), revision: brought.writes }));
  });

  it('of a source that held back no SIM and now holds back two', () => {
    const { told } = new Brought().sweep(countMembers(0)).sweep(countMembers(1)).sweep(countMembers(2));
    expect(told).toEqual(['1 opened 0', '2 amended 2']);
  });
});

describe('a mute', () => {
  it('holds back episodes that are still open when it ends', () => {
    const brought = new Brought().sweep(facts, true).sweep(countMembers(70), true);
    expect([brought.told, brought.episode?.isHeld]).toEqual([[], true]);
    brought.sweep(countMembers(70));
    expect([brought.told, brought.episode?.isHeld]).toEqual([['1 opened 70'], false]);
  });

  it('that ends causes no messages about episodes that are over', () => {
    const brought = new Brought().sweep(facts, true).sweep(closed, true);
    expect([brought.told, brought.episode?.isHeld]).toEqual([[], false]);
    expect(brought.sweep(closed).told).toEqual([]);
  });

  it('holds back the end of an episode whose start was sent', () => {
    const brought = new Brought().sweep(facts).sweep(closed, true);
    expect([brought.told, brought.episode?.isHeld]).toEqual([['1 opened 30'], true]);
    expect(brought.sweep(closed).told).toEqual(['1 opened 30', '2 closed 0']);
  });
});

test('it changes only after its messages are in the outbox', () => {
  const episode = amendShared(undefined, facts, { now: at(5), isHeld: false });
  expect(episode && amendShared(episode, closed, { now: at(10), isHeld: false })).toBeUndefined();
});

test('an older sweep with less data changes nothing', () => {
  const { episode } = new Brought().sweep(facts);
  expect(amendShared(episode, closed, { now: at(0), isHeld: false })).toBeUndefined();
  expect(amendShared(episode, closed, { now: at(1), isHeld: false })?.state).toBe('closed');
});
