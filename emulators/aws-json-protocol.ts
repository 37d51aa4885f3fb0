import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import {
  createLoopbackServer,
  type LoopbackRequest,
  type LoopbackResponse,
  type LoopbackServer,
} from './loopback-server.ts';

/** The region in all ARNs of the emulators. */
export const localRegion = 'us-east-1';

/** The account in all ARNs of the emulators. */
export const localAccount = '000000000000';

/** Explains why a resource that the local run needs cannot be deleted. */
export function describePermanent(kind: 'stream' | 'bucket' | 'table', name: string): string {
  return `The ${kind} ${name} belongs to the local run and cannot be deleted. You can delete a ${kind} that you created.`;
}

/** An error that a client gets as AWS would send it. Operations throw it. */
export class AwsError extends Error {
  /** The error's name in the service's model, for example `ResourceNotFoundException`. */
  readonly code: string;
  /** The error's name in the older query protocol, which some clients still read. */
  readonly queryCode: string | undefined;
  /** HTTP status: 400 for errors of the client, 500 for errors of the emulator. */
  readonly status: number;

  constructor(code: string, message: string, options: { queryCode?: string; status?: number } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.queryCode = options.queryCode;
    this.status = options.status ?? 400;
  }
}

/**
 * An operation: takes the parsed JSON input and returns the output, which becomes JSON (`undefined`: an empty body).
 * The signal aborts when the client disconnects.
 */
export type Operation = (input: unknown, signal: AbortSignal) => unknown;

/** A service that uses the AWS JSON protocol. */
export interface AwsJsonService {
  /** What precedes the operation's name in the header `X-Amz-Target`. */
  readonly targetPrefix: string;
  readonly jsonVersion: '1.0' | '1.1';
  readonly operations: Readonly<Record<string, Operation>>;
  /** Makes the error for an invalid input. The message says what is wrong, and where. */
  readonly makeInvalidInput: (message: string) => AwsError;
}

/**
 * The rest of a longer body is read but not kept. This is more than the largest request that AWS accepts, in base64.
 */
const maximumBodyBytes = 32 * 1024 * 1024;

/** The input does not match the operation's schema. */
class InvalidInput extends Error {}

/**
 * Makes an operation from its input's schema and its implementation. An input that does not match the schema is
 * answered with the service's `invalidInput`, which lists all faults as AWS does.
 */
export function defineOperation<Schema extends z.ZodType>(
  schema: Schema,
  run: (input: z.output<Schema>, signal: AbortSignal) => unknown,
): Operation {
  return (input, signal) => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw new InvalidInput(describeFaults(parsed.error.issues));
    return run(parsed.data, signal);
  };
}

/** Serves a service over HTTP/1.1 and cleartext HTTP/2. Does not check signatures. */
export function createAwsJsonServer(service: AwsJsonService): LoopbackServer {
  return createLoopbackServer((request, response) => {
    // One failed request must not end the process.
    serve(service, request, response).catch(console.error);
  });
}

async function serve(
  service: AwsJsonService,
  request: LoopbackRequest,
  response: LoopbackResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const body = await readBody(request);
  if (body === 'aborted') return;
  const answer = await answerTo(service, request, body, gone.signal);
  if (gone.signal.aborted) return;
  const bytes = Buffer.from(answer.json);
  response.writeHead(answer.status, {
    'content-type': `application/x-amz-json-${service.jsonVersion}`,
    'content-length': bytes.length,
    'x-amzn-requestid': randomUUID(),
    ...(answer.queryCode === undefined ? {} : { 'x-amzn-query-error': `${answer.queryCode};Sender` }),
  });
  response.end(bytes);
}

async function readBody(request: LoopbackRequest): Promise<Buffer | 'aborted' | 'too large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= maximumBodyBytes) chunks.push(chunk);
    }
  } catch {
    // HTTP/1.1 reports a client that disconnects in the middle of a body as an error of the stream.
    return 'aborted';
  }
  // HTTP/2 then ends the stream as if the body were complete.
  if (request.aborted) return 'aborted';
  return size > maximumBodyBytes ? 'too large' : Buffer.concat(chunks, size);
}

interface Answer {
  readonly status: number;
  readonly json: string;
  readonly queryCode?: string | undefined;
}

async function answerTo(
  service: AwsJsonService,
  request: LoopbackRequest,
  body: Buffer | 'too large',
  signal: AbortSignal,
): Promise<Answer> {
  try {
    if (body === 'too large') {
      throw new AwsError('RequestEntityTooLargeException', 'The request is too large.', { status: 413 });
    }
    const output = await findOperation(service, request)(parseBody(body), signal);
    return { status: 200, json: output === undefined ? '' : JSON.stringify(output) };
  } catch (error) {
    const { code, message, status, queryCode } = toAwsError(service, error);
    return { status, json: JSON.stringify({ __type: code, message }), queryCode };
  }
}

function findOperation(service: AwsJsonService, request: LoopbackRequest): Operation {
  const target = String(request.headers['x-amz-target'] ?? '');
  const prefix = `${service.targetPrefix}.`;
  const name = target.startsWith(prefix) ? target.slice(prefix.length) : '';
  const found = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (found === undefined) {
    throw new AwsError(
      'UnknownOperationException',
      name === ''
        ? `This local emulator speaks AWS JSON ${service.jsonVersion}: the header X-Amz-Target must be "${prefix}" and an operation's name, but is "${target}".`
        : `This local emulator does not support the operation ${name}. It supports: ${Object.keys(service.operations).join(', ')}.`,
    );
  }
  const contentType = String(request.headers['content-type'] ?? '');
  if (contentType.includes('cbor')) {
    throw new AwsError(
      'SerializationException',
      `This local emulator does not accept the content type "${contentType}". Make the client send JSON. For the AWS SDK for Java, set the environment variable CBOR_ENABLED=false or the system property aws.cborEnabled=false.`,
    );
  }
  return found;
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new AwsError('SerializationException', `The body is not JSON: ${String(error)}`);
  }
}

function toAwsError(service: AwsJsonService, error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof InvalidInput) return service.makeInvalidInput(error.message);
  // A bug of the emulator: the client gets the message, the terminal the stack.
  console.error(error);
  return new AwsError('InternalFailure', `The local emulator failed: ${String(error)}`, { status: 500 });
}

function describeFaults(issues: readonly z.core.$ZodIssue[]): string {
  const faults = issues.map(
    (issue) => `Value at '${toMemberPath(issue.path)}' failed to satisfy constraint: ${issue.message}`,
  );
  const count = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`;
  return `${count} detected: ${faults.join('; ')}`;
}

/** Formats a path like AWS does: `['Records', 0, 'Data']` becomes `records.1.member.data`. */
function toMemberPath(path: readonly PropertyKey[]): string {
  return path
    .map((step) =>
      typeof step === 'number'
        ? `${step + 1}.member`
        : String(step).replace(/^[A-Z]/, (first) => first.toLowerCase()),
    )
    .join('.');
}
