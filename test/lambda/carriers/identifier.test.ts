import { describe, expect, it } from 'vitest';
import {
  identifier,
  identifierFault,
  imeiOf,
  looksLikeIccid,
  simOfIccid,
} from '../../../lambda/carriers/identifier.ts';

describe('an identifier', () => {
  it.each([
    [' EZ01 \t', 'EZ01'],
    [42, '42'],
    [0, '0'],
    ['0042', '0042'],
    ['', undefined],
    ['   ', undefined],
    [1.5, undefined],
    [9_007_199_254_740_992, undefined],
    [Number.NaN, undefined],
    [true, undefined],
    [{}, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('read from %j is %j', (value, text) => {
    expect(identifier(value)).toBe(text);
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
  ])('%s can be used unless it is at fault', (text, wrong) => {
    expect(identifierFault(text)).toBe(wrong);
  });
});

describe('a SIM’s key', () => {
  it.each([
    ['8988280666001000001', '8988280666001000001'],
    ['89882806660010000015', '8988280666001000001'],
    ['8988280666001000001F', '8988280666001000001'],
    ['89882806660010000015FF', '8988280666001000001'],
    ['898828066600100000', '898828066600100000'],
    ['898828066600100000123456', '8988280666001000001'],
    ['89882806660010xxxxx', undefined],
    ['8988280666', undefined],
    ['tracker-1', undefined],
  ])('from the ICCID %s is %s', (iccid, sim) => {
    expect(simOfIccid(iccid)).toBe(sim);
  });

  it('is no endpoint’s name but one that is an ICCID', () => {
    const names = [
      '8988280666001000001',
      '89882806660010000015',
      '898828066600100000',
      '7988280666001000001',
      'x',
    ];
    expect(names.map(looksLikeIccid)).toEqual([true, true, false, false, false]);
  });
});

describe('an IMEI', () => {
  it.each([
    ['358600842867678', '358600842867678'],
    ['358600842867670', '358600842867678'],
    ['3586008428676712', '358600842867678'],
    ['3586008428676712f', '358600842867678'],
    ['358600842867678F', '358600842867678'],
    [' 3586008428676712 ', '358600842867678'],
    [358_600_842_867_678, '358600842867678'],
    ['014931000129700', '014931000129700'],
    ['35933907591xxxxx', '35933907591xxxxx'],
    ['898830300123456789', '898830300123456789'],
    ['35860084286767', '35860084286767'],
    ['x'.repeat(100), 'x'.repeat(32)],
    ['', undefined],
    [null, undefined],
  ])('from %j is %j', (value, imei) => {
    expect(imeiOf(value)).toBe(imei);
  });
});
