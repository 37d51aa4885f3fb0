import { expect, test } from 'vitest';
import type { Rule } from '../../../../lambda/alerts/rules.ts';
import { LateRecordNotes } from '../../../../lambda/store/late-records.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import { fleetStart, makeDevices, makeMemoryTables, SweptFleet } from './swept-fleet.ts';

/** Problems that users of other systems report about whole fleets, as sweeps of a ledger in memory. Times are hours. */

const hour = 3_600_000;

/** Hours from one to another, at a regular interval. */
function each(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

test('2,000 devices that are lost with one network over an hour page once', async () => {
  const fleet = new SweptFleet(makeMemoryTables());
  const lost = makeDevices(2_000, '01');
  const others = makeDevices(300, '02');
  await fleet.use(lost, (index) => [10 + index / 2_000]);
  await fleet.use(others, (index) => [16 + index / 400]);
  for (const hours of [16.2, 16.6, 17.2, 17.4]) await fleet.sweep(hours);
  // Receivers get the new number of lost devices, without another page.
  const told = fleet.takeTold().map((text) => text.split(' network')[0]);
  expect(told).toEqual(['group opened', 'group amended']);
  await fleet.use([...lost, ...others], () => [18]);
  await fleet.sweep(18.1);
  await fleet.sweep(18.3);
  expect(fleet.takeTold()).toEqual(['group closed network 262-01 10–18: 0']);
  expect(await fleet.listIncidents()).toHaveLength(1);
  expect(fleet.failures).toEqual([]);
});

test('a stalled stream pages for no SIM, and its source is reported as late', async () => {
  const fleet = new SweptFleet(makeMemoryTables());
  const devices = makeDevices(10, '01');
  await fleet.use(devices, () => each(0, 10, 1));
  await fleet.sweep(10.2);
  for (const hours of each(11, 30, 1)) await fleet.sweep(hours, {}, { readAt: 10.2 });
  expect(fleet.takeTold()).toEqual(['source opened reading-late: 0']);
  await fleet.use(devices, () => each(11, 30, 1));
  for (const hours of [30.2, 30.5]) await fleet.sweep(hours);
  expect(fleet.takeTold()).toEqual(['source closed reading-late: 0']);
});

test('a carrier that replays a week of history pages for no SIM, neither meanwhile nor when it has caught up', async () => {
  const tables = makeMemoryTables();
  const fleet = new SweptFleet(tables);
  const devices = makeDevices(10, '01');
  const notes = new LateRecordNotes(tables.client, alertStateTable.name);
  await fleet.use(devices, () => each(161, 168, 1));
  await fleet.sweep(168.1);
  // Each device was lost for half a day three days ago. Its history arrives day by day, oldest first.
  for (const day of each(0, 6, 1)) {
    const from = 24 * day;
    await fleet.use(devices, () => each(from, from + 23, 1).filter((hours) => hours < 90 || hours > 102));
    const late = new Map(devices.map(({ sim }) => [sim, fleetStart + from * hour]));
    await notes.put(late, fleetStart + 168 * hour);
    await fleet.use(devices, () => [168 + (day + 1) / 10]);
    await fleet.sweep(168.2 + day / 10);
  }
  for (const hours of each(169, 194, 1)) {
    await fleet.use(devices, () => [hours]);
    await fleet.sweep(hours + 0.1);
  }
  expect(fleet.takeTold()).toEqual([]);
});

test('a source that sends one file a day pages when its next file lacks a device, and not between two files', async () => {
  const fleet = new SweptFleet(makeMemoryTables());
  const devices = makeDevices(10, '01');
  const rule: Rule = { ...fleet.rule, kind: 'silent', missing: 'everything', after: 48 * hour };
  const run = { rules: [rule], sources: [{ name: fleet.source, lateness: 26 * hour }] };
  const [lost, ...others] = devices;
  if (lost === undefined) throw new Error('There is no device');
  // The file of each day arrives two hours after its end. One device is last heard on the second day.
  for (const day of each(0, 5, 1)) {
    await fleet.use(others, () => [24 * day + 23]);
    if (day < 2) await fleet.use([lost], () => [24 * day + 22]);
    const delivered = 24 * (day + 1) + 2;
    for (const hours of each(delivered + 0.1, delivered + 23, 4)) {
      await fleet.sweep(hours, run, { readAt: delivered, isByFiles: true });
    }
    if (day < 3) expect(fleet.takeTold()).toEqual([]);
  }
  expect(fleet.takeTold()).toEqual(['SIM opened 46–']);
});
