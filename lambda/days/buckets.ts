import { isAccount } from '../ledger/accounts.ts';
import { findSlot, slotCount } from './slots.ts';

/** Buckets: parts of the fleet whose day one invocation reads. */

/** SIMs whose day fits well into one invocation and one object: at 240 windows a day, a million rows. */
export const defaultSimsPerBucket = 4_000;

/**
 * How many buckets a day has for a fleet of so many SIMs. The number is recorded with the day and never changes for it,
 * so that its objects keep their keys when late records come and when the fleet grows.
 */
export function countBuckets(sims: number, simsPerBucket = defaultSimsPerBucket): number {
  return Math.min(slotCount, Math.max(1, Math.ceil(sims / simsPerBucket)));
}

/** The bucket of a SIM, from 0: buckets are ranges of slots. Accounts have one behind the last of SIMs. */
export function findBucket(sim: string, buckets: number): number {
  if (isAccount(sim)) return buckets;
  return findSlotBucket(findSlot(sim), buckets);
}

/** The bucket in which the SIMs of a slot are. */
export function findSlotBucket(slot: string, buckets: number): number {
  return Math.floor((Number.parseInt(slot, 16) * buckets) / slotCount);
}
