import { findDay } from '../../../../lambda/days/day.ts';
import type { Parts } from './virtual-pass.ts';

/** Faults that the property of the pass must find. Those of two runs at once are in suspended-runs.test.ts. */
export const planted: Readonly<Record<string, Partial<Parts>>> = {
  'a day that is read as soon as the fence moves': { fenceMilliseconds: 0 },
  'markers that are removed as soon as they are found': { markerMilliseconds: 0 },
  'sessions that are marked on no other day': {
    changePorts: (ports) => ({ ...ports, markers: { ...ports.markers, put: async () => undefined } }),
  },
  'late records that mark only their own day': { listTouchedDays: (time) => [findDay(time)] },
};
