import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { maxRows, type Reading } from '../api/answers.ts';
import { countThings, formatCount } from '../format.ts';
import { Failure } from './states.tsx';

/** Saves a table as CSV; where not all of its rows are read, it asks whether to read them first. */
export function CsvButton({
  name,
  rows,
  pages,
  save,
}: {
  readonly name: string;
  /** How many rows are read. */
  readonly rows: number;
  readonly pages: Reading | undefined;
  /** Saves the rows that are read. */
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
          <div class="dialog">
            <h2>CSV of {name}</h2>
            <p role="status">
              {isReading
                ? `Reading … ${countThings(rows, 'row')} so far.`
                : `${countThings(rows, 'row')} ${rows === 1 ? 'is' : 'are'} read, and there are more.`}
              {pages.isFull
                ? ` This page keeps ${formatCount(maxRows)} at most: narrow the list by its filters, or read it by the API.`
                : ''}
            </p>
            {pages.error === undefined ? null : <Failure error={pages.error} />}
            <div class="tools">
              {isReading ? (
                <button type="button" onClick={stop}>
                  Stop
                </button>
              ) : (
                <>
                  {pages.isFull ? null : (
                    <button type="button" class="primary" onClick={readAll}>
                      Read the rest, then save
                    </button>
                  )}
                  <button
                    type="button"
                    onClick={() => {
                      close();
                      save();
                    }}
                  >
                    Save these
                  </button>
                </>
              )}
              <button type="button" onClick={close}>
                Cancel
              </button>
            </div>
          </div>
        </dialog>
      )}
    </>
  );
}
