import { describe, expect, it } from 'vitest';
import { Fold, pickMoreComplete } from '../../../lambda/ledger/fold.ts';
import { complete, completeWithSession, superseded } from '../../../lambda/ledger/observation.ts';
import { addReceipts, emptyReceipt } from '../../../lambda/ledger/receipt.ts';
import { observationsOf } from '../../records/arrival.ts';
import { readStreamer, usageRecord } from '../../records/datastreamer.ts';
import { fullData, readConnectionEvent } from '../../records/supersim.ts';
import { eventAt, minute, usageAt } from '../store/observations.ts';

const ended = observationsOf(readConnectionEvent('data-session.ended', fullData));
const updated = observationsOf(
  readConnectionEvent('data-session.updated', {
    ...fullData,
    event_sid: 'EZ2',
    timestamp: '2026-11-02T09:30:00Z',
  }),
);
const started = observationsOf(
  readConnectionEvent('data-session.started', {
    ...fullData,
    event_sid: 'EZ3',
    timestamp: '2026-11-02T09:00:00Z',
    data_upload: null,
    data_download: null,
    data_total: null,
  }),
);
const usage = observationsOf(readStreamer(usageRecord));

describe('a fold', () => {
  it('makes one change from everything that a batch says about a session', () => {
    const fold = new Fold();
    for (const [index, observations] of [ended, updated, started].entries()) fold.add(index, observations);
    const { sessions } = fold.listChanges();
    expect(sessions.map(({ state, indexes }) => [indexes, state.terminal?.status, state.origin.at])).toEqual([
      [[0, 1, 2], 'ended', '2026-11-02T10:00:00.000Z'],
    ]);
  });

  it('recognises a repetition if all items of a record were stated before', () => {
    const fold = new Fold();
    expect(
      [ended, ended, usage, updated, usage, updated].map((each, record) => fold.add(record, each)),
    ).toEqual([false, true, false, false, true, true]);
  });

  it('recognises the repetition of a record that states only an event', () => {
    const fold = new Fold();
    expect([fold.add(0, started), fold.add(1, started)]).toEqual([false, true]);
  });

  it('does not mistake a record for a repetition of one that stated only one of its two items', () => {
    const fold = new Fold();
    fold.add(0, { ...ended, event: undefined });
    expect([fold.add(1, ended), fold.add(2, ended)]).toEqual([false, true]);
  });

  it('leaves it to the store whether a record that states only a session is a repetition', () => {
    const fold = new Fold();
    const alone = { ...updated, usage: undefined };
    expect([fold.add(0, alone), fold.add(1, alone)]).toEqual([false, false]);
  });
});

describe('of two statements about one usage record or event', () => {
  it('the fuller one wins, whatever its content', () => {
    const completenesses = [0, superseded, complete, completeWithSession];
    const [abridged, ofPredecessor, whole, withSession] = completenesses.map((completeness, index) =>
      usageAt(minute(1), 'sim', 'record', {
        completeness,
        carrier: index % 2 === 0 ? '1nce' : 'twilio',
      }),
    );
    for (const [less, more] of [
      [abridged, ofPredecessor],
      [ofPredecessor, whole],
      [whole, withSession],
    ] as const) {
      if (less === undefined || more === undefined) throw new RangeError('There are four');
      expect([pickMoreComplete(less, more), pickMoreComplete(more, less)]).toEqual([more, more]);
    }
  });

  it('that say equally much, the one with the greater content wins', () => {
    const [a, b] = [
      eventAt(minute(1), 'sim', 'id', { type: 'a' }),
      eventAt(minute(1), 'sim', 'id', { type: 'b' }),
    ];
    expect([pickMoreComplete(a, b), pickMoreComplete(b, a)]).toEqual([b, b]);
  });

  it('with the same content, the time of arrival decides nothing', () => {
    const first = eventAt(minute(1), 'sim', 'id', { arrivedAt: 1 });
    const second = eventAt(minute(1), 'sim', 'id', { arrivedAt: 2 });
    expect([pickMoreComplete(first, second), pickMoreComplete(second, first)]).toEqual([first, second]);
  });
});

describe('receipts', () => {
  it('add up member by member', () => {
    const a = { received: 10, stored: 4, repeated: 3, ignored: 2, rejected: 1, failed: 5 };
    expect([addReceipts(a, emptyReceipt), addReceipts(a, a)]).toEqual([
      a,
      { received: 20, stored: 8, repeated: 6, ignored: 4, rejected: 2, failed: 10 },
    ]);
  });
});
