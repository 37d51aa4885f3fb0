import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { encodeUsageItem, measureItem } from '../../../lambda/store/items.ts';
import { decodeUsage } from '../../../lambda/store/records.ts';
import { arrivalFrom, observationsOf, statedBy } from '../../records/arrival.ts';
import { readStreamer, usageRecord } from '../../records/datastreamer.ts';
import { runs } from '../../records/runs.ts';
import {
  fullData,
  type Members,
  minimalData,
  readConnectionEvent,
  readHourly,
} from '../../records/supersim.ts';

/** An update of a session that began at nine, without trouble. */
function window(from: string | undefined, to: string | undefined, more: Members = {}): Members {
  const { data_session_update_start_time, data_session_update_end_time, ...others } = fullData;
  const timestamp = to ?? '2026-11-02T10:59:59Z';
  return {
    ...others,
    timestamp,
    ...(from !== undefined && { data_session_update_start_time: from }),
    ...(to !== undefined && { data_session_update_end_time: to }),
    ...more,
  };
}

function writesItsSession(data: Members, type?: string): boolean {
  return observationsOf(readHourly(data, type)).session !== undefined;
}

describe('if sessions are refreshed hourly, an update writes its session', () => {
  it.each<[string, boolean, Members]>([
    ['not within an hour', false, window('2026-11-02T10:06:00Z', '2026-11-02T10:12:00Z')],
    ['not from a turn of the hour on', false, window('2026-11-02T10:00:00Z', '2026-11-02T10:06:00Z')],
    ['over a turn of the hour', true, window('2026-11-02T09:57:00Z', '2026-11-02T10:03:00Z')],
    ['up to a turn of the hour', true, window('2026-11-02T09:54:00Z', '2026-11-02T10:00:00Z')],
    ['not up to just before it', false, window('2026-11-02T09:54:00Z', '2026-11-02T09:59:59.999Z')],
    ['over midnight', true, window('2026-11-01T23:57:00Z', '2026-11-02T00:03:00Z')],
    ['over a whole day', true, window('2026-11-01T10:06:00Z', '2026-11-02T10:12:00Z')],
    ['whose hours a zone states', false, window('2026-11-02T11:57:00+02:00', '2026-11-02T09:59:00Z')],
    ['that states no beginning', true, window(undefined, '2026-11-02T10:12:00Z')],
    ['that states no end', false, window('2026-11-02T10:06:00Z', undefined)],
    ['that has no length', true, window('2026-11-02T10:12:00Z', '2026-11-02T10:12:00Z')],
    ['that ends before it begins', true, window('2026-11-02T10:12:00Z', '2026-11-02T10:06:00Z')],
    ['that is the session’s first', true, window('2026-11-02T09:00:00Z', '2026-11-02T09:06:00Z')],
    [
      'that tells of a reached limit',
      true,
      window('2026-11-02T10:06:00Z', '2026-11-02T10:12:00Z', { data_modifier: 'blocked' }),
    ],
    [
      'that tells of an error',
      true,
      window('2026-11-02T10:06:00Z', '2026-11-02T10:12:00Z', { error: { code: '30049' } }),
    ],
  ])('%s: %s', (_, writes, data) => {
    expect(writesItsSession(data)).toBe(writes);
  });

  it('if it states no window at all', () => {
    const { data_upload, data_download, data_total, ...silent } = window(
      '2026-11-02T10:06:00Z',
      '2026-11-02T10:12:00Z',
    );
    const { session, usage } = observationsOf(readHourly(silent));
    expect([session?.sessionId, usage]).toEqual([fullData.data_session_sid, undefined]);
  });

  it('exactly once for each turn of the hour, whatever the lengths of consecutive windows', () => {
    const begin = Date.parse('2026-11-02T09:00:00Z');
    const iso = (seconds: number): string => new Date(begin + seconds * 1_000).toISOString();
    const lengths = fc.array(fc.constantFrom(1, 59, 360, 600, 3_599, 3_600), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600 }), lengths, (first, given) => {
        let from = first;
        let written = 0;
        for (const length of given) {
          if (writesItsSession(window(iso(from), iso(from + length)))) written += 1;
          from += length;
        }
        expect(written).toBe(Math.floor(from / 3_600) - Math.floor(first / 3_600));
      }),
      runs(100),
    );
  });
});

describe('if sessions are refreshed hourly', () => {
  const within = window('2026-11-02T10:06:00Z', '2026-11-02T10:12:00Z');

  it.each(['data-session.started', 'data-session.ended', 'data-session.failed'])(
    '%s writes its session',
    (type) => {
      expect(observationsOf(readHourly(within, type))).toEqual(
        observationsOf(readConnectionEvent(type, within)),
      );
    },
  );

  it('an update that does not write its session states in its usage what the session’s item lacks', () => {
    const each = observationsOf(readConnectionEvent('data-session.updated', within));
    expect(observationsOf(readHourly(within))).toEqual({
      ...each,
      session: undefined,
      usage: { ...each.usage, observedAt: '2026-11-02T10:12:00.000Z' },
    });
  });

  it.each(['update', 'hourly'] as const)('the usage item has the session’s running totals: %s', (refresh) => {
    const type = 'data-session.updated';
    for (const data of [within, window('2026-11-02T09:57:00Z', '2026-11-02T10:03:00Z')]) {
      const { sessionUploaded, sessionDownloaded, sessionTotal } = encodeUsageItem(
        statedBy(refresh === 'hourly' ? readHourly(data) : readConnectionEvent(type, data), 'usage'),
        true,
      );
      expect({ sessionUploaded, sessionDownloaded, sessionTotal }).toEqual({
        sessionUploaded: { N: '4000' },
        sessionDownloaded: { N: '6000' },
        sessionTotal: { N: '10000' },
      });
    }
  });

  it('an update without running totals still says when it was observed', () => {
    const data = {
      ...minimalData,
      data_session_sid: fullData.data_session_sid,
      timestamp: '2026-11-02T10:12:01Z',
      data_session_update_start_time: '2026-11-02T10:06:00Z',
      data_session_update_end_time: '2026-11-02T10:12:00Z',
      data_total: 7,
    };
    const item = encodeUsageItem(statedBy(readHourly(data), 'usage'), true);
    const { observedAt, sessionUploaded, sessionDownloaded, sessionTotal } = item;
    expect([observedAt, sessionUploaded, sessionDownloaded, sessionTotal]).toEqual([
      { N: String(Date.parse('2026-11-02T10:12:01Z')) },
      undefined,
      undefined,
      undefined,
    ]);
    expect(decodeUsage(item).observedAt).toBe('2026-11-02T10:12:01.000Z');
  });

  it('an update that writes its session has the usual usage item', () => {
    const crossing = window('2026-11-02T09:57:00Z', '2026-11-02T10:03:00Z');
    expect(observationsOf(readHourly(crossing))).toEqual(
      observationsOf(readConnectionEvent('data-session.updated', crossing)),
    );
  });

  it('the same records are rejected, for the same reasons', () => {
    for (const broken of [{ data_total: -1 }, { timestamp: 'yesterday' }, { data_session_sid: undefined }]) {
      const data = { ...within, ...broken };
      expect(readHourly(data)).toMatchObject({ kind: 'fault' });
      expect(readHourly(data)).toEqual(readConnectionEvent('data-session.updated', data));
    }
  });

  it('the usage item keeps what it says through the table', () => {
    const usage = statedBy(readHourly(within), 'usage');
    const { completeness, ...stored } = usage;
    expect(decodeUsage(encodeUsageItem(usage, true))).toEqual(stored);
    expect(measureItem(encodeUsageItem(usage, true))).toBeLessThan(1_024);
  });
});

test('usage of a data streamer, which tells when a session was alive, always writes its session', () => {
  const named = {
    ...usageRecord,
    session_id: 'b2c5a9de-0000-4000-a000-000000000001',
    start_timestamp: '2026-11-02T10:06:00Z',
    end_timestamp: '2026-11-02T10:12:00Z',
  };
  const hourly = interpret(named, arrivalFrom('emnify', { sessionRefresh: 'hourly' }));
  expect(observationsOf(hourly)).toEqual(observationsOf(readStreamer(named, 'emnify')));
  expect(observationsOf(hourly).session).toBeDefined();
});
