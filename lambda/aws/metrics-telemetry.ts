import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ExportReport } from '../metrics/export.ts';
import { dimension, metricsExport, service } from './names.ts';
import { dropZeros, type Telemetry } from './telemetry.ts';

/** Logs and measures a run of the metrics exporter. */
export function measureExport(
  { logger, publish }: Pick<Telemetry, 'logger' | 'publish'>,
  { exported, dropped, rejectedPoints, warning, failure }: ExportReport,
): void {
  if (warning !== undefined)
    logger.warn('The receiver accepted metrics in part, or sent a warning', { warning, rejectedPoints });
  if (failure !== undefined) logger.warn('Metrics are not accepted', { failure, exported, dropped });
  publish({
    dimensionSets: [{ [dimension.service]: service.metricsExporter }],
    values: dropZeros([
      { name: metricsExport.dropped, unit: MetricUnit.Count, value: dropped + rejectedPoints },
    ]),
  });
}
