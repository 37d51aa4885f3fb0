import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort, send } from '../api/client.ts';
import { type LoadedTime, loadRecords } from './load.ts';
import { serves } from './loading.ts';
import type { TimeWindow } from './window.ts';

/** The records of a timeline, and the progress of loading. */
export interface UsedRecords {
  /** The records of the last completed load. They stay during the next one. */
  readonly loaded: LoadedTime | undefined;
  readonly isLoading: boolean;
  /** How many records have arrived. It is a signal, so that only the components that show it render again. */
  readonly progress: ReadonlySignal<number>;
  readonly error: Error | undefined;
  readonly reload: () => void;
}

/** How long a window must be unchanged before it is loaded, in milliseconds. */
const settleTime = 150;

/** Loads the records of the current window, and aborts the load of an earlier window. */
export function useRecords(
  sim: string,
  window: TimeWindow,
  include: string | undefined,
  readNow: () => number,
): UsedRecords {
  const [loaded, setLoaded] = useState<(LoadedTime & { readonly key: string }) | undefined>();
  const progress = useSignal(0);
  const [error, setError] = useState<Error | undefined>();
  const [round, setRound] = useState(0);
  const hasBegun = useRef(false);
  const key = JSON.stringify([sim, include, round]);
  const current = loaded?.key === key ? loaded : undefined;
  const isServed = serves(current, window, readNow());
  useEffect(() => {
    if (isServed) return undefined;
    const ending = new AbortController();
    const load = () => {
      hasBegun.current = true;
      const onProgress = (records: number) => {
        progress.value = records;
      };
      progress.value = 0;
      setError(undefined);
      loadRecords({ sim, window, now: readNow(), include }, { send, signal: ending.signal, onProgress }).then(
        (next) => {
          if (ending.signal.aborted) return;
          setLoaded({ ...next, key });
        },
        (problem: unknown) => {
          if (ending.signal.aborted || isAbort(problem)) return;
          setError(problem instanceof Error ? problem : new Error(String(problem)));
        },
      );
    };
    const timer = setTimeout(load, hasBegun.current ? settleTime : 0);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [key, isServed, isServed ? 0 : window.from, isServed ? 0 : window.to]);
  return {
    loaded: loaded !== undefined && sameSim(loaded.key, sim) ? loaded : undefined,
    isLoading: !isServed && error === undefined,
    progress,
    error,
    reload: () => setRound((count) => count + 1),
  };
}

/** Whether loaded records belong to a SIM. Another SIM's records must not be shown while its own are loading. */
function sameSim(key: string, sim: string): boolean {
  const [of] = JSON.parse(key) as [string];
  return of === sim;
}
