import { describe, expect, it, test } from 'vitest';
import { findUnsealedSince, type OpenDay, type OpenDays } from '../../../lambda/days/open-days.ts';
import {
  orderDays,
  runSchedule,
  type ScheduleOptions,
  type SchedulePorts,
} from '../../../lambda/days/run-schedule.ts';
import { findDelay, findDueDay } from '../../../lambda/days/schedule.ts';
import type { DayMessage } from '../../../lambda/days/work.ts';

const hour = 3_600_000;
const at = (time: string): number => Date.parse(`2026-11-${time}Z`);

describe('a day is due', () => {
  it.each([
    ['six hours after its end where streams deliver', '03T06:00', [{ at: at('03T05:59') }], '2026-11-02'],
    ['not before', '03T05:59', [{ at: at('03T05:59') }], '2026-11-01'],
    [
      '36 hours after its end if only files are delivered',
      '04T12:00',
      [{ at: at('04T12:00'), isByFiles: true }],
      '2026-11-02',
    ],
    ['not before', '04T11:59', [{ at: at('04T11:59'), isByFiles: true }], '2026-11-01'],
    [
      'when the source that is read least is read past its end',
      '03T09:00',
      [{ at: at('03T08:00') }, { at: at('02T23:59') }],
      '2026-11-01',
    ],
    ['also where nothing of a source was ever read', '03T06:00', [{ at: undefined }], '2026-11-02'],
    ['also where there is no source', '03T06:00', [], '2026-11-02'],
  ])('%s (%s)', (_, now, sources, expected) => {
    expect(findDueDay(at(now), sources)).toBe(expected);
  });
});

describe('reading is overdue', () => {
  const grace = 6 * hour;
  it.each<[string, readonly OpenDay[], string, number]>([
    ['by nothing before the next day is due', [], '2026-11-02', 0],
    ['since the next day could have been closed', [], '2026-11-01', 10 * hour],
    [
      'since the oldest open day could have been read',
      [{ day: '2026-10-31', orderedAt: at('01T06:00') }],
      '2026-11-02',
      34 * hour,
    ],
    ['since an old day was ordered', [{ day: '2020-01-01', orderedAt: at('02T15:00') }], '2026-11-02', hour],
    [
      'by nothing for a day that nobody has ordered',
      [{ day: '2020-01-01', unreadAt: at('02T15:00') }],
      '2026-11-02',
      0,
    ],
  ])('%s', (_, openDays, nextDay, expected) => {
    expect(findDelay({ openDays, nextDay, grace, now: at('02T16:00') })).toBe(expected);
  });
});

test('usage may be unsealed since the oldest day, or since late records of a day that nobody reads', () => {
  const old: OpenDay = { day: '2020-01-01', unreadAt: at('05T00:00') };
  expect([
    findUnsealedSince([], undefined),
    findUnsealedSince([old], '2026-11-08'),
    findUnsealedSince([old, { day: '2026-11-03', orderedAt: at('04T06:00') }], '2026-11-08'),
  ]).toEqual([undefined, at('05T00:00'), at('03T00:00')]);
});

/** Ports in memory. */
class MemorySchedule implements SchedulePorts {
  closedThrough: string | undefined;
  scheduledFrom: string | undefined;
  readonly noted = new Map<string, OpenDay>();
  readonly sent: DayMessage[] = [];
  readonly plans = new Set<string>();
  readonly sealed = new Set<string>();
  readonly marked: string[] = [];
  usageBefore = false;
  expires = true;

  readonly fence = {
    read: async () => this.closedThrough,
    advance: async (through: string) => {
      if (through > (this.closedThrough ?? '')) this.closedThrough = through;
    },
  };
  readonly start = {
    read: async () => this.scheduledFrom,
    note: async (day: string) => {
      this.scheduledFrom ??= day;
    },
  };
  readonly openDays: OpenDays = {
    list: async () => [...this.noted.values()].sort((a, b) => (a.day < b.day ? -1 : 1)),
    note: async (openDay) => void this.noted.set(openDay.day, { ...openDay, ...this.noted.get(openDay.day) }),
    remove: async (day) => void this.noted.delete(day),
  };
  readonly queue = {
    send: async (messages: readonly DayMessage[]) => void this.sent.push(...messages),
  };
  readonly lake = {
    open: async (key: string) => {
      const [, day = '', kind] = /day=([\d-]+)\/(plan|manifest)\.json$/.exec(key) ?? [];
      if (!{ plan: this.plans, manifest: this.sealed }[kind ?? '']?.has(day)) return undefined;
      const bytes = new TextEncoder().encode(JSON.stringify({ day, reads: 'all' }));
      return { tag: 'tag', byteLength: bytes.byteLength, slice: async () => bytes.slice().buffer };
    },
  };
  readonly listMarkedDays = async () => this.marked;
  readonly hasUsageBefore = async () => this.usageBefore;
  readonly expiry = {
    isOn: async () => this.expires,
    turn: async (on: boolean) => {
      this.expires = on;
    },
  };
  readonly onExpiryFailure = (error: unknown) => {
    throw error;
  };

  /** A schedule that has closed the days up to one. */
  static closedThrough(day: string): MemorySchedule {
    const ports = new MemorySchedule();
    ports.closedThrough = day;
    ports.scheduledFrom = '2026-11-01';
    return ports;
  }

  async run(time: string, options: Partial<ScheduleOptions> = {}) {
    this.sent.length = 0;
    const now = at(time);
    return runSchedule(this, { now, sources: [{ at: now }], usageDays: 0, partialHours: 0, ...options });
  }
}

const waited = 15 * 60_000;
const reading = (from: string, through = from, waitedMilliseconds = waited): DayMessage => {
  return { kind: 'reading', from, through, waitedMilliseconds };
};

describe('a scheduled run', () => {
  it('closes only the newest due day of a ledger with history', async () => {
    const ports = new MemorySchedule();
    const { closed } = await ports.run('10T07:00');
    expect([closed, ports.closedThrough, ports.sent]).toEqual([
      { from: '2026-11-09', through: '2026-11-09' },
      '2026-11-09',
      [reading('2026-11-09')],
    ]);
  });

  it('closes all days since the last one together', async () => {
    const ports = MemorySchedule.closedThrough('2026-11-05');
    await ports.run('10T07:00');
    expect(ports.sent).toEqual([reading('2026-11-06', '2026-11-09')]);
    expect([...ports.noted.keys()]).toEqual(['2026-11-06', '2026-11-07', '2026-11-08', '2026-11-09']);
  });

  it('closes nothing if the progress of sources is unknown, and says since when', async () => {
    const ports = new MemorySchedule();
    await ports.run('10T07:00', { sources: undefined });
    const { closed, overdueMilliseconds } = await ports.run('12T07:00', { sources: undefined });
    expect([closed, overdueMilliseconds, ports.closedThrough, ports.sent]).toEqual([
      undefined,
      49 * hour,
      undefined,
      [],
    ]);
    // The day that was due first is still read.
    expect((await ports.run('12T08:00')).closed).toEqual({ from: '2026-11-09', through: '2026-11-11' });
  });

  it('continues days that are not sealed, with the plan or with the full wait', async () => {
    const ports = MemorySchedule.closedThrough('2026-11-09');
    for (const day of ['2026-11-08', '2026-11-09']) ports.noted.set(day, { day, orderedAt: at('10T06:00') });
    ports.plans.add('2026-11-08');
    await ports.run('10T08:00');
    expect(ports.sent).toEqual([{ kind: 'plan', day: '2026-11-08' }, reading('2026-11-09', '2026-11-09', 0)]);
  });

  it('continues at most a month of open days', async () => {
    const ports = MemorySchedule.closedThrough('2026-11-09');
    for (let year = 1900; year < 2000; year += 1) {
      const day = `${year}-01-01`;
      ports.noted.set(day, { day, orderedAt: at('10T06:00') });
    }
    await ports.run('10T08:00', { sources: undefined });
    expect(ports.sent.map((message) => message.kind === 'reading' && message.from)).toEqual(
      Array.from({ length: 31 }, (_, index) => `${1900 + index}-01-01`),
    );
  });

  it('processes markers of closed days, unless the day is being read for the first time', async () => {
    const ports = MemorySchedule.closedThrough('2026-11-09');
    ports.noted.set('2026-11-08', { day: '2026-11-08', orderedAt: at('10T06:00') });
    ports.noted.set('2026-10-01', { day: '2026-10-01', unreadAt: at('10T06:00') });
    ports.marked.push('2026-11-07', '2026-11-08', '2026-11-07', '2026-10-01', '2026-11-10');
    await ports.run('10T08:00');
    expect(ports.sent.filter(({ kind }) => kind === 'round')).toEqual([
      { kind: 'round', day: '2026-10-01' },
      { kind: 'round', day: '2026-11-07' },
    ]);
  });

  it('stops the expiry of usage while days at three quarters of its age are not sealed', async () => {
    const ports = MemorySchedule.closedThrough('2026-11-01');
    const held = [];
    for (const time of ['10T00:00', '13T23:00', '14T00:00']) {
      const { isExpiryHeld } = await ports.run(time, { sources: undefined, usageDays: 16 });
      held.push([isExpiryHeld, ports.expires]);
    }
    expect(held).toEqual([
      [false, true],
      [false, true],
      [true, false],
    ]);
    await ports.run('14T07:00', { usageDays: 16 });
    for (const day of [...ports.noted.keys()]) await ports.openDays.remove(day);
    expect([(await ports.run('14T08:00', { usageDays: 16 })).isExpiryHeld, ports.expires]).toEqual([
      false,
      true,
    ]);
  });

  it('stops it for usage before the first closed day too, when that would expire', async () => {
    const ports = new MemorySchedule();
    ports.usageBefore = true;
    await ports.run('01T07:00', { usageDays: 16 });
    const seal = async () => {
      for (const { day, orderedAt } of ports.noted.values())
        if (orderedAt !== undefined) await ports.openDays.remove(day);
    };
    await seal();
    await ports.run('12T07:00', { usageDays: 16 });
    await seal();
    expect((await ports.run('13T06:30', { usageDays: 16 })).isExpiryHeld).toBe(false);
    await seal();
    expect((await ports.run('13T08:00', { usageDays: 16 })).isExpiryHeld).toBe(true);
    await ports.openDays.remove('2026-10-30');
    expect((await ports.run('13T09:00', { usageDays: 16 })).isExpiryHeld).toBe(false);
  });
});

test('days that the fence passes are read, even if only later ones were ordered', async () => {
  const ports = MemorySchedule.closedThrough('2026-11-05');
  const range = { from: '2026-11-08', through: '2026-11-09' };
  expect(await orderDays(range, ports, at('10T08:00'))).toEqual({
    from: '2026-11-06',
    through: '2026-11-09',
  });
  expect([...ports.noted.keys()]).toEqual(['2026-11-06', '2026-11-07', '2026-11-08', '2026-11-09']);
});

test('past days are ordered unchanged, and the fence stays', async () => {
  const ports = MemorySchedule.closedThrough('2026-11-09');
  const range = { from: '2026-10-01', through: '2026-10-02' };
  expect(await orderDays(range, ports, at('10T08:00'))).toEqual(range);
  expect([ports.sent, ports.closedThrough]).toEqual([[reading('2026-10-01', '2026-10-02')], '2026-11-09']);
});

describe('days that are ordered before the first scheduled run', () => {
  const old = { from: '2019-01-21', through: '2019-01-22' };
  const recent = { from: '2026-10-01', through: '2026-10-02' };
  const readDays = ({ sent }: MemorySchedule) =>
    sent.flatMap((message) => (message.kind === 'reading' ? [`${message.from} ${message.through}`] : []));

  it('are read, and the run closes only the newest due day', async () => {
    const ports = new MemorySchedule();
    expect(await orderDays(old, ports, at('10T06:30'))).toEqual(old);
    expect(await orderDays(recent, ports, at('10T06:40'))).toEqual(recent);
    expect(readDays(ports)).toEqual(['2019-01-21 2019-01-22', '2026-10-01 2026-10-02']);
    const { closed, openDays } = await ports.run('10T07:00');
    expect([closed, openDays, ports.closedThrough]).toEqual([
      { from: '2026-11-09', through: '2026-11-09' },
      5,
      '2026-11-09',
    ]);
    // Ordered days are still read.
    expect(readDays(ports).sort()).toEqual([
      ...['2019-01-21 2019-01-21', '2019-01-22 2019-01-22'],
      ...['2026-10-01 2026-10-01', '2026-10-02 2026-10-02', '2026-11-09 2026-11-09'],
    ]);
  });

  it('may be the newest, and the run then also reads the due day and continues after them', async () => {
    const ports = new MemorySchedule();
    await orderDays({ from: '2026-11-09', through: '2026-11-09' }, ports, at('10T05:00'));
    expect((await ports.run('10T05:30')).closed).toBeUndefined();
    expect(readDays(ports).sort()).toEqual(['2026-11-08 2026-11-08', '2026-11-09 2026-11-09']);
    expect((await ports.run('11T07:00')).closed).toEqual({ from: '2026-11-10', through: '2026-11-10' });
  });

  it('do not stop expiry if the last of them is the day before the first closed one', async () => {
    for (const isSealed of [false, true]) {
      const ports = new MemorySchedule();
      ports.usageBefore = true;
      await orderDays({ from: '2026-10-01', through: '2026-11-08' }, ports, at('10T05:00'));
      if (isSealed) {
        ports.noted.clear();
        ports.sealed.add('2026-11-08');
      }
      await ports.run('10T07:00', { usageDays: 16 });
      expect([...ports.noted.values()].filter(({ unreadAt }) => unreadAt !== undefined)).toEqual([]);
    }
  });

  it('leave the days between unchanged even after the schedule has started', async () => {
    const ports = new MemorySchedule();
    // No day could be closed by then.
    await ports.run('10T07:00', { sources: undefined });
    expect(await orderDays(old, ports, at('10T07:30'))).toEqual(old);
    // From the first day of the schedule on, every day that the fence passes is read.
    expect(await orderDays({ from: '2026-11-11', through: '2026-11-11' }, ports, at('12T07:00'))).toEqual({
      from: '2026-11-09',
      through: '2026-11-11',
    });
  });
});
