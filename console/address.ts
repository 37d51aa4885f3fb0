import { computed, signal } from '@preact/signals';
import { formatPlace, parsePlace } from './place.ts';

/** The page's address: where the console is, and how it goes elsewhere. */

const hash = signal(globalThis.location?.hash ?? '');

/** Where the console is now. */
export const place = computed(() => parsePlace(hash.value));

/** Follows the address from now on. */
export function followAddress(): void {
  hash.value = location.hash;
  addEventListener('hashchange', () => {
    hash.value = location.hash;
  });
}

/** Goes somewhere, as a link does. */
export function go(path: readonly string[], query?: Readonly<Record<string, string | undefined>>): void {
  location.hash = formatPlace(path, query);
}

/**
 * Changes parameters of the address; undefined removes one. The page's history gets no entry, so that going back leaves the
 * page and does not undo each change of a filter.
 */
export function changeQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const { path, query } = place.peek();
  const next = formatPlace(path, { ...Object.fromEntries(query), ...changes });
  history.replaceState(history.state, '', next);
  hash.value = next;
}
