import { findDay } from '../../../../lambda/days/day.ts';
import { landedMilliseconds } from '../../../../lambda/days/fence/durations.ts';
import type { Lake } from '../../../../lambda/days/pass/ports.ts';
import type { DayMessage } from '../../../../lambda/days/work.ts';
import type { Parts } from './virtual-pass.ts';

/** Faults that the property of the pass must find. Those of concurrent runs are in suspended-runs.test.ts. */
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
  'months that are not added up': {
    changePorts: (ports) => ({ ...ports, simDays: { ...ports.simDays, sumMonth: async () => new Map() } }),
  },
  'days that are replaced by what the tables hold': {
    changePorts: (ports) => ({ ...ports, lake: forgetRows(ports.lake) }),
  },
};

/** A lake that returns no rows, and overwrites those that it has. */
function forgetRows(lake: Lake): Lake {
  const isFile = (key: string): boolean => key.endsWith('.parquet');
  return {
    open: async (key) => (isFile(key) ? undefined : lake.open(key)),
    write: async (key, bytes, before) => {
      const stored = isFile(key) ? await lake.open(key) : undefined;
      return lake.write(key, bytes, stored?.tag ?? before);
    },
  };
}

function skipWait(kind: DayMessage['kind'], message: DayMessage): DayMessage {
  if (message.kind !== kind || !('waitedMilliseconds' in message)) return message;
  return { ...message, waitedMilliseconds: landedMilliseconds };
}
