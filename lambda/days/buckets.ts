import { isAccount } from '../ledger/accounts.ts';
import { findSlot, slotCount } from './slots.ts';

/** Buckets: parts of the fleet. One invocation reads the day of one bucket. */

/**
 * A bucket's size, in SIMs, that fits well into one invocation and one object: at 240 windows a day, a million rows.
 */
export const defaultSimsPerBucket = 4_000;

/**
 * How many buckets a day has for a fleet of so many SIMs. The number is stored with the day and never changes, so that
 * objects keep their keys when late records arrive and when the fleet grows.
 */
export function countBuckets(sims: number, simsPerBucket = defaultSimsPerBucket): number {
  return Math.min(slotCount, Math.max(1, Math.ceil(sims / simsPerBucket)));
}

/** The bucket of a SIM, from 0: buckets are ranges of slots. Accounts have the bucket after the last one of SIMs. */
export function findBucket(sim: string, buckets: number): number {
  if (isAccount(sim)) return buckets;
  return findSlotBucket(findSlot(sim), buckets);
}

/** The bucket that contains the SIMs of a slot. */
export function findSlotBucket(slot: string, buckets: number): number {
  return Math.floor((Number.parseInt(slot, 16) * buckets) / slotCount);
}
