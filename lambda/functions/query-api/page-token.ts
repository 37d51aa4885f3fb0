import { createHash } from 'node:crypto';
import { parseJson } from '../../json/json.ts';

/**
 * Page tokens: where a list continues, as opaque text that clients send back.
 *
 * A token contains a digest of itself and its subject, which reveals a damaged token, or one of another SIM. The digest
 * is not a secret, so anyone can make a token. But a token grants nothing: the caller still needs credentials, and a
 * token can only state what a request could. `openListing` checks its filters like parameters, and each resource checks
 * its position.
 */

/** The content of a token. */
export interface PageState {
  /** Number of the page that it leads to. */
  readonly page: number;
  /** The list's filters as of its first page, including defaults. */
  readonly filters: Readonly<Record<string, string>>;
  /** Where to continue. Only the resource knows its meaning. */
  readonly position: unknown;
  /** Binary state, empty for most resources. */
  readonly bytes: Uint8Array;
}

/** The most characters of a token. Our own tokens stay below some 8 KB, so that they fit into a URL. */
export const maxTokenCharacters = 10_000;

/** The greatest page number: `Page` accepts nine digits, and a page names the next one. */
const maxPage = 999_999_998;
const digestBytes = 8;
const version = 1;

/**
 * Encodes a state as a token.
 *
 * @param subject what is listed: the resource and its owner.
 */
export function encodeToken(subject: string, { page, filters, position, bytes }: PageState): string {
  const header = JSON.stringify({ v: version, page, filters, position });
  const content = Buffer.concat([Buffer.from(header), Buffer.of(0), bytes]);
  return Buffer.concat([computeDigest(subject, content), content]).toString('base64url');
}

/** Decodes a token's state; undefined if it is damaged, or of another subject or version. */
export function decodeToken(subject: string, token: string): PageState | undefined {
  const whole = Buffer.from(token, 'base64url');
  // Decoding skips characters that are not base64url, so several texts would decode to the same token.
  if (whole.toString('base64url') !== token || whole.length <= digestBytes) return undefined;
  const content = whole.subarray(digestBytes);
  if (!whole.subarray(0, digestBytes).equals(computeDigest(subject, content))) return undefined;
  const end = content.indexOf(0);
  if (end === -1) return undefined;
  return readState(content.subarray(0, end).toString('utf8'), content.subarray(end + 1));
}

function readState(header: string, bytes: Uint8Array): PageState | undefined {
  const value = parseJson(header);
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, page, filters, position } = value as Readonly<Record<string, unknown>>;
  if (v !== version || typeof page !== 'number' || !Number.isSafeInteger(page)) return undefined;
  if (page < 1 || page > maxPage) return undefined;
  if (!isTexts(filters)) return undefined;
  return { page, filters, position, bytes };
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

function computeDigest(subject: string, content: Uint8Array): Buffer {
  return createHash('sha256').update(`${subject}\n`).update(content).digest().subarray(0, digestBytes);
}
