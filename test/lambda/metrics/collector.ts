import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** What the collector does with a request. */
export type CollectorBehaviour =
  | 'takes'
  | 'hangs'
  | 'takes, then hangs'
  | 'cuts the connection'
  | number
  /** Takes it, and answers so. */
  | { readonly body: string };

/** A point of a series, as it was received. */
export interface ReceivedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string;
        readonly unit?: string;
        readonly sum: {
          readonly aggregationTemporality: number;
          readonly isMonotonic: boolean;
          readonly dataPoints: readonly {
            readonly attributes: readonly KeyValue[];
            readonly startTimeUnixNano: string;
            readonly timeUnixNano: string;
            readonly asInt?: string;
            readonly asDouble?: number;
          }[];
        };
      }[];
    }[];
  }[];
}

const protos = fileURLToPath(new URL('../../fixtures/otlp/', import.meta.url));
const service = 'opentelemetry/proto/collector/metrics/v1/metrics_service.proto';

function readProtos(): protobuf.Type {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => `${protos}${target}`;
  return root.loadSync(service).lookupType('ExportMetricsServiceRequest');
}

const requestType = readProtos();

/** A request as the official schema reads it from JSON, written as JSON again: what the schema lacks is gone. */
export function readBySchema(json: unknown): unknown {
  const message = requestType.fromObject(json as Record<string, unknown>);
  const bytes = requestType.encode(message).finish();
  return requestType.toObject(requestType.decode(bytes), { longs: String, enums: Number });
}

/**
 * A receiver of OTLP over HTTP. It keeps a point once: another one of the same series and time takes its place, as backends
 * have it.
 */
export class Collector {
  /** What it does next; takes everything once this is empty. */
  readonly behaviours: CollectorBehaviour[] = [];
  /** Bodies of all requests, as they came. */
  readonly requests: {
    readonly json: unknown;
    readonly headers: IncomingMessage['headers'];
    readonly path: string;
  }[] = [];
  readonly #points = new Map<string, ReceivedPoint>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  /** @returns its address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/metrics`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The points of a metric, or of all. */
  points(metric?: string): ReceivedPoint[] {
    return [...this.#points.values()].filter((point) => metric === undefined || point.metric === metric);
  }

  /** The sum of a metric's points. */
  sum(metric: string): number {
    return this.points(metric).reduce((sum, { value }) => sum + value, 0);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const packed = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const json = JSON.parse(packed.toString()) as ExportRequest;
    this.requests.push({ json, headers: request.headers, path: request.url ?? '' });
    const behaviour = this.behaviours.shift() ?? 'takes';
    if (behaviour === 'cuts the connection') response.destroy();
    if (typeof behaviour === 'number') response.writeHead(behaviour).end();
    if (typeof behaviour === 'object') {
      this.#take(json);
      response.writeHead(200, { 'content-type': 'application/json' }).end(behaviour.body);
    }
    if (behaviour === 'takes' || behaviour === 'takes, then hangs') this.#take(json);
    if (behaviour === 'takes') response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }

  #take({ resourceMetrics }: ExportRequest): void {
    for (const { scopeMetrics } of resourceMetrics) {
      for (const { name, unit = '', sum } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
        for (const point of sum.dataPoints) {
          const attributes = Object.fromEntries(
            point.attributes.map(({ key, value }) => [key, value.stringValue]),
          );
          const received = {
            ...{ metric: name, unit, attributes },
            from: Number(point.startTimeUnixNano) / 1e6,
            to: Number(point.timeUnixNano) / 1e6,
            value: Number(point.asInt ?? point.asDouble),
          };
          this.#points.set(JSON.stringify([name, attributes, received.to]), received);
        }
      }
    }
  }
}
