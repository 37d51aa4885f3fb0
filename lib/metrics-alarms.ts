import { Duration } from 'aws-cdk-lib';
import { metricsExport, service } from '../lambda/aws/names.ts';
import type { Alarms } from './alarms.ts';
import type { LedgerMetrics } from './ledger-metrics.ts';
import { metricsExport as limits } from './limits.ts';
import type { MetricsExport } from './metrics-export.ts';

/** How long volumes may wait: longer than a typical outage of the receiver. */
const longestDelay = Duration.hours(1);

/** Watches that the receiver accepts metrics. */
export function watchMetrics(alarms: Alarms, metrics: LedgerMetrics, { queue }: MetricsExport): void {
  alarms.add('MetricsLate', {
    sentence: `Metrics have waited for their receiver for more than ${longestDelay.toHours()} hour.`,
    consequence: `They are sent later, for ${limits.retentionDays} days; the ledger is not affected.`,
    page: 'metrics-late',
    metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(5) }),
    threshold: longestDelay.toSeconds(),
    periods: 3,
  });
  alarms.add('MetricsDropped', {
    sentence: 'The receiver of metrics rejects what is sent to it.',
    consequence: 'These metrics are dropped; the ledger is not affected.',
    page: 'metrics-dropped',
    metric: metrics.countByService(metricsExport.dropped, service.metricsExporter),
    threshold: 1,
  });
}
