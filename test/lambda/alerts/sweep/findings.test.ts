import { expect, onTestFinished, test } from 'vitest';
import type { Rule } from '../../../../lambda/alerts/rules.ts';
import type { SweepPorts } from '../../../../lambda/alerts/sweep/sweep-run.ts';
import { makeFinding } from '../../../../lambda/days/findings/make-finding.ts';
import { ClosedFindingsReader } from '../../../../lambda/store/closed-findings.ts';
import { FenceTable } from '../../../../lambda/store/day-fence.ts';
import { FindingsTable } from '../../../../lambda/store/findings.ts';
import { OpenDaysTable } from '../../../../lambda/store/open-days.ts';
import { dayStateTable, findingsTable } from '../../../../lambda/store/tables.ts';
import { runningTables } from '../../store/running-tables.ts';
import { anyRule } from '../arbitraries.ts';
import { clearAlerts, makeDevices, SweptFleet } from './swept-fleet.ts';

/** Alerts about findings that the day pass stores, from 2026-11-10 on, the first day of fleets. */

const tables = runningTables();

const lost: Rule = {
  ...{ ...anyRule, name: 'lost', kind: 'finding', checks: ['chain'], count: 1, bytes: 1_000 },
};

/** A fleet, and the day pass's results for its days. */
class ClosedFleet extends SweptFleet {
  readonly #fence = new FenceTable(tables.client, dayStateTable.name);
  readonly #openDays = new OpenDaysTable(tables.client, dayStateTable.name);
  readonly #findings = new FindingsTable(tables.client, findingsTable.name);
  readonly #closedFindings = new ClosedFindingsReader(tables.client, {
    dayState: dayStateTable.name,
    findings: findingsTable.name,
  });
  #revision = 0;

  /** Closes a day, so that it is read. */
  async close(day: string): Promise<void> {
    await this.#openDays.note({ day, orderedAt: 1 });
    await this.#fence.advance(day);
  }

  async seal(day: string): Promise<void> {
    await this.#openDays.remove(day);
  }

  /** Replaces the stored findings of a SIM's day. */
  async find(sim: string, day: string, ...bytes: readonly number[]): Promise<void> {
    this.#revision += 1;
    const findings = bytes.map((some, index) =>
      makeFinding({
        ...{ sim, check: 'chain', reason: 'missing-windows', source: this.source, carrier: '1nce' },
        ...{ sessionId: 's1', start: `${day}T10:00:00.000Z`, end: `${day}T11:00:00.000Z` },
        ...{ subject: [String(index)], bytes: BigInt(some), records: [] },
      }),
    );
    await this.#findings.put([{ sim, day, findings }], this.#revision);
  }

  /** @returns the SIMs whose findings were read. */
  async judge(hours: number): Promise<string[]> {
    const rules = [{ ...lost, match: { ...lost.match, sources: [this.source] } }];
    const read: string[] = [];
    const stored = this.#closedFindings;
    const closedFindings: SweepPorts['closedFindings'] = {
      findClosed: () => stored.findClosed(),
      listSims: (from, until) => stored.listSims(from, until),
      readDays: (sim, from, until) => {
        read.push(sim);
        return stored.readDays(sim, from, until);
      },
    };
    await this.sweep(hours, { rules }, { closedFindings });
    return read;
  }
}

test('an alert about findings opens with its closed day, ends with the next sealed day without findings, and is withdrawn if the missing records arrive', async () => {
  onTestFinished(() => clearAlerts(tables));
  const fleet = new ClosedFleet(tables);
  const devices = makeDevices(8, '01');
  const [losing, little, healthy] = devices.map(({ sim }) => sim);
  await fleet.use(devices, () => [1, 25, 30, 49, 54, 73, 78]);
  await fleet.judge(24);
  await fleet.close('2026-11-10');
  await fleet.find(losing ?? '', '2026-11-10', 700, 300);
  await fleet.find(little ?? '', '2026-11-10', 999);
  expect(await fleet.judge(30)).toEqual(expect.arrayContaining([losing, little]));
  expect(fleet.takeTold()).toEqual(['SIM opened 0–']);

  // Findings are not read again within the hour.
  const due = await fleet.judge(30.01);
  expect([due, fleet.takeTold()]).toEqual([[], []]);
  await fleet.seal('2026-11-10');
  await fleet.close('2026-11-11');
  await fleet.judge(54);
  expect(fleet.takeTold()).toEqual([]);

  await fleet.seal('2026-11-11');
  await fleet.judge(55);
  expect(fleet.takeTold()).toEqual(['SIM closed 0–48']);

  // After a late record the day is read again, which a sweep notices within a day.
  await fleet.find(losing ?? '', '2026-11-10');
  await fleet.find(healthy ?? '', '2026-11-11', 5_000);
  await fleet.judge(79);
  expect(fleet.takeTold().sort()).toEqual(['SIM opened 24–', 'SIM withdrawn 0–48']);
  expect(fleet.failures).toEqual([]);
});
