import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** A permission on the key that a service uses on behalf of its caller. */
type KeyUse = 'kms:Decrypt' | 'kms:GenerateDataKey';

const none: readonly KeyUse[] = [];
const decrypt: readonly KeyUse[] = ['kms:Decrypt'];
const generate: readonly KeyUse[] = ['kms:GenerateDataKey'];

/**
 * Every action on streams, tables, buckets, queues and topics that the stack permits, and what its caller must be
 * permitted on the key that encrypts them. From AWS's pages: "Permissions to use user-generated KMS keys" (Kinesis),
 * "Protecting data using SSE-KMS" (S3), "Configuring KMS permissions for Amazon SQS", "Managing Amazon SNS encryption
 * keys and costs", "DynamoDB encryption at rest".
 */
const keyUses: Readonly<Record<string, readonly KeyUse[]>> = {
  // DynamoDB decrypts its table key for reads and writes alike; it generates that key once, through a grant of its
  // own.
  'dynamodb:BatchGetItem': decrypt,
  'dynamodb:BatchWriteItem': decrypt,
  'dynamodb:DeleteItem': decrypt,
  'dynamodb:DescribeTimeToLive': none,
  'dynamodb:GetItem': decrypt,
  'dynamodb:PartiQLInsert': decrypt,
  'dynamodb:PartiQLUpdate': decrypt,
  'dynamodb:PutItem': decrypt,
  'dynamodb:Query': decrypt,
  'dynamodb:Scan': decrypt,
  'dynamodb:UpdateItem': decrypt,
  'dynamodb:UpdateTimeToLive': none,
  'kinesis:DescribeLimits': none,
  'kinesis:DescribeStream': none,
  'kinesis:DescribeStreamSummary': none,
  'kinesis:GetRecords': decrypt,
  'kinesis:GetShardIterator': none,
  'kinesis:ListShards': none,
  'kinesis:PutRecord': generate,
  'kinesis:PutRecords': generate,
  's3:GetObject': decrypt,
  's3:GetObjectVersion': decrypt,
  's3:ListBucket': none,
  's3:PutObject': generate,
  'sns:Publish': [...generate, ...decrypt],
  'sqs:DeleteMessage': none,
  'sqs:GetQueueAttributes': none,
  'sqs:ReceiveMessage': decrypt,
  // SQS reuses a data key for some minutes: a send either generates one or decrypts the current one.
  'sqs:SendMessage': [...generate, ...decrypt],
};

const encryptedServices: readonly string[] = ['dynamodb', 'kinesis', 's3', 'sns', 'sqs'];

/**
 * Statements that permit what these actions need of the customer's key: this key only, and only through the service
 * that performs the action, so that the key cannot be used directly. Empty without such a key, since AWS's own keys
 * need no permission.
 *
 * @param options.multipart also permits uploading an object in parts, for which S3 decrypts the parts.
 * @throws Error if an action on encrypted data is not listed here.
 */
export function permitKey(
  key: IKey | undefined,
  actions: readonly string[],
  { multipart = false }: { readonly multipart?: boolean } = {},
): PolicyStatement[] {
  const byService = new Map<string, Set<KeyUse>>();
  for (const action of actions) {
    const [service = ''] = action.split(':');
    if (!encryptedServices.includes(service)) continue;
    const uses = keyUses[action];
    if (uses === undefined) throw new Error(`lib/data-key.ts does not list what ${action} needs of the key`);
    const known = byService.get(service) ?? new Set();
    for (const use of uses) known.add(use);
    if (multipart && action === 's3:PutObject') known.add('kms:Decrypt');
    byService.set(service, known);
  }
  if (key === undefined) return [];
  return [...byService]
    .filter(([, uses]) => uses.size > 0)
    .map(
      ([service, uses]) =>
        new PolicyStatement({
          actions: [...uses],
          resources: [key.keyArn],
          // In China, the service's host ends in `.cn`.
          conditions: { StringLike: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com*` } },
        }),
    );
}
