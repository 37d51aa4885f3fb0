import type { Resource } from './synthesised.ts';

/**
 * What CloudWatch would make of an alarm of a synthesised template, given the data of its metrics. The rules are those
 * of AWS's pages, in https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/:
 *
 * - alarm-evaluation.html: samples are added up by period and statistic; of the latest *evaluation periods*, as many as
 *   *datapoints to alarm* must breach.
 * - alarms-and-missing-data.html: more periods are fetched than are evaluated. Where enough of them have data, the
 *   latest with data decide and gaps don't count. Where too few have, all that have data count, and the rest is filled
 *   in as *treat missing data* says.
 * - using-metric-math.html: what an expression makes of each period; `FILL`, `IF`, comparisons, and arithmetic, which has
 *   no data where one side has none, and not where it divides by 0.
 * - API_PutMetricAlarm (of the API reference): alarms on a metric of `AWS/DynamoDB` ignore missing data, whatever they
 *   say.
 *
 * What AWS does not state is chosen to be unfavourable: the alarm is evaluated in each minute, with what has been
 * published by then, so that the newest periods may be incomplete; and two periods more are fetched than are evaluated,
 * as in the tables of that page.
 */

/** Data of one metric. */
export interface Sample {
  /** Minutes since the beginning. */
  readonly minute: number;
  readonly value: number;
}

/** Data of metrics by their name: `Namespace Metric{dimension=value}`, dimensions in their order in the template. */
export type Series = ReadonlyMap<string, readonly Sample[]>;

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A change of an alarm's state. */
export interface Transition {
  readonly minute: number;
  readonly state: AlarmState;
}

/** Periods that are fetched in addition to those that are evaluated. */
const furtherPeriods = 2;

/** Minutes after a minute's end until its data can be seen. */
const publishingMinutes = 2;

interface MetricStat {
  readonly key: string;
  readonly statistic: string;
}

/** An alarm, as the template states it. */
export interface AlarmRule {
  readonly metrics: ReadonlyMap<string, MetricStat>;
  /** One of the metrics, or what joins them. */
  readonly value: Expression;
  readonly periodMinutes: number;
  readonly isBreaching: (value: number) => boolean;
  readonly periods: number;
  readonly breachingPeriods: number;
  readonly missing: string;
}

interface MetricProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: MetricProperties;
    readonly Period: number;
    readonly Stat: string;
  };
}

/** Reads an alarm of a template. */
export function readAlarm({ Properties: properties }: Resource): AlarmRule {
  const { Threshold, EvaluationPeriods, ComparisonOperator, TreatMissingData, Metrics } = properties;
  const { DatapointsToAlarm = EvaluationPeriods } = properties;
  const threshold = Number(Threshold);
  const { metrics, value, periodSeconds } =
    Metrics === undefined ? readMetric(properties) : readQueries(Metrics as readonly MetricQuery[]);
  const [single] = metrics.values();
  const isDynamoDb = Metrics === undefined && single?.key.startsWith('AWS/DynamoDB ') === true;
  return {
    ...{ metrics, value, periodMinutes: periodSeconds / 60 },
    isBreaching: readComparison(String(ComparisonOperator), threshold),
    periods: Number(EvaluationPeriods),
    breachingPeriods: Number(DatapointsToAlarm),
    missing: isDynamoDb ? 'ignore' : String(TreatMissingData),
  };
}

function readMetric(properties: Resource['Properties']) {
  const metric = properties as unknown as MetricProperties;
  return {
    metrics: new Map([['m', { key: nameMetric(metric), statistic: String(properties['Statistic']) }]]),
    value: parseExpression('m'),
    periodSeconds: Number(properties['Period']),
  };
}

function readQueries(queries: readonly MetricQuery[]) {
  const metrics = new Map<string, MetricStat>();
  const periods = new Set<number>();
  for (const { Id, MetricStat: stat } of queries) {
    if (stat === undefined) continue;
    metrics.set(Id, { key: nameMetric(stat.Metric), statistic: stat.Stat });
    periods.add(stat.Period);
  }
  const expressions = queries.flatMap(({ Expression }) => Expression ?? []);
  const [periodSeconds = 0] = periods;
  if (expressions.length !== 1 || periods.size !== 1) {
    throw new Error(`Expected one expression and one period: ${JSON.stringify(queries)}`);
  }
  return { metrics, value: parseExpression(expressions.join()), periodSeconds };
}

function nameMetric({ Namespace, MetricName, Dimensions = [] }: MetricProperties): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${String(Value)}`).join();
  return `${Namespace} ${MetricName}${dimensions === '' ? '' : `{${dimensions}}`}`;
}

function readComparison(operator: string, threshold: number): (value: number) => boolean {
  switch (operator) {
    case 'GreaterThanOrEqualToThreshold':
      return (value) => value >= threshold;
    case 'LessThanThreshold':
      return (value) => value < threshold;
    default:
      throw new Error(`Unknown comparison: ${operator}`);
  }
}

/**
 * The changes of an alarm's state, the first of which is from `INSUFFICIENT_DATA`.
 *
 * @param minutes for how long it is evaluated.
 */
export function evaluateAlarm(rule: AlarmRule, series: Series, minutes: number): Transition[] {
  const metrics = new Map(
    [...rule.metrics].map(([id, { key, statistic }]) => [
      id,
      new PeriodData(series.get(key) ?? [], statistic, rule.periodMinutes),
    ]),
  );
  /** Periods whose data could all be seen: they don't change any more. */
  const settled: Datapoint[] = [];
  const readPeriod = (period: number, until: number): Datapoint => {
    const known = settled[period];
    if (known !== undefined) return known;
    const value = rule.value((id) => metrics.get(id)?.at(period, until));
    const datapoint = value === undefined ? 'missing' : rule.isBreaching(value) ? 'breaching' : 'normal';
    if ((period + 1) * rule.periodMinutes <= until) settled[period] = datapoint;
    return datapoint;
  };
  const fetched = rule.periods + furtherPeriods;
  const transitions: Transition[] = [];
  let state: AlarmState = 'INSUFFICIENT_DATA';
  for (let minute = fetched * rule.periodMinutes; minute < minutes; minute += 1) {
    // All data of a period is visible two minutes after its end; then nothing changes until the next period's data.
    if (minute % rule.periodMinutes > publishingMinutes) continue;
    const latest = Math.floor(minute / rule.periodMinutes) - 1;
    const next = decide(rule, (age) => readPeriod(latest - age, minute - publishingMinutes), state);
    if (next !== state) transitions.push({ minute, state: next });
    state = next;
  }
  return transitions;
}

/** What an alarm makes of a period: its data breach the threshold, don't, or are missing. */
type Datapoint = 'breaching' | 'normal' | 'missing';

/** @param read tells a fetched period by its age: 0 is the newest. */
function decide(
  { periods, breachingPeriods, missing }: AlarmRule,
  read: (age: number) => Datapoint,
  state: AlarmState,
): AlarmState {
  let breaching = 0;
  let counted = 0;
  for (let age = 0; age < periods + furtherPeriods && counted < periods; age += 1) {
    const datapoint = read(age);
    if (datapoint !== 'missing') counted += 1;
    if (datapoint === 'breaching') breaching += 1;
  }
  const filled = periods - counted;
  if (filled === 0) return breaching >= breachingPeriods ? 'ALARM' : 'OK';
  switch (missing) {
    case 'breaching':
      return breaching + filled >= breachingPeriods ? 'ALARM' : 'OK';
    case 'notBreaching':
      return breaching >= breachingPeriods ? 'ALARM' : 'OK';
    case 'ignore':
      if (breaching >= breachingPeriods) return 'ALARM';
      return breaching + filled >= breachingPeriods ? state : 'OK';
    default:
      throw new Error(`Unknown treatment of missing data: ${missing}`);
  }
}

/** Samples of one metric, added up by period. */
class PeriodData {
  readonly #samples = new Map<number, Sample[]>();
  readonly #statistic: (values: readonly number[]) => number;
  readonly #periodMinutes: number;

  constructor(samples: readonly Sample[], statistic: string, periodMinutes: number) {
    this.#statistic = readStatistic(statistic);
    this.#periodMinutes = periodMinutes;
    for (const sample of samples) {
      const period = Math.floor(sample.minute / periodMinutes);
      const known = this.#samples.get(period);
      if (known === undefined) this.#samples.set(period, [sample]);
      else known.push(sample);
    }
  }

  /** @param until the first minute whose data can't be seen. */
  at(period: number, until: number): number | undefined {
    const samples = this.#samples.get(period);
    if (samples === undefined) return undefined;
    const isWhole = (period + 1) * this.#periodMinutes <= until;
    const seen = isWhole ? samples : samples.filter(({ minute }) => minute < until);
    return seen.length === 0 ? undefined : this.#statistic(seen.map(({ value }) => value));
  }
}

function readStatistic(statistic: string): (values: readonly number[]) => number {
  switch (statistic) {
    case 'Sum':
      return (values) => values.reduce((sum, value) => sum + value, 0);
    case 'Maximum':
      return (values) => Math.max(...values);
    case 'Minimum':
      return (values) => Math.min(...values);
    default:
      throw new Error(`Unknown statistic ${statistic}: add it to readStatistic`);
  }
}

/** Makes a value of those of the metrics in one period; undefined where there is no data. */
type Expression = (read: (id: string) => number | undefined) => number | undefined;

type Operation = (left: number, right: number) => number | undefined;

/** Operators by how closely they bind, the loosest first. */
const operators: readonly Readonly<Record<string, Operation>>[] = [
  { OR: (left, right) => Number(left !== 0 || right !== 0) },
  { AND: (left, right) => Number(left !== 0 && right !== 0) },
  {
    '>=': (left, right) => Number(left >= right),
    '<=': (left, right) => Number(left <= right),
    '>': (left, right) => Number(left > right),
    '<': (left, right) => Number(left < right),
  },
  { '+': (left, right) => left + right, '-': (left, right) => left - right },
  {
    '*': (left, right) => left * right,
    '/': (left, right) => (right === 0 ? undefined : left / right),
  },
];

/**
 * Reads an expression of metric math, as far as our alarms use it.
 *
 * @throws Error for anything else.
 */
export function parseExpression(text: string): Expression {
  const tokens = text.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>]=?|[-+*/(),]|\S/g) ?? [];
  let position = 0;
  const expect = (token: string): void => {
    if (tokens[position] !== token) throw new Error(`Expected ${token} at ${position} in ${text}`);
    position += 1;
  };
  const binary = (level: number): Expression => {
    const known = operators[level];
    if (known === undefined) return primary();
    let left = binary(level + 1);
    for (let operation = known[tokens[position] ?? '']; operation !== undefined; ) {
      position += 1;
      left = apply(operation, left, binary(level + 1));
      operation = known[tokens[position] ?? ''];
    }
    return left;
  };
  const callArguments = (): Expression[] => {
    const parts: Expression[] = [];
    expect('(');
    for (;;) {
      parts.push(binary(0));
      if (tokens[position] !== ',') break;
      position += 1;
    }
    expect(')');
    return parts;
  };
  const primary = (): Expression => {
    const token = tokens[position] ?? '';
    if (token === '(') {
      const [inner = () => undefined] = callArguments();
      return inner;
    }
    position += 1;
    if (/^\d/.test(token)) return () => Number(token);
    if (tokens[position] === '(') return callFunction(token, callArguments());
    if (!/^[a-z]/.test(token)) throw new Error(`Unexpected ${token} in ${text}`);
    return (read) => read(token);
  };
  const whole = binary(0);
  if (position !== tokens.length) throw new Error(`Unexpected ${tokens[position]} in ${text}`);
  return whole;
}

function apply(operation: Operation, left: Expression, right: Expression): Expression {
  return (read) => {
    const [one, other] = [left(read), right(read)];
    return one === undefined || other === undefined ? undefined : operation(one, other);
  };
}

function callFunction(name: string, [first, second, third]: readonly Expression[]): Expression {
  if (name === 'FILL' && first !== undefined && second !== undefined && third === undefined) {
    return (read) => first(read) ?? second(read);
  }
  if (name === 'IF' && first !== undefined && second !== undefined && third !== undefined) {
    return (read) => {
      const condition = first(read);
      if (condition === undefined) return undefined;
      return condition === 0 ? third(read) : second(read);
    };
  }
  throw new Error(`Unknown function: ${name}`);
}
