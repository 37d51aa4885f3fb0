import { complete, type Usage } from '../../ledger/observation.ts';
import { carrierTraits } from '../../ledger/source.ts';
import type { Finding } from './finding.ts';
import { makeRecordFinding } from './make-finding.ts';

/** The completeness of a row of a file that states all that a file can, in a source that also has a stream. */
const completeRow = complete - 1;

/**
 * Data records that came by file and not by stream, in a source that has both. A record that came by both is as complete
 * as the stream's rendering; a row of a file that states everything is a little less complete. Only where the stream
 * brought complete records of the same SIM on the day: older dialects never are.
 *
 * @param usage a day's usage rows.
 */
export function checkPaths(usage: readonly Usage[]): Finding[] {
  const data = usage.filter(
    ({ trafficType, carrier }) => trafficType === 'data' && carrierTraits[carrier].format === 'datastreamer',
  );
  const streaming = new Set(
    data.filter(({ completeness }) => completeness >= complete).map(({ source }) => source),
  );
  return data
    .filter(({ source, completeness }) => completeness === completeRow && streaming.has(source))
    .map((record) => makeRecordFinding(record, 'path', 'not-by-stream'));
}
