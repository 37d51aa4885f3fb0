import { type AlarmRule, evaluateAlarm, readAlarm, type Series } from './alarm-evaluator.ts';
import { ofType, type Synthesised } from './synthesised.ts';

/** All alarms of a stack, by their ids. */
export function readAlarms(stack: Synthesised): Readonly<Record<string, AlarmRule>> {
  return Object.fromEntries(
    Object.entries(ofType(stack, 'AWS::CloudWatch::Alarm')).map(([path, resource]) => [
      path.replace('Monitoring/Alarms/', ''),
      readAlarm(resource),
    ]),
  );
}

/** A range of time in which something is wrong, in minutes since the beginning of the series. */
export interface Trouble {
  readonly from: number;
  readonly until: number;
}

/** When an alarm went off, in minutes after the trouble's begin, and ended, after the trouble's end; undefined if never. */
export type Outcome = readonly [off: number, over: number | undefined];

/** The alarms that go off, each time. */
export function whatGoesOff(
  alarms: Readonly<Record<string, AlarmRule>>,
  series: Series,
  minutes: number,
  { from, until }: Trouble = { from: 0, until: 0 },
): Record<string, Outcome[]> {
  const off: Record<string, Outcome[]> = {};
  for (const [id, rule] of Object.entries(alarms)) {
    const transitions = evaluateAlarm(rule, series, minutes);
    const times = transitions.flatMap(({ minute, state }, index): Outcome[] => {
      const over = transitions[index + 1]?.minute;
      return state === 'ALARM' ? [[minute - from, over === undefined ? undefined : over - until]] : [];
    });
    if (times.length > 0) off[id] = times;
  }
  return off;
}
