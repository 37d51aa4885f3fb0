import type { QueuedMessage, VolumeQueue } from '../../../lambda/metrics/export.ts';
import { type MetricsMessage, printMessage } from '../../../lambda/metrics/messages.ts';

/** A queue that delivers what was not deleted again, once it is told that the time has come. */
export class QueueInMemory implements VolumeQueue {
  readonly #messages = new Map<string, { body: string; receives: number; isHidden: boolean }>();
  #sent = 0;

  send(message: MetricsMessage): void {
    this.sendText(printMessage(message));
  }

  sendText(body: string): void {
    this.#sent += 1;
    this.#messages.set(String(this.#sent), { body, receives: 0, isHidden: false });
  }

  /** Delivers all again that are not deleted. */
  showAll(): void {
    for (const message of this.#messages.values()) message.isHidden = false;
  }

  get size(): number {
    return this.#messages.size;
  }

  async receive(): Promise<readonly QueuedMessage[]> {
    const visible = [...this.#messages].filter(([, { isHidden }]) => !isHidden).slice(0, 10);
    return visible.map(([id, message]) => {
      message.isHidden = true;
      message.receives += 1;
      return { id, receipt: `${id}#${message.receives}`, body: message.body };
    });
  }

  /** A receipt that is out of date deletes nothing. */
  async delete(messages: readonly QueuedMessage[]): Promise<void> {
    for (const { id, receipt } of messages) {
      if (receipt === `${id}#${this.#messages.get(id)?.receives}`) this.#messages.delete(id);
    }
  }
}
