import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findDay } from '../../../../lambda/days/day.ts';
import { ConflictError, type DayPorts } from '../../../../lambda/days/pass/ports.ts';
import { timeLimit, trials } from '../../../property/trials.ts';
import type { MemoryPorts } from './memory-ports.ts';
import { expectDays, type Parts, type PassCase, plans, playPass, sound } from './virtual-pass.ts';

function makeProperty(parts: Parts) {
  return fc.asyncProperty(plans, async ({ plan }) => {
    expect(await playPass(plan, parts)).toEqual(expectDays(plan));
  });
}

test(
  'rows, root, SIM-days and fleet-days are those of all records, whatever is suspended, dies, runs twice or expires',
  async () => {
    await fc.assert(makeProperty(sound), trials(300) as fc.Parameters<[PassCase]>);
  },
  timeLimit,
);

/** Ports of which some operations are replaced. */
function replace(memory: MemoryPorts, replaced: Partial<DayPorts>): DayPorts {
  const { tables, notes, simDays, markers, lake, jobs } = memory;
  return { tables, notes, simDays, markers, lake, jobs, ...replaced };
}

describe('the property finds', () => {
  const planted: Readonly<Record<string, Partial<Parts>>> = {
    'files that are written whatever is there': {
      ports: (memory) =>
        replace(memory, {
          lake: {
            open: memory.lake.open,
            write: async (key, bytes, before) => {
              if (!key.endsWith('.parquet')) return memory.lake.write(key, bytes, before);
              memory.objects.set(key, bytes.slice());
              return '';
            },
          },
        }),
    },
    'results that are written whatever is there': {
      ports: (memory) =>
        replace(memory, {
          lake: {
            open: memory.lake.open,
            write: async (key, bytes, before) => {
              if (!key.includes('bucket=') || key.endsWith('.parquet'))
                return memory.lake.write(key, bytes, before);
              memory.objects.set(key, bytes.slice());
              return '';
            },
          },
        }),
    },
    'SIM-days that an older run replaces': {
      ports: (memory) =>
        replace(memory, {
          simDays: {
            put: (days) =>
              memory.simDays.put(days, Number.MAX_SAFE_INTEGER).then(() => {
                for (const day of days)
                  memory.storedSimDays.set(`${day.period} ${day.sim}`, { day, revision: 0 });
              }),
          },
        }),
    },
    'a day that is read as soon as the fence moves': { fenceMilliseconds: 0 },
    'markers that are removed when they are found': {
      markerMilliseconds: 0,
      runBucket: async (job, ports, options) => {
        const found = await ports.markers.find(job.day, job.sims);
        await sound.runBucket(job, ports, options);
        for (const marker of found) await ports.markers.remove(marker);
      },
    },
    'writers that mark only what they have changed, and afterwards': { isMarkedAlways: false },
    'late records that mark only their own day': { listTouchedDays: (time) => [findDay(time)] },
    'a job that is given up when others are at it': {
      runBucket: async (job, ports, options) => {
        let conflicts = 0;
        const open: DayPorts['lake']['open'] = (key) => ports.lake.open(key);
        const write: DayPorts['lake']['write'] = async (...given) => {
          try {
            return await ports.lake.write(...given);
          } catch (error) {
            if (error instanceof ConflictError) conflicts += 1;
            throw new Error('given up');
          }
        };
        try {
          await sound.runBucket(job, { ...ports, lake: { open, write } }, options);
        } catch (error) {
          if (conflicts === 0) throw error;
        }
      },
    },
    'notes that say a session has moved before the other day has it': {
      ports: (memory) =>
        replace(memory, {
          notes: {
            write: memory.notes.write,
            read: async (sim, ids) => {
              const notes = new Map(await memory.notes.read(sim, ids));
              for (const session of memory.items.get(sim)?.sessions ?? []) {
                const note = notes.get(session.sessionId);
                const end = session.terminal?.end;
                if (note !== undefined && end !== undefined && findDay(end) > note.day)
                  notes.set(session.sessionId, { ...note, day: findDay(end) });
              }
              return notes;
            },
          },
        }),
    },
  };

  test.each(Object.entries(planted))(
    '%s',
    async (_, parts) => {
      const { failed, counterexample } = await fc.check(makeProperty({ ...sound, ...parts }), {
        ...(trials(2_000) as fc.Parameters<[PassCase]>),
        endOnFailure: true,
      });
      expect([failed, counterexample === null]).toEqual([true, false]);
    },
    timeLimit,
  );
});
