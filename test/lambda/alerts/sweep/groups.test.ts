import { afterEach, describe, expect, test } from 'vitest';
import { runningTables } from '../../store/running-tables.ts';
import { clearAlerts, type Device, makeDevices, SweptFleet } from './swept-fleet.ts';

/** Groups of SIMs as sweeps store and tell them. */

const tables = runningTables();

afterEach(() => clearAlerts(tables));

/** Hours at which a device that is well is heard. */
function everyHour(to: number): number[] {
  return Array.from({ length: to + 1 }, (_, index) => index);
}

/** A fleet of which 30 SIMs of a network fall silent within an hour of 10 o'clock; 40 others are heard every hour. */
async function loseNetwork(): Promise<{ fleet: SweptFleet; lost: Device[]; others: Device[] }> {
  const fleet = new SweptFleet(tables);
  const lost = makeDevices(30, '01');
  const others = makeDevices(40, '02');
  await fleet.use(lost, (index) => [9, 10 + index / 40]);
  await fleet.use(others, () => everyHour(17));
  return { fleet, lost, others };
}

describe('an outage', () => {
  test('is one incident: no SIM pages, those that fall silent later join, and it ends with the last one that is back', async () => {
    const { fleet, lost, others } = await loseNetwork();
    for (const hours of [16.1, 16.3, 16.5]) await fleet.sweep(hours);
    expect(fleet.takeTold()).toEqual(['group opened network 262-01 10–: 21']);
    for (const hours of [16.6, 16.8, 17]) await fleet.sweep(hours);
    expect(fleet.takeTold()).toEqual([]);
    await fleet.use([...lost, ...others], () => [18]);
    await fleet.sweep(18.1);
    await fleet.sweep(18.3);
    expect(fleet.takeTold()).toEqual(['group closed network 262-01 10–18: 0']);
    expect(await fleet.listIncidents()).toHaveLength(1);
    expect(fleet.failures).toEqual([]);
  });
});
