import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** What differs from queue to queue. */
export interface EncryptedQueueProps extends Pick<QueueProps, 'deadLetterQueue'> {
  /** Days that a message is retained. */
  readonly retentionDays: number;
  /** Seconds that a received message stays hidden. */
  readonly visibilityTimeoutSeconds: number;
  /** The customer's key that encrypts messages; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
}

/** Creates a queue as this stack deploys them: encrypted, and reached only over TLS. */
export function makeQueue(scope: Construct, id: string, props: EncryptedQueueProps): Queue {
  const { retentionDays, visibilityTimeoutSeconds, dataKey, ...others } = props;
  return new Queue(scope, id, {
    ...others,
    retentionPeriod: Duration.days(retentionDays),
    visibilityTimeout: Duration.seconds(visibilityTimeoutSeconds),
    ...(dataKey === undefined
      ? { encryption: QueueEncryption.SQS_MANAGED }
      : { encryption: QueueEncryption.KMS, encryptionMasterKey: dataKey }),
    enforceSSL: true,
  });
}
