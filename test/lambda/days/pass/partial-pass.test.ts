import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Day } from '../../../../lambda/days/day.ts';
import { FleetFold } from '../../../../lambda/days/fleet-days.ts';
import { LakeReader } from '../../../../lambda/days/lake-reader.ts';
import { makePartialSimDay, type PartialDay } from '../../../../lambda/days/partial-days.ts';
import {
  beginPartialPass,
  needsPartialPass,
  runPartialBucket,
} from '../../../../lambda/days/pass/partial-pass.ts';
import { ConflictError, type PartialPorts } from '../../../../lambda/days/pass/ports.ts';
import { noItems, type SimItems } from '../../../../lambda/days/rows.ts';
import { isActive, makeSimDay, sumBytes } from '../../../../lambda/days/sim-days.ts';
import { timeLimit, trials } from '../../../property/trials.ts';
import { makeEvent, makeSession, makeUsage, usageAroundMidnight } from '../records.ts';
import { MemoryPorts } from './memory-ports.ts';
import { wrapPartialPorts } from './wrapped-ports.ts';

const day: Day = '2026-11-03';
const noon = Date.parse(`${day}T12:00:00Z`);
const evening = noon + 6 * 3_600_000;
const options = { closedThrough: '2026-11-01', simsPerBucket: 2 };

const simAt = (number: number): string => `898830700000000000${number}`;

/** Delivers a usage record of a SIM. */
function use(memory: MemoryPorts, number: number, time: string, bytes: number): void {
  const sim = simAt(number);
  const usage = makeUsage({ start: `${day}T${time}:00.000Z`, recordId: `${time}`, sim, dataTotal: bytes });
  void memory.deliver(sim, { ...noItems, usage: [usage] });
}

/** Runs all waiting jobs, and returns their number. */
async function takeJobs(memory: MemoryPorts, ports: PartialPorts = memory.partial): Promise<number> {
  let taken = 0;
  for (let job = memory.partialQueue.shift(); job !== undefined; job = memory.partialQueue.shift()) {
    await runPartialBucket(job, ports, options.closedThrough);
    taken += 1;
  }
  return taken;
}

async function passAt(memory: MemoryPorts, asOf: number): Promise<number> {
  await beginPartialPass({ day, asOf }, memory.partial, options);
  return takeJobs(memory);
}

function read(memory: MemoryPorts): Promise<PartialDay | undefined> {
  return new LakeReader(memory.lake).readPartialDay(day);
}

describe('a partial pass', () => {
  it('adds up a day that is not closed, with the SIMs that used most', async () => {
    const memory = new MemoryPorts();
    for (const number of [1, 2, 3, 4, 5]) use(memory, number, '10:00', number * 100);
    const [first, second] = [simAt(1), simAt(2)];
    // A closed day of the month, an open one from a pass, and one of another month.
    const earlier = (sim: string, of: Day) =>
      makeSimDay(sim, of, { ...makeRowsOf(of, sim), sessions: [], findings: [] });
    await memory.simDays.put([earlier(first, '2026-11-01'), earlier(first, '2026-10-31')], 1);
    await memory.simDays.putPartial([earlier(second, '2026-11-02')], new Date(noon).toISOString());
    expect(await needsPartialPass({ day, asOf: noon }, memory.lake)).toBe(true);
    expect(await passAt(memory, noon)).toBeGreaterThan(1);
    const { fleet, ...partial } = (await read(memory)) ?? {};
    expect(partial).toEqual({
      ...{ day, asOf: new Date(noon).toISOString() },
      top: {
        day: {
          sims: [5, 4, 3, 2, 1].map((number) => ({ sim: simAt(number), bytes: `${number * 100}` })),
        },
        month: {
          sims: [
            { sim: second, bytes: '1200' },
            { sim: first, bytes: '1100' },
            ...[5, 4, 3].map((number) => ({ sim: simAt(number), bytes: `${number * 100}` })),
          ],
        },
      },
    });
    expect([fleet?.sims, fleet?.usage[0]?.dataTotal]).toEqual([5, '1500']);
    expect(await needsPartialPass({ day, asOf: noon }, memory.lake)).toBe(false);
    expect(await needsPartialPass({ day, asOf: evening }, memory.lake)).toBe(true);
  });

  it('counts sessions that ended on the day, and leaves accounts out', async () => {
    const memory = new MemoryPorts();
    const sim = simAt(1);
    const session = makeSession({
      sessionId: 's1',
      start: '2026-10-20T00:00:00.000Z',
      end: `${day}T09:00:00.000Z`,
    });
    const ended = makeEvent({ time: `${day}T09:00:00.000Z`, sessionId: 's1', type: 'data-session.ended' });
    void memory.deliver(sim, { usage: [], events: [{ ...ended, sim }], sessions: [{ ...session, sim }] });
    void memory.deliver('account:emnify:7', { ...noItems, events: [{ ...ended, sim: 'account:emnify:7' }] });
    await passAt(memory, noon);
    const { fleet } = (await read(memory)) ?? {};
    expect([fleet?.sims, fleet?.sessionsEnded, fleet?.events]).toEqual([1, 1, 1]);
  });

  it('is not made for a fleet whose reports read records', async () => {
    const memory = new MemoryPorts();
    for (const number of [1, 2, 3]) use(memory, number, '10:00', 1);
    await beginPartialPass({ day, asOf: noon }, { ...memory.partial, maxLiveSims: 3 }, options);
    expect([await takeJobs(memory), await read(memory), memory.storedSimDays.size]).toEqual([
      0,
      undefined,
      0,
    ]);
    await beginPartialPass({ day, asOf: noon }, { ...memory.partial, maxLiveSims: 2 }, options);
    expect(await takeJobs(memory)).toBeGreaterThan(0);
  });

  it('is not made for a closed day, even if its jobs are late', async () => {
    const memory = new MemoryPorts();
    use(memory, 1, '10:00', 1);
    await beginPartialPass({ day, asOf: noon }, memory.partial, { ...options, closedThrough: day });
    expect(memory.partialQueue).toEqual([]);
    await beginPartialPass({ day, asOf: noon }, memory.partial, options);
    for (const job of memory.partialQueue) await runPartialBucket(job, memory.partial, day);
    expect(memory.storedSimDays.size).toBe(0);
  });

  it('continues unfinished jobs, and adds up the results of a crashed run', async () => {
    const memory = new MemoryPorts();
    for (const number of [1, 2, 3, 4]) use(memory, number, '10:00', 1);
    const ordered = await beginPartialPass({ day, asOf: noon }, memory.partial, options);
    const [job] = memory.partialQueue.splice(0);
    if (job !== undefined) await runPartialBucket(job, memory.partial, options.closedThrough);
    expect(await read(memory)).toBeUndefined();
    expect(await beginPartialPass({ day, asOf: noon }, memory.partial, options)).toBe(ordered - 1);
    await takeJobs(memory);
    for (const key of [...memory.objects.keys()]) if (key.endsWith('fleet.json')) memory.objects.delete(key);
    expect(await beginPartialPass({ day, asOf: noon }, memory.partial, options)).toBe(0);
    expect((await read(memory))?.fleet.sims).toBe(4);
  });

  it('is not overwritten by a job of an earlier pass', async () => {
    const memory = new MemoryPorts();
    use(memory, 1, '10:00', 1);
    await beginPartialPass({ day, asOf: noon }, memory.partial, options);
    const late = memory.partialQueue.splice(0);
    use(memory, 1, '14:00', 1);
    await passAt(memory, evening);
    for (const job of late) await runPartialBucket(job, memory.partial, options.closedThrough);
    expect(await beginPartialPass({ day, asOf: noon }, memory.partial, options)).toBe(0);
    expect([(await read(memory))?.asOf, (await read(memory))?.fleet.usageRecords]).toEqual([
      new Date(evening).toISOString(),
      2,
    ]);
  });
});

/** A usage record of 1,000 bytes, as the rows of a day. */
function makeRowsOf(of: Day, sim: string) {
  const usage = [makeUsage({ start: `${of}T10:00:00.000Z`, sim, dataTotal: 1_000 })];
  return { usage, events: [], usageRenderings: [], eventRenderings: [] };
}

const said = fc.array(fc.record({ sim: fc.nat(3), usage: usageAroundMidnight }), {
  minLength: 1,
  maxLength: 8,
});
const deaths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 2 });

class Death extends Error {}

test(
  'the last pass has the sum of the records, whatever runs concurrently, comes twice, crashes, or belongs to an earlier pass',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        said,
        said,
        deaths,
        fc.scheduler(),
        async (early, late, [first = 0, second = 0], s) => {
          const memory = new MemoryPorts();
          const deliver = (statements: typeof early): void => {
            for (const { sim: number, usage } of statements) {
              const sim = simAt(number);
              void memory.deliver(sim, { ...noItems, usage: [{ ...usage, sim }] });
            }
          };
          /** Ports of a process that crashes at one of its calls. */
          const open = (diesAt: number): PartialPorts => {
            let calls = 0;
            return wrapPartialPorts(memory.partial, async (effect) => {
              calls += 1;
              if (calls === diesAt) throw new Death();
              await s.schedule(Promise.resolve());
              return effect();
            });
          };
          const run = async (asOf: number, diesAt: number): Promise<void> => {
            const ports = open(diesAt);
            try {
              await beginPartialPass({ day, asOf }, ports, options);
              for (const job of memory.partialQueue.splice(0))
                await runPartialBucket(job, ports, '2026-11-01');
            } catch (error) {
              if (!(error instanceof Death || error instanceof ConflictError)) throw error;
            }
          };
          deliver(early);
          const begun = [run(noon, first), run(noon, Number.POSITIVE_INFINITY)];
          deliver(late);
          begun.push(run(evening, second), run(evening, Number.POSITIVE_INFINITY));
          await s.waitFor(Promise.all(begun));
          // Jobs that crashed or met others are sent again.
          for (let again = 0; again < 3; again += 1) await passAt(memory, evening);

          const partial = await read(memory);
          const fold = new FleetFold(day);
          const expected = [...memory.items].map(([sim, items]: [string, SimItems]) =>
            makePartialSimDay(sim, day, items),
          );
          for (const simDay of expected) fold.addSim(simDay);
          expect(partial?.fleet).toEqual(fold.result);
          const counted = [...memory.storedSimDays.values()].flatMap(({ day: simDay, stamp }) =>
            'asOf' in stamp && stamp.asOf === partial?.asOf ? [simDay] : [],
          );
          const bySim = (a: { sim: string }, b: { sim: string }) => (a.sim < b.sim ? -1 : 1);
          expect(counted.sort(bySim)).toEqual(expected.filter(isActive).sort(bySim));
          expect(partial?.top.day.sims.map(({ bytes }) => BigInt(bytes))).toEqual(
            expected
              .map(sumBytes)
              .filter((bytes) => bytes > 0n)
              .sort((a, b) => (a > b ? -1 : 1)),
          );
        },
      ),
      trials(100),
    );
  },
  timeLimit,
);
