/**
 * The process that runs a function, one invocation after the other. It is bundled next to the function and started with
 * the path of the function's bundle. It ends when its parent does.
 */
import { createRequire } from 'node:module';
import { endLine, type InvocationError, type InvocationMessage, type RuntimeMessage } from './messages.ts';
import { readPeakMemory } from './peak-memory.ts';

type Handler = (event: unknown, context: object) => unknown;

// Ctrl-C reaches every process of the terminal; the parent decides when a function ends.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
start(process.argv[2] ?? '');

function start(bundle: string): void {
  const handler = load(bundle);
  if (handler === undefined) return;
  process.on('message', (message: InvocationMessage) => {
    void answer(handler, message);
  });
  report({ kind: 'ready' });
}

/** Loads the bundle's handler. If that fails, reports why and ends the process. */
function load(bundle: string): Handler | undefined {
  try {
    const { handler }: { handler?: Handler } = createRequire(bundle)(bundle);
    if (typeof handler === 'function') return handler;
    fail({ name: 'Runtime.HandlerNotFound', message: 'index.handler is undefined or not exported' });
  } catch (error) {
    fail(describe(error));
  }
  return undefined;
}

function fail(error: InvocationError): void {
  process.send?.({ kind: 'failed', error } satisfies RuntimeMessage, undefined, undefined, () =>
    process.exit(1),
  );
}

async function answer(handler: Handler, message: InvocationMessage): Promise<void> {
  const outcome = await run(handler, message);
  for (const stream of [process.stdout, process.stderr]) stream.write(`\n${endLine(message.requestId)}\n`);
  report({ kind: 'result', outcome, peakMemoryBytes: readPeakMemory() });
}

async function run(handler: Handler, message: InvocationMessage) {
  try {
    const response = await handler(message.event, makeContext(message));
    return { response: JSON.stringify(response) ?? 'null' };
  } catch (error) {
    return { error: describe(error) };
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function makeContext({ requestId, deadline, arn }: InvocationMessage) {
  const env = process.env;
  return {
    awsRequestId: requestId,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: arn,
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function describe(error: unknown): InvocationError {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const { name, message, stack } = error;
  return { name, message, ...(stack === undefined ? {} : { stack }) };
}

function report(message: RuntimeMessage): void {
  process.send?.(message);
}
