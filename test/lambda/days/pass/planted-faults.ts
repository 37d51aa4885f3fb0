import { findDay } from '../../../../lambda/days/day.ts';
import { landedMilliseconds } from '../../../../lambda/days/fence/durations.ts';
import type { DayMessage } from '../../../../lambda/days/work.ts';
import type { Parts } from './virtual-pass.ts';

/** Faults that the property of the pass must find. Those of two runs at once are in suspended-runs.test.ts. */
export const planted: Readonly<Record<string, Partial<Parts>>> = {
  'a day that is read as soon as the fence moves': {
    changeMessage: (message) => skipWait('reading', message),
  },
  'markers that are removed as soon as they are found': {
    changeMessage: (message) => skipWait('visit', message),
  },
  'sessions that are marked on no other day': {
    changePorts: (ports) => ({ ...ports, markers: { ...ports.markers, put: async () => undefined } }),
  },
  'late records that mark only their own day': { listTouchedDays: (time) => [findDay(time)] },
};

function skipWait(kind: DayMessage['kind'], message: DayMessage): DayMessage {
  if (message.kind !== kind || !('waitedMilliseconds' in message)) return message;
  return { ...message, waitedMilliseconds: landedMilliseconds };
}
