import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from 'vitest';
import { SimMarks } from '../../../../lambda/store/sim-marks.ts';
import { simsTable } from '../../../../lambda/store/tables.ts';
import { runningTables } from '../../store/running-tables.ts';
import { clearAlerts, type Device, makeDevices, SweptFleet } from './swept-fleet.ts';

/** SIMs whose records were stored before there were marks. */

const tables = runningTables();

afterEach(() => clearAlerts(tables));

/** Removes the marks from the items of devices. */
async function removeMarks(devices: readonly Device[]): Promise<void> {
  for (const { sim } of devices) {
    await tables.client.send(
      new UpdateItemCommand({
        TableName: simsTable.name,
        Key: { sim: { S: sim } },
        UpdateExpression: 'REMOVE signalledAt, bytesAt, sessionAt',
      }),
    );
  }
}

describe('a SIM without marks', () => {
  test('gets the marks of its records from a sweep, and is then judged by them', async () => {
    const fleet = new SweptFleet(tables);
    const devices = makeDevices(6, '01');
    await fleet.use(devices, (index) => [0, 1 + index]);
    const marked = await tables.items(simsTable.name);
    await removeMarks(devices);
    expect((await fleet.sweep(6)).judged).toBe(6);
    expect(await tables.items(simsTable.name)).toEqual(marked);
    await fleet.sweep(7.2);
    expect(fleet.takeTold()).toEqual(['SIM opened 1–']);
    expect(fleet.failures).toEqual([]);
  });

  test('keeps a later mark that a record wrote meanwhile', async () => {
    const fleet = new SweptFleet(tables);
    const devices = makeDevices(1, '01');
    await fleet.use(devices, () => [1, 20]);
    const [{ signalledAt: later } = {}] = await tables.items(simsTable.name);
    const marks = new SimMarks(tables.client, simsTable.name);
    await marks.write(devices[0]?.sim ?? '', { signalled: '2026-11-10T01:00:00.000Z' });
    const [{ signalledAt } = {}] = await tables.items(simsTable.name);
    expect(signalledAt).toEqual(later);
  });

  test('gets no item from its marks if it has none', async () => {
    const marks = new SimMarks(tables.client, simsTable.name);
    await marks.write('8988280666199999999', { signalled: '2026-11-10T01:00:00.000Z' });
    expect(await tables.items(simsTable.name)).toEqual([]);
  });

  test('that was never heard pages nobody, and is judged once a day', async () => {
    const fleet = new SweptFleet(tables);
    const devices = makeDevices(6, '01');
    await fleet.use(devices, () => [0]);
    // The message that its quota is used up comes from the carrier, and is not a sign of life.
    const quotaUsedUp = 19;
    await fleet.take(quotaUsedUp, makeDevices(1, '01'), () => [0]);
    const judged: number[] = [];
    for (let hours = 1; hours <= 2.5; hours += 0.25) judged.push((await fleet.sweep(hours)).judged);
    expect(judged[0]).toBe(1);
    // In addition, each SIM is judged once a day.
    expect(judged.slice(1).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(devices.length + 1);
    expect(fleet.takeTold()).toEqual([]);
  });
});
