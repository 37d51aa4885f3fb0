import {
  DynamoDBServiceException,
  InternalServerError,
  ProvisionedThroughputExceededException,
} from '@aws-sdk/client-dynamodb';
import fc, { type Arbitrary } from 'fast-check';

/** What can become of one call to AWS. The SDK's own retries sit below, so what is left of them is seen here. */
export const faultKinds = [
  /** Refused without effect. */
  'throttled',
  'timed out before',
  'server error',
  /** Took effect, and was not answered. */
  'timed out after',
  'server error after',
  /** The client gave up, and the request arrives later. */
  'timed out, arrives later',
  /** The first attempt's answer was lost; the SDK's second attempt is answered. */
  'sent twice',
  /** Answered, but an earlier attempt of the same request arrives later. */
  'arrives again later',
  /** Only some of a batch is processed; statements of a batch fail as throttled. */
  'partly unprocessed',
  /** A batch takes effect at two moments, its end first. */
  'in two parts',
  /** Only some of a batch took effect before the client gave up, or before the invocation died. */
  'timed out within',
  'crash within',
  /** Some of a batch's statements fail: without effect, after it, with an unknown code, for lack of permission. */
  'partly failed',
  'partly failed after',
  'partly failed, unknown code',
  'partly denied',
  /** Statements are not accepted from this role. */
  'statements denied',
  /** A failed condition does not bring the item that made it fail. */
  'without the old item',
  /** A read that need not be consistent sees what was there before. */
  'stale',
  /** The invocation dies before, or after, the request took effect. */
  'crash before',
  'crash after',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A fault that meets the calls from a number on. */
export interface Fault {
  readonly call: number;
  readonly kind: FaultKind;
  /** Calls in a row that it meets. */
  readonly times: number;
  /** Of a batch, how many are well; of what comes later, after how many calls. */
  readonly part: number;
}

/** A fault as a failing property prints it. */
export function describeFault({ call, kind, times, part }: Fault): string {
  return `call ${call}: ${kind} ${times}× (${part})`;
}

/** A few faults among the first calls of a path. */
export const faults: Arbitrary<readonly Fault[]> = fc.array(
  fc.record<Fault>({
    call: fc.oneof(fc.nat(20), fc.nat(80)),
    kind: fc.constantFrom(...faultKinds),
    times: fc.oneof(
      { weight: 5, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constantFrom(2, 12) },
    ),
    part: fc.nat(6),
  }),
  { maxLength: 6 },
);

/** Numbers the calls of a path and tells which fault each meets. */
export class FaultPlan {
  /** Calls so far. */
  calls = 0;
  /** Faults that met a call. */
  met = 0;
  readonly #kinds = new Map<number, Fault>();
  readonly #late: { readonly due: number; readonly arrive: () => Promise<unknown> }[] = [];

  constructor(planned: readonly Fault[] = []) {
    for (const fault of planned) {
      for (let time = 0; time < fault.times; time += 1) this.#kinds.set(fault.call + time, fault);
    }
  }

  /** The fault that the next call meets. */
  next(): Fault | undefined {
    const fault = this.#kinds.get(this.calls);
    this.calls += 1;
    if (fault !== undefined) this.met += 1;
    return fault;
  }

  /** Makes something arrive after this many more calls. Nothing waits for its answer. */
  later(calls: number, arrive: () => Promise<unknown>): void {
    this.#late.push({ due: this.calls + calls, arrive });
  }

  /** Lets arrive what is due. */
  async arrivals(): Promise<void> {
    await this.#arrive((due) => due <= this.calls);
  }

  /** Lets arrive all that is still on its way. */
  async flush(): Promise<void> {
    await this.#arrive(() => true);
  }

  async #arrive(isDue: (due: number) => boolean): Promise<void> {
    for (let index = 0; index < this.#late.length; index += 1) {
      const late = this.#late[index];
      if (late === undefined || !isDue(late.due)) continue;
      this.#late.splice(index, 1);
      index -= 1;
      await Promise.allSettled([late.arrive()]);
    }
  }
}

/** The error of a fault that the caller gets to see, as the SDK throws it. */
export function errorOf(kind: FaultKind | undefined): Error | undefined {
  switch (kind) {
    case 'throttled':
      return new ProvisionedThroughputExceededException({
        message: 'The level of configured provisioned throughput for the table was exceeded',
        $metadata: { httpStatusCode: 400 },
      });
    case 'server error':
    case 'server error after':
      return new InternalServerError({
        message: 'Internal server error',
        $metadata: { httpStatusCode: 500 },
      });
    case 'timed out before':
    case 'timed out within':
    case 'timed out after':
    case 'timed out, arrives later':
      return new DynamoDBServiceException({
        name: 'TimeoutError',
        message: 'Connection timed out after 10000 ms',
        $fault: 'client',
        $metadata: {},
      });
    default:
      return undefined;
  }
}
