import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** What distinguishes one queue from the other. */
export interface EncryptedQueueProps extends Pick<QueueProps, 'deadLetterQueue'> {
  /** Days that a message is kept. */
  readonly retentionDays: number;
  /** Seconds that a received message stays hidden. */
  readonly visibilityTimeoutSeconds: number;
  /** The customer's key with which it is encrypted; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
}

/** Makes a queue in the one way that this stack makes them: encrypted, and reached by TLS only. */
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
