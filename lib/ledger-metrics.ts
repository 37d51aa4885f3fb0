import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { dimension, gateway, metric, secret, service, store } from '../lambda/aws/names.ts';
import type { RejectCode } from '../lambda/carriers/reading.ts';

/** How a metric is added up. */
export interface Aggregation {
  /** `Sum`, `Maximum`, `p99`, … */
  readonly statistic: string;
  readonly period: Duration;
  readonly label?: string;
}

const minutes = Duration.minutes(5);

/** The metrics that the functions of a stack publish, by the names that they publish them under. */
export class LedgerMetrics {
  /** Tells the stacks of one account apart. */
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** A metric of a source, summed up by 5 minutes unless said otherwise. */
  measureSource(metricName: string, source: string, aggregation: Partial<Aggregation> = {}): Metric {
    const { statistic = 'Sum', period = minutes, label } = aggregation;
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [dimension.source]: source },
      statistic,
      period,
      ...(label !== undefined && { label }),
    });
  }

  /** Records of a source that were rejected with one code, summed up by 5 minutes. */
  measureRejects(code: RejectCode, source: string): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName: metric.rejected,
      dimensionsMap: { [dimension.source]: source, [dimension.kind]: code },
      statistic: 'Sum',
      period: minutes,
    });
  }

  /** Readings of a function's secrets that failed, summed up by 5 minutes. */
  measureUnreadableSecrets(service: string): Metric {
    return this.countByService(secret.unreadable, service);
  }

  /** Processes of a function whose batched writes were refused, summed up by 5 minutes. */
  measureRefusedBatches(service: string): Metric {
    return this.countByService(store.batchesRefused, service);
  }

  /** A metric of a function, summed up by 5 minutes. */
  countByService(metricName: string, service: string): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [dimension.service]: service },
      statistic: 'Sum',
      period: minutes,
    });
  }

  /** A metric of the sweep of alerts, the greatest of 5 minutes unless said otherwise. */
  measureSweep(metricName: string, aggregation: Partial<Aggregation> = {}): Metric {
    const { statistic = 'Maximum', period = minutes, label } = aggregation;
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [dimension.service]: service.alertSweep },
      statistic,
      period,
      ...(label !== undefined && { label }),
    });
  }

  /** A metric of the planner of days, the greatest of an hour unless said otherwise. */
  measureDayPlanner(metricName: string, aggregation: Partial<Aggregation> = {}): Metric {
    return this.#measureDays(metricName, service.dayPlanner, { statistic: 'Maximum', ...aggregation });
  }

  /** A metric of the worker of days, summed up by an hour unless said otherwise. */
  measureDayWorker(metricName: string, aggregation: Partial<Aggregation> = {}): Metric {
    return this.#measureDays(metricName, service.dayWorker, { statistic: 'Sum', ...aggregation });
  }

  #measureDays(
    metricName: string,
    serviceName: string,
    { statistic, period = Duration.hours(1), label }: Partial<Aggregation> & Pick<Aggregation, 'statistic'>,
  ): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [dimension.service]: serviceName },
      statistic,
      period,
      ...(label !== undefined && { label }),
    });
  }

  /** A metric of a receiver of alerts, by 5 minutes. */
  measureReceiver(metricName: string, receiver: string, statistic = 'Sum', label?: string): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [dimension.receiver]: receiver },
      statistic,
      period: minutes,
      ...(label !== undefined && { label }),
    });
  }

  /** Requests that API Gateway answered by itself, summed up by 5 minutes. */
  measureGatewayRefusals(): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName: gateway.refused,
      statistic: 'Sum',
      period: minutes,
    });
  }

  /** How late a source's records come by one path. */
  measureLag(
    metricName: string,
    source: string,
    service: string,
    aggregation: Partial<Aggregation> = {},
  ): Metric {
    const { statistic = 'p99', period = minutes, label } = aggregation;
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [dimension.source]: source, [dimension.service]: service },
      statistic,
      period,
      ...(label !== undefined && { label }),
    });
  }

  /**
   * A line for each value of the last dimensions, such as each kind or network.
   *
   * @param dimensions as the functions publish them, `source` among them.
   */
  search(
    metricName: string,
    dimensions: readonly string[],
    source: string,
    aggregation: Partial<Aggregation> = {},
  ): IMetric {
    const { statistic = 'Sum', period = minutes, label = '' } = aggregation;
    const schema = [this.namespace, ...dimensions].map((name) => `"${name}"`).join(',');
    const filter = `MetricName="${metricName}" ${dimension.source}="${source}"`;
    return new MathExpression({
      expression: `SEARCH('{${schema}} ${filter}', '${statistic}', ${period.toSeconds()})`,
      usingMetrics: {},
      period,
      label,
    });
  }
}
