import { AwsRequestError } from '../../aws/aws-request.ts';
import type { SecretSource } from '../../aws/cached-secret.ts';
import { isAuthentic, type Verifier } from './authentication.ts';
import { splitRequest } from './chunks.ts';
import type { WebhookRequest } from './request.ts';
import type { RequestLimit } from './request-limit.ts';
import { StreamBusyError, type StreamWriter } from './stream-writer.ts';
import { type Refusal, unpacked } from './unpacking.ts';

/** A source whose carrier calls. */
export interface WebhookSource {
  readonly name: string;
  readonly streamArn: string;
  /** Tells its carrier's requests. */
  readonly verifier: SecretSource<Verifier>;
  /** How many of its carrier's requests are taken. */
  readonly limit: Pick<RequestLimit, 'perSecond' | 'take'>;
}

/** The source's carrier sends more requests than are taken. */
export class TooManyRequestsError extends Error {
  override readonly name = 'TooManyRequestsError';

  /** @param perSecond requests that are taken. */
  constructor(perSecond: number) {
    super(`More than ${perSecond} requests a second`);
  }
}

/** What the receiver works with. */
export interface ReceiverPorts {
  readonly stream: Pick<StreamWriter, 'put'>;
  /** Told of what keeps a request from being taken. */
  readonly onError: (error: unknown) => void;
}

/** What became of a request. */
export interface Outcome {
  /**
   * 200: all that it brought is in the stream. 4xx: nothing of it is, and the same request would be refused again. 5xx:
   * it must be sent again; some of it may be in the stream, which changes nothing.
   */
  readonly status: 200 | 500 | 503 | Refusal['status'];
  readonly message: string;
  /** Records put into the stream, each with one or many of the carrier's. */
  readonly records: number;
}

/**
 * Takes a carrier's request: tells whose it is, unpacks its body, cuts it and puts it into the source's stream. What
 * the body says is for the consumer to read: a carrier that is told of a record that nobody can read would send
 * it again for ever, and all behind it would wait.
 *
 * Never rejects.
 *
 * @param until time of `performance.now()` by which the answer must be there.
 */
export async function receive(
  request: WebhookRequest,
  source: WebhookSource,
  ports: ReceiverPorts,
  until: number,
): Promise<Outcome> {
  try {
    const chunks = await admitted(request, source);
    if ('status' in chunks) return { ...chunks, records: 0 };
    await ports.stream.put(source.streamArn, chunks, until);
    return { status: 200, message: 'All of it is in the stream', records: chunks.length };
  } catch (error) {
    ports.onError(error);
    return { status: passes(error) ? 503 : 500, message: 'Send it again, please', records: 0 };
  }
}

/** Whether what keeps a request from being taken passes by itself. */
function passes(error: unknown): boolean {
  return (
    error instanceof StreamBusyError ||
    error instanceof AwsRequestError ||
    error instanceof TooManyRequestsError
  );
}

async function admitted(
  request: WebhookRequest,
  { verifier, limit }: WebhookSource,
): Promise<readonly Buffer[] | Refusal> {
  if (!(await isAuthentic(request, verifier))) {
    return { status: 401, message: 'The credentials or the signature are missing or wrong' };
  }
  // After the credentials: a caller without them uses up nothing of the carrier's limit.
  if (!limit.take()) throw new TooManyRequestsError(limit.perSecond);
  const body = unpacked(request);
  return Buffer.isBuffer(body) ? splitRequest(body) : body;
}
