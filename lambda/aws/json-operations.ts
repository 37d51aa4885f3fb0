import {
  type AwsAnswer,
  type AwsRequest,
  type RetryPolicy,
  type SigningConfiguration,
  sendSigned,
} from './aws-request.ts';

/** Operations of services that take JSON and are told in a header what is requested. */

/** What stands before an operation's name, and the version of AWS's JSON protocol. */
const protocols = {
  events: { prefix: 'AWSEvents', version: '1.1' },
  kinesis: { prefix: 'Kinesis_20131202', version: '1.1' },
  secretsmanager: { prefix: 'secretsmanager', version: '1.1' },
  sqs: { prefix: 'AmazonSQS', version: '1.0' },
} as const satisfies Partial<Record<AwsRequest['service'], object>>;

/**
 * Makes the request for an operation.
 *
 * @param operation its name, such as `PutRecords`.
 * @param url where the service is.
 */
export function makeJsonRequest(
  service: keyof typeof protocols,
  operation: string,
  url: URL,
  input: object,
): AwsRequest {
  const { prefix, version } = protocols[service];
  return {
    service,
    method: 'POST',
    url,
    headers: {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${prefix}.${operation}`,
    },
    body: JSON.stringify(input),
  };
}

/**
 * Requests an operation of a queue of SQS, at the address that its URL has.
 *
 * @param input what the operation takes besides the queue's URL.
 * @throws AwsRequestError when SQS or the network keeps failing.
 */
export function callQueue(
  configuration: SigningConfiguration,
  queueUrl: string,
  operation: string,
  input: object,
  retryPolicy?: RetryPolicy,
): Promise<AwsAnswer> {
  const request = makeJsonRequest('sqs', operation, new URL(new URL(queueUrl).origin), {
    QueueUrl: queueUrl,
    ...input,
  });
  return sendSigned(configuration, request, retryPolicy);
}
