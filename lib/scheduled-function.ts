import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { NodeFunction } from './node-function.ts';

/** How long an invocation may wait for the function. An older one is dropped, because a later one does its work. */
const longestWait = Duration.minutes(1);

/**
 * Lets EventBridge Scheduler invoke a function every so many minutes, with the scheduled time in ISO 8601 as
 * `{"time": "…"}`. A failed invocation is not retried: the next one does its work.
 */
export function scheduleFunction(
  scope: Construct,
  id: string,
  { handler }: NodeFunction,
  minutes: number,
): void {
  handler.configureAsyncInvoke({ maxEventAge: longestWait, retryAttempts: 0 });
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
  const permission = role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [handler.functionArn] }),
  );
  const schedule = new CfnSchedule(scope, id, {
    flexibleTimeWindow: { mode: 'OFF' },
    scheduleExpression: minutes === 1 ? 'rate(1 minute)' : `rate(${minutes} minutes)`,
    target: {
      arn: handler.functionArn,
      roleArn: role.roleArn,
      input: '{"time":"<aws.scheduler.scheduled-time>"}',
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: longestWait.toSeconds() },
    },
  });
  if (permission.policyDependable !== undefined) schedule.node.addDependency(permission.policyDependable);
}
