import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two texts are equal, in constant time. Compares digests, which have the same length. */
export function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** Whether a text is one of several. Always makes every comparison, so that its time shows nothing. */
export function matchesAny(given: string, accepted: readonly string[]): boolean {
  let found = false;
  for (const one of accepted) found = isEqual(given, one) || found;
  return found;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
