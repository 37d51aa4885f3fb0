import * as z from 'zod';
import { AwsError } from '../aws-json-protocol.ts';
import type { Queue, QueueSettings } from './queue.ts';
import { defaultSettings, type QueueRegistry } from './queue-registry.ts';

const redrivePolicy = z.object({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.coerce.number().int().min(1),
});

/** The attributes of a queue as CreateQueue takes them: strings, whatever they mean. */
export const queueAttributes = z.strictObject({
  VisibilityTimeout: seconds(43_200).optional(),
  DelaySeconds: seconds(900).optional(),
  ReceiveMessageWaitTimeSeconds: seconds(20).optional(),
  /** JSON. */
  RedrivePolicy: z.string().optional(),
});

/**
 * The settings that attributes mean.
 *
 * @throws AwsError `InvalidParameterValueException` when the redrive policy is not one, or its queue is not there.
 */
export function toSettings(
  attributes: z.output<typeof queueAttributes>,
  queues: QueueRegistry,
): QueueSettings {
  return {
    visibilityTimeoutSeconds: attributes.VisibilityTimeout ?? defaultSettings.visibilityTimeoutSeconds,
    delaySeconds: attributes.DelaySeconds ?? defaultSettings.delaySeconds,
    waitSeconds: attributes.ReceiveMessageWaitTimeSeconds ?? defaultSettings.waitSeconds,
    redrive: attributes.RedrivePolicy ? parseRedrivePolicy(attributes.RedrivePolicy, queues) : undefined,
  };
}

/** All attributes of a queue, as GetQueueAttributes gives them. */
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

function parseRedrivePolicy(text: string, queues: QueueRegistry): QueueSettings['redrive'] {
  const policy = redrivePolicy.safeParse(parseJson(text));
  if (!policy.success)
    throw invalidRedrivePolicy(text, 'It must be JSON with deadLetterTargetArn and maxReceiveCount.');
  const { deadLetterTargetArn, maxReceiveCount } = policy.data;
  const deadLetterQueue = queues.all.find((queue) => queue.arn === deadLetterTargetArn);
  if (deadLetterQueue === undefined) throw invalidRedrivePolicy(text, 'Dead letter target does not exist.');
  return { deadLetterQueue, maxReceives: maxReceiveCount };
}

function invalidRedrivePolicy(text: string, reason: string): AwsError {
  return new AwsError(
    'InvalidParameterValueException',
    `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    { queryCode: 'InvalidParameterValue' },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller answers what is no JSON like what is no policy.
    return undefined;
  }
}

function seconds(maximum: number) {
  return z
    .string()
    .regex(/^\d{1,6}$/, 'Must be a number of seconds')
    .transform(Number)
    .refine((value) => value <= maximum, `Must be 0 to ${maximum}`);
}
