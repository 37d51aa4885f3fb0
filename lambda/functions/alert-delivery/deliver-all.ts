import { type DeliveryReport, type DeliveryRun, deliver } from '../../alerts/delivery/deliver.ts';
import type { Receiver } from '../../alerts/delivery/receiver.ts';
import type { UndeliveredTransitions } from '../../alerts/delivery/undelivered.ts';

/** What delivery to all receivers needs. */
export interface DeliveryPorts {
  readonly receivers: readonly Receiver[];
  readonly store: UndeliveredTransitions;
  /** Called with each receiver's report. */
  readonly onReport: (report: DeliveryReport) => void;
}

/**
 * Delivers to all receivers concurrently and independently.
 *
 * @throws AggregateError if the store failed for some of them; the others have received what was due.
 */
export async function deliverAll(
  { receivers, store, onReport }: DeliveryPorts,
  run: DeliveryRun,
): Promise<void> {
  const results = await Promise.allSettled(
    receivers.map(async (receiver) => onReport(await deliver(receiver, store, run))),
  );
  const failed = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ name: receivers[index]?.name, error: result.reason as unknown }] : [],
  );
  if (failed.length === 0) return;
  throw new AggregateError(
    failed.map(({ error }) => error),
    `The store failed for ${failed.map(({ name }) => name).join(', ')}`,
  );
}
