import { type Entry, type Ingested, ingest, type LedgerPorts } from '../lambda/ingest.ts';
import { backOff } from '../lambda/store/concurrency.ts';

/** Times that a batch is tried, while store or quarantine do not take all of it. */
const mostAttempts = 4;

/**
 * Takes in a batch, again and again until all of it is in, or it was tried often enough; then its receipt says what
 * failed. What is stored already is looked for first: most of what comes again says nothing new, and reading it costs
 * less than writing it.
 */
export async function takeIn(entries: readonly Entry[], ports: LedgerPorts): Promise<Ingested> {
  for (let attempt = 1; ; attempt += 1) {
    const ingested = await ingest(entries, ports, { lookFirst: true });
    if (ingested.receipt.failed === 0 || attempt === mostAttempts) return ingested;
    await backOff(attempt, 200);
  }
}
