import type { Resource, Synthesised } from './synthesised.ts';

/**
 * A stack in lines that a reviewer reads: each resource by type and logical id with what it is set to. Texts for people
 * are left out, and what is in the functions, which changes with every line of them.
 */
export function summarise({ resources, logicalIds, outputs }: Synthesised): string {
  const byType = Object.entries(resources).map(([path, resource]) => {
    const { Type: type, DeletionPolicy: deleted, UpdateReplacePolicy: replaced } = resource;
    const kept = deleted ?? replaced;
    const policy = kept === undefined ? '' : `, when deleted ${deleted}, when replaced ${replaced}`;
    const head = `${type} ${logicalIds[path]} = ${path}${policy}`;
    return [head, ...linesOf(resource).map((line) => `  ${line}`)].join('\n');
  });
  const outputLines = Object.entries(outputs).map(([name, value]) => `output ${name} = ${compact(value)}`);
  return `${[...byType.sort(), ...outputLines.sort()].join('\n')}\n`;
}

/** Texts for people, and what other lines say already. */
const leftOut = new Set(['AlarmDescription', 'Code', 'DashboardBody', 'Description', 'PolicyName']);

function linesOf({ Type: type, Properties: properties }: Resource): string[] {
  if (type === 'AWS::CloudWatch::Alarm') return alarmLines(properties);
  return Object.entries(properties)
    .filter(([name]) => !leftOut.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => propertyLines(name, value));
}

function propertyLines(name: string, value: unknown): string[] {
  if (name === 'Environment') {
    const { Variables: variables } = value as { readonly Variables: Record<string, unknown> };
    return Object.entries(variables)
      .map(([variable, text]) => `${variable}=${compact(text)}`)
      .sort();
  }
  if (!name.endsWith('PolicyDocument')) return [`${name}: ${compact(value)}`];
  const { Statement: statements } = value as { readonly Statement: readonly Statement[] };
  return statements.map(statementLine);
}

interface Statement {
  readonly Effect: string;
  readonly Action: unknown;
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** A statement as a sentence: `allow s3:PutObject on X to Y if Z`. */
function statementLine({ Effect, Action, Resource, Principal, Condition, ...further }: Statement): string {
  const parts = [
    `${Effect.toLowerCase()} ${listed(Action)}`,
    ...(Resource === undefined ? [] : [`on ${listed(Resource)}`]),
    ...(Principal === undefined ? [] : [`to ${compact(Principal)}`]),
    ...(Condition === undefined ? [] : [`if ${compact(Condition)}`]),
    ...(Object.keys(further).length === 0 ? [] : [compact(further)]),
  ];
  return parts.join(' ');
}

function listed(value: unknown): string {
  return Array.isArray(value) ? value.map(compact).join(', ') : compact(value);
}

const operators: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: '>=',
  GreaterThanThreshold: '>',
  LessThanOrEqualToThreshold: '<=',
  LessThanThreshold: '<',
};

/**
 * When an alarm goes off: `Sum of METRIC each 300 s >= 1 in 2 of 3, missing data notBreaching; tells TOPIC`. Of an
 * expression, what it reads follows.
 */
function alarmLines(properties: Resource['Properties']): string[] {
  const { Metrics: metrics, Statistic, Period } = properties;
  const {
    ComparisonOperator,
    Threshold,
    EvaluationPeriods,
    DatapointsToAlarm = EvaluationPeriods,
  } = properties;
  const { TreatMissingData, AlarmActions = [], OKActions = [] } = properties;
  const [value, ...read] =
    metrics === undefined
      ? [metricText(properties as unknown as Metric, Statistic, Period)]
      : (metrics as readonly MetricQuery[]).map(queryText);
  const operator = operators[String(ComparisonOperator)] ?? ComparisonOperator;
  return [
    `${value} ${operator} ${Threshold} in ${DatapointsToAlarm} of ${EvaluationPeriods}, missing data ${TreatMissingData}; tells ${listed(AlarmActions)}; when over ${listed(OKActions)}`,
    ...read,
  ];
}

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: Metric; readonly Stat: string; readonly Period: number };
  readonly ReturnData?: boolean;
}

function queryText({ Id, Expression, MetricStat: of, ReturnData }: MetricQuery): string {
  const text = of === undefined ? Expression : metricText(of.Metric, of.Stat, of.Period);
  return ReturnData === false ? `${Id} = ${text}` : String(text);
}

function metricText(
  { Namespace, MetricName, Dimensions = [] }: Metric,
  stat: unknown,
  period: unknown,
): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${compact(Value)}`).join();
  return `${stat} of ${Namespace} ${MetricName}{${dimensions}} each ${period} s`;
}

/** A value as JSON, without the quotes that the eye does not need. */
function compact(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll(/"([\w:./-]+)"/g, '$1');
}
