import { createServer, request } from 'node:http';
import { listen } from './listen.ts';

/** What a program requested of DynamoDB. */
export interface Counts {
  /** Requests, by operation. */
  requests: Record<string, number>;
  /** Write units, as the engine counts them, and one for each failed condition, which the engine does not count. */
  writeUnits: number;
}

/** A proxy in front of DynamoDB that counts requests. */
export interface CountingProxy {
  readonly endpoint: string;
  /** The counts since the last call. */
  take(): Counts;
  stop(): void;
}

const failedCondition = 'ConditionalCheckFailedException';

/** Starts a proxy on a free loopback port in front of an engine. */
export async function startCountingProxy(engine: string): Promise<CountingProxy> {
  let counts: Counts = { requests: {}, writeUnits: 0 };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', async () => {
      const target = String(incoming.headers['x-amz-target']);
      const operation = target.split('.')[1] ?? target;
      const writes = /^(?:Put|Update|Delete|BatchWrite|BatchExecute)/.test(operation);
      const input: Record<string, unknown> = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const answer = await forwardRequest(
        engine,
        target,
        writes ? { ...input, ReturnConsumedCapacity: 'TOTAL' } : input,
      );
      counts.requests[operation] = (counts.requests[operation] ?? 0) + 1;
      if (writes) counts.writeUnits += readUnits(answer.body);
      outgoing.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer.body);
    });
  });
  const port = await listen(server);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    take: () => {
      const taken = counts;
      counts = { requests: {}, writeUnits: 0 };
      return taken;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Capacity {
  readonly CapacityUnits?: number;
}

function readUnits(body: string): number {
  if (body.includes(failedCondition)) return 1;
  const { ConsumedCapacity: consumed }: { ConsumedCapacity?: Capacity | Capacity[] } = JSON.parse(body);
  return [consumed ?? []].flat().reduce((units, { CapacityUnits = 0 }) => units + CapacityUnits, 0);
}

function forwardRequest(
  engine: string,
  target: string,
  input: unknown,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      authorization:
        'AWS4-HMAC-SHA256 Credential=measured/20261101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      'x-amz-date': '20261101T000000Z',
    };
    const sent = request(engine, { method: 'POST', headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(input));
  });
}
