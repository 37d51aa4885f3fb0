import { findDay } from '../../../../lambda/days/day.ts';
import { type Parts, sound } from './virtual-pass.ts';

/** Faults that the property of the pass must find. Those of two runs at once are in suspended-runs.test.ts. */
export const planted: Readonly<Record<string, Partial<Parts>>> = {
  'a day that is read as soon as the fence moves': { fenceMilliseconds: 0 },
  'markers that are removed when they are found': {
    markerMilliseconds: 0,
    runBucket: async (job, ports, options) => {
      const found = await ports.markers.find(job.day, job.sims);
      await sound.runBucket(job, ports, options);
      for (const marker of found) await ports.markers.remove(marker);
    },
  },
  'late records that mark only their own day': { listTouchedDays: (time) => [findDay(time)] },
};
