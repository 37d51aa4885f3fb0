import type { JsonObject } from '../json/json.ts';
import { textWithin } from './detail.ts';

/** Bytes that every kind of item has room for, within 1 KB. */
export const extraRoom = 330;

/**
 * Members that a carrier has added since its documents were written: kept under the carrier's own names, as one text.
 *
 * @param known the documented members, whether simledger uses them or not.
 */
export function unknownMembers(
  record: JsonObject,
  known: { has(name: string): boolean },
): string | undefined {
  let unknown: [string, unknown][] | undefined;
  for (const name in record) {
    if (known.has(name)) continue;
    const value = record[name];
    if (value === null || value === undefined || value === '') continue;
    unknown ??= [];
    unknown.push([name, value]);
  }
  return unknown === undefined ? undefined : textWithin(Object.fromEntries(unknown), extraRoom);
}
