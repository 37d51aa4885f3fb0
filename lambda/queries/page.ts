import type { Disclosure } from './disclosure.ts';

/** Lists, page by page. */

/** The most resources of a page. */
export const maxPageSize = 1_000;

/** Which page of a list to return. */
export interface PageRequest<Position> {
  /** The most resources of the page; from 1 to {@link maxPageSize}. */
  readonly size: number;
  /** The `next` of the previous page; undefined for the first page. */
  readonly after: Position | undefined;
  /** Personal fields that the resources show. */
  readonly include: Disclosure;
}

/** One page of a list. */
export interface Page<Resource, Position> {
  /** With a filter, there may be fewer than requested although more follow. */
  readonly resources: readonly Resource[];
  /** Where the next page continues; undefined at the end. */
  readonly next: Position | undefined;
}
