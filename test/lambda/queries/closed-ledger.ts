import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Day } from '../../../lambda/days/day.ts';
import { LakeReader } from '../../../lambda/days/lake-reader.ts';
import { runBucket } from '../../../lambda/days/pass/bucket.ts';
import { beginPartialPass, runPartialBucket } from '../../../lambda/days/pass/partial-pass.ts';
import { beginRound, planDay } from '../../../lambda/days/pass/plan.ts';
import type { DayPorts } from '../../../lambda/days/pass/ports.ts';
import type { Sim, Usage } from '../../../lambda/ledger/observation.ts';
import { DayRecordReader } from '../../../lambda/store/day-records.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { SimDayStore } from '../../../lambda/store/sim-days.ts';
import { StoredDays } from '../../../lambda/store/stored-days.ts';
import { simDaysTable } from '../../../lambda/store/tables.ts';
import { MemoryPorts } from '../days/pass/memory-ports.ts';
import { changesOf } from '../store/observations.ts';
import { ledgerTablesOf, type RunningTables } from '../store/running-tables.ts';

/** The tables of an engine. */
type ClosedTables = Pick<RunningTables, 'client' | 'newWriter'>;

/** A ledger with closed days: tables in an engine, the lake in memory. */
export class ClosedLedger {
  readonly #tables: ClosedTables;
  readonly #memory = new MemoryPorts();
  readonly ports: DayPorts;
  /** As of a time, in milliseconds since the epoch. */
  readonly days: StoredDays;
  readonly reader: LedgerReader;

  constructor(tables: ClosedTables, now: () => number) {
    this.#tables = tables;
    const names = { ...ledgerTablesOf(tables.client), files: 'Files', dayState: 'DayState' };
    const simDays = new SimDayStore(tables.client, simDaysTable.name);
    const memory = this.#memory;
    this.ports = {
      ...{ tables: new DayRecordReader({ ...names, usageDays: 0 }), simDays },
      ...{
        findings: memory.findings,
        notes: memory.notes,
        markers: memory.markers,
        lake: memory.lake,
        jobs: memory.jobs,
      },
    };
    this.days = new StoredDays(simDays, new LakeReader(memory.lake), now);
    this.reader = new LedgerReader({ ...names, archive: this.days });
  }

  async write(usage: readonly Usage[], sims: readonly Sim[] = []): Promise<void> {
    await this.#tables.newWriter().write(changesOf({ usage, sims }), { readBeforeWrite: false });
  }

  /** Reads and seals days. */
  async close(days: readonly Day[]): Promise<void> {
    for (const day of days) {
      const now = Date.parse('2026-11-20T00:00:00.000Z');
      const planned = await planDay(day, this.ports, { closedThrough: day, now, simsPerBucket: 2 });
      if (planned === undefined) throw new Error(`${day} is closed already`);
      await beginRound(day, planned.round, this.ports);
      const { queue } = this.#memory;
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        await runBucket(job, this.ports, { now });
      }
    }
  }

  /** Makes a partial pass of a day, whatever the number of SIMs. */
  async passPartly(day: Day, asOf: string): Promise<void> {
    const { client } = this.#tables;
    const { partialQueue: queue, lake, partial } = this.#memory;
    const ports = {
      tables: new DayRecordReader(
        { ...ledgerTablesOf(client), dayState: 'DayState', usageDays: 0 },
        { consistent: false },
      ),
      simDays: new SimDayStore(client, simDaysTable.name),
      ...{ lake, jobs: partial.jobs, maxLiveSims: 0 },
    };
    const options = { closedThrough: '2026-10-31', simsPerBucket: 2 };
    await beginPartialPass({ day, asOf: Date.parse(asOf) }, ports, options);
    for (let job = queue.shift(); job !== undefined; job = queue.shift())
      await runPartialBucket(job, ports, options.closedThrough);
  }

  /** Deletes usage from its table, as its expiry does. */
  async expire(usage: readonly Usage[]): Promise<void> {
    for (const { sim, usageId } of usage) {
      await this.#tables.client.send(
        new DeleteItemCommand({ TableName: 'Usage', Key: { sim: { S: sim }, usageId: { S: usageId } } }),
      );
    }
  }
}
