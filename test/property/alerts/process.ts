import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb';
import type { Timeline } from '../../lambda/alerts/delivery/timeline.ts';
import type { Fate } from './plan.ts';

/** How a process ended. */
export type Ending<Value> =
  | { readonly kind: 'returned'; readonly value: Value }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'died' };

/** A process on the timeline: its calls take their time, fail, and kill it. One that has died is never answered. */
export class Process {
  readonly #timeline: Timeline;
  readonly #fate: Fate;
  readonly #died: Promise<Ending<never>>;
  #die: () => void = () => undefined;
  #calls = 0;
  #delays = 0;
  #isDead = false;

  constructor(timeline: Timeline, fate: Fate) {
    this.#timeline = timeline;
    this.#fate = fate;
    this.#died = new Promise((resolve) => {
      this.#die = () => {
        this.#isDead = true;
        resolve({ kind: 'died' });
      };
    });
  }

  /** Its clock. */
  now(): number {
    return this.#timeline.now + this.#fate.skew;
  }

  async run<Value>(body: () => Promise<Value>): Promise<Ending<Value>> {
    const ended = body().then(
      (value): Ending<Value> => ({ kind: 'returned', value }),
      (error: unknown): Ending<Value> => ({ kind: 'threw', error }),
    );
    return Promise.race([ended, this.#died]);
  }

  /** Makes a call that takes effect at one moment. */
  async call<Answer>(effect: () => Answer | Promise<Answer>): Promise<Answer> {
    if (this.#isDead) return isNeverAnswered();
    this.#calls += 1;
    const number = this.#calls;
    const fault = this.#fate.faults.find(({ call }) => call === number)?.kind;
    await this.#wait();
    if (this.#isDead) return isNeverAnswered();
    if (fault === 'dies before') return this.#end();
    if (fault === 'fails before') throw throttled();
    if (fault === 'fails, arrives later') {
      void this.#timeline.wait(latestArrival).then(() => this.#apply(effect));
      throw timedOut();
    }
    if (fault === 'is sent twice') await this.#apply(effect);
    const answer = await this.#apply(effect);
    if (fault === 'dies after') return this.#end();
    if (fault === 'fails after') throw timedOut();
    await this.#wait();
    if (this.#isDead) return isNeverAnswered();
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  async #apply<Answer>(
    effect: () => Answer | Promise<Answer>,
  ): Promise<{ readonly value: Answer } | { readonly error: ConditionalCheckFailedException }> {
    try {
      return { value: await this.#timeline.hold(effect()) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { error };
      throw error;
    }
  }

  #end(): Promise<never> {
    this.#die();
    return isNeverAnswered();
  }

  async #wait(): Promise<void> {
    const { delays } = this.#fate;
    const milliseconds = delays[this.#delays % delays.length] ?? 0;
    this.#delays += 1;
    if (milliseconds > 0) await this.#timeline.wait(milliseconds);
  }
}

/** When a request arrives that its sender has given up. */
const latestArrival = 15_000;

function isNeverAnswered(): Promise<never> {
  return new Promise(() => undefined);
}

function throttled(): Error {
  return new ProvisionedThroughputExceededException({
    message: 'The level of configured provisioned throughput for the table was exceeded',
    $metadata: { httpStatusCode: 400 },
  });
}

function timedOut(): Error {
  return new DynamoDBServiceException({
    name: 'TimeoutError',
    message: 'Connection timed out after 10000 ms',
    $fault: 'client',
    $metadata: {},
  });
}
