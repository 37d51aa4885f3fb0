import type { Queue } from './queue.ts';

/** All attributes of a queue, as GetQueueAttributes returns them. */
export function describeQueue(queue: Queue): Record<string, string> {
  const { visible, inFlight, delayed } = queue.counts();
  const { visibilityTimeoutSeconds, delaySeconds, waitSeconds, redrive } = queue.settings;
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdMilliseconds / 1000)),
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    DelaySeconds: String(delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(waitSeconds),
    ...(redrive === undefined
      ? {}
      : {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: redrive.deadLetterQueue.arn,
            maxReceiveCount: redrive.maxReceives,
          }),
        }),
  };
}
