import { expect, it } from 'vitest';
import { interpret } from '../../../lambda/carriers/index.ts';
import { arrivalFrom } from '../../records/arrival.ts';

/** Values that are not records, and what is said of each. */
const examples: [unknown, string][] = [
  [
    { Type: 'Notification', TopicArn: 'arn', Message: '{}' },
    'This is a message of Amazon SNS: turn on raw message delivery, or send what its member Message holds',
  ],
  [
    { 'detail-type': 'x', source: 'y', detail: {} },
    'This is an event of Amazon EventBridge: send only what its member detail holds',
  ],
  [
    { Service: 'Amazon S3', Event: 's3:TestEvent' },
    'This is a notification of Amazon S3, which holds no records: have the bucket notify the queue of the file importer',
  ],
  [
    { Records: [{ eventSource: 'aws:s3', s3: {} }] },
    'This is a notification of Amazon S3, which holds no records: have the bucket notify the queue of the file importer',
  ],
  [
    { Records: [{ kinesis: { data: '' } }] },
    'This is an event of AWS Lambda about a Kinesis stream: send the data of each of its Records, decoded',
  ],
  [
    { Records: [{ messageId: 'a', body: '{}' }] },
    'This is an event of AWS Lambda about a queue or topic: send the body of each of its Records',
  ],
  [
    { Records: [{ EventSource: 'aws:sns', Sns: {} }] },
    'This is an event of AWS Lambda about a queue or topic: send the body of each of its Records',
  ],
  [
    { requestId: 'a', timestamp: 1, records: [{ data: '' }] },
    'This is a delivery of Amazon Data Firehose: send the data of each of its records, decoded',
  ],
  [
    { logGroup: 'a', logStream: 'b', logEvents: [] },
    'This is a delivery of CloudWatch Logs: send the message of each of its logEvents, if it is a record',
  ],
  [
    { id: 'a', code: 'empty', reason: 'b', encoding: 'utf8', body: '{}' },
    "This is a line of simledger's quarantine: send what its member body holds",
  ],
  [
    { sim: '1', usageId: 'a', dataTotal: 1 },
    "This is an item of simledger's own tables: send the carrier's record",
  ],
  [
    { data_sessions: [], meta: {} },
    "This is a DataSession resource of an API: send the records of the carrier's stream",
  ],
  [
    { sid: 'WN1', radio_link: '3G', packets_uploaded: 0 },
    "This is a DataSession resource of an API: send the records of the carrier's stream",
  ],
  [
    { usage_records: [], meta: {} },
    "This is a UsageRecord resource of an API, which is a sum: send the records of the carrier's stream",
  ],
  [
    { sim_sid: 'HS1', period: {}, data_total: 1 },
    "This is a UsageRecord resource of an API, which is a sum: send the records of the carrier's stream",
  ],
  [
    { event_sid: 'EZ1', sim_sid: 'HS1' },
    'This is Super SIM data without its envelope, and its event_type does not say which event it is: send the CloudEvent',
  ],
  [
    { type: 'a', data: {} },
    'This is a CloudEvent without its specversion: send it with all members that the carrier sent',
  ],
  [
    { specversion: '1.0', data: {} },
    'This is a CloudEvent without its type: send it with all members that the carrier sent',
  ],
  [
    { id: 1, timestamp: '2026-11-02T10:00:00Z', alert: false, description: 'a' },
    'This is an event without its type: event_type or event_type_id is missing',
  ],
  [
    { id: 1, start_timestamp: '2026-11-02T10:00:00Z', traffic_type_id: 5 },
    'This is a usage record without a volume: volume or volume_total is missing',
  ],
  [
    { records: [{ id: 1 }] },
    'This is not a record, but its member records may hold some: send only what that member holds',
  ],
  [
    { data: [{ id: 1 }] },
    'This is not a record, but its member data may hold some: send only what that member holds',
  ],
  [
    { events: {} },
    'This is not a record, but its member events may hold some: send only what that member holds',
  ],
  [[{ id: 1 }], 'A record is an object, but this is an array in an array: send its elements'],
  ['{"id":1}', 'A record is an object, but this is a text that may hold one: send it without the quotes'],
  ['hello', 'A record is an object, but this is a text'],
  [7, 'A record is an object, but this is a number'],
  [true, 'A record is an object, but this is a boolean'],
  [null, 'A record is an object, but this is null'],
  [{ level: 'INFO', message: 'started' }, 'This is neither a CloudEvent, nor an event, nor a usage record'],
];

it.each(examples)('%j is rejected for what it is', (value, reason) => {
  expect(interpret(value, arrivalFrom('emnify'))).toEqual({
    kind: 'fault',
    code: 'unknown-shape',
    problem: reason,
  });
});

it.each(['__proto__', 'constructor', 'toString'])('a member named %s is a member like any other', (name) => {
  const value: unknown = JSON.parse(`{"${name}": {"Records": 1}}`);
  expect(interpret(value, arrivalFrom('emnify'))).toMatchObject({ kind: 'fault', code: 'unknown-shape' });
});
