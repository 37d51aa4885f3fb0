import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { makeDayPorts, makePartialPorts } from '../../../../lambda/aws/day-ports.ts';
import { listDays } from '../../../../lambda/days/day.ts';
import { LakeReader } from '../../../../lambda/days/lake-reader.ts';
import { type OrderPorts, orderDays } from '../../../../lambda/days/run-schedule.ts';
import {
  makeJobs,
  makePartialJobs,
  takeMessage,
  type WorkPorts,
} from '../../../../lambda/days/take-message.ts';
import type { DayMessage, MessageQueue } from '../../../../lambda/days/work.ts';
import type { FleetUsageRecord } from '../../../../lambda/queries/usage-report.ts';
import { divideIntoChunks } from '../../../../lambda/store/concurrency.ts';
import { FenceTable } from '../../../../lambda/store/day-fence.ts';
import { OpenDaysTable } from '../../../../lambda/store/open-days.ts';
import { LedgerReader } from '../../../../lambda/store/reader.ts';
import { ScheduleStartTable } from '../../../../lambda/store/schedule-start.ts';
import { SimDayStore } from '../../../../lambda/store/sim-days.ts';
import { StoredDays } from '../../../../lambda/store/stored-days.ts';
import type { FleetDelivery } from '../../../../simulator/delivery-path.ts';
import { simulateFleet } from '../../../../simulator/fleet.ts';
import { type FleetAnswers, knowAnswers, readAnswers } from '../../../simulator/fleet-usage.ts';
import { InMemoryLedger } from '../../../simulator/in-memory-ledger.ts';
import { MemoryPorts } from '../../days/pass/memory-ports.ts';
import { ledgerTablesOf } from '../../store/running-tables.ts';
import { apiOver, send } from './api-under-test.ts';

/**
 * The usage of a simulated fleet in October, queried before its days are sealed, afterwards, and when its usage has expired.
 *
 * `FLEET_SIMS` is the number of SIMs.
 */

const size = Number(process.env['FLEET_SIMS'] ?? '50');
const [first, last] = ['2026-10-01', '2026-10-03'];
/** Usage of October may have expired by then. */
const now = Date.parse('2026-12-31T00:00:00Z');

const ledger = new InMemoryLedger();
const { client } = ledger;
const { lake } = new MemoryPorts();
const messages: DayMessage[] = [];
// Nobody writes while days are closed here, so no message must wait.
const queue: MessageQueue = { send: async (sent) => void messages.push(...sent) };
const names = {
  ...ledgerTablesOf(client),
  sessionDays: 'SessionDays',
  simDays: 'SimDays',
  findings: 'Findings',
  dayMarkers: 'DayMarkers',
  dayState: 'DayState',
  usageDays: 0,
};
const work: WorkPorts & OrderPorts = {
  queue,
  days: makeDayPorts(names, { lake, jobs: makeJobs(queue) }),
  partial: makePartialPorts(names, { lake, jobs: makePartialJobs(queue) }),
  openDays: new OpenDaysTable(client, 'DayState'),
  start: new ScheduleStartTable(client, 'DayState'),
  fence: new FenceTable(client, 'DayState'),
};

/** Processes all messages, and those that they send. */
async function takeMessages(): Promise<void> {
  for (let message = messages.shift(); message !== undefined; message = messages.shift())
    await takeMessage(message, work, { now, simsPerBucket: 20 });
}

async function ask(): Promise<FleetAnswers> {
  const days = new StoredDays(new SimDayStore(client, 'SimDays'), new LakeReader(lake), () => now);
  const reader = new LedgerReader({ ...names, files: 'Files', archive: days });
  const api = apiOver(client, { reader, days, now: () => now });
  const read = async (parameters: string): Promise<readonly FleetUsageRecord[]> => {
    const path = `/v1/UsageRecords?${parameters}&StartTime=2026-10-01&EndTime=2026-11-01&PageSize=1000`;
    const { status, body } = await send(api, path);
    expect(status).toBe(200);
    return body['usage_records'] as FleetUsageRecord[];
  };
  return readAnswers(reader, {
    top: await read('Group=sim&Order=bytes'),
    charged: await read('Group=isoCountry,tariff'),
  });
}

/** How many deliveries are processed together. */
const inBatch = 5_000;

async function take(deliveries: readonly FleetDelivery[]): Promise<void> {
  for (const some of divideIntoChunks(deliveries, inBatch)) await ledger.take(some);
}

const title = `what ${size} SIMs used is what the simulator knows, also of late records and when all usage has expired`;
const timeLimit = 150_000 * Math.max(1, size / 50);

test(title, { timeout: timeLimit }, async () => {
  const { deliveries, truth } = simulateFleet({ sims: size, hours: 72, seed: 11 });
  const all = [...deliveries].flat();
  const isLate = (_: unknown, index: number): boolean => index % 20 === 0;
  await take(all.filter((delivery, index) => !isLate(delivery, index)));
  const onTime = await ask();

  await orderDays({ from: first, through: last }, work, now);
  await takeMessages();
  expect(await ask()).toEqual(onTime);

  await take(all.filter(isLate));
  const known = knowAnswers(truth);
  expect(onTime).not.toEqual(known);
  for (const day of listDays(first, last)) messages.push({ kind: 'round', day });
  await takeMessages();
  expect(known.top.length).toBeGreaterThan(size / 2);
  expect(await ask()).toEqual(known);

  for (const { sim, usageId } of ledger.tables.Usage) {
    const Key = { sim: { S: sim?.S ?? '' }, usageId: { S: usageId?.S ?? '' } };
    await client.send(new DeleteItemCommand({ TableName: 'Usage', Key }));
  }
  expect(await ask()).toEqual(known);
});
