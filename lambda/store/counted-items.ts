import { CountedItems, keyDistance, renderingDistance } from '../ledger/counted.ts';
import { cutToSecond, formatTime, parseTime, toMilliseconds } from '../ledger/time.ts';
import { outdoes } from './completeness.ts';
import { readText } from './item-attributes.ts';
import type { Item } from './items.ts';
import { eventsTable, usageTable } from './tables.ts';

/** Which items of Usage and Events count, and which items must be read to decide that. */

/** A table of records that have a time and an id. */
export interface RecordTable {
  readonly sortKey: 'usageId' | 'eventKey';
  /** The attribute that holds the record's time. */
  readonly time: 'start' | 'time';
  /** The attribute that holds the record's id. */
  readonly id: 'recordId' | 'eventId';
}

/** Usage records. */
export const usageRecords: RecordTable = { sortKey: usageTable.sortKey, time: 'start', id: 'recordId' };
/** Events. */
export const eventRecords: RecordTable = { sortKey: eventsTable.sortKey, time: 'time', id: 'eventId' };

/**
 * Selects the items that count; expects items in the order of their keys.
 *
 * @param isFuller whether an item is more complete than another rendering of its record.
 */
export function selectCountedItems(
  { sortKey, time, id }: RecordTable,
  isFuller: (item: Item, other: Item) => boolean = outdoes,
): CountedItems<Item> {
  return new CountedItems((item) => {
    const at = readText(item, time);
    const keyTime = readKeyTime(readText(item, sortKey));
    const milliseconds = toMilliseconds(at);
    return {
      sim: readText(item, 'sim'),
      record: `${item['source']?.S}\n${item[id]?.S}`,
      at: milliseconds,
      keyAt: keyTime === at ? milliseconds : toMilliseconds(keyTime),
    };
  }, isFuller);
}

/** The time that a sort key begins with: `<time>#<id>`. */
export function readKeyTime(key: string): string {
  return key.slice(0, timeLength);
}

/**
 * A range of times, from `from` (included) to `to` (excluded). Times are compared as texts: `0` is the beginning of
 * time, `9999` its end, and `<time>$` as `to` includes that time.
 */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

/**
 * The range of sort keys, both ends included, that holds all items of a time range and all items that decide whether
 * those count.
 *
 * @param before if set, only items before this sort key are wanted.
 */
export function listKeysToRead({ from, to }: TimeRange, before: string | undefined): TimeRange {
  const end = isTime(readKeyTime(to))
    ? `${shiftKey(readKeyTime(to), renderingDistance)}${to.slice(timeLength)}`
    : to;
  const last = before === undefined ? end : shiftKey(readKeyTime(before), keyDistance);
  return {
    // The time of a key may be cut to the second.
    from: isTime(from) ? cutToSecond(shiftKey(from, -renderingDistance)) : from,
    to: [last, end].sort()[0] ?? end,
  };
}

/** A range whose beginning or end may be left open. */
export interface OpenRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The range of times (`to` excluded) of all records that decide which records of a range count. */
export function listRecordTimes({ from, to }: OpenRange): OpenRange {
  return {
    from: from === undefined ? undefined : shiftKey(from, -renderingDistance),
    to: to === undefined ? undefined : shiftKey(to, renderingDistance),
  };
}

/** Whether a text begins with a time that lies in a range, as the key of a record does. */
export function isKeyWithin(key: string, { from, to }: TimeRange): boolean {
  const time = readKeyTime(key);
  return parseTime(time) === time && key >= cutToSecond(from) && key < to;
}

const timeLength = 24;

function isTime(text: string): boolean {
  return text.length === timeLength;
}

function shiftKey(time: string, milliseconds: number): string {
  return formatTime(toMilliseconds(time) + milliseconds);
}
