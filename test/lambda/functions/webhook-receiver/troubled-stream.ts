import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { createKinesisEmulator, type KinesisEmulator } from '../../../../emulators/kinesis/emulator.ts';
import { readAll } from '../../../records/read-all.ts';

/** The possible outcomes of a PutRecords. */
export const troubles = [
  /** Refused without effect. */
  'throttled',
  'server error',
  'connection cut',
  'answered without sense',
  /** Some records are stored. The answer says which, or has only those. */
  'partly throttled',
  'partly failed',
  'partly answered',
  /** Took effect, but the answer denies it or never arrives. */
  'server error after',
  'connection cut after',
  'no answer',
  /** The connection was cut, and the request arrives later. */
  'arrives later',
  /** Refused permanently. */
  'denied',
] as const;
export type Trouble = (typeof troubles)[number];

/** A request to Kinesis. */
interface PutRecords {
  readonly StreamARN: string;
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

/** A result of Kinesis. */
type Result = Readonly<Record<string, string>>;

/** A stream in the emulator, behind an endpoint with failures. */
export class TroubledStream {
  /** The outcomes of the next requests, in order. Undefined lets a request through, as does the end of the list. */
  troubles: (Trouble | undefined)[] = [];
  /** The requests so far. */
  readonly requests: PutRecords[] = [];
  /** Maximum number of requests that were open at the same time. */
  maxConcurrent = 0;
  #inHand = 0;
  readonly #answering = new Set<Promise<unknown>>();
  arn = '';
  endpoint = '';
  readonly #emulator: KinesisEmulator = createKinesisEmulator();
  readonly #late: Promise<unknown>[] = [];
  #target = '';
  readonly #server = createServer((request, response) => {
    this.#inHand += 1;
    this.maxConcurrent = Math.max(this.maxConcurrent, this.#inHand);
    const answered = json(request)
      .then(
        (body) => this.#answer(body as PutRecords, response),
        () => response.destroy(),
      )
      .finally(() => {
        this.#inHand -= 1;
        this.#answering.delete(answered);
      });
    this.#answering.add(answered);
  });

  async start(shards: number): Promise<void> {
    const { port } = await this.#emulator.listen(0);
    this.#target = `http://127.0.0.1:${port}`;
    this.arn = this.#emulator.createStream('fleet', shards).arn;
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    // Requests whose client gave up are still forwarded.
    await Promise.all([...this.#answering, ...this.#late]);
    await this.#emulator.close();
  }

  /** The content of each shard, in order, once all late requests have arrived. */
  async shards(): Promise<readonly (readonly Buffer[])[]> {
    await Promise.all(this.#late);
    const all = { records: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
    const { shards = [] } = this.#emulator.findStream('fleet') ?? {};
    return shards.map((shard) => shard.read(0, all).map(({ data }) => data));
  }

  /** The carrier's records that the consumer would read, shard by shard. */
  async values(): Promise<readonly unknown[]> {
    return (await this.shards()).flat().flatMap((data) => readAll(data).values);
  }

  async #answer(request: PutRecords, response: ServerResponse): Promise<void> {
    this.requests.push(request);
    const trouble = this.troubles.shift();
    switch (trouble) {
      case undefined:
        return this.#send(response, await this.#put(request, () => true));
      case 'throttled':
        return fail(response, 400, 'ProvisionedThroughputExceededException');
      case 'denied':
        return fail(response, 400, 'com.amazonaws.kinesis#AccessDeniedException');
      case 'server error':
        return fail(response, 500, 'InternalFailure');
      case 'connection cut':
        return void response.destroy();
      case 'answered without sense':
        return void response.end('<html>200 OK</html>');
      case 'partly throttled':
      case 'partly failed': {
        const code =
          trouble === 'partly failed' ? 'InternalFailure' : 'ProvisionedThroughputExceededException';
        return this.#send(response, await this.#put(request, (index) => index % 2 === 1, code));
      }
      case 'partly answered': {
        const half = request.Records.length / 2;
        const results = await this.#put(request, (index) => index < half);
        return this.#send(response, results.slice(0, Math.ceil(half)));
      }
      case 'arrives later':
        this.#late.push(wait(20).then(() => this.#put(request, () => true)));
        return void response.destroy();
      case 'server error after':
      case 'connection cut after':
      case 'no answer':
        await this.#put(request, () => true);
        if (trouble === 'server error after') fail(response, 500, 'InternalFailure');
        if (trouble === 'connection cut after') response.destroy();
    }
  }

  /** Puts the records that the test's outcome lets through. */
  async #put(request: PutRecords, isTaken: (index: number) => boolean, code = ''): Promise<Result[]> {
    const taken = request.Records.filter((_, index) => isTaken(index));
    const results = taken.length === 0 ? [] : await this.#forward({ ...request, Records: taken });
    return request.Records.map((_, index) => {
      const result = isTaken(index) ? results.shift() : { ErrorCode: code, ErrorMessage: 'of the test' };
      return result ?? {};
    });
  }

  async #forward(request: PutRecords): Promise<Result[]> {
    const answer = await fetch(this.#target, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Kinesis_20131202.PutRecords',
      },
      body: JSON.stringify(request),
    });
    return ((await answer.json()) as { Records: Result[] }).Records;
  }

  #send(response: ServerResponse, results: readonly Result[]): void {
    const failed = results.filter((result) => 'ErrorCode' in result).length;
    response.end(JSON.stringify({ FailedRecordCount: failed, Records: results }));
  }
}

function fail(response: ServerResponse, status: number, __type: string): void {
  response.writeHead(status).end(JSON.stringify({ __type, message: 'of the test' }));
}
