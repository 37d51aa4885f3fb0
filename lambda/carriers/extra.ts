import type { JsonObject } from '../json/json.ts';
import { fitText } from './detail.ts';

/** Bytes that fit into every kind of item within 1 KB, including its expiry time. */
export const extraRoom = 320;

/**
 * Members that a carrier added after its documents were written, kept under the carrier's own names as one text.
 *
 * @param known the documented members, including those that simledger does not use.
 */
export function collectUnknownMembers(
  record: JsonObject,
  known: { has(name: string): boolean },
): string | undefined {
  let unknown: [string, unknown][] | undefined;
  for (const name in record) {
    if (known.has(name) || record[name] === '') continue;
    unknown ??= [];
    unknown.push([name, record[name]]);
  }
  return unknown === undefined ? undefined : fitText(Object.fromEntries(unknown), extraRoom);
}
