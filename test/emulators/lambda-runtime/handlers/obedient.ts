/** A handler that does what its event says, to test the runtime. */

interface Order {
  readonly action: string;
  readonly value?: unknown;
}

let invocations = 0;

export async function handler(event: Order, context: Record<string, unknown>): Promise<unknown> {
  invocations++;
  switch (event.action) {
    case 'return':
      return event.value;
    case 'count':
      return { invocations, process: process.pid };
    case 'context':
      return describe(context);
    case 'environment':
      return process.env;
    case 'log':
      console.log(event.value);
      console.error('to standard error');
      process.stdout.write('unfinished');
      return null;
    case 'throw':
      throw new RangeError('out of range');
    case 'exit':
      console.log('last words');
      return process.exit(3);
    case 'exhaust':
      return exhaust();
    case 'measure':
      return JSON.stringify(event.value).length;
    case 'sleep':
      return new Promise((resolve) => setTimeout(resolve, Number(event.value)));
    case 'spin':
      for (;;);
    default:
      throw new Error(`unknown action ${event.action}`);
  }
}

function describe(context: Record<string, unknown>) {
  const { awsRequestId, getRemainingTimeInMillis, ...rest } = context;
  const remaining =
    typeof getRemainingTimeInMillis === 'function' ? Number(getRemainingTimeInMillis()) : Number.NaN;
  return { ...rest, hasRequestId: /^[0-9a-f-]{36}$/.test(String(awsRequestId)), remaining };
}

/** Takes memory until the process has no more. */
function exhaust(): number {
  const kept: number[][] = [];
  for (;;) kept.push(new Array(100_000).fill(kept.length));
}
