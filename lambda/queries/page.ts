import type { Disclosure } from './disclosure.ts';

/** Lists, page by page. */

/** Resources that one page may have. */
export const maxPageSize = 1_000;

/** Which page of a list is requested. */
export interface PageRequest<Position> {
  /** Resources in the page, at most; from 1 to {@link maxPageSize}. */
  readonly size: number;
  /** The `next` of the page before; undefined for the first page. */
  readonly after: Position | undefined;
  /** Personal fields that the resources show. */
  readonly include: Disclosure;
}

/** One page of a list. */
export interface Page<Resource, Position> {
  /** With a filter there may be fewer than requested, although more follow. */
  readonly resources: readonly Resource[];
  /** Where the next page goes on; undefined at the end. */
  readonly next: Position | undefined;
}
