import { describe, expect, it } from 'vitest';
import { findModules, readSourceFiles } from '../../source-files.ts';

/** What bills may use besides each other: the ledger, exact decimals, days of the calendar, and hashing. */
const allowed = /^(?:\.|\.\.\/(?:ledger|json))\/[\w-]+\.ts$|^\.\.\/days\/day\.ts$|^big\.js$|^node:crypto$/;

describe('the rating of usage', () => {
  it.each([...readSourceFiles(['lambda/billing/'])])(
    'takes files, clock and records from who calls it: %s',
    (_, text) => {
      expect(findModules(text).filter((name) => !allowed.test(name))).toEqual([]);
      expect(text).not.toMatch(/\b(?:Date\.now|new Date\(\)|Math\.random|process\.|console\.)/);
    },
  );
});
