import type { Usage } from '../../ledger/observation.ts';
import { compareTexts } from '../rows.ts';
import type { Finding } from './finding.ts';
import { makeFinding } from './make-finding.ts';

/**
 * Finds windows of a session that arrived under two ids, and so were counted twice by the carrier.
 *
 * Ignores text messages, of which several may be sent in a second, and records without bytes. A record that states no
 * length is not a window: two with the same second may be two records.
 *
 * @param usage a day's usage rows.
 */
export function checkDuplicates(usage: readonly Usage[]): Finding[] {
  return groupWindows(usage).flatMap(([first, ...others]) =>
    others.map((record) =>
      makeFinding({
        sim: record.sim,
        check: 'duplicate',
        reason: 'same-window',
        source: record.source,
        carrier: record.carrier,
        sessionId: record.sessionId,
        start: record.start,
        end: record.end,
        subject: [record.recordId, record.start],
        bytes: BigInt(record.dataTotal),
        charged: record,
        records: [first?.recordId, record.recordId],
      }),
    ),
  );
}

/** The records, without those whose window another record with a smaller id has. */
export function dropDuplicates(usage: readonly Usage[]): Usage[] {
  const repeated = new Set(groupWindows(usage).flatMap(([, ...others]) => others));
  return usage.filter((record) => !repeated.has(record));
}

/** Records by window; those of one window are sorted by id. */
function groupWindows(usage: readonly Usage[]): Usage[][] {
  const groups = new Map<string, Usage[]>();
  for (const record of usage) {
    const window = nameWindow(record);
    if (window === undefined) continue;
    const group = groups.get(window) ?? [];
    groups.set(window, group);
    group.push(record);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => compareTexts(a.recordId, b.recordId)));
}

/** A text that is the same for records of one session and window; undefined for records that cannot be duplicates. */
function nameWindow({ source, sessionId, start, end, trafficType, dataTotal }: Usage): string | undefined {
  if (sessionId === undefined || trafficType !== 'data' || dataTotal === 0 || start === end) return undefined;
  return JSON.stringify([source, sessionId, start, end]);
}
