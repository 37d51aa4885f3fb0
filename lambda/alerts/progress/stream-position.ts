import {
  type AwsAnswer,
  findEndpoint,
  type SigningConfiguration,
  sendSigned,
} from '../../aws/aws-request.ts';
import { makeJsonRequest } from '../../aws/json-operations.ts';
import { type JsonObject, parseObject, toJsonObject } from '../../json/json.ts';

/** Reads what a stream contains. */
export interface StreamPositions {
  /**
   * The ids of a stream's shards, including those that are closed but not empty yet.
   *
   * @throws AwsRequestError, StreamQuestionError
   */
  listShards(stream: string): Promise<string[]>;
  /**
   * What follows a record of a shard, or what the shard contains.
   *
   * @param after the record's sequence number; undefined to find the shard's oldest record.
   * @throws AwsRequestError, StreamQuestionError
   */
  findBehind(stream: string, shard: string, after: string | undefined): Promise<Behind>;
}

/**
 * When the first record after a position arrived, in milliseconds since the epoch; `unknown` if the search was given
 * up.
 */
export type Behind = { readonly arrival: number } | 'nothing' | 'unknown';

/** How many empty responses are accepted while the stream says that more records follow, because of gaps in time. */
const maxEmptyAnswers = 20;

/** Error codes for a shard or record that the stream no longer has. */
const goneCodes: ReadonlySet<string> = new Set(['ResourceNotFoundException', 'InvalidArgumentException']);

/** Positions in streams of Kinesis. */
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
      // The record has expired, so the oldest remaining one follows it.
      return after === undefined ? 'nothing' : this.findBehind(stream, shard, undefined);
    }
    let iterator: unknown = requireAnswer('GetShardIterator', opened)['ShardIterator'];
    for (let answers = 0; answers < maxEmptyAnswers; answers += 1) {
      // A closed shard has an end.
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

/** @throws StreamQuestionError if the response is not the requested one. */
function requireAnswer(operation: string, answer: AwsAnswer): JsonObject {
  const body = answer.status === 200 ? parseObject(answer.body) : undefined;
  if (body !== undefined) return body;
  throw new StreamQuestionError(`${operation}: Kinesis answered ${answer.status} ${readCode(answer)}`);
}

function readCode({ body }: AwsAnswer): string {
  return String(parseObject(body)?.['__type'] ?? '').replace(/^.*#/, '');
}

/** The stream did not answer the question. */
export class StreamQuestionError extends Error {
  override readonly name = 'StreamQuestionError';
}
