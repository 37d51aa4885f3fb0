import { hash } from 'node:crypto';
import { isAccount } from '../ledger/accounts.ts';

/** Slots: parts of the fleet by the hash of a SIM's key, 4,096 of them. Buckets and roots are made of them. */

/** Number of slots: three hexadecimal digits. A constant of the format, which never changes. */
export const slotCount = 4_096;

/** The slot of what names no SIM: it comes behind all others. */
const accountSlot = 'account';

/** The slot of a SIM: the first three hexadecimal digits of the SHA-256 of its key. Accounts have one of their own. */
export function findSlot(sim: string): string {
  return isAccount(sim) ? accountSlot : digest(sim).slice(0, 3);
}

/** SHA-256 of a text as UTF-8, in hexadecimal. */
export function digest(text: string): string {
  return hash('sha256', text, 'hex');
}
