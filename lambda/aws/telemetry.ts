import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DeliveryReport } from '../alerts/delivery/deliver.ts';
import type { Measures, Traffic } from '../ingest/measures.ts';
import type { Receipt } from '../ledger/receipt.ts';
import type { FailedReading } from './cached-secret.ts';
import {
  delivery,
  dimension,
  environment,
  measure,
  metric,
  metricNamespace,
  metricsExport,
  otherNetworks,
  secret,
  type service,
  store,
  traffic,
  unknownNetwork,
  webhook,
} from './names.ts';

/**
 * A function's telemetry: structured log lines, and CloudWatch metrics in the embedded format. Neither ever contains a
 * record or part of one, because records are personal data.
 */
export interface Telemetry {
  readonly logger: Logger;
  /** Measures the outcome of a source's records: their receipt, and their measures by kind. */
  count(receipt: Receipt, measures: Measures, source: string): void;
  /** Measures a file of which no row could be read. */
  fileFailed(source: string): void;
  /** Measures a carrier's request by the HTTP status of the response. */
  reportRequest(status: number, source: string): void;
  /** Publishes a line of metrics, unless it has no values. */
  publish(line: MetricLine): void;
  /** Logs and measures a delivery run for a receiver. */
  reportDelivery(report: DeliveryReport): void;
  /** Logs and measures that a secret of the function cannot be read. */
  reportUnreadableSecret(failure: FailedReading): void;
  /** Logs and measures that DynamoDB does not accept batched writes, so that the process continues with single ones. */
  reportRefusedBatches(error: Error): void;
  /** Logs and measures that volumes cannot be sent to the metrics exporter, so that some are missing. */
  reportLostVolumes(error: unknown): void;
}

/** Options of a {@link Telemetry}. */
export interface TelemetryOptions {
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Writes a line of metrics; by default to standard output, unchanged. Lambda would wrap what the console writes in
   * its own JSON, where CloudWatch does not find metrics.
   */
  readonly write?: (line: string) => void;
}

/** The telemetry of one function. */
export function createTelemetry(
  serviceName: (typeof service)[keyof typeof service],
  options: TelemetryOptions = {},
): Telemetry {
  const { env = process.env, write = (line: string) => process.stdout.write(`${line}\n`) } = options;
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({
    namespace: env[environment.metricNamespace] ?? metricNamespace,
    // Suppresses the library's plain-text warning about a name that occurs in two sets of dimensions, as the source
    // always does.
    logger: { debug: console.debug, info: console.info, warn: () => undefined, error: console.error },
  });
  // The service must be a dimension only of lines that state it.
  metrics.clearDefaultDimensions();
  const networks = new MeasuredNetworks(Number(env[environment.measuredNetworks] ?? 0));
  const publish = ({ dimensionSets, values }: MetricLine): void => {
    if (values.length === 0) return;
    for (const dimensions of dimensionSets) metrics.addDimensions(dimensions);
    for (const { name, unit, value } of values) {
      for (const one of typeof value === 'number' ? [value] : value) metrics.addMetric(name, unit, one);
    }
    write(JSON.stringify(metrics.serializeMetrics()));
    metrics.clearMetrics();
    metrics.clearDimensions();
  };
  return {
    logger,
    publish,
    count: (receipt, measures, source) => {
      for (const line of makeReceiptLines(measures, source)) publish(line);
      publish(makeLagLine(measures, source, serviceName));
      for (const line of makeTrafficLines(networks, measures, source)) publish(line);
      const unaccounted = countUnaccounted(receipt, measures);
      if (unaccounted === 0) return;
      logger.error('Records are unaccounted for', { source, unaccounted, receipt });
      publish(
        makeSourceLine(source, { name: measure.unaccounted, unit: MetricUnit.Count, value: unaccounted }),
      );
    },
    fileFailed: (source) =>
      publish(makeSourceLine(source, { name: measure.filesFailed, unit: MetricUnit.Count, value: 1 })),
    reportRequest: (status, source) =>
      publish(makeSourceLine(source, { name: requestMetric(status), unit: MetricUnit.Count, value: 1 })),
    reportDelivery: (report) => {
      const values = listDeliveryValues(report);
      if (values.length > 0 || report.idle === 'locked') logger.info('Alerts', { ...report });
      publish({ dimensionSets: [{ [dimension.receiver]: report.receiver }], values });
    },
    reportUnreadableSecret: ({ owner, error, isKept }) => {
      logger.error('A secret cannot be read', { owner, isUsedAsItWas: isKept, ...describeCause(error) });
      publish({
        dimensionSets: [{ [dimension.service]: serviceName }],
        values: [{ name: secret.unreadable, unit: MetricUnit.Count, value: 1 }],
      });
    },
    reportRefusedBatches: (error) => {
      logger.error('DynamoDB does not accept batched writes', {
        continuesWith: 'single',
        ...describeCause(error),
      });
      publish({
        dimensionSets: [{ [dimension.service]: serviceName }],
        values: [{ name: store.batchesRefused, unit: MetricUnit.Count, value: 1 }],
      });
    },
    reportLostVolumes: (error) => {
      logger.warn('Volumes cannot be sent to the exporter of metrics', describeCause(error));
      publish({
        dimensionSets: [{ [dimension.service]: serviceName }],
        values: [{ name: metricsExport.paused, unit: MetricUnit.Count, value: 1 }],
      });
    },
  };
}

/** Describes an error for a log line: its name and message, which come from AWS or from us. */
export function describeCause(error: unknown): { cause: string } {
  return { cause: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

function requestMetric(status: number): string {
  if (status === 200) return webhook.taken;
  return status < 500 ? webhook.refused : webhook.failed;
}

/** One metric of a line. */
export interface MetricValue {
  readonly name: string;
  readonly unit: (typeof MetricUnit)[keyof typeof MetricUnit];
  readonly value: number | readonly number[];
}

/** A line of metrics, which counts once for each of its sets of dimensions. */
export interface MetricLine {
  readonly dimensionSets: readonly Readonly<Record<string, string>>[];
  readonly values: readonly MetricValue[];
}

/** The most values of one metric in a line: at a hundred, the library would publish the line automatically. */
const maxValues = 99;

/** A line with one metric of a source. */
export function makeSourceLine(source: string, value: MetricValue): MetricLine {
  return { dimensionSets: [{ [dimension.source]: source }], values: [value] };
}

/** A line for each kind of record, which also counts for the source as a whole. */
function makeReceiptLines(measures: Measures, source: string): MetricLine[] {
  return [...measures.receipts].map(([kind, receipt]) => ({
    dimensionSets: [{ [dimension.source]: source }, { [dimension.source]: source, [dimension.kind]: kind }],
    values: Object.values(metric)
      .filter((name) => receipt[name] !== 0)
      .map((name) => ({ name, unit: MetricUnit.Count, value: receipt[name] })),
  }));
}

/** Files are always late, so each path's lag is measured separately. */
function makeLagLine(measures: Measures, source: string, serviceName: string): MetricLine {
  const lags = measures.listLags(maxValues);
  return {
    dimensionSets: [{ [dimension.source]: source, [dimension.service]: serviceName }],
    values: lags.length === 0 ? [] : [{ name: measure.lag, unit: MetricUnit.Seconds, value: lags }],
  };
}

/** A line for each network, which also counts for the source as a whole. */
function makeTrafficLines(networks: MeasuredNetworks, measures: Measures, source: string): MetricLine[] {
  return networks.name(measures.traffic).map(({ country, operator, bytes, uploaded, downloaded, cost }) => {
    const values: MetricValue[] = [
      { name: traffic.bytes, unit: MetricUnit.Bytes, value: bytes },
      { name: traffic.uploaded, unit: MetricUnit.Bytes, value: uploaded },
      { name: traffic.downloaded, unit: MetricUnit.Bytes, value: downloaded },
      { name: traffic.cost, unit: MetricUnit.NoUnit, value: cost },
    ];
    const ofSource = { [dimension.source]: source };
    const ofNetwork = { ...ofSource, [dimension.country]: country, [dimension.operator]: operator };
    return {
      dimensionSets: networks.areNamed ? [ofSource, ofNetwork] : [ofSource],
      values: dropZeros(values),
    };
  });
}

/** The metrics of a delivery run, without zeros. */
function listDeliveryValues(report: DeliveryReport): MetricValue[] {
  const { delivered, failed, undeliverable, oldestFailedSeconds, unusableRuns } = report;
  const values: MetricValue[] = [
    { name: delivery.delivered, unit: MetricUnit.Count, value: delivered },
    { name: delivery.failed, unit: MetricUnit.Count, value: failed },
    { name: delivery.undeliverable, unit: MetricUnit.Count, value: undeliverable },
    { name: delivery.oldestFailed, unit: MetricUnit.Seconds, value: oldestFailedSeconds },
    { name: delivery.unusable, unit: MetricUnit.Count, value: Math.min(1, unusableRuns) },
  ];
  return dropZeros(values);
}

/** Values without zeros, because unpublished values cost nothing. */
export function dropZeros(values: readonly MetricValue[]): MetricValue[] {
  return values.filter(({ value }) => value !== 0);
}

/** A dimension's value in a form that CloudWatch accepts: printable ASCII, shortened to a readable length. */
function formatDimension(text: string, absent: string): string {
  const plain = text
    .normalize('NFD')
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, 100);
  return plain === '' ? absent : plain;
}

/**
 * Decides which networks have their own metrics. Each pair of country and operator costs money, so a process names only
 * the first ones that it sees. In a large fleet, it sees the largest networks first.
 */
class MeasuredNetworks {
  readonly #maxNetworks: number;
  readonly #named = new Map<string, { readonly country: string; readonly operator: string }>();

  constructor(maxNetworks: number) {
    this.#maxNetworks = maxNetworks;
  }

  get areNamed(): boolean {
    return this.#maxNetworks > 0;
  }

  /** The traffic by the names under which it is measured. */
  name(networks: readonly Traffic[]): Traffic[] {
    const byName = new Map<string, Traffic>();
    for (const network of networks) {
      const { country, operator } = this.#nameNetwork(network);
      const key = `${country}\n${operator}`;
      const sum = byName.get(key);
      byName.set(key, sum === undefined ? { ...network, country, operator } : addTraffic(sum, network));
    }
    return [...byName.values()];
  }

  #nameNetwork({ country, operator }: Traffic): { country: string; operator: string } {
    const key = `${country}\n${operator}`;
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    if (this.#named.size >= this.#maxNetworks) return { country: otherNetworks, operator: otherNetworks };
    const named = {
      country: formatDimension(country, unknownNetwork),
      operator: formatDimension(operator, unknownNetwork),
    };
    this.#named.set(key, named);
    return named;
  }
}

function addTraffic(sum: Traffic, network: Traffic): Traffic {
  return {
    ...sum,
    bytes: sum.bytes + network.bytes,
    uploaded: sum.uploaded + network.uploaded,
    downloaded: sum.downloaded + network.downloaded,
    cost: sum.cost + network.cost,
  };
}

/**
 * Records that the counts lose or invent: `received = stored + repeated + ignored + rejected` must hold, and the kinds
 * together must have received as many records as the receipt says.
 */
function countUnaccounted(
  { received, stored, repeated, ignored, rejected }: Receipt,
  measures: Measures,
): number {
  const ofKinds = [...measures.receipts.values()].reduce((sum, receipt) => sum + receipt.received, 0);
  return Math.max(Math.abs(received - stored - repeated - ignored - rejected), Math.abs(received - ofKinds));
}
