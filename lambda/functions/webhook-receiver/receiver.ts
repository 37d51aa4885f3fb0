import { AwsRequestError } from '../../aws/aws-request.ts';
import type { SecretSource } from '../../aws/cached-secret.ts';
import { isAuthentic, type Verifier } from './authentication.ts';
import type { WebhookRequest } from './request.ts';
import type { RequestLimit } from './request-limit.ts';
import { splitRequest } from './split-request.ts';
import { StreamBusyError, type StreamWriter } from './stream-writer.ts';
import { type Refusal, unpackBody } from './unpacking.ts';

/** A source whose carrier calls. */
export interface WebhookSource {
  readonly name: string;
  readonly streamArn: string;
  /** Checks whether a request comes from its carrier. */
  readonly verifier: SecretSource<Verifier>;
  /** Limits how many of its carrier's requests are accepted. */
  readonly limit: Pick<RequestLimit, 'perSecond' | 'take'>;
}

/** The source's carrier sends more requests than are accepted. */
export class TooManyRequestsError extends Error {
  override readonly name = 'TooManyRequestsError';

  /** @param perSecond how many requests are accepted. */
  constructor(perSecond: number) {
    super(`More than ${perSecond} requests per second`);
  }
}

/** What the receiver needs. */
export interface ReceiverPorts {
  readonly stream: Pick<StreamWriter, 'put'>;
  /** Called with the error if a request could not be accepted. */
  readonly onError: (error: unknown) => void;
}

/** The result of a request. */
export interface Outcome {
  /**
   * 200: the whole body is in the stream. 4xx: nothing of it is, and the same request would be refused again. 5xx: it
   * must be sent again; part of it may be in the stream, which does no harm.
   */
  readonly status: 200 | 500 | 503 | Refusal['status'];
  readonly message: string;
  /** How many Kinesis records were put into the stream; each contains one or more of the carrier's records. */
  readonly records: number;
}

/**
 * Receives a carrier's request: authenticates it, unpacks and splits its body, and puts it into the source's stream.
 * Records are read only by the consumer: if a carrier learned about an unreadable record, it would send it again
 * forever, and all later records would wait.
 *
 * Never rejects.
 *
 * @param until time of `performance.now()` by which the response must be ready.
 */
export async function receive(
  request: WebhookRequest,
  source: WebhookSource,
  ports: ReceiverPorts,
  until: number,
): Promise<Outcome> {
  try {
    const bodies = await admitRequest(request, source);
    if ('status' in bodies) return { ...bodies, records: 0 };
    await ports.stream.put(source.streamArn, bodies, until);
    return { status: 200, message: 'The whole body is in the stream', records: bodies.length };
  } catch (error) {
    ports.onError(error);
    return {
      status: isTransient(error) ? 503 : 500,
      message: 'The request could not be stored: send it again',
      records: 0,
    };
  }
}

/** Whether an error is transient. */
function isTransient(error: unknown): boolean {
  return (
    error instanceof StreamBusyError ||
    error instanceof AwsRequestError ||
    error instanceof TooManyRequestsError
  );
}

async function admitRequest(
  request: WebhookRequest,
  { verifier, limit }: WebhookSource,
): Promise<readonly Buffer[] | Refusal> {
  if (!(await isAuthentic(request, verifier))) {
    return { status: 401, message: 'The credentials or the signature are missing or wrong' };
  }
  // After the credentials, so that a caller without them does not use up the carrier's limit.
  if (!limit.take()) throw new TooManyRequestsError(limit.perSecond);
  const body = unpackBody(request);
  return Buffer.isBuffer(body) ? splitRequest(body) : body;
}
