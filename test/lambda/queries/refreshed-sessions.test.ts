import { describe, expect, it } from 'vitest';
import type { Session, Totals } from '../../../lambda/ledger/observation.ts';
import { readRefreshedSessions } from '../../../lambda/queries/refreshed-sessions.ts';
import { decodeUsage, type StoredUsage } from '../../../lambda/store/records.ts';
import { session } from './sessions-in-memory.ts';

/** A number of minutes after six o'clock. */
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 2, 6, minute)).toISOString();

/** The usage item of an update that does not write its session, observed at the end of its window. */
function update(
  sessionId: string,
  from: number,
  to: number,
  total?: number,
  more: Partial<StoredUsage> = {},
) {
  const item = decodeUsage({ carrier: { S: 'kore' }, source: { S: 'kore' }, start: { S: at(from) } });
  const totals =
    total === undefined ? {} : { sessionUploaded: total, sessionDownloaded: 0, sessionTotal: total };
  return { ...item, sessionId, end: at(to), observedAt: at(to), ...totals, ...more };
}

function totalsOf(total: number): Totals {
  return { dataUploaded: total, dataDownloaded: 0, dataTotal: total };
}

/** A session whose item was last written at a given minute, with its total then. */
function written(
  sessionId: string,
  start: number,
  last: number,
  total?: number,
  more: Partial<Session> = {},
) {
  return session(sessionId, at(start), {
    origin: { at: at(last), group: { source: 'kore', carrier: 'kore', iccid: undefined } },
    groups: {
      ...session('', '').groups,
      totals: total === undefined ? undefined : { at: at(last), group: totalsOf(total) },
    },
    ...more,
  });
}

/** Sessions refreshed by their usage, newest first, and the ranges of usage that were read for them. */
async function refreshed(sessions: readonly Session[], records: readonly StoredUsage[]) {
  const ranges: [string, string][] = [];
  const starts = new Map(sessions.map(({ sessionId }, index) => [sessionId, sessions[index - 1]?.start]));
  const now = await readRefreshedSessions(
    sessions,
    (sessionId) => starts.get(sessionId),
    async function* (from, to) {
      ranges.push([from, to]);
      yield records.filter(({ start }) => start >= from && start <= to).reverse();
    },
  );
  const shown = now.map(({ sessionId, origin, groups }) => [
    sessionId,
    origin.at,
    groups.totals?.group.dataTotal,
  ]);
  return { shown, ranges, now };
}

describe('a session that updates write once an hour', () => {
  it('is that of its newest update, in any order of storing', async () => {
    const records = [update('a', 6, 12, 40), update('a', 18, 24, 70), update('a', 12, 18, 50)];
    const { shown, ranges } = await refreshed([written('a', 0, 0, 10)], records);
    expect(shown).toEqual([['a', at(24), 70]]);
    expect(ranges).toEqual([[at(-60), '9999']]);
  });

  it('is that of its item if no update is newer', async () => {
    expect((await refreshed([written('a', 0, 60, 90)], [update('a', 48, 54, 80)])).shown).toEqual([
      ['a', at(60), 90],
    ]);
    expect((await refreshed([written('a', 0, 60, 90)], [])).shown).toEqual([['a', at(60), 90]]);
  });

  it('has the carrier’s total, even if windows were lost', async () => {
    const { shown } = await refreshed([written('a', 0, 0, 10)], [update('a', 48, 54, 500)]);
    expect(shown).toEqual([['a', at(54), 500]]);
  });

  it('includes an update whose window began before the item was written', async () => {
    const { shown } = await refreshed([written('a', 0, 30, 10)], [update('a', 1, 58, 20)]);
    expect(shown).toEqual([['a', at(58), 20]]);
  });

  it('keeps its total if a newer update states none', async () => {
    const { now } = await refreshed([written('a', 0, 0, 10)], [update('a', 6, 12), update('a', 0, 6, 15)]);
    expect(now.map(({ origin, groups }) => [origin.at, groups.totals])).toEqual([
      [at(12), { at: at(6), group: totalsOf(15) }],
    ]);
  });

  it('uses nothing from other sessions or from updates that wrote their session', async () => {
    const wrote = update('a', 12, 18, 900, { observedAt: undefined });
    const { shown } = await refreshed([written('a', 0, 0, 10)], [update('b', 6, 12, 800), wrote]);
    expect(shown).toEqual([['a', at(0), 10]]);
  });

  it('has the network, the modem and the subscription that its newest update states', async () => {
    const operatorName = 'T-Mobile';
    const seen = { radio: '4G', mcc: '310', mnc: '260', operatorName, country: 'US', imei: '1', imsi: '2' };
    const cell = { at: at(0), group: { cellId: '1', lac: '2', lat: 1, lon: 2 } };
    const stored = written('a', 0, 0, 10);
    const known = { ...stored, groups: { ...stored.groups, cell } };
    const { now } = await refreshed([known], [update('a', 0, 6, 20, seen)]);
    const { imei, imsi, ...network } = seen;
    expect(now).toEqual([
      {
        ...known,
        origin: { ...known.origin, at: at(6) },
        groups: {
          ...known.groups,
          totals: { at: at(6), group: totalsOf(20) },
          network: { at: at(6), group: { ...network, ratType: undefined } },
          device: { at: at(6), group: { imei } },
          subscriber: { at: at(6), group: { imsi } },
        },
      },
    ]);
  });

  it('that ended with its totals needs no query', async () => {
    const ended = written('a', 0, 30, 90, { terminal: { status: 'ended', end: at(30) } });
    const { now, ranges } = await refreshed([ended], [update('a', 0, 6, 20)]);
    expect({ now, ranges }).toEqual({ now: [ended], ranges: [] });
  });

  it('that ended without totals has those of its newest update', async () => {
    const ended = written('a', 0, 30, undefined, { terminal: { status: 'ended', end: at(30) } });
    const { now, ranges } = await refreshed([ended], [update('a', 0, 6, 20), update('a', 6, 12, 30)]);
    expect(now.map(({ origin, groups }) => [origin.at, groups.totals])).toEqual([
      [at(30), { at: at(12), group: totalsOf(30) }],
    ]);
    expect(ranges).toEqual([[at(-60), at(90)]]);
  });

  it('without an end is read until an hour after the next one started', async () => {
    const { ranges } = await refreshed([written('b', 200, 200, 1), written('a', 0, 60, 5)], []);
    expect(ranges).toEqual([
      [at(140), '9999'],
      [at(0), at(260)],
    ]);
  });

  it('is one of many, a few of which are read at the same time', async () => {
    const sessions = Array.from({ length: 30 }, (_, index) => written(`s${index}`, 30 - index, 30, 1));
    let underWay = 0;
    let most = 0;
    await readRefreshedSessions(
      sessions,
      () => undefined,
      async function* () {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        yield [];
      },
    );
    expect(most).toBe(8);
  });
});
