import { beforeAll, describe, expect, it } from 'vitest';
import { ofType, type Synthesised, synthesise, withoutApi } from './synthesised.ts';

let stack: Synthesised;

beforeAll(() => {
  stack = synthesise(withoutApi());
});

describe('the schedule of sweeps', () => {
  const schedules = (simledger = {}) =>
    Object.entries(ofType(synthesise(withoutApi(simledger)), 'AWS::Scheduler::Schedule')).map(
      ([path, { Properties }]) => [path, Properties['ScheduleExpression']],
    );

  it('passes the time of each sweep, and does not retry: the next one does its work', () => {
    expect(stack.resources['AlertSweep/Schedule']?.Properties).toEqual({
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Arn: 'AlertSweep/Sweeper/Function.Arn',
        RoleArn: 'AlertSweep/ScheduleRole.Arn',
        Input: '{"time":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    });
    expect(stack.resources['AlertSweep/Sweeper/Function/EventInvokeConfig']?.Properties).toMatchObject({
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
    });
  });

  it('is the configured one, and delivery runs each minute if there is a receiver', () => {
    const receivers = [{ name: 'programs', kind: 'bus' }];
    const planning = ['DayPass/Schedule', 'rate(60 minutes)'];
    expect(schedules({ alerts: { sweepMinutes: 1 } })).toEqual([
      planning,
      ['AlertSweep/Schedule', 'rate(1 minute)'],
    ]);
    expect(schedules({ receivers, alerts: { sweepMinutes: 15 } })).toEqual([
      planning,
      ['AlertSweep/Schedule', 'rate(15 minutes)'],
      ['AlertDelivery/Schedule', 'rate(1 minute)'],
    ]);
  });
});

describe('the variables of the functions of alerts', () => {
  const told = synthesise({
    simledger: {
      sources: [{ name: 'kore', carrier: 'kore' }],
      alerts: { rules: [{ name: 'gone', kind: 'silent', after: '6h' }] },
      receivers: [
        { name: 'programs', kind: 'bus', minimumSeverity: 'warning' },
        { name: 'phone', kind: 'pagerduty', secret: 'simledger/pagerduty', rules: ['gone'] },
      ],
    },
  });
  const variables = (path: string) => {
    const { Environment } = told.resources[path]?.Properties ?? {};
    return (Environment as { Variables: Record<string, string> }).Variables;
  };

  it('are the rules, the sources and the receivers without addresses, for the sweep', () => {
    const {
      ALERT_RULES = '',
      ALERT_SOURCES = '',
      ALERT_RECEIVERS = '',
    } = variables('AlertSweep/Sweeper/Function');
    expect([ALERT_RULES, ALERT_SOURCES, ALERT_RECEIVERS].map((text) => JSON.parse(text))).toEqual([
      {
        rules: [
          {
            ...{
              name: 'gone',
              kind: 'silent',
              severity: 'warning',
              after: 21_600_000,
              missing: 'everything',
            },
            ...{ pending: 0, recovery: 0, match: { sources: [], fleets: [], names: [], countries: [] } },
          },
        ],
        groupWait: 600_000,
        retention: 90 * 86_400_000,
      },
      [
        {
          ...{ name: 'kore', carrier: 'kore', lateness: 1_800_000 },
          ...{ hasStream: true, streamName: 'SourceKore/Stream' },
        },
      ],
      [
        { name: 'programs', kind: 'bus', minimumSeverity: 'warning' },
        { name: 'phone', kind: 'pagerduty', minimumSeverity: 'info', rules: ['gone'] },
      ],
    ]);
  });

  it('are the receivers with the stack’s own bus, and the API’s address without a slash, for delivery', () => {
    const { ALERT_RECEIVERS = '', ALERT_API_URL } = variables('AlertDelivery/Deliverer/Function');
    expect([JSON.parse(ALERT_RECEIVERS), ALERT_API_URL]).toEqual([
      [
        { name: 'programs', kind: 'bus', minimumSeverity: 'warning', arn: 'AlertDelivery/Bus.Arn' },
        {
          ...{ name: 'phone', kind: 'pagerduty', minimumSeverity: 'info', rules: ['gone'] },
          secret: 'simledger/pagerduty',
        },
      ],
      'QueryApi/Api.ApiEndpoint',
    ]);
  });

  it('tell the writers of the ledger how exact the marks must be for the rules', () => {
    const { SIMLEDGER_SOURCES = '' } = variables('StreamIngest/KinesisConsumer/Function');
    const sources = JSON.parse(SIMLEDGER_SOURCES) as { readonly granuleMilliseconds?: number }[];
    expect(sources.map(({ granuleMilliseconds }) => granuleMilliseconds)).toEqual([10_800_000]);
  });
});
