import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ScheduleReport } from '../days/run-schedule.ts';
import { days, dimension, service } from './names.ts';
import { dropZeros, type Telemetry } from './telemetry.ts';

/** Logs and metrics of the day pass. In a module of its own, because no other function needs it. */

type DayTelemetry = Pick<Telemetry, 'logger' | 'publish'>;

/** Logs and measures a run of the schedule. */
export function measureSchedule({ logger, publish }: DayTelemetry, report: ScheduleReport): void {
  logger.info('Days', { ...report });
  publish({
    dimensionSets: [{ [dimension.service]: service.dayPlanner }],
    values: dropZeros([
      {
        name: days.unsealed,
        unit: MetricUnit.Seconds,
        value: Math.round(report.overdueMilliseconds / 1_000),
      },
      { name: days.expiryHeld, unit: MetricUnit.Count, value: Number(report.isExpiryHeld) },
    ]),
  });
}

/** What an invocation of the worker did. */
export interface WorkReport {
  /** How many versions of days were sealed. */
  readonly sealed: number;
  /** How many SIM-days were stored. */
  readonly simDays: number;
  /** How many messages will be delivered again. */
  readonly failed: number;
}

/** Logs and measures an invocation of the worker. */
export function measureWork({ publish }: DayTelemetry, { sealed, simDays, failed }: WorkReport): void {
  publish({
    dimensionSets: [{ [dimension.service]: service.dayWorker }],
    values: dropZeros([
      { name: days.sealed, unit: MetricUnit.Count, value: sealed },
      { name: days.simDays, unit: MetricUnit.Count, value: simDays },
      { name: days.failed, unit: MetricUnit.Count, value: failed },
    ]),
  });
}
