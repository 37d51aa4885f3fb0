import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findIdentifierFault,
  makeSimKey,
  readDevice,
  readIccidInName,
  readIdentifier,
  readSubscriberNumber,
  readWrittenIccid,
} from '../../../lambda/carriers/identifier.ts';
import { isNothing } from '../../../lambda/carriers/nothing.ts';
import { runs } from '../../records/runs.ts';

describe('an identifier', () => {
  it.each([
    [' EZ01 \t', 'EZ01'],
    [42, '42'],
    [0, '0'],
    ['0042', '0042'],
    ['', undefined],
    ['   ', undefined],
    // What is longer than twice an identifier keeps its marks, but no blanks: it is looked at no further.
    [`="${'x'.repeat(253)}"`, 'x'.repeat(253)],
    [`="${'x'.repeat(254)}"`, `="${'x'.repeat(254)}"`],
    [` ${'x'.repeat(300)}`, 'x'.repeat(300)],
    [1.5, undefined],
    [9_007_199_254_740_992, undefined],
    [Number.NaN, undefined],
    [true, undefined],
    [{}, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('read from %j is %j', (value, text) => {
    expect(readIdentifier(value)).toBe(text);
  });

  it.each([
    ['8988280666001000001', undefined],
    ['EZ1E5', undefined],
    ['1e5a', undefined],
    ['b2c5a9de-0000-4000-a000-000000000001', undefined],
    ['12E4', undefined],
    ['8.98828E+18', 'scientific-notation'],
    ['8,98828E+18', 'scientific-notation'],
    ['-8.9E18', 'scientific-notation'],
    ['898.8E+16', 'scientific-notation'],
    ['9e18', 'scientific-notation'],
    ['two\nlines', 'missing-identity'],
    ['x'.repeat(128), undefined],
    ['x'.repeat(129), 'oversized-field'],
  ])('%s can be used unless it has a fault', (text, wrong) => {
    expect(findIdentifierFault(text)).toBe(wrong);
  });
});

describe('a SIM’s key', () => {
  it.each([
    ['8988280666001000001', '8988280666001000001'],
    ['89882806660010000015', '8988280666001000001'],
    ['8988280666001000001F', '8988280666001000001'],
    ['89882806660010000015FF', '8988280666001000001'],
    ['898828066600100000', '898828066600100000'],
    ['898828066600100000123456', undefined],
    ['898828066600100000151', undefined],
    ['89882806660010xxxxx', undefined],
    ['8988280666', undefined],
    ['tracker-1', undefined],
  ])('from the ICCID %s is %s', (iccid, sim) => {
    expect(makeSimKey(iccid)).toBe(sim);
  });

  it('is an endpoint’s name only if that is an ICCID', () => {
    const names = [
      '8988280666001000001',
      '8988 2806 6600 1000 0015',
      '898828066600100000',
      '7988280666001000001',
      'x',
    ];
    expect(names.map(readIccidInName)).toEqual([
      '8988280666001000001',
      '89882806660010000015',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('text in place of an ICCID', () => {
  const iccid = '8988280666001000001';

  it.each([
    [`${iccid}${'-'.repeat(109)}`, { sim: iccid, iccid, writtenIccid: undefined }],
    [
      `${iccid}${'-'.repeat(110)}`,
      { sim: undefined, iccid: `${iccid}${'-'.repeat(110)}`, writtenIccid: undefined },
    ],
    ['8988 xxxx', { sim: undefined, iccid: '8988 xxxx', writtenIccid: '8988xxxx' }],
    ['– –', { sim: undefined, iccid: '– –', writtenIccid: undefined }],
  ])('%s: is an ICCID, or finds the SIM, or is nothing', (text, read) => {
    expect(readWrittenIccid(text)).toEqual(read);
  });
});

describe('an IMEI', () => {
  it.each([
    ['358600842867678', '358600842867678', undefined],
    ['358600842867670', '358600842867678', '358600842867670'],
    ['3586008428676712', '358600842867678', '3586008428676712'],
    ['3586008428676712f', '358600842867678', '3586008428676712f'],
    ['358600842867678F', '358600842867678', '358600842867678F'],
    [' 3586008428676712 ', '358600842867678', '3586008428676712'],
    ['35-860084-286767-8', '358600842867678', '35-860084-286767-8'],
    ['="3586008428676712"', '358600842867678', '3586008428676712'],
    [358_600_842_867_678, '358600842867678', undefined],
    ['014931000129700', '014931000129700', undefined],
    ['35933907591xxxxx', '35933907591xxxxx', undefined],
    ['898830300123456789', '898830300123456789', undefined],
    ['35860084286767', '35860084286767', undefined],
    ['3586008f42867678', '3586008f42867678', undefined],
    ['x'.repeat(100), `${'x'.repeat(29)}…`, undefined],
  ])('from %j is %j, and the original text is kept if it differs', (value, imei, writtenImei) => {
    expect(readDevice(value)).toEqual({ imei, writtenImei });
  });

  it.each(['', null, undefined, 'NULL', 'n/a', '-'])('is absent for %j', (value) => {
    expect(readDevice(value)).toBeUndefined();
  });
});

describe('an IMSI or a phone number', () => {
  it.each([
    ['901405100000001', '901405100000001'],
    [901_405_100_000_001, '901405100000001'],
    ["'901405100000001", '901405100000001'],
    ['="901 405 100000001"', '901405100000001'],
    ['+88 2285-100000001', '882285100000001'],
    ['90140xxxxxxxxxx', '90140xxxxxxxxxx'],
    ['882285+100000001', '882285+100000001'],
    ['NULL', undefined],
  ])('from %j is %j', (value, digits) => {
    expect(readSubscriberNumber(value)).toBe(digits);
  });
});

/** What spreadsheets, people and cards make of digits that can still be read. */
const disguises: Readonly<Record<string, (digits: string) => string>> = {
  blanks: (digits) => digits.replace(/(.{4})/g, '$1 '),
  'no-break blanks': (digits) => `\u00a0${digits.replace(/(.{4})/g, '$1\u202f')}\u2003`,
  dashes: (digits) => digits.replace(/(.{5})/g, '$1-'),
  'long dashes': (digits) => digits.replace(/(.{5})/g, '$1\u2013'),
  apostrophe: (digits) => `'${digits}`,
  formula: (digits) => `="${digits}"`,
  'formula with an apostrophe': (digits) => `="'${digits}"`,
  quotes: (digits) => `"${digits}"`,
  'byte-order mark': (digits) => `\ufeff${digits}`,
  'what is not seen': (digits) => `\u200b${digits.replace(/(.{6})/g, '$1\u200d')}\u200e`,
  'full width': (digits) =>
    digits.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
  padding: (digits) => `${digits}F`,
  'small padding': (digits) => `${digits}ff`,
};
const disguise = fc.constantFrom(...Object.keys(disguises), 'none');

function disguised(digits: string, kind: string): string {
  return disguises[kind]?.(digits) ?? digits;
}

describe('an ICCID', () => {
  it.each(Object.keys(disguises))('is read through its disguise: %s', (kind) => {
    const digits = '89882806660010000015';
    expect(readWrittenIccid(readIdentifier(disguised(digits, kind)))).toEqual({
      sim: '8988280666001000001',
      iccid: digits,
      writtenIccid: undefined,
    });
  });

  it.each([
    ['898830709999999910001', '898830709999999910001'],
    ['8988 3070 9999 9999 1000 1', '898830709999999910001'],
    ['89882806660010xxxxx', '89882806660010xxxxx'],
    ['tracker 1', 'tracker1'],
  ])('is not %s, which is kept and found as it was written', (text, writtenIccid) => {
    expect(readWrittenIccid(text)).toEqual({ sim: undefined, iccid: text, writtenIccid });
  });

  it('gives different SIMs different keys, however they are written', () => {
    const digits = fc.stringMatching(/^89\d{16,22}$/);
    const card = fc.record({ digits, sid: fc.integer({ min: 1, max: 9 }).map((id) => `HS${id}`), disguise });
    /** All that distinguishes SIMs: the digits that are not known to be redundant, or else the carrier's id. */
    const identityOf = ({ digits: read, sid }: { digits: string; sid: string }): string =>
      read.length > 20 ? sid : read.slice(0, 19);
    const keyOf = (one: { digits: string; sid: string; disguise: string }): string =>
      readWrittenIccid(readIdentifier(disguised(one.digits, one.disguise)))?.sim ?? one.sid;
    /** Two cards, the second often the first with some digits added, removed or changed. */
    const pair = fc.tuple(card, card, fc.nat(24), fc.boolean()).map(([a, b, at, isAlike]) => {
      if (!isAlike) return [a, b] as const;
      const alike = `${a.digits.slice(0, Math.max(17, at))}${b.digits.slice(Math.max(17, at))}`;
      return [a, { ...b, digits: alike.length < 18 ? b.digits : alike }] as const;
    });
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(keyOf(a) === keyOf(b)).toBe(identityOf(a) === identityOf(b));
      }),
      runs(3000),
    );
  });
});

describe('an identifier that is a key', () => {
  it('differs if the texts differ in more than blanks, marks and padding', () => {
    const kinds = ['apostrophe', 'formula', 'quotes', 'byte-order mark', 'none'];
    const text = fc.oneof(
      fc.uuid(),
      fc.stringMatching(/^EZ[0-9a-f]{32}$/),
      fc.bigInt({ min: 1n, max: 2n ** 64n }).map(String),
      fc.stringMatching(/^[\w:.#-]{1,40}$/).filter((each) => !isNothing(each)),
    );
    fc.assert(
      fc.property(text, text, fc.constantFrom(...kinds), fc.constantFrom(...kinds), (a, b, one, other) => {
        const [read, readToo] = [readIdentifier(disguised(a, one)), readIdentifier(disguised(b, other))];
        expect([read, readToo]).toEqual([a, b]);
      }),
      runs(2000),
    );
  });
});
