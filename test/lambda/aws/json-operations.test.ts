import { expect, test } from 'vitest';
import { makeJsonRequest } from '../../../lambda/aws/json-operations.ts';

test.each([
  ['events', 'PutEvents', '1.1', 'AWSEvents.PutEvents'],
  ['kinesis', 'PutRecords', '1.1', 'Kinesis_20131202.PutRecords'],
  ['secretsmanager', 'GetSecretValue', '1.1', 'secretsmanager.GetSecretValue'],
  ['sqs', 'SendMessage', '1.0', 'AmazonSQS.SendMessage'],
] as const)('a request to %s names %s in a header, in JSON %s', (service, operation, version, target) => {
  const url = new URL('https://service.eu-central-1.amazonaws.com');
  expect(makeJsonRequest(service, operation, url, { Records: ['ü'] })).toEqual({
    ...{ service, method: 'POST', url, body: '{"Records":["ü"]}' },
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
  });
});
