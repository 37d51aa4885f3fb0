import { hash } from 'node:crypto';
import { isAccount } from '../ledger/accounts.ts';

/** Slots: 4,096 parts of the fleet, by the hash of a SIM's key. Buckets and roots consist of them. */

/** How many slots there are: three hexadecimal digits. Part of the format, so it never changes. */
export const slotCount = 4_096;

/** The slot of what names no SIM. It sorts after all others. */
const accountSlot = 'account';

/** The slot of a SIM: the first three hexadecimal digits of the SHA-256 of its key. Accounts have their own slot. */
export function findSlot(sim: string): string {
  return isAccount(sim) ? accountSlot : digest(sim).slice(0, 3);
}

/** SHA-256 of a text in UTF-8, in hexadecimal. */
export function digest(text: string): string {
  return hash('sha256', text, 'hex');
}
