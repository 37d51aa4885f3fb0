import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { AlertEvent } from '../../../../lambda/alerts/delivery/cloud-event.ts';

/** The receiver's reaction to a request with a valid signature. */
export type HookBehaviour = 'takes' | 'fails' | 'takes, then hangs' | 'takes, then cuts the connection';

/**
 * A webhook receiver written as docs/alerts-delivery.md recommends: it verifies each request, and drops messages that
 * it already has or that are older than the latest of the episode.
 */
export class HookReceiver {
  /** The transitions from the requests, each once. */
  readonly taken: AlertEvent['data'][] = [];
  /** Requests with a wrong signature. */
  forged = 0;
  /** Requests that were repeated or too old. */
  dropped = 0;
  /** Its next reactions; it accepts everything once this is empty. */
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
