import fc from 'fast-check';

/** Any code point but halves of pairs, as a text. fast-check has the same as `binary`, and takes a second to prepare it. */
export const codePoint: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10_ffff - 0x800 })
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800));
