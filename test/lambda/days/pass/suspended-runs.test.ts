import { describe, expect, it, test } from 'vitest';
import { computeRoot, RowDigests } from '../../../../lambda/days/digests.ts';
import type { Manifest } from '../../../../lambda/days/manifest.ts';
import { runBucket } from '../../../../lambda/days/pass/bucket.ts';
import { makeManifestKey, readJson } from '../../../../lambda/days/pass/lake-objects.ts';
import { beginRound, planDay, planRound } from '../../../../lambda/days/pass/plan.ts';
import type { BucketJob, DayPorts } from '../../../../lambda/days/pass/ports.ts';
import { SealedRows } from '../../../../lambda/days/pass/sealed-rows.ts';
import { noItems } from '../../../../lambda/days/rows.ts';
import { makeSession, makeUsage, sim } from '../records.ts';
import { MemoryPorts } from './memory-ports.ts';
import { wrapPorts } from './wrapped-ports.ts';

/**
 * Two runs of one bucket. The first is suspended before a call, or crashes at it. The second, of the same round or of the
 * next one if the first was done, reads one record more and completes. Then all items expire, and the first continues.
 */

const day = '2026-11-02';
const options = { now: Date.UTC(2026, 10, 5), closedThrough: day };
const usage = (hour: string) => makeUsage({ start: `${day}T${hour}:00:00.000Z`, recordId: hour });
const session = makeSession({ sessionId: 's1', start: `${day}T01:00:00.000Z`, end: `${day}T02:00:00.000Z` });
const early = { ...noItems, usage: [usage('01')], sessions: [session] };
const late = { ...noItems, usage: [usage('02')] };

/** Ports that count calls, and stop before one of them until `goOn` is called. */
function stopBefore(ports: DayPorts, number: number) {
  let calls = 0;
  let goOn = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let tell = (): void => undefined;
  const reached = new Promise<'reached'>((resolve) => {
    tell = () => resolve('reached');
  });
  const call = async <T>(effect: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls === number) {
      tell();
      await opened;
    }
    return effect();
  };
  return { stopped: wrapPorts(ports, call), reached, goOn };
}

type Change = (memory: MemoryPorts) => DayPorts;

const sound: Change = (memory) => memory;

/** The final results: number of rows, and whether lake, seal and SIM-days agree. */
interface Found {
  readonly rows: number | undefined;
  readonly isRootTrue: boolean;
  readonly simDayRecords: number | undefined;
}

/**
 * Plays it with a stop before each call in turn.
 *
 * @param dies whether the first run never continues, and its job is delivered again before items expire.
 */
async function playEveryStop(change: Change, dies: boolean): Promise<Found[]> {
  const found: Found[] = [];
  for (let number = 1; ; number += 1) {
    const memory = new MemoryPorts();
    const ports = change(memory);
    memory.deliver(sim, early);
    await planDay(day, ports, options);
    await beginRound(day, 1, ports);
    const [job, accounts] = memory.queue as [BucketJob, BucketJob];
    await runBucket(accounts, ports, options);

    const { stopped, reached, goOn } = stopBefore(ports, number);
    const first = runBucket(job, stopped, options);
    if ((await Promise.race([reached, first])) !== 'reached') return found;
    await ports.markers.put([{ day, sim }]);
    memory.deliver(sim, late);
    await runMarked(memory, ports);
    memory.items.clear();
    if (!dies) {
      goOn();
      await first;
    }
    found.push(await describeDay(memory));
  }
}

/** Reads marked SIMs with the unfinished round, or else with a new one. */
async function runMarked(memory: MemoryPorts, ports: DayPorts): Promise<void> {
  const known = memory.queue.length;
  const planned = await planRound(day, ports, options);
  if (planned === undefined) throw new Error('Nothing is planned although a marker stands');
  await beginRound(day, planned.round, ports);
  for (const next of memory.queue.slice(known)) await runBucket(next, ports, options);
}

async function describeDay(memory: MemoryPorts): Promise<Found> {
  const { content: manifest } = await readJson<Manifest>(memory.lake, makeManifestKey(day));
  const sealed = await SealedRows.open(memory.lake, day, 0, 1);
  const rows = await sealed.take(sim);
  const digests = new RowDigests();
  digests.add(sim, rows);
  return {
    rows: rows.usage.length + rows.sessions.length,
    isRootTrue: manifest?.root === computeRoot(digests.finish()).root,
    simDayRecords: memory.storedSimDays.get(`${day} ${sim}`)?.day.usageRecords,
  };
}

const right: Found = { rows: 3, isRootTrue: true, simDayRecords: 2 };

describe('a bucket whose run', () => {
  it('is suspended before any call while another run reads more loses and duplicates nothing', async () => {
    const found = await playEveryStop(sound, false);
    expect(found.length).toBeGreaterThan(15);
    expect(found).toEqual(found.map(() => right));
  });

  it('crashes at any call is completed by the next run', async () => {
    const found = await playEveryStop(sound, true);
    expect(found.length).toBeGreaterThan(15);
    expect(found).toEqual(found.map(() => right));
  });
});

describe('a suspended run shows', () => {
  /** A lake that writes some objects without a condition. */
  const writeAlways =
    (isMeant: (key: string) => boolean): Change =>
    (memory) => ({
      ...pickPorts(memory),
      lake: {
        open: memory.lake.open,
        write: async (key, bytes, before) => {
          if (!isMeant(key)) return memory.lake.write(key, bytes, before);
          const stored = await memory.lake.open(key);
          return memory.lake.write(key, bytes, stored?.tag);
        },
      },
    });

  const planted: Readonly<Record<string, Change>> = {
    'files that are written whatever is there': writeAlways((key) => key.endsWith('.parquet')),
    'results that are written whatever is there': writeAlways((key) => key.endsWith('bucket=0000.json')),
    'SIM-days that any run replaces': (memory) => {
      let revision = 0;
      const put: DayPorts['simDays']['put'] = (days) => {
        revision += 1;
        return memory.simDays.put(days, revision);
      };
      return { ...pickPorts(memory), simDays: { ...memory.simDays, put } };
    },
    'a lake that forgets what it had': (memory) => ({
      ...pickPorts(memory),
      lake: {
        open: async (key) => (key.endsWith('.parquet') ? undefined : memory.lake.open(key)),
        write: async (key, bytes, before) => {
          const stored = key.endsWith('.parquet') ? await memory.lake.open(key) : undefined;
          return memory.lake.write(key, bytes, stored?.tag ?? before);
        },
      },
    }),
  };

  test.each(Object.entries(planted))('%s', async (_, change) => {
    const found = await playEveryStop(change, false);
    expect(found.filter((one) => JSON.stringify(one) !== JSON.stringify(right))).not.toEqual([]);
  });
});

function pickPorts({ tables, notes, simDays, findings, markers, lake, jobs }: MemoryPorts): DayPorts {
  return { tables, notes, simDays, findings, markers, lake, jobs };
}
