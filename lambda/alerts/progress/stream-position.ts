import {
  type AwsAnswer,
  findEndpoint,
  type SigningConfiguration,
  sendSigned,
} from '../../aws/aws-request.ts';
import { makeJsonRequest } from '../../aws/json-operations.ts';
import { type JsonObject, parseObject, toJsonObject } from '../../json/json.ts';

/** Reads what a stream holds. */
export interface StreamPositions {
  /**
   * The ids of a stream's shards, those that are closed and not yet empty among them.
   *
   * @throws AwsRequestError, StreamQuestionError
   */
  listShards(stream: string): Promise<string[]>;
  /**
   * What lies behind a record of a shard, or in the whole shard.
   *
   * @param after the record's sequence number; undefined to ask for the shard's oldest record.
   * @throws AwsRequestError, StreamQuestionError
   */
  findBehind(stream: string, shard: string, after: string | undefined): Promise<Behind>;
}

/** When the first record behind a position arrived, in milliseconds since the epoch; `unknown` when the search was cut. */
export type Behind = { readonly arrival: number } | 'nothing' | 'unknown';

/** Empty answers that are accepted while the stream says that more records follow: gaps in time. */
const maxEmptyAnswers = 20;

/** Codes of a shard or a record that the stream does not hold any more. */
const goneCodes: ReadonlySet<string> = new Set(['ResourceNotFoundException', 'InvalidArgumentException']);

/** The same of streams in Kinesis. */
export class KinesisPositions implements StreamPositions {
  readonly #configuration: SigningConfiguration;

  constructor(configuration: SigningConfiguration) {
    this.#configuration = configuration;
  }

  async listShards(stream: string): Promise<string[]> {
    const shards: string[] = [];
    let input: JsonObject = { StreamName: stream };
    for (;;) {
      const { Shards: listed, NextToken: next } = requireAnswer(
        'ListShards',
        await this.#send('ListShards', input),
      );
      if (Array.isArray(listed))
        shards.push(...listed.map((shard) => String(toJsonObject(shard)?.['ShardId'])));
      if (typeof next !== 'string') return shards;
      input = { NextToken: next };
    }
  }

  async findBehind(stream: string, shard: string, after: string | undefined): Promise<Behind> {
    const position =
      after === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after };
    const opened = await this.#send('GetShardIterator', { StreamName: stream, ShardId: shard, ...position });
    if (opened.status !== 200 && goneCodes.has(readCode(opened))) {
      // The record has expired: then the oldest one that is left lies behind it.
      return after === undefined ? 'nothing' : this.findBehind(stream, shard, undefined);
    }
    let iterator: unknown = requireAnswer('GetShardIterator', opened)['ShardIterator'];
    for (let answers = 0; answers < maxEmptyAnswers; answers += 1) {
      // A shard that is closed has an end.
      if (typeof iterator !== 'string') return 'nothing';
      const answer = requireAnswer(
        'GetRecords',
        await this.#send('GetRecords', { ShardIterator: iterator, Limit: 1 }),
      );
      const [record] = Array.isArray(answer['Records']) ? answer['Records'] : [];
      const arrival = toJsonObject(record)?.['ApproximateArrivalTimestamp'];
      if (typeof arrival === 'number') return { arrival: Math.round(arrival * 1000) };
      if (answer['MillisBehindLatest'] === 0) return 'nothing';
      iterator = answer['NextShardIterator'];
    }
    return 'unknown';
  }

  async #send(operation: string, input: JsonObject): Promise<AwsAnswer> {
    const url = await findEndpoint(this.#configuration, 'kinesis');
    return sendSigned(this.#configuration, makeJsonRequest('kinesis', operation, url, input));
  }
}

/** @throws StreamQuestionError where the answer is not the one that was requested. */
function requireAnswer(operation: string, answer: AwsAnswer): JsonObject {
  const body = answer.status === 200 ? parseObject(answer.body) : undefined;
  if (body !== undefined) return body;
  throw new StreamQuestionError(`${operation}: Kinesis answered ${answer.status} ${readCode(answer)}`);
}

function readCode({ body }: AwsAnswer): string {
  return String(parseObject(body)?.['__type'] ?? '').replace(/^.*#/, '');
}

/** The stream did not answer. */
export class StreamQuestionError extends Error {
  override readonly name = 'StreamQuestionError';
}
