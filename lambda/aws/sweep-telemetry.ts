import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SweepReport } from '../alerts/sweep/sweep-run.ts';
import { dimension, hold, service, sweep } from './names.ts';
import { dropZeros, type MetricValue, makeSourceLine, type Telemetry } from './telemetry.ts';

/** Logs and metrics of an alert sweep. In a module of its own, because no other function needs it. */

/**
 * Logs and measures an alert sweep.
 *
 * @param report its sources are the configured ones.
 * @param now time of the sweep, in milliseconds since the epoch.
 */
export function measureSweep(
  { logger, publish }: Pick<Telemetry, 'logger' | 'publish'>,
  report: SweepReport,
  now: number,
): void {
  const { sims, judged, failed, left, told } = report;
  const lags = report.sources.map((source) => listLags(source, now));
  logger.info('Swept', { sims, judged, failed, left, told, sources: lags });
  const values = listSweepValues(report, lags);
  publish({ dimensionSets: [{ [dimension.service]: service.alertSweep }], values });
  for (const { source, heldSeconds } of lags) {
    if (heldSeconds <= maxBatchSeconds) continue;
    publish(makeSourceLine(source, { name: hold.seconds, unit: MetricUnit.Seconds, value: heldSeconds }));
  }
}

/** How far a source is behind, in whole seconds; null if unknown. */
interface SourceLags {
  readonly source: string;
  readonly readLagSeconds: number | null;
  readonly deliveryLagSeconds: number | null;
  /** How long the oldest unfinished batch or file has held back how far the source counts as read; 0 if nothing has. */
  readonly heldSeconds: number;
  readonly isBehind: boolean;
}

/** A batch or file that takes longer than this is stuck. */
const maxBatchSeconds = 300;

function listLags({ name, read, lag, isBehind }: SweepReport['sources'][number], now: number): SourceLags {
  const [oldest] = read.holds;
  return {
    source: name,
    readLagSeconds: read.at === undefined ? null : countSeconds(now - read.at),
    deliveryLagSeconds: lag === undefined ? null : countSeconds(lag),
    heldSeconds: oldest === undefined ? 0 : countSeconds(now - oldest.since),
    isBehind,
  };
}

function countSeconds(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds / 1_000));
}

/** A sweep's metrics, without zeros. */
function listSweepValues(
  { sims, judged, failed, left, told }: SweepReport,
  lags: readonly SourceLags[],
): MetricValue[] {
  const greatest = (name: 'readLagSeconds' | 'deliveryLagSeconds') =>
    Math.max(0, ...lags.map((source) => source[name] ?? 0));
  const values: MetricValue[] = [
    { name: sweep.sims, unit: MetricUnit.Count, value: sims },
    { name: sweep.judged, unit: MetricUnit.Count, value: judged },
    { name: sweep.failed, unit: MetricUnit.Count, value: failed },
    { name: sweep.left, unit: MetricUnit.Count, value: left },
    { name: sweep.told, unit: MetricUnit.Count, value: told },
    { name: sweep.readLag, unit: MetricUnit.Seconds, value: greatest('readLagSeconds') },
    { name: sweep.deliveryLag, unit: MetricUnit.Seconds, value: greatest('deliveryLagSeconds') },
  ];
  return dropZeros(values);
}
