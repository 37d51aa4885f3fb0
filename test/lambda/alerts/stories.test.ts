import { describe, expect, test } from 'vitest';
import { joinGroup } from '../../../lambda/alerts/episodes.ts';
import type { Known, Sign } from '../../../lambda/alerts/known.ts';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import { anyRule } from './arbitraries.ts';
import { EpisodeStore, type Sweep, sweepOnce } from './episode-store.ts';
import { at, hour, makeEvent, makeKnown, makeSession, makeSign, makeUsage, minute } from './records.ts';

/** Problems that users of other systems report about alerts, as sweeps of one SIM. Times are minutes of a day. */

const day = 24 * 60;

function silentAfter(after: number, others: Partial<Rule> = {}): Rule {
  return { ...anyRule, kind: 'silent', missing: 'everything', after, ...others } as Rule;
}

const countWithin = (kind: 'attach-loop' | 'session-failures', count: number, within: number): Rule => {
  return { ...anyRule, kind, count, within };
};

/** A history of one SIM: the messages of each sweep, and the final episodes. */
class History {
  readonly #store = new EpisodeStore();
  readonly #rule: Rule;
  readonly #others: Partial<Sweep>;

  constructor(rule: Rule, others: Partial<Sweep> = {}) {
    this.#rule = rule;
    this.#others = others;
  }

  /** The messages of a sweep, for the minutes up to which all records have arrived, and the records. */
  sweep(minutes: number, known: Partial<Known>, others: Partial<Sweep> = {}): string[] {
    const sweep = {
      rule: this.#rule,
      known: makeKnown(known),
      watermark: at(minutes),
      ...this.#others,
      ...others,
    };
    return sweepOnce(this.#store, sweep).map(({ kind, from, to }) => {
      const end = to === undefined ? '' : inMinutes(to);
      return `${kind} ${inMinutes(from)}–${end}`;
    });
  }

  /** The current episodes, by start. */
  list(): string[] {
    return this.#store
      .list()
      .map(({ episode }) => episode)
      .sort((a, b) => a.from - b.from || a.writtenAt - b.writtenAt)
      .map(({ state, from, to }) => `${state} ${inMinutes(from)}–${to === undefined ? '' : inMinutes(to)}`);
  }

  /** Makes the open episode a member of a group. */
  join(group: string): void {
    for (const stored of this.#store.list().filter(({ slot }) => slot === 'live')) {
      const write = joinGroup(stored, group);
      if (write !== undefined) this.#store.write(write);
    }
  }

  get ids(): string[] {
    return this.#store.list().map(({ episode }) => episode.id);
  }
}

function inMinutes(time: number): string {
  return String((time - at(0)) / minute);
}

/** Marks of bytes at some minutes. */
function bytesAt(...minutes: number[]): Sign[] {
  return minutes.map((when) => makeSign(when, 'bytes', `at-${when}`));
}

describe('a silent device', () => {
  test('pages while it is silent, not when it is back', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
  });

  test('pages when its time is over, not a timeout later', () => {
    const history = new History(silentAfter(60 * minute));
    expect([59, 60].map((minutes) => history.sweep(minutes, { signs: bytesAt(0) }))).toEqual([
      [],
      ['opened 0–'],
    ]);
  });

  test('does not page if there is a record at the moment of the alert', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(60, { signs: bytesAt(0, 60) })).toEqual([]);
    expect(history.list()).toEqual([]);
  });

  test('is withdrawn by a late record of the moment of the alert', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(65, { signs: bytesAt(0, 60) })).toEqual(['withdrawn 0–']);
  });

  test('pages although its session stays open with zero bytes after its battery was removed', () => {
    const pulled = 100;
    const updates = Array.from({ length: 60 }, (_, index) => (index + 1) * 6);
    const signs = updates.map((when) =>
      makeSign(when, when < pulled ? 'session,bytes' : 'session', `u${when}`),
    );
    const known = {
      signs,
      sessions: [makeSession('s1', 0, { latest: 360 })],
      usage: updates.map((when) =>
        makeUsage(when, { id: `u${when}`, bytes: when < pulled ? 500 : 0, sessionId: 's1' }),
      ),
    };
    const history = new History(silentAfter(120 * minute));
    expect([215, 216, 360].map((minutes) => history.sweep(minutes, known))).toEqual([[], ['opened 96–'], []]);
    const withoutBytes = new History(silentAfter(120 * minute, { missing: 'bytes' } as Partial<Rule>));
    expect(withoutBytes.sweep(360, known)).toEqual(['opened 96–']);
  });

  test('is not back when old data that it buffered arrives', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(70, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    // Data of minute 20, uploaded later. The silence began later, and continues.
    expect(history.sweep(90, { signs: bytesAt(0, 20) })).toEqual(['amended 20–']);
    expect(history.list()).toEqual(['open 20–']);
  });

  test('pages again for each silence', () => {
    const history = new History(silentAfter(60 * minute));
    const told = [
      history.sweep(60, { signs: bytesAt(0) }),
      history.sweep(100, { signs: bytesAt(0, 90) }),
      history.sweep(150, { signs: bytesAt(0, 90) }),
      history.sweep(400, { signs: bytesAt(0, 90, 390) }),
      history.sweep(450, { signs: bytesAt(0, 90, 390) }),
    ];
    expect(told).toEqual([
      ['opened 0–'],
      ['closed 0–90'],
      ['opened 90–'],
      ['closed 90–390'],
      ['opened 390–'],
    ]);
    expect(new Set(history.ids).size).toBe(3);
  });

  test('is judged by a rule of 30 minutes and one of 25 hours, each by its own time', () => {
    const signs = bytesAt(0, 10, 50, 50 + 26 * 60);
    const short = new History(silentAfter(30 * minute));
    const long = new History(silentAfter(25 * hour));
    const watermarks = [40, 80, 50 + 25 * 60, 50 + 26 * 60];
    const known = (minutes: number) => ({ signs: signs.filter(({ record }) => record.at <= at(minutes)) });
    expect(watermarks.map((minutes) => short.sweep(minutes, known(minutes)))).toEqual([
      ['opened 10–'],
      ['closed 10–50', 'opened 50–'],
      [],
      [`closed 50–${50 + 26 * 60}`],
    ]);
    expect(watermarks.map((minutes) => long.sweep(minutes, known(minutes)))).toEqual([
      [],
      [],
      ['opened 50–'],
      [`closed 50–${50 + 26 * 60}`],
    ]);
  });

  test('that a late record splits keeps its episode for the first part, and gets another for the rest', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(200, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(200, { signs: bytesAt(0, 100) })).toEqual(['closed 0–100', 'opened 100–']);
  });

  test('that was heard after all is withdrawn, and its receivers get a message', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(80, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(90, { signs: bytesAt(0, 40, 85) })).toEqual(['withdrawn 0–']);
    expect(history.list()).toEqual(['withdrawn 0–']);
  });

  test('that is back before the group wait is over does not page', () => {
    const history = new History(silentAfter(60 * minute), { groupWait: 10 * minute });
    expect(history.sweep(65, { signs: bytesAt(0) })).toEqual([]);
    expect(history.sweep(75, { signs: bytesAt(0, 68) })).toEqual([]);
    expect(history.list()).toEqual(['closed 0–68']);
  });

  test('that is silent for longer than the group wait pages once', () => {
    const history = new History(silentAfter(60 * minute), { groupWait: 10 * minute });
    const known = { signs: bytesAt(0) };
    expect([60, 69, 70, 75].map((minutes) => history.sweep(minutes, known))).toEqual([
      [],
      [],
      ['opened 0–'],
      [],
    ]);
  });

  test('that was silent and back between two sweeps is reported with start and end', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(200, { signs: bytesAt(0, 100, 150) })).toEqual(['opened 0–', 'closed 0–100']);
  });
});

describe('a condition that comes and goes', () => {
  const attach = (...minutes: number[]) =>
    minutes.map((when) => makeEvent(when, 'attachment.accepted', { id: `e${when}` }));

  test('that flaps at the threshold is one episode because of the recovery time', () => {
    const rule = { ...countWithin('attach-loop', 3, 30 * minute), recovery: 60 * minute };
    const history = new History(rule);
    const minutes = [0, 10, 20, 40, 50, 60, 80, 90, 100];
    const told = [20, 30, 35, 60, 75, 100, 120, 171, 191].map((watermark) =>
      history.sweep(watermark, { events: attach(...minutes.filter((when) => when <= watermark)) }),
    );
    expect(told).toEqual([['opened 0–'], [], [], [], [], [], [], ['closed 0–110'], []]);
  });

  test('is several episodes without a recovery time', () => {
    const history = new History(countWithin('attach-loop', 3, 30 * minute));
    expect(history.sweep(200, { events: attach(0, 10, 20, 90, 100, 110) })).toEqual([
      'opened 0–',
      'closed 0–30',
      'opened 90–',
      'closed 90–120',
    ]);
  });

  test('opens only after the pending time', () => {
    const rule = { ...countWithin('session-failures', 2, 30 * minute), pending: 15 * minute };
    const failed = (...minutes: number[]) =>
      minutes.map((when) => makeEvent(when, 'data-session.failed', { id: `f${when}` }));
    const history = new History(rule);
    expect([10, 24, 25].map((minutes) => history.sweep(minutes, { events: failed(0, 10) }))).toEqual([
      [],
      [],
      ['opened 0–'],
    ]);
  });

  test('starts earlier after a late record, in the same episode', () => {
    const history = new History(countWithin('attach-loop', 3, 30 * minute));
    expect(history.sweep(35, { events: attach(15, 25, 35) })).toEqual(['opened 15–']);
    const [id] = history.ids;
    expect(history.sweep(36, { events: attach(10, 15, 25, 35) })).toEqual(['amended 10–']);
    expect(history.ids).toEqual([id]);
  });

  test('joins two episodes after a late record, and keeps the older one', () => {
    const history = new History(countWithin('attach-loop', 3, 30 * minute));
    const known = attach(0, 5, 10, 50, 55, 60);
    expect(history.sweep(40, { events: known.slice(0, 3) })).toEqual(['opened 0–', 'closed 0–30']);
    expect(history.sweep(60, { events: known })).toEqual(['opened 50–']);
    const late = attach(20, 29, 35, 45);
    expect(history.sweep(61, { events: [...known, ...late] })).toEqual(['reopened 0–', 'merged 50–']);
    expect(history.list()).toEqual(['open 0–', 'merged 50–']);
  });
});

describe('usage', () => {
  const more: Rule = { ...anyRule, kind: 'usage', compare: 'more', bytes: 1_000, within: day * minute };
  const less: Rule = { ...more, compare: 'less' };

  test('that arrives after the day has closed opens the episode of that day', () => {
    const history = new History(more);
    const early = [makeUsage(60, { id: 'a', bytes: 600 })];
    expect(history.sweep(day + 300, { usage: early })).toEqual([]);
    const late = makeUsage(1_000, { id: 'b', bytes: 401 });
    expect(history.sweep(day + 300, { usage: [...early, late] })).toEqual([
      'opened 60–',
      `closed 60–${day + 60}`,
    ]);
  });

  test('that arrives after the day has closed withdraws an alert about too little usage', () => {
    const history = new History(less);
    const early = [makeUsage(0, { id: 'a', bytes: 5_000 }), makeUsage(day + 30, { id: 'c', bytes: 5_000 })];
    expect(history.sweep(day + 10, { usage: early.slice(0, 1) })).toEqual(['opened 0–']);
    expect(history.sweep(day + 40, { usage: early })).toEqual([`closed 0–${day + 30}`]);
    const late = makeUsage(700, { id: 'b', bytes: 1_000 });
    expect(history.sweep(day + 50, { usage: [...early, late] })).toEqual(['withdrawn 0–1470']);
  });

  test('of exactly the amount is neither above nor below it', () => {
    const usage = [makeUsage(0, { id: 'a', bytes: 1_000 }), makeUsage(day, { id: 'b', bytes: 1_000 })];
    expect(new History(more).sweep(day, { usage })).toEqual([]);
    expect(new History(less).sweep(day, { usage })).toEqual([]);
  });
});

describe('a change', () => {
  const first = '490154203237518';
  const sameModel = '490154203237526';
  const otherModel = '350000000000006';
  const changeRule = (change: 'device' | 'model' | 'software'): Rule => {
    return { ...anyRule, kind: 'device-changed', change, recovery: 60 * minute };
  };

  test.each([
    ['device', ['opened 10–10', 'opened 200–200']],
    ['model', ['opened 200–200']],
    ['software', ['opened 500–500']],
  ] as const)('of the %s is reported apart from the others', (change, expected) => {
    const written = (imei: string, software: string) => ({ imei, writtenImei: imei.slice(0, 14) + software });
    const usage = [
      makeUsage(0, { id: 'a', ...written(first, '01') }),
      makeUsage(10, { id: 'b', ...written(sameModel, '01') }),
      makeUsage(200, { id: 'c', ...written(otherModel, '07') }),
      makeUsage(500, { id: 'd', ...written(otherModel, '08') }),
    ];
    const history = new History(changeRule(change));
    const told = [0, 10, 200, 500].flatMap((minutes) => history.sweep(minutes, { usage }));
    expect(told.filter((line) => line.startsWith('opened')).map((line) => line.replace(/–$/, ''))).toEqual(
      expected.map((line) => line.replace(/–\d+$/, '')),
    );
  });

  test('of the device that happened earlier after all is the same episode', () => {
    const history = new History(changeRule('device'));
    const usage = [makeUsage(0, { id: 'a', imei: first }), makeUsage(400, { id: 'c', imei: otherModel })];
    expect(history.sweep(400, { usage })).toEqual(['opened 400–']);
    expect(history.sweep(410, { usage: [...usage, makeUsage(100, { id: 'b', imei: otherModel })] })).toEqual([
      'closed 100–100',
    ]);
    expect(history.list()).toEqual(['closed 100–100']);
  });

  test('to a country that is not allowed is reported, even if it is the first known country', () => {
    const rule: Rule = { ...anyRule, kind: 'country', allowed: ['DE', 'FR'] };
    const history = new History(rule);
    const usage = ['CH', 'DE', 'FR', 'PL', 'PL'].map((country, index) =>
      makeUsage(index * 10, { id: `u${index}`, country }),
    );
    expect(history.sweep(100, { usage })).toEqual(['opened 0–', 'closed 0–0', 'opened 30–', 'closed 30–30']);
  });
});

describe('a block', () => {
  test('lasts from the record that reports it to the session’s record that does not', () => {
    const history = new History({ ...anyRule, kind: 'blocked' });
    const usage = [
      makeUsage(0, { id: 'a', bytes: 100, sessionTotal: 100 }),
      makeUsage(6, { id: 'b', dataModifier: 'blocked', sessionTotal: 100 }),
      makeUsage(12, { id: 'c', dataModifier: 'blocked', sessionTotal: 100 }),
      makeUsage(18, { id: 'd', sessionTotal: 100 }),
    ];
    expect(
      [6, 12, 18].map((minutes) => history.sweep(minutes, { usage: usage.slice(0, minutes / 6 + 1) })),
    ).toEqual([['opened 6–'], [], ['closed 6–18']]);
  });

  test('by the carrier lasts until the carrier enables the endpoint, whatever fails in between', () => {
    const history = new History({ ...anyRule, kind: 'blocked' });
    const events = [
      makeEvent(0, 'endpoint.blocked'),
      makeEvent(5, 'pdp-context.refused'),
      makeEvent(9, 'pdp-context.deleted'),
      makeEvent(20, 'endpoint.enabled'),
    ];
    expect(history.sweep(30, { events })).toEqual(['opened 0–', 'closed 0–20']);
  });
});

describe('sessions', () => {
  test('that end without a byte are counted, but not sessions with unknown bytes', () => {
    const rule: Rule = { ...anyRule, kind: 'zero-byte-sessions', count: 3, within: 60 * minute };
    const sessions = [
      makeSession('empty', 0, { end: 5, total: 0 }),
      makeSession('by-usage', 6, { end: 10 }),
      makeSession('unknown', 11, { end: 15 }),
      makeSession('failed', 16, { end: 18, status: 'failed', total: 0 }),
      makeSession('full', 20, { end: 25, total: 9 }),
      makeSession('late', 26, { end: 30, total: 0 }),
    ];
    const usage = [makeUsage(8, { id: 'a', sessionId: 'by-usage', bytes: 0 })];
    expect(new History(rule).sweep(30, { sessions, usage })).toEqual(['opened 5–']);
    const bytes = makeUsage(28, { id: 'b', sessionId: 'late', bytes: 1 });
    expect(new History(rule).sweep(30, { sessions, usage: [...usage, bytes] })).toEqual([]);
  });

  test('without records are stale until the next session begins', () => {
    const rule: Rule = { ...anyRule, kind: 'stale-session', after: 60 * minute };
    const history = new History(rule);
    const lost = makeSession('lost', 0, { latest: 10 });
    expect(history.sweep(69, { sessions: [lost] })).toEqual([]);
    expect(history.sweep(70, { sessions: [lost] })).toEqual(['opened 10–']);
    expect(history.sweep(95, { sessions: [lost, makeSession('next', 90)] })).toEqual(['closed 10–90']);
  });

  test('are missing if a device only signals', () => {
    const rule = silentAfter(60 * minute, { missing: 'session' } as Partial<Rule>);
    const history = new History(rule);
    const signs = [
      makeSign(0, 'session,signal', 'a'),
      makeSign(30, 'signal', 'b'),
      makeSign(70, 'signal', 'c'),
    ];
    const back = makeSign(100, 'session,signal', 'd');
    expect([69, 70].map((minutes) => history.sweep(minutes, { signs }))).toEqual([[], ['opened 0–']]);
    expect(history.sweep(101, { signs: [...signs, back] })).toEqual(['closed 0–100']);
  });

  test('are not missing if the device is silent, which is another rule', () => {
    const rule = silentAfter(60 * minute, { missing: 'session' } as Partial<Rule>);
    const signs = [makeSign(0, 'session,signal', 'a'), makeSign(30, 'signal', 'b')];
    expect(new History(rule).sweep(day, { signs })).toEqual([]);
  });
});

describe('a member of a group', () => {
  const rule = silentAfter(60 * minute);

  test('sends no message, neither when it falls silent nor when it is back', () => {
    const history = new History(rule, { groupWait: 10 * minute });
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual([]);
    history.join('network');
    expect(history.sweep(80, { signs: bytesAt(0) })).toEqual([]);
    history.join('network');
    expect(history.sweep(90, { signs: bytesAt(0, 85) })).toEqual([]);
    expect(history.list()).toEqual(['closed 0–85']);
  });

  test('whose own alert was sent before sends a message when it is back', () => {
    const history = new History(rule);
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    history.join('network');
    expect(history.sweep(90, { signs: bytesAt(0, 85) })).toEqual(['closed 0–85']);
  });
});

describe('a mute, or a source that lags,', () => {
  const rule = silentAfter(60 * minute);

  test('holds back alerts, and sends those that are still open when it ends', () => {
    const history = new History(rule);
    expect(history.sweep(60, { signs: bytesAt(0) }, { isHeld: true })).toEqual([]);
    expect(history.list()).toEqual(['open 0–']);
    expect(history.sweep(90, { signs: bytesAt(0) })).toEqual(['opened 0–']);
  });

  test('sends nothing about alerts that opened and closed meanwhile', () => {
    const history = new History(rule);
    history.sweep(60, { signs: bytesAt(0) }, { isHeld: true });
    expect(history.sweep(80, { signs: bytesAt(0, 75) }, { isHeld: true })).toEqual([]);
    expect(history.sweep(90, { signs: bytesAt(0, 75) })).toEqual([]);
    expect(history.list()).toEqual(['closed 0–75']);
  });

  test('reports at its end that an episode sent before is over', () => {
    const history = new History(rule);
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(80, { signs: bytesAt(0, 75) }, { isHeld: true })).toEqual([]);
    expect(history.sweep(90, { signs: bytesAt(0, 75) })).toEqual(['closed 0–75']);
  });

  test('withdraws nothing when the watermark falls', () => {
    const history = new History(rule);
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(20, { signs: bytesAt(0) })).toEqual([]);
    expect(history.list()).toEqual(['open 0–']);
  });
});

describe('a rule', () => {
  test('that is changed ends episodes that it does not find any more, with the reason', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(65, { signs: bytesAt(0) }, { rule: silentAfter(90 * minute) })).toEqual([
      'rule-changed 0–',
    ]);
    expect(history.sweep(90, { signs: bytesAt(0) }, { rule: silentAfter(90 * minute) })).toEqual([
      'reopened 0–',
    ]);
    expect(history.list()).toEqual(['open 0–']);
  });

  test('that is changed continues episodes that it still finds', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(65, { signs: bytesAt(0) }, { rule: silentAfter(30 * minute) })).toEqual([]);
    expect(history.list()).toEqual(['open 0–']);
  });

  test('that is removed ends its episodes', () => {
    const history = new History(silentAfter(60 * minute));
    expect(history.sweep(60, { signs: bytesAt(0) })).toEqual(['opened 0–']);
    expect(history.sweep(65, { signs: bytesAt(0) }, { rule: undefined })).toEqual(['rule-changed 0–']);
  });

  test('does not change episodes whose records have expired', () => {
    const history = new History(silentAfter(60 * minute));
    history.sweep(100, { signs: bytesAt(0, 90) });
    expect(history.list()).toEqual(['closed 0–90']);
    expect(history.sweep(10 * day, { signs: bytesAt(9 * day) }, { since: at(8 * day) })).toEqual([
      `opened ${9 * day}–`,
    ]);
    expect(history.list()).toEqual(['closed 0–90', `open ${9 * day}–`]);
  });
});
