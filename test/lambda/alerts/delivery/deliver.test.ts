import { describe, expect, test } from 'vitest';
import { chooseWait } from '../../../../lambda/alerts/delivery/backoff.ts';
import { type DeliveryRun, deliver, runLimits } from '../../../../lambda/alerts/delivery/deliver.ts';
import { isForPeople, type Outcome, type Receiver } from '../../../../lambda/alerts/delivery/receiver.ts';
import type { TransitionKind } from '../../../../lambda/alerts/episode.ts';
import { transitionWith } from './transitions.ts';
import { UndeliveredInMemory } from './undelivered-in-memory.ts';

const start = Date.parse('2026-11-03T14:10:00.000Z');
const accepted: Outcome = { kind: 'accepted' };
const down: Outcome = { kind: 'later', reason: 'status 503' };

function run(more: Partial<DeliveryRun> = {}): DeliveryRun {
  return {
    now: start,
    token: 'run',
    measureElapsed: () => 0,
    context: { deployment: 'simledger', apiUrl: undefined },
    limits: runLimits,
    onError: (error) => {
      throw error;
    },
    ...more,
  };
}

/** A receiver with these answers, which then accepts everything, and the messages that it got. */
function receiverThatAnswers(...outcomes: Outcome[]): Receiver & { readonly got: string[] } {
  const got: string[] = [];
  return {
    ...{ name: 'pager', got, takes: () => true },
    send: async ({ event }) => {
      got.push(event.id);
      return outcomes.shift() ?? accepted;
    },
  };
}

/** A store with episodes, each with transitions of these kinds. */
function storeWith(...episodes: readonly (readonly TransitionKind[])[]): UndeliveredInMemory {
  const store = new UndeliveredInMemory();
  for (const [index, kinds] of episodes.entries()) {
    for (const [before, kind] of kinds.entries()) {
      const state = kind === 'opened' || kind === 'amended' || kind === 'reopened' ? 'open' : kind;
      store.add(transitionWith({ episode: `ep${index + 1}`, sequence: before + 1, kind, state }));
    }
  }
  return store;
}

const nothingDone = {
  receiver: 'pager',
  idle: undefined,
  delivered: 0,
  passedOver: 0,
  failed: 0,
  undeliverable: 0,
  unusable: undefined,
  unusableRuns: 0,
  oldestFailedSeconds: 0,
  reasons: [],
};

test('each transition is sent once, in the order of its episode', async () => {
  const store = storeWith(['opened', 'amended', 'closed'], ['opened']);
  const receiver = receiverThatAnswers();
  expect(await deliver(receiver, store, run())).toEqual({ ...nothingDone, delivered: 4 });
  expect(receiver.got).toEqual(['ep1-1', 'ep1-2', 'ep1-3', 'ep2-1']);
  expect([store.isEmpty, store.lease]).toEqual([true, undefined]);
  expect(await deliver(receiver, store, run())).toEqual(nothingDone);
});

test('a receiver for people gets a message when an ended episode reopens', async () => {
  const store = storeWith(['opened', 'closed', 'amended', 'amended', 'closed']);
  const receiver = { ...receiverThatAnswers(), takes: isForPeople };
  expect(await deliver(receiver, store, run())).toEqual({ ...nothingDone, delivered: 4, passedOver: 1 });
  expect(receiver.got).toEqual(['ep1-1', 'ep1-2', 'ep1-3', 'ep1-5']);
});

test('a receiver for people gets the start and the end', async () => {
  const store = storeWith(['opened', 'amended', 'amended', 'closed']);
  const receiver = { ...receiverThatAnswers(), takes: isForPeople };
  expect(await deliver(receiver, store, run())).toEqual({ ...nothingDone, delivered: 2, passedOver: 2 });
  expect(receiver.got).toEqual(['ep1-1', 'ep1-4']);
});

describe('a failed attempt', () => {
  test('is retried by later runs with increasing delays, and later transitions of its episode wait', async () => {
    const store = storeWith(['opened', 'closed'], ['opened']);
    const receiver = receiverThatAnswers(down);
    expect(await deliver(receiver, store, run())).toEqual({
      ...{ ...nothingDone, delivered: 1, failed: 1, reasons: ['status 503'] },
    });
    expect(receiver.got).toEqual(['ep1-1', 'ep2-1']);
    const wait = chooseWait('ep1-1', 1);
    await deliver(receiver, store, run({ now: start + wait - 1 }));
    expect(receiver.got).toEqual(['ep1-1', 'ep2-1']);
    await deliver(receiver, store, run({ now: start + wait }));
    expect(receiver.got).toEqual(['ep1-1', 'ep2-1', 'ep1-1', 'ep1-2']);
    expect(store.isEmpty).toBe(true);
  });

  test('ends the run if it is the third in a row', async () => {
    const store = storeWith(['opened'], ['opened'], ['opened'], ['opened'], ['opened'], ['opened']);
    const receiver = receiverThatAnswers(down, down, accepted, down, down, down);
    expect(await deliver(receiver, store, run())).toMatchObject({ delivered: 1, failed: 5 });
    expect(receiver.got.length).toBe(6);
    const next = receiverThatAnswers(down, down, down);
    const others = storeWith(['opened'], ['opened'], ['opened'], ['opened']);
    expect(await deliver(next, others, run())).toMatchObject({ delivered: 0, failed: 3 });
    expect(next.got.length).toBe(3);
  });

  test('that requests a pause stops deliveries until the pause is over', async () => {
    const store = storeWith(['opened'], ['opened']);
    const receiver = receiverThatAnswers({ ...down, retryAfterMilliseconds: 120_000 });
    await deliver(receiver, store, run());
    expect(receiver.got).toEqual(['ep1-1']);
    const idle = { ...nothingDone, idle: 'paused' };
    expect(await deliver(receiver, store, run({ now: start + 119_999 }))).toEqual(idle);
    await deliver(receiver, store, run({ now: start + 120_000 }));
    expect(receiver.got).toEqual(['ep1-1', 'ep2-1', 'ep1-1']);
  });

  test('pauses for at most an hour', async () => {
    const store = storeWith(['opened']);
    const receiver = receiverThatAnswers({ ...down, retryAfterMilliseconds: 86_400_000 });
    await deliver(receiver, store, run());
    await deliver(receiver, store, run({ now: start + 3_600_000 }));
    expect(store.isEmpty).toBe(true);
  });

  test('is the last one after three days, and the transition is kept as undeliverable', async () => {
    const store = storeWith(['opened', 'closed']);
    const now = start + 3 * 86_400_000;
    expect(await deliver(receiverThatAnswers(down), store, run({ now }))).toEqual({
      ...{ ...nothingDone, delivered: 1, undeliverable: 1, reasons: ['status 503'] },
      oldestFailedSeconds: 3 * 86_400,
    });
    expect(store.done).toEqual([
      { episode: 'ep1', sequence: 1, disposal: 'undeliverable', reason: 'status 503' },
      { episode: 'ep1', sequence: 2, disposal: 'delivered', reason: '' },
    ]);
  });

  test('with an unexpected error is reported, and retried', async () => {
    const store = storeWith(['opened']);
    const told: string[] = [];
    const receiver: Receiver = {
      ...receiverThatAnswers(),
      send: () => Promise.reject(new RangeError('a bug')),
    };
    const report = await deliver(receiver, store, run({ onError: ({ message }) => void told.push(message) }));
    expect(report).toEqual({ ...nothingDone, failed: 1, reasons: ['a fault in simledger'] });
    expect([told, store.isEmpty]).toEqual([['a bug'], false]);
  });
});

describe('a refused message', () => {
  const refused: Outcome = { kind: 'refused', reason: 'status 400' };

  test('is kept as undeliverable, and the next one of its episode is sent', async () => {
    const store = storeWith(['opened', 'closed']);
    const receiver = receiverThatAnswers(refused);
    expect(await deliver(receiver, store, run())).toEqual({
      ...{ ...nothingDone, delivered: 1, undeliverable: 1, reasons: ['status 400'] },
    });
    expect(receiver.got).toEqual(['ep1-1', 'ep1-2']);
    expect(store.done[0]).toEqual({
      ...{ episode: 'ep1', sequence: 1, disposal: 'undeliverable', reason: 'status 400' },
    });
  });

  test('that is the third in a row means that the key does not work, and the others wait', async () => {
    const store = storeWith(['opened'], ['opened'], ['opened'], ['opened']);
    const report = await deliver(receiverThatAnswers(refused, refused, refused), store, run());
    expect(report).toMatchObject({ undeliverable: 3, unusable: 'status 400' });
    expect(store.state).toEqual({ unusableRuns: 1, pausedUntil: start + chooseWait('pager', 1) });
    expect(store.isEmpty).toBe(false);
  });
});

describe('an address that does not work', () => {
  const gone: Outcome = { kind: 'unusable', reason: 'status 410' };

  test('loses no message, and the receiver is paused with increasing delays until it works again', async () => {
    const store = storeWith(['opened', 'closed'], ['opened']);
    const receiver = receiverThatAnswers(gone, gone);
    expect(await deliver(receiver, store, run())).toEqual({
      ...{ ...nothingDone, failed: 1, unusable: 'status 410', unusableRuns: 1, reasons: ['status 410'] },
    });
    const firstRest = chooseWait('pager', 1);
    expect(store.state).toEqual({ unusableRuns: 1, pausedUntil: start + firstRest });
    const second = start + firstRest;
    await deliver(receiver, store, run({ now: second }));
    expect(store.state).toEqual({ unusableRuns: 2, pausedUntil: second + chooseWait('pager', 2) });
    const report = await deliver(receiver, store, run({ now: second + 3_600_000 }));
    expect(report).toEqual({ ...nothingDone, delivered: 3 });
    expect(store.state).toEqual({ unusableRuns: 0, pausedUntil: 0 });
  });
});

describe('a run', () => {
  test('does nothing while another run has the receiver’s lease, and takes over when the lease has expired', async () => {
    const store = storeWith(['opened']);
    await store.lock('pager', { token: 'dead', now: start - 60_000, until: start + 1_000 });
    expect(await deliver(receiverThatAnswers(), store, run())).toEqual({ ...nothingDone, idle: 'locked' });
    const later = run({ now: start + 1_000 });
    expect(await deliver(receiverThatAnswers(), store, later)).toEqual({ ...nothingDone, delivered: 1 });
  });

  test('sends nothing after its time, even if the store used it up', async () => {
    const readings = async (milliseconds: number): Promise<readonly string[]> => {
      const store = storeWith(['opened'], ['opened'], ['opened']);
      let elapsed = 0;
      const readNext = store.readNext.bind(store);
      store.readNext = async (...parameters) => {
        const next = await readNext(...parameters);
        elapsed += milliseconds;
        return next;
      };
      const receiver = receiverThatAnswers();
      await deliver(receiver, store, run({ measureElapsed: () => elapsed }));
      return receiver.got;
    };
    expect(await readings(runLimits.maxMilliseconds)).toEqual([]);
    expect(await readings(runLimits.maxMilliseconds / 4)).toEqual(['ep1-1', 'ep2-1']);
  });

  test('skips an episode whose transition another run has finished meanwhile', async () => {
    const store = storeWith(['opened', 'closed']);
    store.acknowledge = async () => false;
    const receiver = receiverThatAnswers();
    expect(await deliver(receiver, store, run())).toEqual(nothingDone);
    expect(receiver.got).toEqual(['ep1-1']);
  });

  test('has a maximum of messages and of episodes', async () => {
    const episodes = Array.from({ length: 12 }, () => ['opened', 'amended', 'closed'] as const);
    const few = receiverThatAnswers();
    await deliver(few, storeWith(...episodes), run({ limits: { ...runLimits, maxSends: 7 } }));
    expect(few.got.length).toBe(7);
    const some = receiverThatAnswers();
    await deliver(some, storeWith(...episodes), run({ limits: { ...runLimits, maxEpisodes: 3 } }));
    expect(some.got.length).toBe(9);
  });
});

describe('the wait after a failed attempt', () => {
  test('grows from half a minute to an hour, with jitter up to a half', () => {
    const waits = Array.from({ length: 100 }, (_, index) =>
      [1, 2, 3, 8, 30].map((attempts) => chooseWait(`ep${index}-1`, attempts)),
    );
    const bounds = [0, 1, 2, 3, 4].map((column) => {
      const all = waits.map((row) => row[column] ?? 0);
      return [Math.min(...all), Math.max(...all)];
    });
    const longest = [30_000, 60_000, 120_000, 3_600_000, 3_600_000];
    for (const [index, [min = 0, max = 0]] of bounds.entries()) {
      const limit = longest[index] ?? 0;
      expect([min >= limit / 2, min < limit * 0.6, max > limit * 0.9, max <= limit]).toEqual(
        Array(4).fill(true),
      );
    }
  });

  test('is the same for the same attempt', () => {
    expect(chooseWait('ep1-1', 3)).toBe(chooseWait('ep1-1', 3));
  });
});
