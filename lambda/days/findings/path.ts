import { complete, type Usage } from '../../ledger/observation.ts';
import { carrierTraits } from '../../ledger/source.ts';
import type { EventRow } from '../rows.ts';
import type { Finding } from './finding.ts';
import { makeFinding, makeRecordFinding } from './make-finding.ts';

/** Records of a data streamer that arrived by only one of two paths, in a source that has both: a stream and files. */

/** Rows of a day that arrived in a file. */
export interface FiledRows {
  readonly usage: ReadonlySet<Usage>;
  readonly events: ReadonlySet<EventRow>;
}

/** The completeness of a file's row that states everything that a file can, in a source that also has a stream. */
const completeRow = complete - 1;

/**
 * Finds data records that arrived by only one path.
 *
 * - By file and not by stream: a record that arrived by both is as complete as the stream's rendering; a file's row
 *   that states everything is slightly less complete. Only if the stream has delivered complete records of the same SIM
 *   on the day, which older dialects never are.
 * - By stream and not by file: see {@link listUnfiled}.
 *
 * @param usage a day's usage rows.
 * @param filed those that arrived in a file.
 */
export function checkUsagePaths(usage: readonly Usage[], filed: ReadonlySet<Usage>): Finding[] {
  return divideBySource(usage.filter(({ trafficType }) => trafficType === 'data')).flatMap((records) => {
    if (!records.some(isComplete)) return [];
    const rows = records.filter(({ completeness }) => completeness === completeRow);
    return [
      ...rows.map((record) => makeRecordFinding(record, 'path', 'not-by-stream')),
      ...listUnfiled(records, filed, ({ start }) => start).map((record) =>
        makeRecordFinding(record, 'path', 'not-by-file'),
      ),
    ];
  });
}

/**
 * Finds events that arrived by only one path. Carriers may send some kinds of events by one path only, so events are
 * missing by stream only if more of the SIM's events of the day arrived by both paths than by file alone, and the same
 * applies to files.
 *
 * @param events a day's events.
 * @param filed those that arrived in a file.
 */
export function checkEventPaths(events: readonly EventRow[], filed: ReadonlySet<EventRow>): Finding[] {
  return divideBySource(events).flatMap((records) => {
    const repeated = records.filter((record) => isComplete(record) && filed.has(record));
    const unstreamed = records.filter((record) => !isComplete(record) && filed.has(record));
    return [
      ...(repeated.length > unstreamed.length ? unstreamed : []).map((event) =>
        describeEvent(event, 'not-by-stream'),
      ),
      ...listUnfiled(records, filed, ({ time }) => time).map((event) => describeEvent(event, 'not-by-file')),
    ];
  });
}

/** Whether it matters which of a day's records arrived in files: those of a stream that files may repeat. */
export function mayComeTwice(rows: readonly Streamed[]): boolean {
  return rows.some((row) => isStreamed(row) && isComplete(row));
}

/** What shows how a usage record or event arrived. */
type Streamed = Pick<Usage, 'source' | 'carrier' | 'completeness'>;

function isStreamed({ carrier }: Pick<Usage, 'carrier'>): boolean {
  return carrierTraits[carrier].format === 'datastreamer';
}

function isComplete({ completeness }: Streamed): boolean {
  return completeness >= complete;
}

function divideBySource<Row extends Streamed>(rows: readonly Row[]): Row[][] {
  const bySource = new Map<string, Row[]>();
  for (const row of rows.filter(isStreamed)) {
    const ofSource = bySource.get(row.source) ?? [];
    bySource.set(row.source, ofSource);
    ofSource.push(row);
  }
  return [...bySource.values()];
}

/**
 * Complete records that were in no file. Only if files repeat the stream, that is, more of the SIM's complete records
 * of the day arrived by both paths than by stream alone; and only up to the last record that arrived in a file, because
 * the file with later ones may still arrive.
 *
 * @param records those of one source.
 */
function listUnfiled<Row extends Streamed>(
  records: readonly Row[],
  filed: ReadonlySet<Row>,
  readTime: (row: Row) => string,
): Row[] {
  const unfiled = records.filter((record) => isComplete(record) && !filed.has(record));
  const repeated = records.filter((record) => isComplete(record) && filed.has(record));
  if (repeated.length <= unfiled.length) return [];
  let last = '';
  for (const record of records) {
    const time = readTime(record);
    if (filed.has(record) && time > last) last = time;
  }
  return unfiled.filter((record) => readTime(record) <= last);
}

function describeEvent(event: EventRow, reason: 'not-by-stream' | 'not-by-file'): Finding {
  const { sim, source, carrier, sessionId, time, eventId } = event;
  return makeFinding({
    ...{ sim, check: 'path', reason, source, carrier, sessionId, start: time, end: time },
    // Usage may have the same id.
    subject: ['event', eventId],
    bytes: undefined,
    records: [eventId],
  });
}
