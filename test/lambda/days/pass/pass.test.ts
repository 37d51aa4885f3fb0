import { beforeEach, describe, expect, it } from 'vitest';
import { rowKinds } from '../../../../lambda/days/columns.ts';
import { computeRoot, RowDigests } from '../../../../lambda/days/digests.ts';
import { FleetFold } from '../../../../lambda/days/fleet-days.ts';
import { LakeReader } from '../../../../lambda/days/lake-reader.ts';
import type { Manifest } from '../../../../lambda/days/manifest.ts';
import { runBucket } from '../../../../lambda/days/pass/bucket.ts';
import { makeManifestKey, readJson } from '../../../../lambda/days/pass/lake-objects.ts';
import { beginRound, type PlannedRound, planDay, planRound } from '../../../../lambda/days/pass/plan.ts';
import { SealedRows } from '../../../../lambda/days/pass/sealed-rows.ts';
import {
  compareTexts,
  makeRows,
  noItems,
  type SimItems,
  type SimRows,
} from '../../../../lambda/days/rows.ts';
import { makeSimDay } from '../../../../lambda/days/sim-days.ts';
import { makeEvent, makeSession, makeUsage } from '../records.ts';
import { MemoryPorts } from './memory-ports.ts';

const [before, day, after] = ['2026-11-01', '2026-11-02', '2026-11-03'];
const [first, second] = ['8988307000000000001', '8988307000000000002'];
const account = 'account:emnify:7';
const now = Date.UTC(2026, 10, 5);

let ports: MemoryPorts;
let closedThrough: string;

beforeEach(() => {
  ports = new MemoryPorts();
  closedThrough = '';
});

/** Runs all jobs of the queue. */
async function runJobs(): Promise<void> {
  for (let job = ports.queue.shift(); job !== undefined; job = ports.queue.shift()) {
    await runBucket(job, ports, { now });
  }
}

/** Plans a round, and reads it, after a wait if it is a round of markers. */
async function readNext(one: string, plan: typeof planDay): Promise<PlannedRound | undefined> {
  const planned = await plan(one, ports, { closedThrough, now });
  if (planned === undefined) return undefined;
  await beginRound(one, planned.round, ports);
  await runJobs();
  return planned;
}

/** Reads days, and then marked SIMs until none is left. */
async function close(...days: readonly string[]): Promise<void> {
  closedThrough = [closedThrough, ...days].sort().at(-1) ?? '';
  for (const one of days) await readNext(one, planDay);
  for (let round = 0; round < 10; round += 1) {
    const planned: unknown[] = [];
    for (const one of days) planned.push(await readNext(one, planRound));
    if (planned.every((one) => one === undefined)) return;
  }
  throw new Error('There is always something to do');
}

/** Delivers records of closed days, with markers first. */
async function deliverLate(sim: string, says: Partial<SimItems>): Promise<void> {
  const items = { ...noItems, ...says };
  await ports.markers.put(ports.listDays(items).map((one) => ({ day: one, sim })));
  ports.deliver(sim, items);
}

async function readManifest(of: string): Promise<Manifest> {
  const { content } = await readJson<Manifest>(ports.lake, makeManifestKey(of));
  if (content === undefined) throw new Error(`${of} is not sealed`);
  return content;
}

/** The rows of a day in the lake, by SIM. */
async function readLake(of: string): Promise<Record<string, SimRows>> {
  const { buckets } = await readManifest(of);
  const found: Record<string, SimRows> = {};
  for (let bucket = 0; bucket <= buckets; bucket += 1) {
    const sealed = await SealedRows.open(ports.lake, of, bucket, buckets);
    for (let sim = await sealed.peekSim(); sim !== undefined; sim = await sealed.peekSim()) {
      found[sim] = await sealed.take(sim);
    }
  }
  return found;
}

describe('the pass over a day', () => {
  const usage = (sim: string, hour: string, about: object = {}) =>
    makeUsage({ sim, start: `${day}T${hour}:00:00.000Z`, recordId: hour, ...about });

  it('stores rows, SIM-days and a manifest with the root and the fleet-day', async () => {
    const items = new Map<string, SimItems>([
      [
        first,
        {
          ...noItems,
          usage: [usage(first, '01'), usage(first, '02')],
          events: [makeEvent({ sim: first, time: `${day}T03:00:00.000Z` })],
        },
      ],
      [second, { ...noItems, usage: [usage(second, '04', { country: 'DE' })] }],
      [
        account,
        {
          ...noItems,
          events: [makeEvent({ sim: account, time: `${day}T03:00:00.000Z`, type: 'user.signed-up' })],
        },
      ],
    ]);
    for (const [sim, says] of items) ports.deliver(sim, says);
    await close(day);

    const digests = new RowDigests();
    const fold = new FleetFold(day);
    for (const [sim, says] of [...items].sort(([a], [b]) => compareTexts(a, b))) {
      const rows = makeRows(day, says);
      digests.add(sim, rows);
      if (sim !== account) fold.addSim(makeSimDay(sim, day, rows));
    }
    const root = computeRoot(digests.finish());
    const manifest = await readManifest(day);
    expect(manifest).toEqual({
      day,
      version: 1,
      sealedAt: '2026-11-05T00:00:00.000Z',
      ...root,
      changes: { added: 0, changed: 0, moved: 0 },
      buckets: 1,
      files: manifest.files,
      fleet: JSON.parse(JSON.stringify(fold.result)),
      revisions: [1, 1],
      changed: [],
      history: [],
    });
    expect(manifest.files.map(({ key, rows }) => [key, rows])).toEqual([
      [`events/day=${day}/bucket=0000.parquet`, 1],
      [`usage/day=${day}/bucket=0000.parquet`, 3],
      [`account-events/day=${day}/bucket=0001.parquet`, 1],
    ]);
    expect([...ports.storedSimDays.values()].map((stored) => stored.day)).toEqual(
      [first, second].map((sim) => makeSimDay(sim, day, makeRows(day, items.get(sim) ?? noItems))),
    );
    expect(Object.keys(await readLake(day)).sort()).toEqual([first, second, account].sort());
  });

  it('makes no new version of an unchanged day', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await close(day);
    const manifest = await readManifest(day);
    await deliverLate(first, { usage: [usage(first, '01')] });
    await close(day);
    expect(await readManifest(day)).toEqual(manifest);
    expect(ports.storedMarkers.size).toBe(0);
  });

  it('lists added, changed and moved rows in a new version, and keeps expired ones', async () => {
    const [poor, full] = [{ completeness: 2 }, { tariff: 'IoT' }].map((about) => usage(first, '01', about));
    const session = (end: string) => makeSession({ sessionId: 's1', start: `${before}T10:00:00.000Z`, end });
    if (poor === undefined || full === undefined) throw new Error('There are two');
    const said = { usage: [poor], sessions: [{ ...session(`${day}T05:00:00.000Z`), sim: first }] };
    ports.deliver(first, { ...noItems, ...said });
    ports.deliver(second, { ...noItems, usage: [usage(second, '04')] });
    await close(day);
    ports.items.clear();

    const later = { ...session(`${after}T05:00:00.000Z`), sim: first };
    await deliverLate(first, {
      usage: [full, usage(first, '02')],
      sessions: [later],
      events: [
        makeEvent({
          sim: first,
          time: `${after}T05:00:00.000Z`,
          sessionId: 's1',
          type: 'data-session.ended',
        }),
      ],
    });
    await close(day);
    await close(after);
    await close(day);

    const manifest = await readManifest(day);
    const changed = [
      { kind: 'sessions', sim: first, id: 's1', change: 'moved' },
      { kind: 'usage', sim: first, id: full.usageId, change: 'changed' },
      { kind: 'usage', sim: first, id: `${day}T02:00:00.000Z#02`, change: 'added' },
    ];
    // The session waits until the other day has it.
    expect([...manifest.history.map(({ version }) => version), manifest.version]).toEqual([1, 2, 3]);
    expect(manifest.changed).toEqual(changed.slice(0, 1));
    expect(manifest.history.map(({ changes }) => changes)).toEqual([
      { added: 0, changed: 0, moved: 0 },
      { added: 1, changed: 1, moved: 0 },
    ]);
    const lake = await readLake(day);
    expect([lake[first]?.usage, lake[first]?.sessions, lake[second]?.usage.length]).toEqual([
      [full, usage(first, '02')],
      [],
      1,
    ]);
    expect((await readLake(after))[first]?.sessions).toEqual([later]);
    expect(ports.storedSimDays.get(`${day} ${first}`)?.day.sessionsEnded).toBe(0);
    expect(ports.storedSimDays.get(`${after} ${first}`)?.day.sessionsEnded).toBe(1);
  });

  it('takes values from the old day that a session’s item does not have any more', async () => {
    const about = { sessionId: 's1', start: `${before}T10:00:00.000Z` };
    const network = {
      at: `${before}T10:00:00.000Z`,
      group: {
        radio: 'LTE-M',
        ratType: undefined,
        mcc: '262',
        mnc: '01',
        operatorName: undefined,
        country: 'DE',
      },
    };
    const whole = {
      ...makeSession({ ...about, end: `${day}T05:00:00.000Z`, groups: { network } }),
      sim: first,
    };
    ports.deliver(first, { ...noItems, sessions: [whole] });
    await close(day, after);
    ports.items.clear();
    const later = { ...makeSession({ ...about, end: `${after}T05:00:00.000Z` }), sim: first };
    await deliverLate(first, {
      sessions: [later],
      events: [makeEvent({ sim: first, time: `${after}T05:00:00.000Z`, sessionId: 's1' })],
    });
    await close(day, after);
    expect((await readLake(after))[first]?.sessions).toEqual([{ ...later, groups: whole.groups }]);
    expect((await readLake(day))[first]).toBeUndefined();
  });

  it('empties the SIM-day of a SIM without rows, even after a crashed run', async () => {
    const ended = (end: string) => ({
      ...makeSession({ sessionId: 's1', start: `${before}T10:00:00.000Z`, end: `${end}T05:00:00.000Z` }),
      sim: first,
    });
    ports.deliver(first, { ...noItems, sessions: [ended(day)] });
    await close(day);
    await ports.markers.put([{ day, sim: first, sessionId: 's1' }]);
    ports.deliver(first, { ...noItems, sessions: [ended(after)] });
    await close(day);
    await close(after);
    const planned = await planRound(day, ports, { closedThrough, now });
    const { put } = ports.simDays;
    ports.simDays.put = async () => {
      throw new Error('The run dies');
    };
    await beginRound(day, planned?.round ?? 0, ports);
    await expect(runJobs()).rejects.toThrow('The run dies');
    ports.simDays.put = put;
    await close(day);
    const counts = [day, after].map((one) => ports.storedSimDays.get(`${one} ${first}`)?.day.sessionsEnded);
    expect(counts).toEqual([0, 1]);
  });

  it('rereads only SIMs with a marker', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    ports.deliver(second, { ...noItems, usage: [usage(second, '01')] });
    await close(day);
    await deliverLate(first, { usage: [usage(first, '02')] });
    ports.deliver(second, { ...noItems, usage: [usage(second, '02')] });
    await close(day);
    const lake = await readLake(day);
    expect([first, second].map((sim) => lake[sim]?.usage.length)).toEqual([2, 1]);
    const { kinds } = await readManifest(day);
    expect(rowKinds.filter((kind) => kinds[kind].rows > 0)).toEqual(['usage']);
  });

  it('removes a marker only in the round that noted it, if it still has the same token', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await close(day);
    await deliverLate(first, { usage: [usage(first, '02')] });
    const noted = await planRound(day, ports, { closedThrough, now });
    await deliverLate(first, { usage: [usage(first, '03')] });
    await beginRound(day, 2, ports);
    await runJobs();
    const standing = [...ports.storedMarkers.values()];
    expect([noted, standing]).toEqual([{ round: 2, reads: 'marked' }, [{ day, sim: first, token: '2' }]]);
    await close(day);
    expect(ports.storedMarkers.size).toBe(0);
  });

  it('continues an unfinished round, whatever else is marked meanwhile', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await close(day);
    await deliverLate(first, { usage: [usage(first, '02')] });
    const planned = [await planRound(day, ports, { closedThrough, now })];
    await deliverLate(second, { usage: [usage(second, '02')] });
    for (const plan of [planRound, planDay]) planned.push(await plan(day, ports, { closedThrough, now }));
    expect(planned).toEqual(Array.from({ length: 3 }, () => ({ round: 2, reads: 'marked' })));
    await close(day);
    expect(Object.keys(await readLake(day))).toEqual([first, second]);
  });

  it('does nothing for a round that is over', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await close(day);
    await deliverLate(first, { usage: [usage(first, '02')] });
    await planRound(day, ports, { closedThrough, now });
    const objects = new Map(ports.objects);
    for (const bucket of [0, 1]) await runBucket({ day, round: 1, bucket }, ports, { now });
    expect([await beginRound(day, 1, ports), ports.queue]).toEqual([0, []]);
    expect(ports.objects).toEqual(objects);
  });

  it('removes the markers of a day that was never read, and keeps those that are put meanwhile', async () => {
    closedThrough = day;
    await deliverLate(first, { usage: [usage(first, '01')] });
    await deliverLate(second, { usage: [usage(second, '01')] });
    const planned = [await planRound(day, ports, { closedThrough, now })];
    await deliverLate(second, { usage: [usage(second, '02')] });
    planned.push(await planRound(day, ports, { closedThrough, now }));
    await beginRound(day, 1, ports);
    const standing = [...ports.storedMarkers.values()].map(({ sim }) => sim);
    expect([planned, standing]).toEqual([[1, 1].map((round) => ({ round, reads: 'nothing' })), [second]]);
    expect(await planDay(day, ports, { closedThrough, now })).toEqual({ round: 2, reads: 'all' });
    const reader = new LakeReader(ports.lake);
    expect(await reader.readUsage(second, day)).toEqual([]);
    await close(day);
    const lake = await readLake(day);
    expect([first, second].map((sim) => lake[sim]?.usage.length)).toEqual([1, 2]);
    // A reader that looked before the day was read finds its rows afterwards.
    expect(await reader.readUsage(second, day)).toHaveLength(2);
  });

  it('reads few results of other buckets after each bucket', async () => {
    const buckets = 128;
    closedThrough = day;
    for (let number = 0; number < buckets; number += 1) {
      const sim = `89883070000000${String(number).padStart(5, '0')}`;
      ports.deliver(sim, { ...noItems, usage: [usage(sim, '01')] });
    }
    await planDay(day, ports, { closedThrough, now, simsPerBucket: 1 });
    await beginRound(day, 1, ports);
    let opened = 0;
    const open: typeof ports.lake.open = (key) => {
      if (/bucket=\d+\.json$/.test(key)) opened += 1;
      return ports.lake.open(key);
    };
    const { tables, notes, simDays, findings, markers, lake, jobs } = ports;
    const counting = { tables, notes, simDays, findings, markers, lake: { ...lake, open }, jobs };
    for (const job of ports.queue) await runBucket(job, counting, { now });
    expect((await readManifest(day)).buckets).toBe(buckets);
    // Its own and 16 others at a time; the last one reads all.
    expect(opened).toBeLessThan(19 * buckets);
  });

  it('does not read the rows of the day before for sessions that ended then, however many SIMs there are', async () => {
    const sims = Array.from({ length: 20 }, (_, number) => `${first.slice(0, -2)}${10 + number}`);
    for (const sim of sims) {
      const session = { sessionId: 's1', start: `${day}T10:00:00.000Z`, end: `${day}T11:00:00.000Z` };
      ports.deliver(sim, { ...noItems, sessions: [{ ...makeSession(session), sim }] });
    }
    await close(day);
    const opened: string[] = [];
    const { open } = ports.lake;
    ports.lake.open = (key) => {
      opened.push(key);
      return open(key);
    };
    await close(after);
    expect(opened.filter((key) => key.includes(`day=${day}/`))).toEqual([]);
    const longer = makeSession({
      sessionId: 's1',
      start: `${day}T10:00:00.000Z`,
      end: `${after}T11:00:00.000Z`,
    });
    const [moved = ''] = sims;
    await deliverLate(moved, { sessions: [{ ...longer, sim: moved }] });
    await ports.markers.put([{ day: after, sim: moved, sessionId: 's1' }]);
    await close(day, after);
    expect(Object.keys(await readLake(day))).toEqual(sims.slice(1));
    expect(Object.keys(await readLake(after))).toEqual([moved]);
  });

  it('reports nothing missing before the ledger’s first record of a SIM, until a record shows otherwise', async () => {
    const window = (from: string, to: string, sessionTotal: number) =>
      makeUsage({
        ...{ sim: first, start: `${day}T${from}:00.000Z`, end: `${day}T${to}:00.000Z`, recordId: from },
        ...{ sessionId: 's1', dataTotal: 10, sessionTotal },
      });
    const end = `${day}T11:18:00.000Z`;
    const totals = {
      at: end,
      group: { dataTotal: 1_040, dataUploaded: undefined, dataDownloaded: undefined },
    };
    const session = makeSession({ sessionId: 's1', start: `${day}T08:00:00.000Z`, end, groups: { totals } });
    ports.deliver(first, {
      ...noItems,
      usage: [window('11:00', '11:06', 1_010), window('11:12', '11:18', 1_040)],
      sessions: [{ ...session, sim: first }],
    });
    const listBytes = async () =>
      (await readLake(day))[first]?.findings.map(({ check, bytes, records }) => [check, bytes, records]);
    await close(day, after);
    expect(await listBytes()).toEqual([['chain', 20, '11:00 11:12']]);
    const attached = makeEvent({ sim: first, time: `${day}T07:59:58.000Z` });
    await deliverLate(first, { events: [attached] });
    await close(day, after);
    expect(await listBytes()).toEqual([
      ['close', 1_020, '11:00 11:12'],
      ['chain', 1_000, '11:00'],
      ['chain', 20, '11:00 11:12'],
    ]);
  });

  it('knows from an expired event that the ledger had records of a SIM', async () => {
    const usage = makeUsage({
      ...{ sim: first, start: `${after}T01:00:00.000Z`, end: `${after}T01:06:00.000Z`, recordId: 'EZ2' },
      ...{ sessionId: 's1', dataTotal: 10, sessionTotal: 1_010 },
    });
    const session = makeSession({
      sessionId: 's1',
      start: `${day}T23:00:00.000Z`,
      end: `${after}T01:06:00.000Z`,
    });
    const events = [makeEvent({ sim: first, time: `${day}T22:59:58.000Z` })];
    ports.deliver(first, { usage: [usage], events, sessions: [{ ...session, sim: first }] });
    await close(day);
    await ports.remove(first, { ...noItems, events });
    await close(after);
    expect((await readLake(after))[first]?.findings.map(({ bytes }) => bytes)).toEqual([1_000]);
  });

  it('reads rows of the day before only for SIMs with continued sessions, once for all of them', async () => {
    const ended = (sim: string, sessionId: string, end: string) => ({
      ...makeSession({ sessionId, start: `${before}T10:00:00.000Z`, end, status: 'ended' }),
      sim,
    });
    for (const sim of [first, second]) {
      const sessions = ['s1', 's2'].map((id) => ended(sim, id, `${before}T11:00:00.000Z`));
      ports.deliver(sim, { ...noItems, usage: [usage(sim, '01')], sessions });
    }
    await close(before);
    const sessions = ['s1', 's2'].map((id) => ended(second, id, `${day}T12:00:00.000Z`));
    ports.deliver(second, { ...noItems, sessions });
    const opened: string[] = [];
    const { open } = ports.lake;
    Object.assign(ports.lake, {
      open: (key: string) => {
        opened.push(key);
        return open(key);
      },
    });
    await close(day);
    expect(opened.filter((key) => key.startsWith(`sessions/day=${before}/`))).toHaveLength(1);
  });

  it('finds the sessions of markers that were removed before it was read', async () => {
    closedThrough = day;
    const session = makeSession({
      sessionId: 's1',
      start: '2026-09-01T10:00:00.000Z',
      end: `${day}T10:00:00.000Z`,
    });
    ports.deliver(first, { ...noItems, sessions: [{ ...session, sim: first }] });
    for (const sessionId of ['s1', 's0']) {
      await ports.markers.put([{ day, sim: first, sessionId }]);
      const planned = await planRound(day, ports, { closedThrough, now });
      expect(planned?.reads).toBe('nothing');
      await beginRound(day, planned?.round ?? 0, ports);
    }
    expect(ports.storedMarkers.size).toBe(0);
    await close(day);
    expect((await readLake(day))[first]?.sessions.map(({ sessionId }) => sessionId)).toEqual(['s1']);
  });

  it('seals a day that is read and not sealed', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await close(day);
    ports.objects.delete(makeManifestKey(day));
    expect(await planDay(day, ports, { closedThrough, now })).toBeUndefined();
    expect((await readManifest(day)).version).toBe(1);
  });

  it('resends jobs without a result', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await planDay(day, ports, { closedThrough: day, now });
    expect(await beginRound(day, 1, ports)).toBe(2);
    const [lost] = ports.queue;
    ports.queue.shift();
    await runJobs();
    expect(await planDay(day, ports, { closedThrough: day, now })).toEqual({ round: 1, reads: 'all' });
    expect(await beginRound(day, 1, ports)).toBe(1);
    expect(ports.queue).toEqual([lost]);
    await runJobs();
    expect((await readManifest(day)).version).toBe(1);
  });
});
