import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { AlertEvent } from '../../../../lambda/alerts/delivery/cloud-event.ts';

/** What the receiver does with a request whose signature is right. */
export type HookBehaviour = 'takes' | 'fails' | 'takes, then hangs' | 'takes, then cuts the connection';

/**
 * A receiver of webhooks as docs/alerts-delivery.md tells its readers to write one: it verifies each request, drops what
 * it has already, and drops what is older than what it has seen of the episode.
 */
export class HookReceiver {
  /** What it made of the requests: each transition once. */
  readonly taken: AlertEvent['data'][] = [];
  /** Requests whose signature is wrong. */
  forged = 0;
  /** Requests that it had already, or that were too old. */
  dropped = 0;
  /** What it does next; takes everything once this is empty. */
  readonly behaviours: HookBehaviour[] = [];
  readonly #webhook: Webhook;
  readonly #ids = new Set<string>();
  readonly #sequences = new Map<string, number>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  constructor(secret: string) {
    this.#webhook = new Webhook(secret);
  }

  /** @returns its address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/alerts`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const event = this.#verify(await text(request), request.headers as Record<string, string>);
    if (event === undefined) {
      this.forged += 1;
      response.writeHead(401).end();
      return;
    }
    const behaviour = this.behaviours.shift() ?? 'takes';
    if (behaviour === 'fails') {
      response.writeHead(503).end();
      return;
    }
    this.#take(event);
    if (behaviour === 'takes') response.writeHead(204).end();
    if (behaviour === 'takes, then cuts the connection') response.destroy();
  }

  #verify(body: string, headers: Record<string, string>): AlertEvent | undefined {
    try {
      return this.#webhook.verify(body, headers) as AlertEvent;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return undefined;
      throw error;
    }
  }

  #take({ id, data }: AlertEvent): void {
    const isKnown = this.#ids.has(id);
    const isOld = data.sequence < (this.#sequences.get(data.episode) ?? 0);
    if (isKnown || isOld) {
      this.dropped += 1;
      return;
    }
    this.#ids.add(id);
    this.#sequences.set(data.episode, data.sequence);
    this.taken.push(data);
  }
}
