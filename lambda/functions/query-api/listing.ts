import { ParameterError } from '../../queries/errors.ts';
import { decodeToken, encodeToken, type PageState } from './page-token.ts';
import { defaultPageSize, findParameterKind } from './parameters.ts';
import { type HttpRequest, makeUrl } from './request.ts';
import type { Operation } from './routes.ts';

/** Lists in the form that Twilio's clients follow from page to page. */

/** The paging parameters of a request. */
export interface PagingParameters {
  readonly PageSize?: number;
  readonly Page?: number;
  readonly PageToken?: string;
}

/** One page of a list, as it was requested. */
export interface Listing {
  /** What is listed: the resource and its owner. A token of another subject is refused. */
  readonly subject: string;
  readonly size: number;
  readonly page: number;
  /** The filters, including defaults; the same for all pages. */
  readonly filters: Readonly<Record<string, string>>;
  /** Where to continue; undefined on the first page. */
  readonly from: PageState | undefined;
}

/** Where the next page continues; undefined at the end. */
export type Next = { readonly position: unknown; readonly bytes?: Uint8Array } | undefined;

/** The place of a page in its list, as Twilio's clients read it. */
export interface PageMeta {
  /** Name of the member with the resources. */
  readonly key: string;
  readonly page: number;
  readonly page_size: number;
  readonly first_page_url: string;
  readonly previous_page_url: null;
  /** Null on the last page. */
  readonly next_page_url: string | null;
  readonly url: string;
}

/** A page in a response: the resources under their name, and `meta`. */
export interface PageBody {
  readonly meta: PageMeta;
  readonly [resources: string]: unknown;
}

/**
 * Opens a list, or another page of one.
 *
 * @param given the filters that the operation accepts; undefined if the request does not state them.
 * @param complete adds defaults on the first page; checks the filters on later pages.
 * @throws ParameterError if the token is invalid, or belongs to another subject or to other filters.
 */
export function openListing(
  operation: Operation,
  subject: string,
  paging: PagingParameters,
  given: Readonly<Record<string, string | undefined>>,
  complete: (
    given: Readonly<Record<string, string | undefined>>,
    isFirstPage: boolean,
  ) => Readonly<Record<string, string | undefined>>,
): Listing {
  const { PageSize: size = defaultPageSize, Page: page, PageToken: token } = paging;
  if (token === undefined) {
    if (page !== undefined && page > 0) throw new ParameterError('Page', String(page), pageWithoutToken);
    return { subject, size, page: 0, filters: listStated(complete(given, false)), from: undefined };
  }
  const from = decodeToken(subject, token);
  if (from === undefined || !areFilters(operation, from.filters, given, complete({}, false)))
    throw makeTokenError(token);
  for (const [name, value] of Object.entries(given)) {
    const started = from.filters[name];
    if (value === undefined || value === started) continue;
    throw new ParameterError(
      name,
      value,
      `${started ?? 'nothing'}, with which the PageToken's listing began`,
    );
  }
  complete(from.filters, true);
  return { subject, size, page: page ?? from.page, filters: from.filters, from };
}

/**
 * Whether a token's filters are those of a list of this operation: accepted parameters with normalised values,
 * including all that have a default.
 */
function areFilters(
  operation: Operation,
  filters: Readonly<Record<string, string>>,
  taken: Readonly<Record<string, unknown>>,
  always: Readonly<Record<string, string | undefined>>,
): boolean {
  const isRead = Object.entries(filters).every(([name, text]) => {
    const value = Object.hasOwn(taken, name) ? findParameterKind(operation, name)?.parse(text) : undefined;
    return value !== undefined && String(value) === text;
  });
  return isRead && Object.keys(listStated(always)).every((name) => Object.hasOwn(filters, name));
}

const pageWithoutToken = '0, or the page that a PageToken belongs to: follow meta.next_page_url';

/** The error for a token that does not belong to the list. */
function makeTokenError(token: string): ParameterError {
  return new ParameterError('PageToken', token, 'the PageToken of a meta.next_page_url of the same list');
}

/**
 * Where a list continues; undefined on the first page.
 *
 * @param read parses the position in a token's content; returns undefined if it is not a position of this list.
 * @throws ParameterError if it is not.
 */
export function readPosition<Position>(
  { from }: Listing,
  { PageToken: token = '' }: PagingParameters,
  read: (position: unknown, bytes: Uint8Array) => Position | undefined,
): Position | undefined {
  if (from === undefined) return undefined;
  const position = read(from.position, from.bytes);
  if (position === undefined) throw makeTokenError(token);
  return position;
}

/** A page's body: the resources under their name, then `meta` as Twilio's clients read it. */
export function pageBody(
  request: HttpRequest,
  listing: Listing,
  key: string,
  resources: readonly unknown[],
  next: Next,
): PageBody {
  const { page, size } = listing;
  const address = (number: number, token: string | undefined): string => {
    const query = new URLSearchParams(request.query);
    for (const name of ['PageSize', 'Page', 'PageToken']) query.delete(name);
    query.set('PageSize', String(size));
    query.set('Page', String(number));
    if (token !== undefined) query.set('PageToken', token);
    return makeUrl(request, query);
  };
  return {
    [key]: resources,
    meta: {
      key,
      page,
      page_size: size,
      first_page_url: address(0, undefined),
      // A list only goes forward, because earlier pages may have grown since.
      previous_page_url: null,
      next_page_url: next === undefined ? null : address(page + 1, makeToken(listing, next)),
      url: address(page, request.query.get('PageToken') ?? undefined),
    },
  };
}

function makeToken({ subject, page, filters }: Listing, { position, bytes }: NonNullable<Next>): string {
  return encodeToken(subject, { page: page + 1, filters, position, bytes: bytes ?? new Uint8Array() });
}

function listStated(filters: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(filters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
