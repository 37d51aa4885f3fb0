import { describe, expect, it } from 'vitest';
import { findFindings, listUnknownBeginnings } from '../../../../lambda/days/findings/find-findings.ts';
import type { Finding } from '../../../../lambda/days/findings/finding.ts';
import { wasHeard } from '../../../../lambda/days/findings/unknown-beginning.ts';
import { type EventRow, makeRows } from '../../../../lambda/days/rows.ts';
import type { Session, Usage } from '../../../../lambda/ledger/observation.ts';
import { makeEvent, makeSession, makeUsage } from '../records.ts';

/** The special cases of each check, by name. */

const day = '2026-11-02';
const at = (time: string): string => `${day}T${time}.000Z`;

/** A window of a Super SIM session, with its running total. */
function makeWindow(
  recordId: string,
  [start, end]: readonly [string, string],
  dataTotal: number,
  sessionTotal?: number,
): Usage {
  return makeUsage({
    ...{ recordId, start: at(start), end: at(end), dataTotal, sessionTotal, sessionId: 's1' },
    ...{ usageId: `${at(start)}#${recordId}` },
  });
}

const first = makeWindow('EZ1', ['10:00:00', '10:06:00'], 100, 100);
const second = makeWindow('EZ2', ['10:06:00', '10:12:00'], 50, 150);
const third = makeWindow('EZ3', ['10:12:00', '10:15:00'], 25, 175);

/** A Super SIM session from 10:00 to 10:15. */
function makeSuperSimSession(total: number | undefined, about: Partial<Session> = {}): Session {
  const group = { dataTotal: total, dataUploaded: undefined, dataDownloaded: undefined };
  return {
    ...makeSession({
      ...{ sessionId: 's1', start: at('10:00:00'), end: at('10:15:00') },
      groups: { totals: total === undefined ? undefined : { at: at('10:15:00'), group } },
    }),
    ...about,
  };
}

/** A record of a data streamer. */
function makeStreamed(recordId: string, time: string, about: Partial<Usage> = {}): Usage {
  return makeUsage({
    ...{ recordId, start: at(time), end: at(time.replace(/..$/, '30')), source: 'emnify', carrier: 'emnify' },
    ...{ sessionId: 's1', dataTotal: 5_000, completeness: 10, ...about },
  });
}

/** A session of a data streamer from 10:00 to 10:15, with the volume of its deletion. */
function makeStreamedSession(total: number, about: Partial<Session> = {}): Session {
  const { origin, ...session } = makeSuperSimSession(total, about);
  return {
    ...session,
    origin: { ...origin, group: { ...origin.group, source: 'emnify', carrier: 'emnify' } },
  };
}

function find(
  usage: readonly Usage[],
  sessions: readonly Session[] = [],
  filed: ReadonlySet<Usage> = new Set(),
  unheard: ReadonlySet<string> = new Set(),
): Finding[] {
  const rows = makeRows(day, { usage, sessions, events: [] });
  const openSessions = sessions.filter(({ terminal }) => terminal === undefined);
  return findFindings({
    ...{
      day,
      usage: rows.usage,
      events: [],
      sessions: rows.sessions,
      openSessions,
      formerUsage: [],
      unheard,
    },
    filed: { usage: filed, events: new Set() },
  });
}

/** Findings of sessions that may be older than the ledger. */
function findUnheard(usage: readonly Usage[], session: Session): unknown[][] {
  const found = find(usage, [session], new Set(), new Set([session.sessionId]));
  return found.map(({ check, bytes, records }) => [check, bytes, records]);
}

/** Findings in short: check, bytes and records. */
function list(usage: readonly Usage[], sessions: readonly Session[] = []): unknown[][] {
  return find(usage, sessions).map(({ check, bytes, records }) => [check, bytes, records]);
}

describe('chain', () => {
  it('finds nothing if windows are consecutive and add up', () => {
    expect(list([first, second, third], [makeSuperSimSession(175)])).toEqual([]);
  });

  it('proves a lost window to the byte, and names the records around it', () => {
    expect(find([first, third], [makeSuperSimSession(undefined)])).toMatchObject([
      {
        ...{ check: 'chain', reason: 'missing-windows', sessionId: 's1', bytes: 50, records: 'EZ1 EZ3' },
        ...{ start: at('10:06:00'), end: at('10:12:00') },
      },
    ]);
  });

  it('treats windows a second apart as adjacent, and finds a lost window without bytes after them', () => {
    const later = { ...second, start: '2026-11-02T10:06:01.000Z', dataTotal: 50 };
    expect(list([first, later, third], [makeSuperSimSession(undefined)])).toEqual([]);
    const empty = { ...second, dataTotal: 0, sessionTotal: 100 };
    const end = { ...third, sessionTotal: 125 };
    expect(list([first, end], [makeSuperSimSession(undefined)])).toEqual([['chain', 0, 'EZ1 EZ3']]);
    expect(list([first, empty, end], [makeSuperSimSession(undefined)])).toEqual([]);
  });

  it('is complete with a window without a start if the totals agree, and otherwise proves the loss', () => {
    const last = { ...third, start: third.end };
    expect(list([first, second, last], [makeSuperSimSession(undefined)])).toEqual([]);
    expect(list([first, last], [makeSuperSimSession(undefined)])).toEqual([['chain', 50, 'EZ1 EZ3']]);
  });

  it('reports nothing for a window without start and total', () => {
    const last = { ...third, start: third.end, sessionTotal: undefined };
    expect(list([first, last], [makeSuperSimSession(undefined)])).toEqual([]);
  });

  it('does not know the bytes after the last total', () => {
    const last = { ...third, sessionTotal: undefined };
    expect(list([first, last], [makeSuperSimSession(undefined)])).toEqual([['chain', undefined, 'EZ1 EZ3']]);
  });

  it('reports nothing for schema 1, which has no totals', () => {
    const windows = [first, third].map((window) => ({ ...window, sessionTotal: undefined }));
    expect(list(windows, [makeSuperSimSession(undefined)])).toEqual([]);
  });

  it('finds a loss before the first window only if bytes prove it', () => {
    expect(list([second, third], [makeSuperSimSession(undefined)])).toEqual([['chain', 100, 'EZ2']]);
    const late = { ...first, start: at('10:03:00') };
    expect(list([late, second, third], [makeSuperSimSession(undefined)])).toEqual([]);
  });

  it('reports nothing for an open session or the end of a failed one', () => {
    expect(list([first, third], [makeSuperSimSession(undefined, { terminal: undefined })])).toEqual([]);
    const failed = { status: 'failed', end: at('10:15:00') } as const;
    expect(list([first, second], [makeSuperSimSession(undefined, { terminal: failed })])).toEqual([]);
  });

  it('disappears when the window arrives, and keeps its id until then', () => {
    const lost = [first, makeWindow('EZ5', ['10:15:00', '10:21:00'], 0, 175)];
    const [all] = find(lost, [makeSuperSimSession(undefined)]);
    const [part] = find([...lost, second], [makeSuperSimSession(undefined)]);
    expect([all?.bytes, part?.bytes]).toEqual([75, 25]);
    expect(part?.findingId).toBe(all?.findingId);
    expect(list([...lost, second, third], [makeSuperSimSession(undefined)])).toEqual([]);
  });
});

describe('close', () => {
  it('finds a sum that is not the final total, exactly for Super SIM', () => {
    expect(list([first, second, third], [makeSuperSimSession(176)])).toEqual([['close', 1, 'EZ1 EZ3']]);
  });

  it('needs a total that is stated at the end', () => {
    const { groups, ...session } = makeSuperSimSession(900);
    const totals = groups.totals && { ...groups.totals, at: at('10:14:00') };
    expect(list([first, second, third], [{ ...session, groups: { ...groups, totals } }])).toEqual([]);
  });

  it('lets volumes of a data streamer differ by 1 kB', () => {
    const usage = [makeStreamed('1', '10:00:00'), makeStreamed('2', '10:05:00')];
    expect(list(usage, [makeStreamedSession(11_000)])).toEqual([]);
    expect(list(usage, [makeStreamedSession(11_001)])).toEqual([['close', 1_001, '1 2']]);
  });

  it('does not look for gaps between data-streamer records, as an idle device sends none', () => {
    const usage = [makeStreamed('1', '10:00:00'), makeStreamed('2', '10:14:00')];
    expect(list(usage, [makeStreamedSession(10_000)])).toEqual([]);
  });

  it('ignores text messages, even if they name the session', () => {
    const message = makeStreamed('3', '10:06:00', { trafficType: 'sms', dataTotal: 0, messages: 2_000 });
    expect(list([makeStreamed('1', '10:00:00'), message], [makeStreamedSession(5_000)])).toEqual([]);
  });

  it('reports nothing if usage names no session', () => {
    const usage = [makeStreamed('1', '10:00:00', { sessionId: undefined, completeness: 9 })];
    expect(list(usage, [makeStreamedSession(90_000)])).toEqual([]);
  });
});

describe('a session that may be older than the ledger', () => {
  const fourth = makeWindow('EZ4', ['10:15:00', '10:21:00'], 5, 180);

  it('is judged from its first total on', () => {
    expect(findUnheard([second, third, fourth], makeSuperSimSession(180))).toEqual([]);
    expect(findUnheard([second, fourth], makeSuperSimSession(180))).toEqual([['chain', 25, 'EZ2 EZ4']]);
    const untold = { ...first, sessionTotal: undefined };
    expect(findUnheard([untold, third], makeSuperSimSession(175))).toEqual([['chain', undefined, 'EZ3']]);
    expect(findUnheard([makeStreamed('1', '10:06:00')], makeStreamedSession(90_000))).toEqual([]);
  });

  it('has late first usage, and something missing in it', () => {
    const listLate = (usage: readonly Usage[], session: Session): unknown[] => {
      const rows = makeRows(day, { usage, sessions: [session], events: [] });
      const found = listUnknownBeginnings({ ...rows, day, formerUsage: [] });
      return found.map(({ from, to }) => [from, to]);
    };
    expect(listLate([second, third], makeSuperSimSession(175))).toEqual([[at('00:00:00'), second.start]]);
    expect(listLate([], makeStreamedSession(5_000))).toEqual([]);
    expect(listLate([first, third], makeSuperSimSession(175))).toEqual([]);
    const late = { ...first, start: at('10:03:00') };
    expect(listLate([late, second, third], makeSuperSimSession(175))).toEqual([]);
  });

  it('has no earlier record of the SIM and source, and no start of its own', () => {
    const [row] = makeRows(day, { usage: [], sessions: [makeSuperSimSession(175)], events: [] }).sessions;
    const session = row ?? expect.fail('It has ended');
    const beginning = { session, from: at('00:00:00'), to: at('10:06:00') };
    const hears = (usage: readonly Usage[], events: readonly EventRow[] = []): boolean =>
      wasHeard(beginning, { usage, events });
    const other = { ...first, sessionId: 's0' };
    expect([hears([]), hears([first]), hears([other])]).toEqual([false, false, true]);
    expect(hears([{ ...other, start: at('10:06:01') }])).toBe(false);
    expect(hears([{ ...other, start: '2026-11-01T23:59:59.000Z' }])).toBe(false);
    expect(hears([{ ...other, source: 'kore' }])).toBe(false);
    const started = makeEvent({ time: at('10:00:00'), sessionId: 's1', type: 'data-session.started' });
    expect(hears([], [started])).toBe(true);
    expect(hears([], [{ ...started, type: 'data-session.updated' }])).toBe(false);
    expect(hears([], [{ ...started, type: 'attachment.accepted', sessionId: undefined }])).toBe(true);
  });
});

describe('orphan', () => {
  it('finds a session without a known start', () => {
    const found = find([], [makeSuperSimSession(undefined, { startStated: false })]);
    expect(found).toMatchObject([{ check: 'orphan', reason: 'no-start', sessionId: 's1' }]);
  });

  it('reports a missing end only on the day that completes seven days without a record', () => {
    const open = makeSuperSimSession(undefined, { terminal: undefined });
    const days = ['2026-11-08', '2026-11-09', '2026-11-10'].map((one) =>
      findFindings({
        ...{ day: one, usage: [], events: [], sessions: [], openSessions: [open], formerUsage: [] },
        filed: { usage: new Set(), events: new Set() },
      }),
    );
    expect(days.map((found) => found.map(({ reason }) => reason))).toEqual([[], ['no-end'], []]);
  });

  it('finds usage without a session only if the source names sessions', () => {
    const unnamed = makeStreamed('2', '10:05:00', {
      sessionId: undefined,
      completeness: 9,
      cost: '0.5',
      currency: 'EUR',
    });
    expect(list([unnamed])).toEqual([]);
    expect(find([makeStreamed('1', '10:00:00'), unnamed])).toMatchObject([
      { check: 'orphan', reason: 'no-session', bytes: 5_000, cost: '0.5', currency: 'EUR', records: '2' },
    ]);
  });
});

describe('duplicate', () => {
  it('finds a session’s window under another id, with its money, and excludes it from other checks', () => {
    const again = {
      ...second,
      recordId: 'EZ9',
      usageId: `${second.start}#EZ9`,
      cost: '0.1',
      currency: 'USD',
    };
    const found = find([first, second, again, third], [makeSuperSimSession(175)]);
    expect(found).toMatchObject([{ check: 'duplicate', bytes: 50, cost: '0.1', records: 'EZ2 EZ9' }]);
    expect(found).toHaveLength(1);
  });

  it('is never a text message, and never a record without bytes, length or session', () => {
    const twice = (about: Partial<Usage>): Usage[] => [
      makeStreamed('1', '10:00:00', about),
      makeStreamed('2', '10:00:00', about),
    ];
    expect(list(twice({ trafficType: 'sms', dataTotal: 0, messages: 1 }))).toEqual([]);
    expect(list(twice({ dataTotal: 0 }))).toEqual([]);
    expect(list(twice({ end: at('10:00:00') }))).toEqual([]);
    expect(list(twice({ sessionId: undefined, completeness: 9 }))).toEqual([]);
    expect(list(twice({}))).toEqual([['duplicate', 5_000, '1 2']]);
  });
});

describe('path', () => {
  it('finds a record that came only by file, if the stream has complete records', () => {
    const byFile = makeStreamed('2', '10:05:00', { sessionId: undefined, completeness: 8, carrier: '1nce' });
    const byStream = makeStreamed('1', '10:00:00', {
      sessionId: undefined,
      completeness: 9,
      carrier: '1nce',
    });
    expect(list([byStream, byFile])).toEqual([['path', 5_000, '2']]);
    expect(list([byFile])).toEqual([]);
    expect(list([{ ...byStream, completeness: 6 }, byFile])).toEqual([]);
  });

  /** Records by stream, a minute apart, some of which also came by file. */
  function listUnfiled(filed: readonly number[], about: Partial<Usage> = {}): string[] {
    const records = Array.from({ length: 5 }, (_, index) =>
      makeStreamed(`${index}`, `10:0${index}:00`, {
        sessionId: undefined,
        completeness: 9,
        carrier: '1nce',
        ...about,
      }),
    );
    const found = find(records, [], new Set(records.filter((_, index) => filed.includes(index))));
    return found.filter(({ reason }) => reason === 'not-by-file').map(({ records: ids }) => ids);
  }

  it('finds a record that came only by stream, if files repeat the stream', () => {
    expect(listUnfiled([0, 2, 3, 4])).toEqual(['1']);
    expect(listUnfiled([2, 3, 4])).toEqual(['0', '1']);
    expect(listUnfiled([0, 1, 2, 3, 4])).toEqual([]);
  });

  it('waits for the file with the records after the last row', () => {
    expect(listUnfiled([0, 1, 2])).toEqual([]);
  });

  it('reports nothing for files with some of the records, or only records that the stream lacks', () => {
    expect(listUnfiled([0, 4])).toEqual([]);
    expect(listUnfiled([])).toEqual([]);
    expect(listUnfiled([0, 2, 3, 4], { completeness: 6 })).toEqual([]);
    expect(listUnfiled([0, 2, 3, 4], { trafficType: 'sms' })).toEqual([]);
  });

  /** Events a minute apart, by these paths: `b` by both, `s` by stream, `f` by file. */
  function listEventPaths(paths: string, about: Partial<EventRow> = {}): string[] {
    const events = [...paths].map((path, index) =>
      makeEvent({
        ...{ eventId: `${path}${index}`, time: at(`10:0${index}:00`), source: 'emnify', carrier: 'emnify' },
        ...{ completeness: path === 'f' ? 0 : 9, ...about },
      }),
    );
    const found = findFindings({
      ...{ day, usage: [], events, sessions: [], openSessions: [], formerUsage: [] },
      filed: { usage: new Set(), events: new Set(events.filter((_, index) => paths[index] !== 's')) },
    });
    return found.map(({ reason, records, bytes }) => `${reason} ${records} ${bytes}`);
  }

  it('finds events that came by one path, if more came by both', () => {
    expect(listEventPaths('bsbfb')).toEqual(['not-by-file s1 undefined', 'not-by-stream f3 undefined']);
    expect(listEventPaths('bbs')).toEqual([]);
    expect(listEventPaths('bsbs')).toEqual([]);
    expect(listEventPaths('bfff')).toEqual([]);
    expect(listEventPaths('ssff')).toEqual([]);
    expect(listEventPaths('bsb', { carrier: 'twilio' })).toEqual([]);
  });

  it('never reports a text message, as files do not state its direction', () => {
    const about = { sessionId: undefined, carrier: '1nce' as const };
    const message = makeStreamed('2', '10:05:00', {
      ...about,
      trafficType: 'sms',
      dataTotal: 0,
      completeness: 8,
    });
    expect(list([makeStreamed('1', '10:00:00', { ...about, completeness: 9 }), message])).toEqual([]);
  });
});
