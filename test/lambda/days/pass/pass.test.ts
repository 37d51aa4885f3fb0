import { beforeEach, describe, expect, it } from 'vitest';
import { rowKinds } from '../../../../lambda/days/columns.ts';
import { computeRoot, RowDigests } from '../../../../lambda/days/digests.ts';
import { FleetFold } from '../../../../lambda/days/fleet-days.ts';
import type { Manifest } from '../../../../lambda/days/manifest.ts';
import { runBucket } from '../../../../lambda/days/pass/bucket.ts';
import { makeManifestKey, readJson } from '../../../../lambda/days/pass/lake-objects.ts';
import { planDay } from '../../../../lambda/days/pass/plan.ts';
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
const wait = 40 * 60_000;

let ports: MemoryPorts;
let now: number;

beforeEach(() => {
  ports = new MemoryPorts();
  now = Date.UTC(2026, 10, 5);
});

/** Runs all jobs of the queue. */
async function runJobs(): Promise<void> {
  for (let job = ports.queue.shift(); job !== undefined; job = ports.queue.shift()) {
    await runBucket(job, ports, { now, markerMilliseconds: wait });
  }
}

/** Plans and reads days, as often as there is something to do. */
async function close(...days: readonly string[]): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    let jobs = 0;
    for (const one of days) {
      jobs += await planDay(one, ports);
      await runJobs();
    }
    now += wait;
    if (jobs === 0) return;
  }
  throw new Error('There is always something to do');
}

/** Delivers records of days that are closed: markers are put before. */
async function deliverLate(sim: string, says: Partial<SimItems>): Promise<void> {
  const items = { ...noItems, ...says };
  for (const one of ports.listDays(items)) await ports.markers.put(one, sim);
  ports.deliver(sim, items);
}

async function readManifest(of: string): Promise<Manifest> {
  const { content } = await readJson<Manifest>(ports.lake, makeManifestKey(of));
  if (content === undefined) throw new Error(`${of} is not sealed`);
  return content;
}

/** The rows of a day by SIM, as the lake has them. */
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

  it('makes no new version of a day whose rows are the same', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await close(day);
    const manifest = await readManifest(day);
    await deliverLate(first, { usage: [usage(first, '01')] });
    await close(day);
    expect(await readManifest(day)).toEqual(manifest);
    expect(ports.storedMarkers.size).toBe(0);
  });

  it('lists in a new version what was added, changed and moved, and keeps what has expired', async () => {
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
    await close(day, after);

    const manifest = await readManifest(day);
    const changed = [
      { kind: 'sessions', sim: first, id: 's1', change: 'moved' },
      { kind: 'usage', sim: first, id: full.usageId, change: 'changed' },
      { kind: 'usage', sim: first, id: `${day}T02:00:00.000Z#02`, change: 'added' },
    ];
    // The session waits for the other day to have it.
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

  it('takes from the old day what a session’s item does not say any more', async () => {
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

  it('reads again only SIMs with a marker', async () => {
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

  it('keeps a marker until it was seen long enough ago', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    await close(day);
    await deliverLate(first, { usage: [usage(first, '02')] });
    const seen: (number | undefined)[] = [];
    for (const minutes of [0, 39, 1]) {
      now += minutes * 60_000;
      await planDay(day, ports);
      await runJobs();
      seen.push(ports.storedMarkers.size);
    }
    expect(seen).toEqual([1, 1, 0]);
  });

  it('sends the jobs again of which nothing came', async () => {
    ports.deliver(first, { ...noItems, usage: [usage(first, '01')] });
    expect(await planDay(day, ports)).toBe(2);
    const [lost] = ports.queue;
    ports.queue.shift();
    await runJobs();
    expect(await planDay(day, ports)).toBe(1);
    expect(ports.queue).toEqual([lost]);
    await runJobs();
    expect((await readManifest(day)).version).toBe(1);
  });
});
