import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AwsRequestError,
  findEndpoint,
  type SigningConfiguration,
  sendSigned,
} from '../../aws/aws-request.ts';
import { makeJsonRequest } from '../../aws/json-operations.ts';
import { parseObject, toJsonObject } from '../../json/json.ts';
import { partitionKeyBytes } from './split-request.ts';

/** The most records and bytes of a PutRecords request; Kinesis accepts at least 5 MiB. */
const maxRecords = 500;
const maxBytes = 4 * 1024 * 1024;

/** The most concurrent requests. Carriers' largest bodies need four. */
const maxConcurrentRequests = 8;

/** How many milliseconds to wait for a response. A healthy stream answers in a tenth of that. */
const defaultRequestMilliseconds = 1_500;

/** After how many consecutive rounds without progress the stream counts as busy. */
const maxFruitlessRounds = 5;
/** Pause after the first such round. Each further pause is twice as long, minus up to half at random. */
const firstPauseMilliseconds = 50;

/** A record to put. */
interface Entry {
  readonly Data: string;
  readonly PartitionKey: string;
}

/** The records that a request could not put, and why; empty when all are put. */
interface Unwritten {
  readonly entries: readonly Entry[];
  readonly cause: string;
}

/** Puts records into streams, and succeeds only if Kinesis has confirmed each of them. */
export class StreamWriter {
  readonly #configuration: SigningConfiguration;
  readonly #requestMilliseconds: number;

  /** @param requestMilliseconds after which an unanswered request is sent again. */
  constructor(configuration: SigningConfiguration, requestMilliseconds = defaultRequestMilliseconds) {
    this.#configuration = configuration;
    this.#requestMilliseconds = requestMilliseconds;
  }

  /**
   * Puts all records, in any order, and repeats those that were not put as long as there is progress. The partition key
   * is derived from a record's bytes, so that records spread over all shards, and a repeated request spreads in the
   * same way.
   *
   * @param until time of `performance.now()` at which to give up.
   * @throws StreamBusyError if the stream does not accept all in time: some may be in it, and it is safe to put all
   *   again.
   * @throws StreamRefusedError if it never will.
   */
  async put(streamArn: string, records: readonly Buffer[], until: number): Promise<void> {
    let left: Unwritten = { entries: records.map(makeEntry), cause: 'no time' };
    for (let fruitless = 0; left.entries.length > 0; ) {
      if (fruitless > 0) await pause(fruitless, until);
      if (fruitless === maxFruitlessRounds || performance.now() >= until) {
        throw new StreamBusyError(left.entries.length, records.length, left.cause);
      }
      const before: number = left.entries.length;
      left = await this.#putOnce(streamArn, left.entries, until);
      fruitless = left.entries.length < before ? 1 : fruitless + 1;
    }
  }

  async #putOnce(streamArn: string, entries: readonly Entry[], until: number): Promise<Unwritten> {
    const requests = [...groupIntoRequests(entries)];
    const answers: Unwritten[] = [];
    while (requests.length > 0) {
      const some = requests.splice(0, maxConcurrentRequests);
      answers.push(...(await Promise.all(some.map((request) => this.#send(streamArn, request, until)))));
      if (performance.now() >= until) break;
    }
    answers.push({ entries: requests.flat(), cause: requests.length > 0 ? 'no time' : '' });
    const causes = answers.map(({ cause }) => cause).filter((cause) => cause !== '');
    return {
      entries: answers.flatMap((answer) => answer.entries),
      cause: [...new Set(causes)].join(', '),
    };
  }

  async #send(streamArn: string, entries: readonly Entry[], until: number): Promise<Unwritten> {
    const timeoutMilliseconds = Math.max(1, Math.min(this.#requestMilliseconds, until - performance.now()));
    const url = await findEndpoint(this.#configuration, 'kinesis');
    const request = makeJsonRequest('kinesis', 'PutRecords', url, { StreamARN: streamArn, Records: entries });
    try {
      const retryPolicy = { attempts: 1, timeoutMilliseconds: Math.ceil(timeoutMilliseconds) };
      const { status, body } = await sendSigned(this.#configuration, request, retryPolicy);
      return listLeft(entries, status, body);
    } catch (error) {
      if (error instanceof AwsRequestError) return { entries, cause: error.message };
      throw error;
    }
  }
}

/** The stream does not accept more records now, or cannot be reached. */
export class StreamBusyError extends Error {
  override readonly name = 'StreamBusyError';

  constructor(left: number, all: number, cause: string) {
    super(`${left} of ${all} records are not in the stream: ${cause}`);
  }
}

/** The stream refuses the records for a permanent reason. */
export class StreamRefusedError extends Error {
  override readonly name = 'StreamRefusedError';
}

/** Transient errors of a whole request. */
const passing = /^(ProvisionedThroughputExceeded|KMSThrottling|Throttling|LimitExceeded)/;

/**
 * The records that are still to be put: all that a response does not confirm, whatever else it says.
 *
 * @throws StreamRefusedError
 */
function listLeft(entries: readonly Entry[], status: number, body: string): Unwritten {
  const answer = parseObject(body);
  if (status !== 200) {
    const code = String(answer?.['__type'] ?? '').replace(/^.*#/, '');
    if (passing.test(code)) return { entries, cause: code };
    throw new StreamRefusedError(`Kinesis answered ${status} ${code}`);
  }
  const results = Array.isArray(answer?.['Records']) ? answer['Records'] : [];
  const codes = new Set<string>();
  const left = entries.filter((_, index) => {
    const { SequenceNumber: number, ErrorCode: code } = toJsonObject(results[index]) ?? {};
    if (typeof number === 'string' && number !== '' && typeof code !== 'string') return false;
    codes.add(typeof code === 'string' ? code : 'no answer');
    return true;
  });
  return { entries: left, cause: [...codes].join(', ') };
}

function makeEntry(record: Buffer): Entry {
  return {
    Data: record.toString('base64'),
    PartitionKey: createHash('sha256').update(record).digest('hex').slice(0, partitionKeyBytes),
  };
}

/** Groups records into requests within the limits. */
function* groupIntoRequests(entries: readonly Entry[]): Generator<Entry[]> {
  let some: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const more = Buffer.byteLength(entry.Data, 'base64') + partitionKeyBytes;
    if (some.length === maxRecords || (some.length > 0 && bytes + more > maxBytes)) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(entry);
    bytes += more;
  }
  if (some.length > 0) yield some;
}

/** Waits, but not beyond the time at which to give up. */
async function pause(fruitlessRounds: number, until: number): Promise<void> {
  const maxPause = firstPauseMilliseconds * 2 ** (fruitlessRounds - 1);
  await wait(Math.min(maxPause * (1 - Math.random() / 2), Math.max(0, until - performance.now())));
}
