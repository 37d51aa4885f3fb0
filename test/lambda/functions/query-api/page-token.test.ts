import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeToken,
  encodeToken,
  type PageState,
} from '../../../../lambda/functions/query-api/page-token.ts';

const state: fc.Arbitrary<PageState> = fc.record({
  page: fc.integer({ min: 1, max: 1_000_000 }),
  filters: fc.dictionary(
    fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
    fc.string(),
  ),
  position: fc.oneof(
    fc.constant(null),
    fc.string(),
    fc.record({ sessionId: fc.string(), start: fc.string() }),
  ),
  bytes: fc.uint8Array({ maxLength: 200 }),
});
const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

describe('a page token', () => {
  it('returns its content', () => {
    fc.assert(
      fc.property(fc.string(), state, (subject, given) => {
        const read = decodeToken(subject, encodeToken(subject, given));
        expect(read && { ...read, bytes: [...read.bytes] }).toEqual(
          JSON.parse(JSON.stringify({ ...given, bytes: [...given.bytes] })),
        );
      }),
    );
  });

  it('needs no encoding in a URL', () => {
    fc.assert(
      fc.property(state, (given) => {
        expect(encodeToken('any', given)).toMatch(/^[\w-]+$/);
      }),
    );
  });

  it('is refused with any character changed, added or removed', () => {
    fc.assert(
      fc.property(state, fc.nat(), character, (given, at, other) => {
        const token = encodeToken('Sims', given);
        const place = at % token.length;
        const changed = `${token.slice(0, place)}${other}${token.slice(place + 1)}`;
        if (changed !== token) expect(decodeToken('Sims', changed)).toBeUndefined();
        expect(decodeToken('Sims', token + other)).toBeUndefined();
        expect(decodeToken('Sims', token.slice(0, place) + token.slice(place + 1))).toBeUndefined();
      }),
    );
  });

  it('is refused for another subject', () => {
    fc.assert(
      fc.property(state, fc.string(), fc.string(), (given, subject, other) => {
        fc.pre(subject !== other);
        expect(decodeToken(other, encodeToken(subject, given))).toBeUndefined();
      }),
    );
  });

  it('is never arbitrary text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decodeToken('Sims', text)).toBeUndefined();
      }),
    );
  });
});
