import { usageColumns, writeRow, writeUsageRow } from './csv-dialect.ts';
import { writeEvent, writeUsage } from './datastreamer-dialect.ts';
import type { Random } from './random.ts';
import type { FleetRecord, UsageRecord } from './records.ts';
import { formatIso } from './records.ts';
import { writeConnectionEvent } from './supersim-dialect.ts';

/** Writes a record as its carrier sends it to a stream. */
export function writeRecord(record: FleetRecord): string {
  if (record.kind === 'connection') return writeConnectionEvent(record);
  return record.kind === 'event' ? writeEvent(record) : writeUsage(record);
}

/** A broken record. If it is not JSON, it gets a body of its own, so that it does not break other records. */
export interface BrokenRecord {
  readonly text: string;
  readonly standsAlone: boolean;
}

/** A day that is in no calendar, one that is not a date, and one in the future. */
const impossibleDays = ['2026-02-30', '2026-13-45', '2199-12-31'] as const;

/** Breaks a stream record: truncates it, removes its identity, or gives it an impossible date. */
export function breakRecord(record: FleetRecord, random: Random): BrokenRecord {
  const way = random.drawInteger(3);
  if (way === 0) {
    const text = writeRecord(record);
    return {
      text: text.slice(0, Math.floor(text.length * (0.2 + random.drawInteger(70) / 100))),
      standsAlone: true,
    };
  }
  if (way === 1) return { text: writeRecord(removeIdentity(record)), standsAlone: false };
  return { text: misdateRecord(writeRecord(record), record, random), standsAlone: false };
}

const iccidColumn = usageColumns.indexOf('iccid');

/** Breaks a usage row: too few columns, an ICCID that a spreadsheet has rounded, or an impossible date. */
export function breakRow(record: UsageRecord, random: Random): string {
  const fields = writeUsageRow(record);
  const way = random.drawInteger(3);
  if (way === 0) return writeRow(fields.slice(0, random.drawBetween(2, 12)));
  if (way === 1) return writeRow(fields.with(iccidColumn, '8.98828E+18'));
  return misdateRecord(writeRow(fields), record, random);
}

function removeIdentity(record: FleetRecord): FleetRecord {
  return record.kind === 'connection' ? { ...record, eventSid: null } : { ...record, id: null };
}

/** Replaces each date of a record with an impossible one. */
function misdateRecord(text: string, record: FleetRecord, random: Random): string {
  const day = random.pick(impossibleDays);
  const start = record.kind === 'usage' ? record.start : record.at;
  return text
    .replaceAll(formatIso(record.at).slice(0, 10), day)
    .replaceAll(formatIso(start).slice(0, 10), day);
}
