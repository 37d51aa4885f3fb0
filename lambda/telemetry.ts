import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Receipt } from './ledger/receipt.ts';
import { metric, metricNamespace } from './names.ts';

/**
 * What a function tells of its work: structured log lines and CloudWatch metrics in the embedded format. Neither ever
 * carries a record or a part of one: records are personal data.
 */
export interface Telemetry {
  readonly logger: Logger;
  /** Counts a receipt under its source. */
  count(receipt: Receipt, source: string): void;
}

/** The telemetry of one function. */
export function telemetryOf(serviceName: string): Telemetry {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ namespace: metricNamespace, serviceName });
  return {
    logger,
    count: (receipt, source) => {
      metrics.addDimension('source', source);
      for (const name of Object.values(metric)) metrics.addMetric(name, MetricUnit.Count, receipt[name]);
      metrics.publishStoredMetrics();
    },
  };
}

/** An error as a log line may show it: its name and message, which are AWS's or ours. */
export function causeOf(error: unknown): { cause: string } {
  return { cause: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
