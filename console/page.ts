import type { Place } from './place.ts';

/** A page's properties. `place.path` has the parts of the address after the page's name, `place.query` has the filters. */
export interface PageProps {
  readonly place: Place;
}
