import { beforeEach, describe, expect, test } from 'vitest';
import type { Rule } from '../../../../lambda/alerts/rules.ts';
import { DyingClient, type FleetTables, makeDevices, makeMemoryTables, SweptFleet } from './swept-fleet.ts';

/** Alerts about sources as sweeps store and report them. */

let tables: FleetTables;
const hour = 3_600_000;

beforeEach(() => {
  tables = makeMemoryTables();
});

/** The fleet's rule with another duration of silence. */
function withSilence(fleet: SweptFleet, hours: number): { readonly rules: readonly Rule[] } {
  const { rule } = fleet;
  return { rules: rule.kind === 'silent' ? [{ ...rule, after: hours * hour }] : [] };
}

describe('the alert of a source', () => {
  test('is one incident while the carrier delivers late, and ends ten minutes after it has caught up', async () => {
    const fleet = new SweptFleet(tables);
    const devices = makeDevices(8, '01');
    await fleet.use(devices, () => [1, 2]);
    for (const hours of [20, 30, 31]) await fleet.sweep(hours, withSilence(fleet, 12));
    // Silences of twelve hours were reported while the source was not later than a day and its lateness.
    expect(fleet.takeTold().filter((text) => text.startsWith('source'))).toEqual([
      'source opened carrier-late: 0',
    ]);
    await fleet.use(devices, () => [31]);
    await fleet.sweep(31.1, withSilence(fleet, 12));
    await fleet.sweep(31.2, withSilence(fleet, 12));
    expect(fleet.takeTold().filter((text) => text.startsWith('source'))).toEqual([]);
    await fleet.sweep(31.3, withSilence(fleet, 12));
    expect(fleet.takeTold()).toEqual(['source closed carrier-late: 0']);
    await fleet.sweep(31.4, withSilence(fleet, 12));
    expect(fleet.takeTold()).toEqual([]);
  });

  test('lists the SIMs whose alerts it holds back while records are unread', async () => {
    const fleet = new SweptFleet(tables);
    const [silent, ...others] = makeDevices(8, '01');
    if (silent === undefined) throw new Error('There are no devices');
    await fleet.use([silent], () => [1]);
    await fleet.use(others, () => [1, 5, 8]);
    await fleet.sweep(8.7, {}, { readAt: 8 });
    expect(fleet.takeTold()).toEqual(['source opened reading-late: 1']);
    await fleet.sweep(8.8);
    expect(fleet.takeTold()).toEqual(['SIM opened 1–']);
    await fleet.sweep(9);
    expect(fleet.takeTold()).toEqual(['source closed reading-late: 0']);
  });

  test('is not sent in addition to a SIM’s alert that already names the source as a possible cause', async () => {
    const fleet = new SweptFleet(tables);
    await fleet.use(makeDevices(1, '01'), () => [1]);
    await fleet.sweep(8);
    const [opened] = fleet.told;
    expect(opened?.subject).toMatchObject({ kind: 'sim', isSourceInDoubt: true });
    expect(fleet.takeTold()).toEqual(['SIM opened 1–']);
    await fleet.sweep(30);
    expect(fleet.takeTold()).toEqual([]);
  });

  test('says that the devices may be the cause if there are few, and lists those that fall silent until it ends', async () => {
    const fleet = new SweptFleet(tables);
    const [lost, other] = makeDevices(2, '01');
    if (lost === undefined || other === undefined) throw new Error('There are no devices');
    const rules = withSilence(fleet, 48);
    await fleet.use([lost, other], () => [1]);
    await fleet.sweep(30, rules);
    expect(fleet.takeTold()).toEqual(['source opened carrier-or-devices: 0']);
    await fleet.sweep(50, rules);
    expect(fleet.takeTold()).toEqual(['source amended carrier-or-devices: 2']);
    await fleet.use([other], () => [50, 51]);
    await fleet.sweep(51.1, rules);
    const [told] = fleet.told;
    // The other SIM has been heard since, so the cause is the device.
    expect(told?.subject).toMatchObject({ kind: 'sim', sim: lost.sim });
    expect(told?.subject).not.toHaveProperty('isSourceInDoubt');
    expect(fleet.takeTold()).toEqual(['SIM opened 1–']);
    await fleet.sweep(51.3, rules);
    expect(fleet.takeTold()).toEqual(['source closed carrier-or-devices: 0']);
  });

  test('ends when the source is not configured any more, and never opens for a source without records', async () => {
    const fleet = new SweptFleet(tables);
    await fleet.sweep(30);
    expect(fleet.takeTold()).toEqual([]);
    await fleet.use(makeDevices(8, '01'), () => [1]);
    await fleet.sweep(30, { rules: [] });
    expect(fleet.takeTold()).toEqual(['source opened carrier-late: 0']);
    await fleet.sweep(31, { rules: [], sources: [] });
    await fleet.sweep(32, { rules: [], sources: [] });
    expect(fleet.takeTold()).toEqual(['source closed carrier-late: 0']);
  });

  test('is one incident if sweeps overlap and crash', async () => {
    const fleet = new SweptFleet(tables);
    await fleet.use(makeDevices(8, '01'), () => [1]);
    const dying = new DyingClient(tables);
    for (let after = 20; after < 60; after += 1) {
      dying.giveRequests(after);
      await fleet.sweep(30, { rules: [] }, { client: dying.client }).catch(() => undefined);
    }
    await Promise.all([fleet.sweep(30.1, { rules: [] }), fleet.sweep(30.1, { rules: [] })]);
    expect(fleet.takeTold()).toEqual(['source opened carrier-late: 0']);
    expect(await fleet.listIncidents()).toHaveLength(1);
  });
});
