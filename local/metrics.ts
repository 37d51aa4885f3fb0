import { requestMilliseconds } from '../lambda/alerts/delivery/receivers.ts';
import { readUrl } from '../lambda/alerts/delivery/webhook.ts';
import type { SigningConfiguration } from '../lambda/aws/aws-request.ts';
import { MetricsQueue } from '../lambda/aws/metrics-queue.ts';
import { UsageError } from '../lambda/errors.ts';
import { type ExportReport, VolumeExporter } from '../lambda/metrics/export.ts';
import { makeOtlpReceiver, type OtlpSecret, readOtlpSecret } from '../lambda/metrics/otlp-receiver.ts';
import { metricsExport } from '../lib/limits.ts';

/** Metrics of the local run, which the stack's exporter sends. */

/**
 * The environment variable with the headers for `--otlp`, as OpenTelemetry's SDKs define it: `name=value,name=value`.
 */
export const otlpHeadersVariable = 'OTEL_EXPORTER_OTLP_HEADERS';

/**
 * The address of `--otlp` and its headers.
 *
 * @throws UsageError
 */
export function readOtlp(address: string, env: NodeJS.ProcessEnv): OtlpSecret {
  if (readUrl(address) === undefined) {
    throw new UsageError(
      `--otlp ${JSON.stringify(address)}: give an address that begins with http:// or https://, such as http://127.0.0.1:4318/v1/metrics`,
    );
  }
  const pairs = (env[otlpHeadersVariable] ?? '').split(',').filter((pair) => pair.trim() !== '');
  const headers = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name.trim(), decodeHeader(value.join('=').trim())];
  });
  const secret = readOtlpSecret({ url: address, headers: Object.fromEntries(headers) });
  if (secret !== undefined) return secret;
  throw new UsageError(`${otlpHeadersVariable}: give headers as name=value,name=value`);
}

/** Values are percent-encoded, as OpenTelemetry specifies. A value that cannot be decoded is used unchanged. */
function decodeHeader(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return value;
    throw error;
  }
}

/** Milliseconds between two exports: more often than every minute, as the stack does. */
export const exportMilliseconds = 10_000;

/** Sends what was stored as metrics. */
export class LocalMetrics {
  readonly #exporter: VolumeExporter;
  #running: Promise<unknown> = Promise.resolve();

  /** @param queueUrl the queue to which functions report what they store. */
  constructor(secret: OtlpSecret, configuration: SigningConfiguration, queueUrl: string) {
    const send = makeOtlpReceiver(
      { get: async () => secret, refresh: async () => secret },
      // The receiver is on the user's own machine or network.
      { allowPrivateAddresses: true, timeoutMilliseconds: requestMilliseconds },
    );
    this.#exporter = new VolumeExporter(
      { queue: new MetricsQueue(configuration, queueUrl), send },
      { deployment: 'local', maxSeries: metricsExport.series, interval: exportMilliseconds },
    );
  }

  /** Sends all waiting metrics. Calls run one after the other. */
  run(): Promise<ExportReport> {
    const run = this.#running.then(() => this.#run());
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #run(): Promise<ExportReport> {
    const report = await this.#exporter.run(Date.now());
    return report.exported === 0 || report.failure !== undefined ? report : this.#run();
  }
}
