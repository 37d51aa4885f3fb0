import { beforeEach, describe, expect, test } from 'vitest';
import { identifyMute } from '../../../../lambda/alerts/mutes.ts';
import { formatTime } from '../../../../lambda/ledger/time.ts';
import { MutesTable } from '../../../../lambda/store/mutes.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import {
  type Device,
  DyingClient,
  type FleetTables,
  fleetStart,
  makeDevices,
  makeMemoryTables,
  SweptFleet,
} from './swept-fleet.ts';

/** Groups of SIMs as sweeps store and report them. */

let tables: FleetTables;

beforeEach(() => {
  tables = makeMemoryTables();
});

/** Hours at which a healthy device is heard. */
function everyHour(to: number): number[] {
  return Array.from({ length: to + 1 }, (_, index) => index);
}

/** A fleet in which 30 SIMs of a network fall silent within ten minutes of 10:00, and 40 others are heard every hour. */
async function loseNetwork(): Promise<{ fleet: SweptFleet; lost: Device[]; others: Device[] }> {
  const fleet = new SweptFleet(tables);
  const lost = makeDevices(30, '01');
  const others = makeDevices(40, '02');
  await fleet.use(lost, (index) => [9, 10 + index / 200]);
  await fleet.use(others, () => everyHour(17));
  return { fleet, lost, others };
}

describe('an outage', () => {
  test('is one incident without pages for SIMs, is joined by SIMs that fall silent later, and ends when the last one is back', async () => {
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

  test('reports once which SIMs are still silent when the others are back, and forgets none of them', async () => {
    const { fleet, lost, others } = await loseNetwork();
    await fleet.sweep(16.3);
    expect(fleet.takeTold()).toEqual(['group opened network 262-01 10–: 30']);
    await fleet.use([...lost.slice(5), ...others], () => [17]);
    await fleet.sweep(17.1);
    await fleet.sweep(17.2);
    expect(fleet.takeTold()).toEqual(['group amended network 262-01 10–: 5']);
    await fleet.use([...lost, ...others], () => [20]);
    await fleet.sweep(20.1);
    await fleet.sweep(20.2);
    expect(fleet.takeTold()).toEqual(['group closed network 262-01 10–20: 0']);
    // SIMs that fall silent later belong to another incident.
    await fleet.use(others, () => [21, 22, 23, 24, 25, 26]);
    await fleet.sweep(26.3);
    expect(fleet.takeTold()).toEqual(['group opened network 262-01 20–: 30']);
  });

  test('continues the alert of a SIM that was sent alone before the others fell silent', async () => {
    const fleet = new SweptFleet(tables);
    const lost = makeDevices(30, '01');
    const others = makeDevices(40, '02');
    await fleet.use(lost, (index) => (index === 0 ? [9] : [9, 10]));
    await fleet.use(others, () => everyHour(17));
    await fleet.sweep(15.3);
    expect(fleet.takeTold()).toEqual(['SIM opened 9–']);
    await fleet.sweep(16.3);
    expect(fleet.takeTold()).toEqual(['group opened network 262-01 9–: 30']);
    await fleet.use([...lost, ...others], () => [17]);
    await fleet.sweep(17.1);
    expect(fleet.takeTold()).toEqual(['SIM closed 9–17', 'group closed network 262-01 9–17: 0']);
  });

  test('of devices of one model is named by the model', async () => {
    const fleet = new SweptFleet(tables);
    const networks = ['01', '02', '03'];
    const lost = networks.flatMap((mnc) => makeDevices(8, mnc, '86357604'));
    const others = networks.flatMap((mnc) => makeDevices(20, mnc));
    await fleet.use(lost, () => [10]);
    await fleet.use(others, () => everyHour(16));
    await fleet.sweep(16.2);
    expect(fleet.takeTold()).toEqual(['group opened model 86357604 10–: 24']);
  });

  test('is held back by a mute of its rule, and sent when the mute ends', async () => {
    const { fleet, others } = await loseNetwork();
    const scope = { rule: 'silent', sim: undefined, source: undefined };
    const until = formatTime(fleetStart + 17 * 3_600_000);
    await new MutesTable(tables.client, alertStateTable.name).put({
      ...{ ...scope, id: identifyMute(scope), until, reason: undefined },
      createdAt: formatTime(fleetStart),
    });
    await fleet.sweep(16.3);
    await fleet.sweep(16.6);
    expect(fleet.takeTold()).toEqual([]);
    await fleet.use(others, () => [17]);
    await fleet.sweep(17);
    expect(fleet.takeTold()).toEqual(['group opened network 262-01 10–: 30']);
  });

  test('ends when its rule is removed, and says why', async () => {
    const { fleet } = await loseNetwork();
    await fleet.sweep(16.3);
    await fleet.sweep(16.5, { rules: [] });
    const [opened, ended] = fleet.takeTold();
    expect([opened, ended?.slice(0, 18)]).toEqual([
      'group opened network 262-01 10–: 30',
      'group rule-changed',
    ]);
    expect(await fleet.listIncidents()).toHaveLength(1);
  });

  test('is one incident if two sweeps find it concurrently', async () => {
    const { fleet, lost, others } = await loseNetwork();
    await Promise.all([fleet.sweep(16.3), fleet.sweep(16.3)]);
    await Promise.all([fleet.sweep(16.4), fleet.sweep(16.4, {}, { readAt: 16.2 })]);
    // The number of SIMs that the first sweep saw is random.
    expect(fleet.takeTold().map((text) => text.replace(/: \d+$/, ''))).toEqual([
      'group opened network 262-01 10–',
    ]);
    await fleet.use([...lost, ...others], () => [17]);
    await Promise.all([fleet.sweep(17.1), fleet.sweep(17.1)]);
    await fleet.sweep(17.2);
    expect(fleet.takeTold()).toEqual(['group closed network 262-01 10–17: 0']);
    expect(await fleet.listIncidents()).toHaveLength(1);
  });

  test('is one incident, wherever sweeps crash', async () => {
    const { fleet, lost, others } = await loseNetwork();
    const dying = new DyingClient(tables);
    const dieOften = async (hours: number): Promise<void> => {
      for (let after = 60; after < 420; after += 45) {
        dying.giveRequests(after);
        await fleet.sweep(hours, {}, { client: dying.client }).catch(() => undefined);
      }
      await fleet.sweep(hours + 0.1);
    };
    await dieOften(16.3);
    expect(fleet.takeTold()).toEqual(['group opened network 262-01 10–: 30']);
    await fleet.use([...lost, ...others], () => [17]);
    await dieOften(17.1);
    expect(fleet.takeTold().map((text) => text.slice(0, 36))).toEqual([
      'group closed network 262-01 10–17: 0',
    ]);
    expect(await fleet.listIncidents()).toHaveLength(1);
  });
});
