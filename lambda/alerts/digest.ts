import { createHash } from 'node:crypto';

/** SHA-256 of a text, in hexadecimal. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A value as text that does not depend on the order of its members, nor on undefined ones. */
export function printCanonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(printCanonical).join()}]`;
  const stated = Object.entries(value).filter(([, member]) => member !== undefined);
  const members = stated.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${name}:${printCanonical(member)}`).join()}}`;
}
