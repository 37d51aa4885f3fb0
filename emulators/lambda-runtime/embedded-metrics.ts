import * as z from 'zod';

/** One metric's value, as CloudWatch would extract it from a log line. */
export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  /** The sum, if the line has several values. */
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

const embeddedMetrics = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/** The metrics of a log line in CloudWatch's embedded metric format; undefined for any other line. */
export function parseEmbeddedMetrics(line: string): readonly MetricValue[] | undefined {
  if (!line.includes('"CloudWatchMetrics"')) return undefined;
  const parsed = embeddedMetrics.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  return parsed.data._aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) => {
    const named = Dimensions.flat().map((dimension) => [dimension, String(parsed.data[dimension])] as const);
    const dimensions = Object.fromEntries(named);
    return Metrics.map(({ Name: name }) => ({ namespace, name, value: sum(parsed.data[name]), dimensions }));
  });
}

function sum(value: unknown): number {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.reduce<number>((total, one) => total + Number(one), 0);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
