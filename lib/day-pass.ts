import { Stack } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '../lambda/aws/names.ts';
import { daysPrefix, partialDaysPrefix } from '../lambda/days/pass/lake-objects.ts';
import { filesTable, sessionsTable } from '../lambda/store/tables.ts';
import type { Lake } from './lake.ts';
import { dayMapping, functions } from './limits.ts';
import { type FunctionOperation, NodeFunction } from './node-function.ts';
import { makeQueue } from './queue.ts';
import { scheduleFunction } from './scheduled-function.ts';
import type { DaySettings } from './settings.ts';
import { chooseDayConcurrency } from './sizing.ts';
import { allowPositions, type CarrierSource, describeReadSources } from './source.ts';
import { listIndexArns, type Storage } from './storage.ts';

/** Properties of {@link DayPass}. */
export interface DayPassProps {
  readonly settings: DaySettings;
  readonly sources: readonly CarrierSource[];
  readonly storage: Storage;
  readonly lake: Lake;
  /** Days that usage is kept; 0 forever. */
  readonly usageDays: number;
  /** Variables for the queue that the worker reports sealed days to. */
  readonly reportingEnvironment: Record<string, string>;
  /** CloudWatch namespace of the functions' metrics. */
  readonly namespace: string;
  readonly operation: FunctionOperation;
}

/** Minutes between two searches for days that are due and for late records of sealed days. */
const planMinutes = 60;

/**
 * Closes days, and sums up open days: the planner finds due work every hour and sends it to a queue, from which the
 * worker takes it. If a message is lost, the next search sends it again.
 */
export class DayPass extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly planner: NodeFunction;
  readonly worker: NodeFunction;
  /** Minutes between two searches for due work. */
  readonly minutes = planMinutes;

  constructor(scope: Construct, id: string, props: DayPassProps) {
    super(scope, id);
    const { settings, sources, operation } = props;
    const { visibilityTimeoutSeconds } = dayMapping;
    const common = { visibilityTimeoutSeconds, dataKey: operation.dataKey };
    this.deadLetters = makeQueue(this, 'DeadLetters', { ...common, retentionDays: 14 });
    this.queue = makeQueue(this, 'Queue', {
      ...common,
      retentionDays: 4,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: dayMapping.maximumReceives },
    });
    this.planner = this.#createPlanner(props);
    this.#allowPlan(props);
    this.worker = this.#createWorker(props);
    this.#allowWork(props);
    scheduleFunction(this, 'Schedule', this.planner, this.minutes);
    const fleets = sources.flatMap(({ settings: { fleet } }) => fleet ?? []);
    new EventSourceMapping(this, 'Mapping', {
      target: this.worker.handler,
      eventSourceArn: this.queue.queueArn,
      batchSize: dayMapping.batchSize,
      reportBatchItemFailures: true,
      maxConcurrency: settings.maximumConcurrency ?? chooseDayConcurrency(fleets),
    });
  }

  #createPlanner({
    settings,
    sources,
    storage,
    lake,
    usageDays,
    namespace,
    operation,
  }: DayPassProps): NodeFunction {
    return new NodeFunction(this, 'Planner', {
      definition: functions.dayPlanner,
      description: 'Finds the days that are due',
      environment: {
        ...storage.readerEnvironment,
        [environment.dayStateTable]: storage.dayState.tableName,
        [environment.dayMarkersTable]: storage.dayMarkers.tableName,
        ...lake.environment,
        [environment.dayQueue]: this.queue.queueUrl,
        [environment.alertSources]: Stack.of(this).toJsonString(describeReadSources(sources)),
        [environment.usageRetentionDays]: String(usageDays),
        [environment.partialHours]: String(settings.partialHours),
        [environment.metricNamespace]: namespace,
      },
      operation,
    });
  }

  /**
   * The planner moves the fence and switches the expiry of usage on and off. In the lake it reads plans and seals,
   * not rows.
   */
  #allowPlan({ sources, storage, lake }: DayPassProps): void {
    const { dayState, dayMarkers, alertState, files, usage } = storage;
    this.planner.allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'], [dayState.tableArn]);
    this.planner.allow(['dynamodb:Scan'], [dayMarkers.tableArn]);
    this.planner.allow(['dynamodb:Query'], [alertState.tableArn, ...listIndexArns(files, filesTable)]);
    this.planner.allow(['dynamodb:BatchGetItem'], [files.tableArn]);
    this.planner.allow(
      ['dynamodb:DescribeTimeToLive', 'dynamodb:Scan', 'dynamodb:UpdateTimeToLive'],
      [usage.tableArn],
    );
    allowPositions(this.planner, sources);
    lake.allowRead(this.planner, [daysPrefix, partialDaysPrefix]);
    this.planner.allow(['sqs:SendMessage'], [this.queue.queueArn]);
  }

  #createWorker({
    storage,
    lake,
    usageDays,
    reportingEnvironment,
    namespace,
    operation,
  }: DayPassProps): NodeFunction {
    return new NodeFunction(this, 'Worker', {
      definition: functions.dayWorker,
      description: 'Reads closed days, and seals them',
      environment: {
        ...storage.dayEnvironment,
        [environment.usageRetentionDays]: String(usageDays),
        ...lake.environment,
        [environment.dayQueue]: this.queue.queueUrl,
        ...reportingEnvironment,
        [environment.metricNamespace]: namespace,
      },
      operation,
    });
  }

  /** The worker only reads the ledger, and deletes nothing from the lake. */
  #allowWork({ storage, lake }: DayPassProps): void {
    const { sessions, usage, events, sims, dayState, dayMarkers, simDays, findings, sessionDays } = storage;
    this.worker.allow(['dynamodb:Scan'], [sims.tableArn]);
    this.worker.allow(
      ['dynamodb:Query'],
      [usage.tableArn, events.tableArn, `${sessions.tableArn}/index/${sessionsTable.localIndex.name}`],
    );
    this.worker.allow(['dynamodb:BatchGetItem'], [sessions.tableArn]);
    this.worker.allow(
      ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      [dayState.tableArn],
    );
    this.worker.allow(
      ['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:Scan'],
      [dayMarkers.tableArn],
    );
    this.worker.allow(['dynamodb:PutItem', 'dynamodb:Query'], [simDays.tableArn, findings.tableArn]);
    this.worker.allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], [sessionDays.tableArn]);
    lake.allowWrite(this.worker);
    this.worker.allow(
      ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
      [this.queue.queueArn],
    );
  }
}
