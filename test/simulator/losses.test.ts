import { describe, expect, test } from 'vitest';
import { type Day, findDay, listDays, shiftDay } from '../../lambda/days/day.ts';
import { runBucket } from '../../lambda/days/pass/bucket.ts';
import { beginRound, planDay, planRound } from '../../lambda/days/pass/plan.ts';
import type { DayPorts } from '../../lambda/days/pass/ports.ts';
import { formatTime } from '../../lambda/ledger/time.ts';
import { DayRecordReader } from '../../lambda/store/day-records.ts';
import { dayStateTable } from '../../lambda/store/tables.ts';
import { compareFindings, type FindingComparison } from '../../simulator/compare-findings.ts';
import { type FleetOptions, fleetStart, simulateFleet } from '../../simulator/fleet.ts';
import { MemoryPorts } from '../lambda/days/pass/memory-ports.ts';
import { ledgerTablesOf } from '../lambda/store/running-tables.ts';
import { InMemoryLedger } from './in-memory-ledger.ts';

/** What the day pass finds of a fleet whose carriers lose records on purpose: exactly those. */

const hour = 3_600_000;

/** Closes all days in which a fleet lived, and seven more: so long an end is waited for. */
async function closeDays(ledger: InMemoryLedger, hours: number): Promise<MemoryPorts> {
  const memory = new MemoryPorts();
  const tables = new DayRecordReader({
    ...ledgerTablesOf(ledger.client),
    dayState: dayStateTable.name,
    usageDays: 0,
  });
  const { notes, simDays, findings, markers, lake, jobs } = memory;
  const ports: DayPorts = { tables, notes, simDays, findings, markers, lake, jobs };
  const last = findDay(formatTime(Date.parse(fleetStart) + hours * hour));
  for (const day of listDays(findDay(fleetStart), shiftDay(last, 8))) {
    const options = { closedThrough: day, now: Date.parse(`${day}T00:00Z`) };
    await runRound(day, (await planDay(day, ports, options))?.round, memory, ports);
    // What a day orders of days that are closed.
    for (const marked of await memory.listMarkedDays()) {
      if (marked > day) continue;
      await runRound(marked, (await planRound(marked, ports, options))?.round, memory, ports);
    }
  }
  return memory;
}

async function runRound(
  day: Day,
  round: number | undefined,
  { queue }: MemoryPorts,
  ports: DayPorts,
): Promise<void> {
  await beginRound(day, round ?? 0, ports);
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    await runBucket(job, ports, { now: Date.parse(`${day}T00:00Z`) });
  }
}

async function compareMissing(options: FleetOptions): Promise<FindingComparison> {
  const fleet = simulateFleet(options);
  const ledger = new InMemoryLedger(options.sessionRefresh);
  for (const batch of fleet.deliveries) await ledger.take(batch);
  const memory = await closeDays(ledger, options.hours);
  const findings = [...memory.storedFindings.values()].flatMap((one) => one.findings);
  const found = findings.map((one) => ({
    ...one,
    records: one.records === '' ? [] : one.records.split(' '),
  }));
  return compareFindings(fleet.truth.missing ?? [], found);
}

const nothingDiffers = { differences: [], differing: 0 };

const multiplier = Math.max(1, Number(process.env['PROPERTY_RUNS'] ?? '1'));

/** 50 SIMs over a day, and more over three days in a longer run: with `PROPERTY_RUNS=20` 1,000, in 8 minutes of CPU. */
const sims = 50 * multiplier;
const hours = multiplier > 1 ? 72 : 26;

/** Another fleet where `PROPERTY_SEED` says so. */
const seed = Number(process.env['PROPERTY_SEED'] ?? '3');

describe('what is found missing', { timeout: 600_000 * multiplier }, () => {
  test('is what carriers have lost, to the byte, and what arrived under two ids', async () => {
    const { byReason, ...rest } = await compareMissing({ sims, hours, seed, losses: 'planted' });
    expect(rest).toEqual(nothingDiffers);
    expect([...byReason.keys()].sort()).toEqual([
      'chain missing-windows',
      'close total-differs',
      'duplicate same-window',
      'orphan no-end',
      'orphan no-session',
      'path file-missing',
      'path not-by-file',
      'path not-by-stream',
    ]);
  });

  test('is nothing if everything was delivered, except sessions that are open at the end', async () => {
    const fleet = { sims: sims / 2, hours: hours - 1, seed, losses: 'none' } as const;
    const { byReason, ...rest } = await compareMissing(fleet);
    expect(rest).toEqual(nothingDiffers);
    expect([...byReason.keys()]).toEqual(['orphan no-end']);
  });
});
