import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request on its way to an emulator. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Of AWS JSON protocols, such as `BatchWriteItem`; else empty. */
  readonly operation: string;
  readonly body: string;
}

/** What a request gets instead of the emulator's answer. */
export interface Fault {
  readonly status: number;
  readonly body: string;
}

/** An HTTP server in front of an emulator that fails the requests of a test's choice. */
export class FaultyEndpoint {
  /** Decides on each request; undefined lets it through. */
  fail: (request: ProxiedRequest) => Fault | undefined = () => undefined;
  /** Requests that were failed. */
  failures = 0;
  readonly #server;
  readonly #target: URL;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer(async (incoming, outgoing) => {
      const body = await buffer(incoming);
      const { method = '', url: path = '', headers } = incoming;
      const operation = String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
      const fault = this.fail({ method, path, operation, body: body.toString('latin1') });
      if (fault !== undefined) {
        this.failures += 1;
        outgoing.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.0' }).end(fault.body);
        return;
      }
      this.#forward(method, path, headers, body, (status, answer) =>
        outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer),
      );
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on all goes through again. */
  repair(): void {
    this.fail = () => undefined;
    this.failures = 0;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #forward(
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
    answer: (status: number, body: Buffer) => void,
  ): void {
    const { hostname, port } = this.#target;
    const forwarded = send({ hostname, port, method, path, headers }, async (response) => {
      answer(response.statusCode ?? 502, await buffer(response));
    });
    forwarded.on('error', () => answer(502, Buffer.from('{}')));
    forwarded.end(body);
  }
}

/** An error of DynamoDB as it travels. */
export function dynamoDbError(name: string, status = 400): Fault {
  const __type = `com.amazonaws.dynamodb.v20120810#${name}`;
  return { status, body: JSON.stringify({ __type, message: `${name} of the test` }) };
}
