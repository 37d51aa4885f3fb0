import { cutToGranule } from '../../ledger/heard.ts';
import { formatTime } from '../../ledger/time.ts';
import type { KnownMarks } from '../../store/sim-marks.ts';
import type { Known, Sign } from '../known.ts';

/** The marks that the records of a SIM would have written. */
export function findMarks({ signs }: Known, sim: string, granuleMilliseconds: number): KnownMarks {
  const findLatest = (isMark: (sign: Sign) => boolean): string | undefined => {
    const times = signs.filter(isMark).map(({ record }) => record.at);
    if (times.length === 0) return undefined;
    const latest = times.reduce((one, other) => Math.max(one, other));
    return cutToGranule(formatTime(latest), sim, granuleMilliseconds);
  };
  const signalled = findLatest(({ isSignal }) => isSignal);
  const bytes = findLatest(({ hasBytes }) => hasBytes);
  const session = findLatest(({ isSession }) => isSession);
  return {
    ...(signalled !== undefined && { signalled }),
    ...(bytes !== undefined && { bytes }),
    ...(session !== undefined && { session }),
  };
}
