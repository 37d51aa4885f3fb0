import type { ComponentChildren, JSX } from 'preact';
import { ApiError } from '../api/client.ts';

/** What to show while content is loading, if loading failed, and if there is nothing. */

/** Shown when loading takes longer than 300 ms. CSS hides it until then. */
export function Loading({ what }: { readonly what: string }): JSX.Element {
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" /> Reading {what} …
    </p>
  );
}

/** An error, what to do about it, and a way to try again. */
export function Failure({
  error,
  retry,
}: {
  readonly error: Error;
  readonly retry?: () => void;
}): JSX.Element {
  const advice = error instanceof ApiError ? error.advice : undefined;
  return (
    <div class="failure" role="alert">
      <p>{error.message}</p>
      {advice === undefined ? null : <p class="quiet">{advice}</p>}
      {retry === undefined ? null : (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Says that there is nothing, and gives possible reasons. */
export function Empty({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>;
}
