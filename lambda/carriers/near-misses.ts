import { type JsonObject, toJsonObject } from '../json/json.ts';
import { type Fault, makeFault } from './reading.ts';

/**
 * Values that are not records: what they most likely are, what is missing, and what to do. They come from software
 * between carrier and stream that wraps records, or from people who send by hand.
 */
interface NearMiss {
  readonly isLike: (record: JsonObject) => boolean;
  readonly sentence: string;
}

/** The first match counts, so certain indications come before likely ones. */
const nearMisses: readonly NearMiss[] = [
  {
    isLike: (record) => has(record, 'TopicArn') && (has(record, 'Message') || has(record, 'SubscribeURL')),
    sentence:
      'This is a message of Amazon SNS: turn on raw message delivery, or send what its member Message holds',
  },
  {
    isLike: (record) => has(record, 'detail-type') && has(record, 'detail'),
    sentence: 'This is an event of Amazon EventBridge: send only what its member detail holds',
  },
  {
    isLike: (record) => record['Event'] === 's3:TestEvent' || elementHas(record, 'Records', 's3'),
    sentence:
      'This is a notification of Amazon S3, which holds no records: have the bucket notify the queue of the file importer',
  },
  {
    isLike: (record) => elementHas(record, 'Records', 'kinesis'),
    sentence:
      'This is an event of AWS Lambda about a Kinesis stream: send the data of each of its Records, decoded',
  },
  {
    isLike: (record) => elementHas(record, 'Records', 'body') || elementHas(record, 'Records', 'Sns'),
    sentence: 'This is an event of AWS Lambda about a queue or topic: send the body of each of its Records',
  },
  {
    isLike: (record) =>
      elementHas(record, 'records', 'data') && (has(record, 'requestId') || has(record, 'deliveryStreamArn')),
    sentence: 'This is a delivery of Amazon Data Firehose: send the data of each of its records, decoded',
  },
  {
    isLike: (record) => has(record, 'logGroup') && has(record, 'logEvents'),
    sentence:
      'This is a delivery of CloudWatch Logs: send the message of each of its logEvents, if it is a record',
  },
  {
    isLike: (record) => ['code', 'reason', 'encoding', 'body'].every((name) => has(record, name)),
    sentence: "This is a line of simledger's quarantine: send what its member body holds",
  },
  {
    isLike: (record) => has(record, 'usageId') || has(record, 'eventKey'),
    sentence: "This is an item of simledger's own tables: send the carrier's record",
  },
  {
    isLike: (record) =>
      has(record, 'data_sessions') || (has(record, 'radio_link') && has(record, 'packets_uploaded')),
    sentence: "This is a DataSession resource of an API: send the records of the carrier's stream",
  },
  {
    isLike: (record) => has(record, 'usage_records') || (has(record, 'period') && has(record, 'data_total')),
    sentence:
      "This is a UsageRecord resource of an API, which is a sum: send the records of the carrier's stream",
  },
  {
    isLike: (record) => has(record, 'event_sid'),
    sentence:
      'This is Super SIM data without its envelope, and its event_type does not say which event it is: send the CloudEvent',
  },
  {
    isLike: (record) =>
      has(record, 'data') && typeof record['type'] === 'string' && !has(record, 'specversion'),
    sentence: 'This is a CloudEvent without its specversion: send it with all members that the carrier sent',
  },
  {
    isLike: (record) => has(record, 'specversion'),
    sentence: 'This is a CloudEvent without its type: send it with all members that the carrier sent',
  },
  {
    isLike: (record) =>
      has(record, 'timestamp') &&
      ['event_severity', 'event_severity_id', 'event_source', 'alert'].some((name) => has(record, name)),
    sentence: 'This is an event without its type: event_type or event_type_id is missing',
  },
  {
    isLike: (record) => has(record, 'start_timestamp'),
    sentence: 'This is a usage record without a volume: volume or volume_total is missing',
  },
];

/** Members that wrap records. */
const wrappers = ['records', 'Records', 'events', 'data', 'items', 'messages', 'results', 'payload'] as const;

/** Explains a value that no format recognises. */
export function explainValue(value: unknown): Fault {
  const record = toJsonObject(value);
  if (record === undefined)
    return makeFault('unknown-shape', `A record is an object, but this is ${nameType(value)}`);
  const nearMiss = nearMisses.find(({ isLike }) => isLike(record));
  if (nearMiss !== undefined) return makeFault('unknown-shape', nearMiss.sentence);
  const wrapper = wrappers.find(
    (name) => Array.isArray(record[name]) || toJsonObject(record[name]) !== undefined,
  );
  if (wrapper !== undefined) {
    return makeFault(
      'unknown-shape',
      `This is not a record, but its member ${wrapper} may hold some: send only what that member holds`,
    );
  }
  return makeFault('unknown-shape', 'This is neither a CloudEvent, nor an event, nor a usage record');
}

function nameType(value: unknown): string {
  if (Array.isArray(value)) return 'an array in an array: send its elements';
  if (typeof value === 'string') {
    return /^\s*[[{]/.test(value) ? 'a text that may hold one: send it without the quotes' : 'a text';
  }
  return value === null ? 'null' : `a ${typeof value}`;
}

function has(record: JsonObject, name: string): boolean {
  return Object.hasOwn(record, name) && record[name] !== null;
}

/** Whether a member is an array whose first element has a given member. */
function elementHas(record: JsonObject, name: string, member: string): boolean {
  const elements = has(record, name) ? record[name] : undefined;
  const first = Array.isArray(elements) ? toJsonObject(elements[0]) : undefined;
  return first !== undefined && has(first, member);
}
