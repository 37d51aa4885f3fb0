import { describe, expect, it } from 'vitest';
import type { Carrier } from '../../../lambda/ledger/source.ts';
import { formatAmount, nothingBilled, sumCharges } from '../../../lambda/queries/billing.ts';
import { decodeUsage } from '../../../lambda/store/records.ts';

function record(carrier: Carrier, cost: string | undefined, currency?: string, trafficType = 'data') {
  return { ...decodeUsage({ carrier: { S: carrier } }), cost, currency, trafficType };
}

function billOf(...records: ReturnType<typeof record>[]) {
  return formatAmount(records.reduce(sumCharges, nothingBilled));
}

describe('a bill', () => {
  it('adds up decimals exactly, where binary fractions would not', () => {
    const tenth = record('emnify', '0.1', 'EUR');
    expect(0.1 + 0.1 + 0.1).not.toBe(0.3);
    expect(billOf(tenth, tenth, tenth)).toEqual({ amount: 0.3, currency: 'EUR' });
    expect(billOf(record('emnify', '0.0000000001', 'EUR'), record('emnify', '12345.6', 'EUR'))).toEqual({
      amount: 12345.6000000001,
      currency: 'EUR',
    });
    expect(billOf(record('emnify', '1e-7', 'EUR'), record('emnify', '2E+2', 'EUR'))).toEqual({
      amount: 200.0000001,
      currency: 'EUR',
    });
    expect(billOf(record('emnify', '-0.5', 'EUR'), record('emnify', '0.25', 'EUR'))).toEqual({
      amount: -0.25,
      currency: 'EUR',
    });
  });

  it('is unknown, and not 0, if no cost is stated or the cost repeats the volume', () => {
    const unknown = { amount: null, currency: null };
    expect(billOf()).toEqual(unknown);
    expect(billOf(record('kore', undefined))).toEqual(unknown);
    expect(billOf(record('1nce', '0.5', 'EUR'), record('telekom', '2', 'EUR'))).toEqual(unknown);
    expect(billOf(record('emnify', '0.06', 'EUR', 'sms'))).toEqual(unknown);
  });

  it('has only costs that are money if a SIM changed its carrier', () => {
    const records = [
      record('1nce', '0.5', 'EUR'),
      record('emnify', '0.25', 'EUR'),
      record('kore', undefined),
    ];
    expect(billOf(...records)).toEqual({ amount: 0.25, currency: 'EUR' });
    expect(billOf(record('1nce', '0.5', 'EUR'), record('emnify', '0.25', 'USD'))).toEqual({
      amount: 0.25,
      currency: 'USD',
    });
  });

  it('is 0 if a cost of 0 is stated', () => {
    expect(billOf(record('emnify', '0', 'EUR'))).toEqual({ amount: 0, currency: 'EUR' });
  });

  it('is for data, without text messages', () => {
    expect(billOf(record('emnify', '0.06', 'EUR', 'sms'), record('emnify', '0.5', 'EUR'))).toEqual({
      amount: 0.5,
      currency: 'EUR',
    });
  });

  it('has no sum over several currencies', () => {
    expect(
      billOf(record('emnify', '1', 'EUR'), record('emnify', '1', 'USD'), record('emnify', '1', 'EUR')),
    ).toEqual({
      amount: null,
      currency: null,
    });
  });
});
