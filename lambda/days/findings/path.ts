import { complete, type Usage } from '../../ledger/observation.ts';
import { carrierTraits } from '../../ledger/source.ts';
import type { EventRow } from '../rows.ts';
import type { Finding } from './finding.ts';
import { makeFinding, makeRecordFinding } from './make-finding.ts';

/** Records of a data streamer that came by one of two paths, in a source that has both: a stream and files. */

/** Rows of a day that came in a file. */
export interface FiledRows {
  readonly usage: ReadonlySet<Usage>;
  readonly events: ReadonlySet<EventRow>;
}

/** The completeness of a row of a file that states all that a file can, in a source that also has a stream. */
const completeRow = complete - 1;

/**
 * Data records that came by one path only.
 *
 * - By file and not by stream: a record that came by both is as complete as the stream's rendering; a row of a file that
 *   states everything is a little less complete. Only where the stream brought complete records of the same SIM on the day:
 *   older dialects never are.
 * - By stream and not by file: see {@link listUnfiled}.
 *
 * @param usage a day's usage rows.
 * @param filed those that came in a file.
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
 * Events that came by one path only. Carriers may send some kinds of events by one path: so events are missing by stream only
 * where more of the SIM's events of the day came by both paths than by file alone, and by file likewise.
 *
 * @param events a day's events.
 * @param filed those that came in a file.
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

/** Whether it matters which of a day's records came in files: those of a stream that files may repeat. */
export function mayComeTwice(rows: readonly Streamed[]): boolean {
  return rows.some((row) => isStreamed(row) && isComplete(row));
}

/** What of a usage record or event tells how it came. */
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
 * Complete records that no file had. Only where files repeat the stream, which brought more of the SIM's complete
 * records of the day by both paths than alone; and only up to the last record that came in a file: the file of what
 * follows may not have arrived yet.
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
