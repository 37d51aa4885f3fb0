import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { dimension, gateway, metric, secret, service, store } from '../lambda/aws/names.ts';
import type { RejectCode } from '../lambda/carriers/reading.ts';

/** How a metric is aggregated. */
export interface Aggregation {
  /** `Sum`, `Maximum`, `p99`, … */
  readonly statistic: string;
  readonly period: Duration;
  readonly label?: string;
}

const minutes = Duration.minutes(5);

/** The metrics that a stack's functions publish, by their published names. */
export class LedgerMetrics {
  /** Separates the stacks of one account. */
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** A metric of a source; by default its sum over 5 minutes. */
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

  /** Records of a source that were rejected with one code, as a sum over 5 minutes. */
  measureRejects(code: RejectCode, source: string): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName: metric.rejected,
      dimensionsMap: { [dimension.source]: source, [dimension.kind]: code },
      statistic: 'Sum',
      period: minutes,
    });
  }

  /** Failed attempts of a function to read its secrets, as a sum over 5 minutes. */
  measureUnreadableSecrets(service: string): Metric {
    return this.countByService(secret.unreadable, service);
  }

  /** Processes of a function whose batched writes were refused, as a sum over 5 minutes. */
  measureRefusedBatches(service: string): Metric {
    return this.countByService(store.batchesRefused, service);
  }

  /** A metric of a function, as a sum over 5 minutes. */
  countByService(metricName: string, service: string): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName,
      dimensionsMap: { [dimension.service]: service },
      statistic: 'Sum',
      period: minutes,
    });
  }

  /** A metric of the alert sweep; by default its maximum over 5 minutes. */
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

  /** A metric of the day planner; by default its maximum over an hour. */
  measureDayPlanner(metricName: string, aggregation: Partial<Aggregation> = {}): Metric {
    return this.#measureDays(metricName, service.dayPlanner, { statistic: 'Maximum', ...aggregation });
  }

  /** A metric of the day worker; by default its sum over an hour. */
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

  /** A metric of a receiver of alerts, over 5 minutes. */
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

  /** Requests that API Gateway answered without the function, as a sum over 5 minutes. */
  measureGatewayRefusals(): Metric {
    return new Metric({
      namespace: this.namespace,
      metricName: gateway.refused,
      statistic: 'Sum',
      period: minutes,
    });
  }

  /** How late a source's records arrive by one path. */
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
   * One line for each combination of the dimensions other than the source, such as each kind or network.
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
