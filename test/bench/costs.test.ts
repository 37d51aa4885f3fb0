import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeParts, fillPage } from '../../bench/cost-pages.ts';
import { priceDays, priceMillionSimDays, pricePartialPasses } from '../../bench/day-prices.ts';
import { countDeployed } from '../../bench/deployed.ts';
import { countBatches, priceAlwaysOn, priceKeptUsage } from '../../bench/month.ts';
import { alwaysOnDay, itemSizes } from '../../bench/sim-shapes.ts';
import { type Kind, makeRecords } from '../../bench/workloads.ts';
import { dollarsPerMillionSimDays } from '../../cli/days/close.ts';
import { findDay } from '../../lambda/days/day.ts';
import { makeSimDay } from '../../lambda/days/sim-days.ts';
import {
  encodeEventItem,
  encodeSessionItem,
  encodeUsageItem,
  measureItem,
} from '../../lambda/store/items.ts';
import { encodeSimPeriod } from '../../lambda/store/sim-day-items.ts';
import { statedBy } from '../records/arrival.ts';
import { readStreamerText } from '../records/datastreamer.ts';
import { type Members, readSuperSim } from '../records/supersim.ts';

const parts = computeParts(countDeployed());
const million = { sims: 1_000_000, networks: 21 };

describe('the page', () => {
  it.each(['costs', 'sizing'])('docs/%s.md has the current figures; otherwise run npm run costs', (name) => {
    const page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    expect(page).toMatch(/^<!-- computed: /m);
    expect(fillPage(page, parts)).toBe(page);
  });

  it('that marks an unknown part is refused', () => {
    expect(() => fillPage('<!-- computed: weather -->\n<!-- end -->\n', {})).toThrow(
      'The page marks a part that is not computed: weather',
    );
  });
});

describe('a month of a million always-on Super SIMs', () => {
  it('has known costs in each line', () => {
    const { storage, yearStorage, lambda, writes, reads } = priceAlwaysOn(million, 'update');
    // 7,200 items of 523 + 100 bytes at $0.45 a GB, and 7,200 million records of 1/950 s on 1.73 GB, and 14,460 units.
    expect([storage, yearStorage, lambda, writes].map(Math.round)).toEqual([2_019, 24_222, 184, 9_038]);
    // 7,200 million SIMs read again, half a unit each, at $0.125 a million.
    expect(Math.round(reads)).toBe(450);
  });

  it('has reads only if there are more SIMs than a process remembers', () => {
    const { reads } = priceAlwaysOn({ sims: 100_000, networks: 10 }, 'hourly');
    expect(Math.round(reads)).toBe(0);
  });
});

describe('the closed days of a million always-on Super SIMs', () => {
  it('have known costs in each line', () => {
    const { reads, writes, lambda, simDayStorage, lakeStorage } = priceDays(1_000_000, alwaysOnDay);
    // 30 million SIM-days: 31 + 8.25 units at $0.125 a million, 3 at $0.625; 65 a second on 1.73 GB.
    expect([reads, writes, lambda].map(Math.round)).toEqual([147, 56, 11]);
    // 496 + 100 bytes at $0.45 a GB; 7.2 thousand million rows of 40 bytes at $0.023.
    expect([simDayStorage, lakeStorage].map((price) => price.toFixed(2))).toEqual(['8.05', '6.62']);
  });

  it('cost what days close says', () => {
    expect(dollarsPerMillionSimDays).toBe(Math.ceil(priceMillionSimDays()));
  });

  it('are added up in partial passes of the day so far, which small fleets do not have', () => {
    // 8, 16, 23 and 31 units and 6.25 each, halved; 4 writes; 2.5 days of records; 250 buckets.
    const reads = (8 + 16 + 23 + 31 + 4 * 6.25) / 2;
    const lambda = ((1e6 * 30 * 2.5) / 65 + 30 * 4 * 250) * (1769 / 1024) * 0.0000133334;
    const objects = 30 * 4 * 250 * 2 * (0.005 + 0.0008) * 0.001;
    const expected = 30 * reads * 0.125 + 30 * 4 * 0.625 + lambda + objects;
    expect(pricePartialPasses(1_000_000, alwaysOnDay)).toBeCloseTo(expected, 6);
    expect(pricePartialPasses(1_000, alwaysOnDay)).toBe(0);
  });

  it('cost far less than usage that is kept forever', () => {
    const [year, expiring] = [365, 35].map((days) => Math.round(priceKeptUsage(1_000_000, days)));
    expect([year, expiring]).toEqual([24_559, 2_355]);
  });
});

describe('the batches of a month', () => {
  it('have one record each if there are few records', () => {
    const { invocations, ofOneRecord } = countBatches(1_000);
    expect([Math.round(invocations), Math.round(ofOneRecord)]).toEqual([1_000, 1_000]);
  });

  it('arrive each second in each lane if there are many records', () => {
    const { invocations, ofOneRecord, recordsEach } = countBatches(7.2e9);
    expect([Math.round(invocations), Math.round(ofOneRecord), Math.round(recordsEach)]).toEqual([
      8 * 730 * 3600,
      0,
      342,
    ]);
  });
});

describe('an item of a carrier’s document', () => {
  const textOf = (kind: Kind): string => makeRecords({ kind, perSession: 1 }, 1, 5)[0] ?? '';

  it('has the size that the page uses', () => {
    const update: Members = JSON.parse(textOf('session'));
    const each = readSuperSim(update, 'update');
    const usage = statedBy(readStreamerText(textOf('usage')), 'usage');
    const noRows = { events: [], sessions: [], usageRenderings: [], eventRenderings: [], findings: [] };
    expect({
      superSimUsage: measureItem(encodeUsageItem(statedBy(each, 'usage'), true)),
      hourlySuperSimUsage: measureItem(
        encodeUsageItem(statedBy(readSuperSim(update, 'hourly'), 'usage'), true),
      ),
      usage: measureItem(encodeUsageItem(usage, true)),
      event: measureItem(encodeEventItem(statedBy(readStreamerText(textOf('event')), 'event'), true, 90)),
      session: measureItem(encodeSessionItem(statedBy(each, 'session'))),
      simDay: measureItem(
        encodeSimPeriod(makeSimDay(usage.sim, findDay(usage.start), { ...noRows, usage: [usage] }), 1),
      ),
    }).toEqual(itemSizes);
  });
});
