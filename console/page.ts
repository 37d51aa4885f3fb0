import type { Place } from './place.ts';

/** What a page is given: the parts of the address behind its name are in `place.path`, its filters in `place.query`. */
export interface PageProps {
  readonly place: Place;
}
