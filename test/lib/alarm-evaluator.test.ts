import { describe, expect, it } from 'vitest';
import { evaluateAlarm, parseExpression, readAlarm } from './alarm-evaluator.ts';

/** The state of an alarm of 3 of 3 periods that have these data: `X` breaches, `0` does not, `-` is missing. */
function stateAfter(data: string, treatment: string, properties: Record<string, unknown> = {}): string {
  const rule = readAlarm({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      ...{ Namespace: 'N', MetricName: 'M', Statistic: 'Sum', Period: 300, Threshold: 1 },
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      ...{ EvaluationPeriods: 3, TreatMissingData: treatment, ...properties },
    },
  });
  const samples = [...data].flatMap((period, index) =>
    period === '-' ? [] : [{ minute: index * 5, value: period === 'X' ? 1 : 0 }],
  );
  const series = new Map([[`${String(properties['Namespace'] ?? 'N')} M`, samples]]);
  return evaluateAlarm(rule, series, 5 * data.length + 3).at(-1)?.state ?? 'unchanged';
}

describe('an alarm whose data are missing is evaluated as in the table of AWS’s page', () => {
  it.each([
    ['0-X-X', 'OK', 'OK', 'OK'],
    ['----0', 'OK', 'OK', 'OK'],
    ['-----', 'unchanged', 'ALARM', 'OK'],
    ['0XX-X', 'ALARM', 'ALARM', 'ALARM'],
    ['--X--', 'unchanged', 'ALARM', 'OK'],
  ])('%s', (data, ignore, breaching, notBreaching) => {
    const states = ['ignore', 'breaching', 'notBreaching'].map((treatment) => stateAfter(data, treatment));
    expect(states).toEqual([ignore, breaching, notBreaching]);
  });

  it('ignores missing data of DynamoDB’s metrics', () => {
    expect(stateAfter('--X--', 'notBreaching', { Namespace: 'AWS/DynamoDB' })).toBe('unchanged');
  });

  it('goes off at fewer data points than periods if it is defined so', () => {
    const two = { DatapointsToAlarm: 2 };
    expect(['X0X', '00X', 'X-X'].map((data) => stateAfter(`--${data}`, 'notBreaching', two))).toEqual([
      'ALARM',
      'OK',
      'ALARM',
    ]);
  });
});

describe('an expression', () => {
  const data: Readonly<Record<string, number>> = { a: 6, b: 4, zero: 0 };

  it.each([
    ['a + b * 2 - 1', 13],
    ['(a + b) * 2 / 5', 4],
    ['a - b - 1', 1],
    ['a / zero', undefined],
    ['a + gone', undefined],
    ['FILL(gone, 0) + a', 6],
    ['FILL(a, 0)', 6],
    ['IF(a > b AND b >= 4, 1, 2)', 1],
    ['IF(a < b OR zero, 1, 2)', 2],
    ['IF(gone, 1, 2)', undefined],
    ['a <= 6', 1],
  ])('%s is %s', (text, value) => {
    expect(parseExpression(text)((id) => data[id])).toBe(value);
  });

  it.each(['a +', 'SUM(a)', 'FILL(a)', 'a b', 'IF(a, 1)', '(a'])('%s is refused', (text) => {
    expect(() => parseExpression(text)).toThrow();
  });
});
