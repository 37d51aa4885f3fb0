import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { maxRows, type Reading } from '../api/answers.ts';
import { countThings, formatCount } from '../format.ts';
import { Failure } from './states.tsx';

/** A button that saves a table as CSV. If some rows have not been read, it asks whether to read them first. */
export function CsvButton({
  name,
  rows,
  pages,
  save,
}: {
  readonly name: string;
  /** How many rows have been read. */
  readonly rows: number;
  readonly pages: Reading | undefined;
  /** Saves the rows that have been read. */
  readonly save: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const isAwaited = useSignal(false);
  const hasMore = pages?.hasMore === true;
  const close = (): void => dialog.current?.close();
  useEffect(() => {
    if (!isAwaited.value || hasMore) return;
    isAwaited.value = false;
    close();
    save();
  });
  const readAll = (): void => {
    isAwaited.value = true;
    pages?.readAll();
  };
  const stop = (): void => {
    isAwaited.value = false;
    pages?.stop();
  };
  const isReading = isAwaited.value && pages?.isFull !== true && pages?.error === undefined;
  return (
    <>
      <button
        type="button"
        disabled={rows === 0 && !hasMore}
        onClick={() => (hasMore ? dialog.current?.showModal() : save())}
      >
        CSV<span class="hidden"> of {name}</span>
      </button>
      {pages === undefined ? null : (
        <dialog
          ref={dialog}
          aria-label={`CSV of ${name}`}
          onClose={() => {
            if (isAwaited.value) stop();
          }}
        >
          <Choice
            {...{ name, rows, pages, isReading, readAll, stop }}
            cancel={close}
            save={() => {
              close();
              save();
            }}
          />
        </dialog>
      )}
    </>
  );
}

/** Shows how far the list was read, and asks what to save. */
function Choice({
  name,
  rows,
  pages: { isFull, error },
  isReading,
  readAll,
  stop,
  save,
  cancel,
}: {
  readonly name: string;
  readonly rows: number;
  readonly pages: Reading;
  readonly isReading: boolean;
  readonly readAll: () => void;
  readonly stop: () => void;
  readonly save: () => void;
  readonly cancel: () => void;
}): JSX.Element {
  return (
    <div class="dialog">
      <h2>CSV of {name}</h2>
      <p role="status">
        {isReading
          ? `Reading … ${countThings(rows, 'row')} so far.`
          : `${countThings(rows, 'row')} ${rows === 1 ? 'is' : 'are'} read, and there are more.`}
        {isFull
          ? ` This page keeps ${formatCount(maxRows)} at most: narrow the list by its filters, or read it by the API.`
          : ''}
      </p>
      {error === undefined ? null : <Failure error={error} />}
      <div class="tools">
        {isReading ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <>
            {isFull ? null : (
              <button type="button" class="primary" onClick={readAll}>
                Read the rest, then save
              </button>
            )}
            <button type="button" onClick={save}>
              Save these
            </button>
          </>
        )}
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}
