import { describe, expect, test } from 'vitest';
import { makeFault, type Reading } from '../../../../lambda/carriers/reading.ts';
import { type FencePorts, ProcessFence } from '../../../../lambda/days/fence/chunk-fence.ts';
import type { Marker } from '../../../../lambda/days/fence/markers.ts';
import { type Entry, ingest } from '../../../../lambda/ingest/ingest.ts';
import type { Changes } from '../../../../lambda/ledger/fold.ts';
import type { Session } from '../../../../lambda/ledger/observation.ts';
import { Report } from '../../../../lambda/store/report.ts';
import { eventAt, observe, sessionAt, usageAt } from '../../store/observations.ts';

const source = { name: 'main', carrier: 'twilio', bytesPerMegabyte: 1_000_000 } as const;

function entries(...readings: readonly Reading[]): Entry[] {
  return readings.map((reading, delivery) => ({
    ...{ reading, delivery, position: `position-${delivery}`, source, arrivedAt: 0 },
    readBytes: () => Buffer.from('bytes'),
  }));
}

/** A fence and a store that record their calls in order. Tests may change `closedThrough` and the timer. */
class WatchedFence {
  readonly steps: string[] = [];
  readonly written: Changes[] = [];
  closedThrough: string | Error | undefined;
  now = 0;
  readonly fence: ProcessFence;

  constructor(
    closedThrough?: string,
    refuse: (marker: Marker) => boolean = () => false,
    cacheMilliseconds?: number,
  ) {
    this.closedThrough = closedThrough;
    let tokens = 0;
    const ports: FencePorts = {
      readClosedThrough: async () => {
        this.steps.push('read the fence');
        if (this.closedThrough instanceof Error) throw this.closedThrough;
        return this.closedThrough;
      },
      putMarkers: async (markers) => {
        for (const { token, ...subject } of markers) this.steps.push(`mark ${JSON.stringify(subject)}`);
        const refused = markers.filter(refuse);
        return new Map(refused.map((marker) => [marker, new Error('The table is gone')]));
      },
      makeToken: () => {
        tokens += 1;
        return String(tokens);
      },
      startTimer: () => {
        const begun = this.now;
        return () => this.now - begun;
      },
    };
    this.fence = new ProcessFence(ports, cacheMilliseconds);
  }

  take(...readings: readonly Reading[]) {
    const write = async (changes: Changes) => {
      this.steps.push('write');
      this.written.push(changes);
      return new Report();
    };
    const ports = { fence: this.fence, writer: { write }, quarantine: { keep: async () => undefined } };
    return ingest(entries(...readings), ports, { readBeforeWrite: false });
  }
}

const late = '2026-11-02T10:00:00.000Z';
const today = '2026-11-03T10:00:00.000Z';

describe('without closed days', () => {
  test('batches need one read of the fence a minute, and no marker', async () => {
    const watched = new WatchedFence();
    await watched.take(observe({ usage: usageAt(late, 'a', '1') }));
    watched.now = 60_000;
    await watched.take(observe({ usage: usageAt(late, 'a', '2') }));
    watched.now = 60_001;
    await watched.take(observe({ usage: usageAt(late, 'a', '3') }));
    expect(watched.steps).toEqual(['read the fence', 'write', 'write', 'read the fence', 'write']);
  });
});

describe('without a cache', () => {
  test('a batch knows each day that was closed before it started', async () => {
    const watched = new WatchedFence(undefined, undefined, 0);
    await watched.take(observe({ usage: usageAt(late, 'a', '1') }));
    watched.closedThrough = '2026-11-02';
    await watched.take(observe({ usage: usageAt(late, 'a', '2') }));
    expect(watched.steps).toEqual([
      'read the fence',
      'write',
      'read the fence',
      'mark {"sim":"a","day":"2026-11-02"}',
      'write',
    ]);
  });
});

describe('late records', () => {
  test('are marked before they are written, once for each SIM and day, and other records are not', async () => {
    const watched = new WatchedFence('2026-11-02');
    await watched.take(
      observe({ usage: usageAt(late, 'a', '1'), event: eventAt(late, 'a', '1') }),
      observe({ usage: usageAt('2026-11-01T23:00:00.000Z', 'a', '2') }),
      observe({ usage: usageAt(today, 'b', '3'), event: eventAt(today, 'b', '3') }),
      observe({ event: eventAt(late, 'b', '4') }),
    );
    expect(watched.steps).toEqual([
      'read the fence',
      'mark {"sim":"a","day":"2026-11-02"}',
      'mark {"sim":"a","day":"2026-11-01"}',
      'mark {"sim":"b","day":"2026-11-02"}',
      'write',
    ]);
  });

  test.each([
    ['2026-11-01T23:59:58.999Z', ['2026-11-01']],
    ['2026-11-01T23:59:59.000Z', ['2026-11-01', '2026-11-02']],
    ['2026-11-02T00:00:00.999Z', ['2026-11-01', '2026-11-02']],
    ['2026-11-02T00:00:01.000Z', ['2026-11-02']],
    ['2026-11-02T23:59:59.999Z', ['2026-11-02']],
    ['2026-11-03T00:00:00.999Z', ['2026-11-02']],
    ['2026-11-03T00:00:01.000Z', []],
  ])('near midnight concern both days, as far as they are closed: %s', async (time, days) => {
    const watched = new WatchedFence('2026-11-02');
    await watched.take(observe({ usage: usageAt(time, 'a', '1') }));
    const marks = days.map((day) => `mark {"sim":"a","day":"${day}"}`);
    expect(watched.steps).toEqual(['read the fence', ...marks, 'write']);
  });

  test('of accounts, which no index lists, are marked on open days too', async () => {
    const watched = new WatchedFence('2026-11-02');
    await watched.take(observe({ event: eventAt(today, 'account:main:7', '1') }));
    const marks = [`mark ${JSON.stringify({ sim: 'account:main:7', day: today.slice(0, 10) })}`];
    expect(watched.steps).toEqual(['read the fence', ...marks, 'write']);
  });

  const ended = (at: string, end: string): Session => ({
    ...sessionAt(at, 'a'),
    terminal: { status: 'ended', end },
  });

  test.each<[string, Session, readonly string[]]>([
    ['of a closed day', sessionAt(late, 'a'), ['2026-11-02']],
    ['that ends it on a closed day', ended(today, late), ['2026-11-02']],
    [
      'of a closed day that ends it on an earlier one',
      ended(late, '2026-11-01T10:00:00.000Z'),
      ['2026-11-01'],
    ],
    ['of a closed day that ends it later', ended(late, today), ['2026-11-02']],
    ['of an open day', sessionAt(today, 'a'), []],
    ['that ends it on an open day', ended(today, today), []],
  ])('of a session are marked by its id: one %s', async (_, session, days) => {
    const watched = new WatchedFence('2026-11-02');
    await watched.take(observe({ session }));
    const { sessionId } = session;
    const marks = days.map((day) => `mark ${JSON.stringify({ sim: 'a', day, sessionId })}`);
    expect(watched.steps).toEqual(['read the fence', ...marks, 'write']);
  });

  test('whose marker fails are reported as failed and not written, while all others are written', async () => {
    const watched = new WatchedFence('2026-11-02', ({ sim, day }) => sim === 'a' && day === '2026-11-02');
    const { receipt, failedDeliveries, errors } = await watched.take(
      observe({ usage: usageAt(late, 'a', '1') }),
      observe({ usage: usageAt('2026-11-01T10:00:00.000Z', 'a', '2') }),
      observe({ usage: usageAt(today, 'a', '3') }),
      observe({ usage: usageAt(late, 'b', '4') }),
      makeFault('broken-json', 'This is not JSON'),
    );
    expect([receipt.stored, receipt.rejected, receipt.failed, [...failedDeliveries]]).toEqual([3, 1, 1, [0]]);
    expect(watched.written.flatMap(({ usage }) => usage.map(({ state }) => state.recordId))).toEqual([
      '2',
      '3',
      '4',
    ]);
    expect(errors.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      'UnmarkedError: A late record could not be marked: Error: The table is gone',
    ]);
  });
});

describe('a batch', () => {
  test('is reported as failed and not written while the fence cannot be read', async () => {
    const watched = new WatchedFence();
    watched.closedThrough = new Error('throttled');
    const readings = [
      observe({ usage: usageAt(today, 'a', '1') }),
      makeFault('broken-json', 'This is not JSON'),
    ];
    const { receipt, failedDeliveries, errors } = await watched.take(...readings);
    expect([receipt.failed, receipt.rejected, [...failedDeliveries]]).toEqual([1, 1, [0]]);
    expect(watched.written.flatMap(({ usage }) => usage)).toEqual([]);
    expect(errors.map(({ message }) => message)).toEqual([
      'How far days are closed could not be read: Error: throttled',
    ]);
    watched.closedThrough = undefined;
    expect((await watched.take(...readings)).receipt.stored).toBe(1);
  });

  test('may sign its requests for ten minutes after the fence was read, not after its start', async () => {
    const watched = new WatchedFence();
    await (await watched.fence.enter()).mark({ sessions: [], usage: [], events: [], sims: [] });
    watched.now = 60_000;
    const passage = await watched.fence.enter();
    const check = watched.fence.beginRequest();
    watched.now = 600_000;
    expect(check).not.toThrow();
    watched.now += 1;
    expect(check).toThrow('More than 10 minutes have passed since a batch began.');
    passage.leave();
    // Nobody waits for its answer any more, and a retry would arrive too late.
    expect(check).toThrow('More than 10 minutes');
  });

  test('starts only after expired batches have ended, so that it is not refused because of them', async () => {
    const watched = new WatchedFence();
    const old = await watched.fence.enter();
    watched.now = 600_001;
    let hasBegun = false;
    const entering = watched.fence.enter().then((passage) => {
      hasBegun = true;
      return passage;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasBegun).toBe(false);
    old.leave();
    await entering;
    expect(watched.fence.beginRequest()).not.toThrow();
    expect(watched.steps).toEqual(['read the fence', 'read the fence']);
  });

  test('shares its read of the fence with batches that start at the same time', async () => {
    const watched = new WatchedFence();
    await Promise.all([watched.fence.enter(), watched.fence.enter()]);
    expect(watched.steps).toEqual(['read the fence']);
  });
});
