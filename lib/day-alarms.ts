import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { days } from '../lambda/aws/names.ts';
import type { Alarms } from './alarms.ts';
import type { DayPass } from './day-pass.ts';
import type { LedgerMetrics } from './ledger-metrics.ts';
import { dayMapping } from './limits.ts';

/** How long a day may be overdue: until the next day is due. */
const longestDelay = Duration.hours(24);

/** Consecutive searches for due days, of which one must succeed. */
const searchesPerPeriod = 3;

const measuredPeriod = Duration.minutes(5);

/** Watches that days are sealed, and that usage expires only in sealed days. */
export function watchDays(alarms: Alarms, metrics: LedgerMetrics, dayPass: DayPass, usageDays: number): void {
  const { planner, deadLetters, minutes } = dayPass;
  const sum = { statistic: 'Sum', period: Duration.minutes(searchesPerPeriod * minutes) };
  alarms.add('DayPlannerLate', {
    sentence: `The search for due days has not succeeded for ${sum.period.toHours()} hours.`,
    consequence: 'No day is closed or sealed until then; the ledger is not affected.',
    page: 'day-planner-late',
    metric: new MathExpression({
      expression: 'FILL(invocations, 0) - FILL(errors, 0)',
      usingMetrics: {
        invocations: planner.handler.metricInvocations(sum),
        errors: planner.handler.metricErrors(sum),
      },
      period: sum.period,
      label: 'Searches that succeeded',
    }),
    threshold: 1,
    whenBelow: true,
  });
  // Each search publishes the metric, so one of the periods since the last search has a value.
  const sinceLastSearch = {
    periods: minutes / measuredPeriod.toMinutes() + 1,
    breachingPeriods: 1,
  };
  alarms.add('DayUnsealed', {
    sentence: `A day could have been sealed ${longestDelay.toHours()} hours ago, but is not.`,
    consequence: 'Reports of it are not final, and the lake lacks it; the ledger is not affected.',
    page: 'day-unsealed',
    metric: metrics.measureDayPlanner(days.unsealed, { period: measuredPeriod }),
    threshold: longestDelay.toSeconds(),
    ...sinceLastSearch,
  });
  alarms.add('DayDeadLetters', {
    sentence: `Reading a closed day failed ${dayMapping.maximumReceives} times.`,
    consequence: 'It is retried each hour; the ledger is not affected.',
    page: 'day-dead-letters',
    metric: deadLetters.metricApproximateNumberOfMessagesVisible({
      statistic: 'Maximum',
      period: measuredPeriod,
    }),
    threshold: 1,
  });
  if (usageDays === 0) return;
  alarms.add('UsageExpiryHeld', {
    sentence: 'Usage no longer expires: a day is not sealed at three quarters of its age.',
    consequence: 'Nothing is lost; the table Usage grows until the day is sealed.',
    page: 'usage-expiry-held',
    metric: metrics.measureDayPlanner(days.expiryHeld, { period: measuredPeriod }),
    threshold: 1,
    ...sinceLastSearch,
  });
}
