import { useEffect, useRef, useState } from 'preact/hooks';
import {
  type Answer,
  ApiError,
  type ApiPath,
  type ApiRequest,
  addPageToken,
  findNextToken,
  formatTarget,
  isAbort,
  send,
} from './client.ts';

/** Hooks for answers of the API. A request is aborted when another one replaces it or its component unmounts. */

/** The state of a request. While it is sent again, the last answer stays. */
export interface Asked<Value> {
  readonly value: Value | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
  /** Sends the request again. */
  readonly reload: () => void;
}

/** The answer to a request. Sends nothing while the request is undefined. */
export function useAnswer<Path extends ApiPath>(request: ApiRequest<Path> | undefined): Asked<Answer<Path>> {
  return useAsync(request === undefined ? undefined : formatTarget(request), (signal) =>
    request === undefined ? Promise.reject(new Error('There is no request')) : send(request, { signal }),
  );
}

/**
 * The result of an asynchronous function, while the component is mounted.
 *
 * @param key what the result depends on. `find` is called again when the key changes, and not at all if it is undefined.
 */
export function useAsync<Value>(
  key: string | undefined,
  find: (signal: AbortSignal) => Promise<Value>,
): Asked<Value> {
  const [state, setState] = useState<{ key: string; value?: Value; error?: Error } | undefined>();
  const [round, setRound] = useState(0);
  const [isLoading, setLoading] = useState(key !== undefined);
  // `round` causes a new request. `find` is a new function each time, so it is not a dependency.
  useEffect(() => {
    if (key === undefined) return undefined;
    const ending = new AbortController();
    setLoading(true);
    find(ending.signal).then(
      (value) => {
        if (ending.signal.aborted) return;
        setState({ key, value });
        setLoading(false);
      },
      (error: unknown) => {
        if (ending.signal.aborted || isAbort(error)) return;
        setState({ key, error: error instanceof Error ? error : new Error(String(error)) });
        setLoading(false);
      },
    );
    return () => ending.abort();
  }, [key, round]);
  const isCurrent = state?.key === key;
  return {
    value: isCurrent ? state?.value : undefined,
    error: isCurrent ? state?.error : undefined,
    isLoading: key !== undefined && (isLoading || !isCurrent),
    reload: () => setRound((count) => count + 1),
  };
}

/** A list that is read page by page. A retry continues after the last page that was read. */
export interface AskedPages<Row, First> extends Asked<readonly Row[]>, Reading {
  /** The answer with the first page. */
  readonly first: First | undefined;
}

/** How far a list was read, and how to continue. */
export interface Reading {
  /** Whether there are more rows. */
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  /** Whether {@link maxRows} rows were read. */
  readonly isFull: boolean;
  /** Reads the next page. */
  readonly more: () => void;
  /** Reads all remaining pages, up to {@link maxRows}. */
  readonly readAll: () => void;
  /** Stops {@link readAll}; the rows that have arrived stay. */
  readonly stop: () => void;
}

/** The maximum rows of one list, so that they fit into the browser's memory. */
export const maxRows = 100_000;

/** How often in a row a request is retried after the API asks to wait. */
const maxWaits = 5;

type PageAnswer = { readonly meta: { readonly next_page_url: string | null } };

/**
 * The rows of a list, page by page.
 *
 * @param rowsIn the rows of an answer.
 * @param pagesAtOnce how many pages are read automatically.
 */
export function usePages<Path extends ApiPath, Row>(
  request: ApiRequest<Path> | undefined,
  rowsIn: (answer: Answer<Path>) => readonly Row[],
  pagesAtOnce = 1,
): AskedPages<Row, Answer<Path>> {
  const key = request === undefined ? undefined : formatTarget(request);
  const [wanted, setWanted] = useState(pagesAtOnce);
  const [read, setRead] = useState<ReadPages<Row, Answer<Path>>>(noPages);
  const [round, setRound] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const current = useRef<ReadPages<Row, Answer<Path>>>(noPages);
  useEffect(() => {
    if (request === undefined || key === undefined) return undefined;
    const ending = new AbortController();
    const isNew = current.current.key !== key || current.current.round !== round;
    const set = (next: ReadPages<Row, Answer<Path>>): void => {
      if (ending.signal.aborted) return;
      current.current = next;
      setRead(next);
    };
    if (isNew) {
      set({ ...noPages, key, round, isLoading: true });
      setWanted(pagesAtOnce);
    }
    const go = async (): Promise<void> => {
      const until = isNew ? pagesAtOnce : wanted;
      const isLeft = ({ pages, next, rows }: ReadPages<Row, Answer<Path>>): boolean =>
        pages < until &&
        (pages === 0 || next !== undefined) &&
        (until !== everything || rows.length < maxRows);
      while (!ending.signal.aborted && isLeft(current.current)) {
        const { next, pages, rows, first } = current.current;
        set({ ...current.current, isLoading: true, error: undefined });
        const answer = await sendPatiently(
          next === undefined ? request : addPageToken(request, next),
          ending.signal,
        );
        const token = findNextToken((answer as PageAnswer).meta);
        set({
          ...{ key, round, next: token, pages: pages + 1, rows: [...rows, ...rowsIn(answer)] },
          ...{ first: first ?? answer, isLoading: true, error: undefined },
        });
      }
      set({ ...current.current, isLoading: false });
    };
    go().catch((error: unknown) => {
      if (isAbort(error)) return;
      const failure = error instanceof Error ? error : new Error(String(error));
      set({ ...current.current, isLoading: false, error: failure });
    });
    return () => ending.abort();
  }, [key, round, wanted, attempt]);
  const isCurrent = read.key === key;
  const readUntil = (pages: number): void => {
    setWanted(pages);
    setAttempt((count) => count + 1);
  };
  return {
    value: isCurrent && read.pages > 0 ? read.rows : undefined,
    first: isCurrent ? read.first : undefined,
    error: isCurrent ? read.error : undefined,
    isLoading: key !== undefined && (!isCurrent || read.isLoading),
    hasMore: isCurrent && read.next !== undefined,
    isFull: isCurrent && read.rows.length >= maxRows,
    more: () => readUntil(current.current.pages + 1),
    readAll: () => readUntil(everything),
    stop: () => readUntil(current.current.pages),
    reload: () =>
      isCurrent && read.error !== undefined && read.pages > 0
        ? readUntil(wanted)
        : setRound((count) => count + 1),
  };
}

/** All pages. */
const everything = Number.POSITIVE_INFINITY;

/** Sends a request for a list. If the API asks to wait, waits and retries a few times. */
async function sendPatiently<Path extends ApiPath>(
  request: ApiRequest<Path>,
  signal: AbortSignal,
): Promise<Answer<Path>> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await send(request, { signal });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 429 || waits === maxWaits) throw error;
      await pause(1000 * (error.retryAfter ?? 1), signal);
    }
  }
}

/** Resolves after some milliseconds, or when the signal is aborted: the next request is then aborted too. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

interface ReadPages<Row, First> {
  readonly key: string | undefined;
  readonly round: number;
  readonly rows: readonly Row[];
  readonly pages: number;
  readonly next: string | undefined;
  readonly first: First | undefined;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
}

const noPages = {
  ...{ key: undefined, round: 0, rows: [], pages: 0, next: undefined, first: undefined },
  ...{ isLoading: false, error: undefined },
};
