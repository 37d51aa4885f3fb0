import { type Day, startDay } from '../days/day.ts';
import { toMilliseconds } from '../ledger/time.ts';
import type { VolumeGroup } from './volumes.ts';

/**
 * Formats metrics in OTLP's JSON encoding, as sums with delta temporality.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */

/** The volumes of a time span. */
export interface VolumeSpan {
  /** Milliseconds since the epoch. The points of a series have spans that do not overlap. */
  readonly from: number;
  /** Milliseconds since the epoch. */
  readonly to: number;
  readonly groups: readonly VolumeGroup[];
}

/** The content of one request. */
export interface Export {
  /** Name of the stack. */
  readonly deployment: string;
  /** What usage gained when it was stored. */
  readonly live: VolumeSpan;
  /** Sealed days, each once. */
  readonly days: readonly { readonly day: Day; readonly groups: readonly VolumeGroup[] }[];
}

/** Each metric's names, live and for sealed days, and what it measures. */
const metrics = [
  { name: 'endpoint.volume', daily: 'endpoint.daily_volume', of: 'all bytes', measure: 'bytes' },
  {
    name: 'endpoint.volume_tx',
    daily: 'endpoint.daily_volume_tx',
    of: 'bytes that devices sent',
    measure: 'uploaded',
  },
  {
    name: 'endpoint.volume_rx',
    daily: 'endpoint.daily_volume_rx',
    of: 'bytes that devices received',
    measure: 'downloaded',
  },
  { name: 'endpoint.cost', daily: 'endpoint.daily_cost', of: 'money, in the currency', measure: 'cost' },
] as const;

/** `AGGREGATION_TEMPORALITY_DELTA`. The JSON encoding writes enumerations as numbers. */
const delta = 1;

const dayMilliseconds = 24 * 3_600_000;

/** Formats an `ExportMetricsServiceRequest` as JSON. Attributes without a value and metrics without points are left out. */
export function printExport({ deployment, live, days }: Export): string {
  const spans = days.map(({ day, groups }) => {
    const from = toMilliseconds(startDay(day));
    return { from, to: from + dayMilliseconds, groups };
  });
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: {
          attributes: [
            makeTextAttribute('service.name', 'simledger'),
            makeTextAttribute('service.namespace', deployment),
          ],
        },
        scopeMetrics: [
          {
            scope: { name: 'simledger' },
            metrics: [
              ...metrics.flatMap(({ name, of, measure }) =>
                makeMetric(name, `Usage as it is stored: ${of}`, measure, [live]),
              ),
              ...metrics.flatMap(({ daily, of, measure }) =>
                makeMetric(daily, `Usage of a sealed UTC day: ${of}`, measure, spans),
              ),
            ],
          },
        ],
      },
    ],
  });
}

type Measure = (typeof metrics)[number]['measure'];

function makeMetric(
  name: string,
  description: string,
  measure: Measure,
  spans: readonly VolumeSpan[],
): object[] {
  const dataPoints = spans.flatMap((span) => span.groups.flatMap((group) => makePoint(span, group, measure)));
  if (dataPoints.length === 0) return [];
  const sum = { aggregationTemporality: delta, isMonotonic: true, dataPoints };
  return [{ name, description, ...(measure !== 'cost' && { unit: 'By' }), sum }];
}

/** A point of one series. A cost of 0 has no point, because many carriers state no costs. */
function makePoint({ from, to }: VolumeSpan, group: VolumeGroup, measure: Measure): object[] {
  if (measure === 'cost' && group.cost === '0') return [];
  const { source, carrier, country, operator, radio, currency } = group;
  const attributes = Object.entries({ source, carrier, country, operator, radio, currency }).flatMap(
    ([key, text]) => (text === undefined ? [] : [makeTextAttribute(key, text)]),
  );
  return [
    {
      attributes,
      startTimeUnixNano: formatNanoseconds(from),
      timeUnixNano: formatNanoseconds(to),
      // OTLP's JSON encoding writes 64-bit integers as strings.
      ...(measure === 'cost' ? { asDouble: Number(group.cost) } : { asInt: String(group[measure]) }),
    },
  ];
}

function makeTextAttribute(key: string, text: string): object {
  return { key, value: { stringValue: text } };
}

function formatNanoseconds(milliseconds: number): string {
  return `${milliseconds}000000`;
}
