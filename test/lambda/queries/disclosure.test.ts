import { describe, expect, it } from 'vitest';
import { redactText } from '../../../lambda/queries/disclosure.ts';

const imsi = '901405100000001';

describe('a carrier’s sentence', () => {
  it.each([
    [
      'New PDP Context successfully activated with SGSN CP=192.0.2.1, DP=192.0.2.2.',
      'New PDP Context successfully activated with SGSN CP=…, DP=….',
    ],
    ['Invalid password from IP 2001:db8::ff00:42:8329', 'Invalid password from IP …'],
    ['IP:2001:db8::1.', 'IP:….'],
    ['from ::1, at 13:05:00 on 2026-11-02', 'from …, at 13:05:00 on 2026-11-02'],
    [`IMSI ${imsi} attached`, 'IMSI … attached'],
    ["Failed request from 'user@example.com'", "Failed request from '…'"],
    [
      "Location updated, RAT type='E_UTRAN', 95.5 % of 100.0",
      "Location updated, RAT type='E_UTRAN', 95.5 % of 100.0",
    ],
  ])('loses addresses and IMSI: %s', (text, shown) => {
    expect(redactText(text, imsi, new Set())).toBe(shown);
  });

  it('keeps the reason, and no mail address', () => {
    const text = `${imsi} at 192.0.2.1 by a@b.example`;
    expect(redactText(text, imsi, new Set(['imsi', 'ip_address']))).toBe(`${imsi} at 192.0.2.1 by …`);
    expect(redactText(text, imsi, new Set(['imsi']))).toBe(`${imsi} at … by …`);
  });
});
