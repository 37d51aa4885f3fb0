import { computed, signal } from '@preact/signals';
import { formatPlace, parsePlace } from './place.ts';

/** The page's address: reads the current place and navigates. */

const hash = signal(globalThis.location?.hash ?? '');

/** The current place. */
export const place = computed(() => parsePlace(hash.value));

/** Starts to follow the address. */
export function followAddress(): void {
  hash.value = location.hash;
  addEventListener('hashchange', () => {
    hash.value = location.hash;
  });
}

/** Navigates to a place, as a link does. */
export function go(path: readonly string[], query?: Readonly<Record<string, string | undefined>>): void {
  location.hash = formatPlace(path, query);
}

/**
 * Changes parameters of the address; undefined removes one. Adds no entry to the browser's history, so that going back
 * leaves the page instead of undoing each change of a filter.
 */
export function changeQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const { path, query } = place.peek();
  const next = formatPlace(path, { ...Object.fromEntries(query), ...changes });
  history.replaceState(history.state, '', next);
  hash.value = next;
}
