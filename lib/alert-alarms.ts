import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { delivery, sweep } from '../lambda/aws/names.ts';
import type { Alarms } from './alarms.ts';
import type { AlertSweep } from './alert-sweep.ts';
import type { LedgerMetrics } from './ledger-metrics.ts';

const fiveMinutes = Duration.minutes(5);

/** How long a message may fail before the alarm: longer than a receiver's restart. */
const longestFailure = Duration.minutes(30);

/** Consecutive sweeps, of which one must succeed. */
const sweepsPerPeriod = 3;

/** Watches that sweeps succeed on schedule and judge every SIM. */
export function watchSweep(alarms: Alarms, metrics: LedgerMetrics, alertSweep: AlertSweep): void {
  const { handler } = alertSweep.function;
  const { minutes } = alertSweep;
  const period = Duration.minutes(sweepsPerPeriod * minutes);
  const sum = { statistic: 'Sum', period };
  alarms.add('AlertSweepLate', {
    sentence: `The alert sweep has not succeeded for ${period.toMinutes()} minutes.`,
    consequence: 'No alert opens or ends until one does; the ledger is not affected.',
    page: 'alert-sweep-late',
    metric: new MathExpression({
      expression: 'FILL(invocations, 0) - FILL(errors, 0)',
      usingMetrics: { invocations: handler.metricInvocations(sum), errors: handler.metricErrors(sum) },
      period,
      label: 'Sweeps that succeeded',
    }),
    threshold: 1,
    whenBelow: true,
  });
  alarms.add('AlertSimsFailed', {
    sentence: `Some SIMs could not be judged by ${sweepsPerPeriod} sweeps of alerts in a row.`,
    consequence: 'No alert of these SIMs opens or ends; the other SIMs are judged.',
    page: 'alert-sims-failed',
    metric: metrics.measureSweep(sweep.failed, { period: findSweepPeriod(alertSweep) }),
    threshold: 1,
    periods: sweepsPerPeriod,
  });
}

/** Watches that a receiver's messages are delivered. */
export function watchReceiver(alarms: Alarms, metrics: LedgerMetrics, receiver: string): void {
  alarms.add(`AlertReceiverUnusable-${receiver}`, {
    sentence: `The address or the key of the receiver ${receiver} does not work.`,
    consequence: 'It gets no alerts; they wait for 3 days.',
    page: 'alert-receiver-unusable',
    metric: metrics.measureReceiver(delivery.unusable, receiver),
    threshold: 1,
    // A single refusal may be caused by a deployment of the receiver; each run, once a minute, measures again.
    periods: 2,
  });
  alarms.add(`AlertsUndelivered-${receiver}`, {
    sentence: `The receiver ${receiver} has not accepted an alert for ${longestFailure.toMinutes()} minutes.`,
    consequence: 'Attempts go on for 3 days; later messages of the same alert wait for it.',
    page: 'alerts-undelivered',
    metric: metrics.measureReceiver(delivery.oldestFailed, receiver, 'Maximum'),
    threshold: longestFailure.toSeconds(),
    // Only attempts are measured, and two attempts may be an hour apart.
    periods: 13,
    breachingPeriods: 1,
  });
  alarms.add(`AlertsUndeliverable-${receiver}`, {
    sentence: `Alerts for the receiver ${receiver} were given up.`,
    consequence: 'It will not get them; they are kept.',
    page: 'alerts-undeliverable',
    metric: metrics.measureReceiver(delivery.undeliverable, receiver),
    threshold: 1,
  });
}

/** The period for metrics that each sweep publishes: the time between two sweeps, rounded up to 5 minutes. */
export function findSweepPeriod({ minutes }: AlertSweep): Duration {
  return Duration.minutes(fiveMinutes.toMinutes() * Math.ceil(minutes / fiveMinutes.toMinutes()));
}
