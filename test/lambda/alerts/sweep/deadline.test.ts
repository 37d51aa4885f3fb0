import { beforeEach, describe, expect, test } from 'vitest';
import type { Rule } from '../../../../lambda/alerts/rules.ts';
import { alertsTable } from '../../../../lambda/store/tables.ts';
import { anyRule } from '../arbitraries.ts';
import { type Device, type FleetTables, makeDevices, makeMemoryTables, SweptFleet } from './swept-fleet.ts';

/** Sweeps that run out of time. */

let tables: FleetTables;
const hour = 3_600_000;

beforeEach(() => {
  tables = makeMemoryTables();
});

/** Hours at which a healthy device is heard. */
function everyHour(to: number): number[] {
  return Array.from({ length: to + 1 }, (_, index) => index);
}

/** A fleet that was swept before 15:00. */
class TroubledFleet extends SweptFleet {
  readonly rules: readonly Rule[] = [
    this.rule,
    { ...anyRule, name: 'loop', kind: 'attach-loop', count: 5, within: hour, match: this.rule.match },
  ];

  /** 30 SIMs of a network fall silent at 10:00, and one of another network at 9:00; 3 SIMs attach in a loop at 15:00. */
  async trouble(): Promise<Device[]> {
    const lost = makeDevices(30, '01');
    await this.use(lost, (index) => [9, 10 + index / 200]);
    await this.use(makeDevices(1, '02'), () => [9]);
    await this.use(makeDevices(40, '02'), () => everyHour(14));
    await this.use(makeDevices(3, '02'), () => [...everyHour(14), 15, 15.1, 15.11, 15.12, 15.13, 15.14]);
    await this.sweep(14.9, { rules: this.rules });
    return lost;
  }
}

/** The messages and items of a sweep that has time for some SIMs, and of one that has time for all. */
async function findTrouble(timeFor: number) {
  tables = makeMemoryTables();
  const fleet = new TroubledFleet(tables);
  const { rules } = fleet;
  await fleet.trouble();
  const first = await fleet.sweep(16.3, { rules }, { timeFor });
  const second = await fleet.sweep(16.5, { rules });
  const episodes = (await tables.items(alertsTable.name)).map((item) => {
    const { rule, kind, state, from, to, told, sequence, hasLeft, group } = item;
    return [
      ...[rule?.S, kind?.S, state?.S, from?.N, to?.N, told?.S, sequence?.N, hasLeft?.BOOL],
      group !== undefined,
    ].join(' ');
  });
  return {
    left: [first.left, second.left],
    told: fleet.takeTold().toSorted(),
    episodes: episodes.toSorted(),
    failures: fleet.failures,
  };
}

describe('a sweep that runs out of time', () => {
  test('has the same result with the next one as a sweep with enough time', async () => {
    const all = await findTrouble(Number.POSITIVE_INFINITY);
    expect(all.left).toEqual([0, 0]);
    expect(all.told).toEqual([
      'SIM closed 15–16.1',
      'SIM opened 15–',
      'SIM opened 9–',
      'group opened network 262-01 10–: 30',
    ]);
    for (const timeFor of [0, 13]) {
      const found = await findTrouble(timeFor);
      const [left] = found.left;
      expect(left).toBeGreaterThanOrEqual(34 - timeFor);
      expect({ ...found, left: [0, 0] }).toEqual(all);
    }
  });

  test('is followed by one that first judges the remaining SIMs, until all are judged', async () => {
    const fleet = new TroubledFleet(tables);
    const { rules } = fleet;
    await fleet.trouble();
    const counts: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { judged, left } = await fleet.sweep(16.3, { rules }, { timeFor: 8 });
      expect([judged, left > 0]).toEqual([8, true]);
      const items = await tables.items(alertsTable.name);
      counts.push(items.filter(({ hasLeft }) => hasLeft === undefined).length);
    }
    // 31 silences and 3 loops.
    expect(counts.at(-1)).toBe(34);
  });

  test('lets SIMs that fell silent wait for the remaining SIMs, and pages without them after an hour', async () => {
    const fleet = new TroubledFleet(tables);
    await fleet.trouble();
    // Found by the sweep of 16.3, they are sent at most 10 minutes later if all is judged.
    for (const hours of [16.3, 17.1]) {
      await fleet.sweep(hours, {}, { timeFor: 29 });
      expect(fleet.takeTold()).toEqual([]);
    }
    const { left } = await fleet.sweep(17.5, {}, { timeFor: 29 });
    expect(left).toBeGreaterThan(0);
    expect(fleet.takeTold()).not.toEqual([]);
  });
});
