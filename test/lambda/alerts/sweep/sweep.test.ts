import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { AlertOutbox } from '../../../../lambda/alerts/delivery/outbox.ts';
import type { AlertTransition } from '../../../../lambda/alerts/delivery/transition.ts';
import { identifyMute } from '../../../../lambda/alerts/mutes.ts';
import type { Rule } from '../../../../lambda/alerts/rules.ts';
import { AlertState } from '../../../../lambda/alerts/sweep/alert-state.ts';
import { sweep } from '../../../../lambda/alerts/sweep/sweep.ts';
import type { SweepPorts, SweepReport, SweepRun } from '../../../../lambda/alerts/sweep/sweep-run.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { Fold } from '../../../../lambda/ledger/fold.ts';
import { minGranuleMilliseconds } from '../../../../lambda/ledger/heard.ts';
import { formatTime } from '../../../../lambda/ledger/time.ts';
import { EpisodesTable } from '../../../../lambda/store/episodes.ts';
import { LateRecordNotes } from '../../../../lambda/store/late-records.ts';
import { MutesTable } from '../../../../lambda/store/mutes.ts';
import { LedgerReader } from '../../../../lambda/store/reader.ts';
import { alertOutboxTable, alertStateTable, alertsTable } from '../../../../lambda/store/tables.ts';
import { carrierEvent, usageRecord } from '../../../records/datastreamer.ts';
import { ledgerTablesOf } from '../../store/running-tables.ts';
import { anyRule } from '../arbitraries.ts';
import { type FleetTables, makeMemoryTables } from './swept-fleet.ts';

/** Sweeps of a stored ledger, with SIMs whose records are from minutes before a given time. */

let tables: FleetTables;

beforeEach(() => {
  tables = makeMemoryTables();
});

const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse('2026-11-10T00:00:00.000Z');

const silent: Rule = { ...anyRule, name: 'silent', kind: 'silent', missing: 'everything', after: 24 * hour };
const loop: Rule = { ...anyRule, name: 'loop', kind: 'attach-loop', count: 5, within: hour };

let simNumber = 0;

/** One SIM, by default of a separate source, its records, and the messages of sweeps about it. */
class SweptSim {
  readonly source: string;
  readonly sim: string;
  readonly outbox = new AlertOutbox(tables.client, alertOutboxTable.name);
  readonly told: AlertTransition[] = [];
  readonly failures: unknown[] = [];
  #records = 0;

  constructor(source = `source-${randomUUID().slice(0, 8)}`) {
    this.source = source;
    simNumber += 1;
    this.sim = `89882806660${String(simNumber).padStart(8, '0')}`;
  }

  /** Ingests usage with bytes from the device, at hours from the start. */
  use(...hours: number[]): Promise<void> {
    return this.#take(
      hours.map((at) => ({
        ...usageRecord,
        id: this.#number(),
        sim: { id: 1, iccid: this.sim },
        start_timestamp: formatTime(start + at * hour - minute),
        end_timestamp: formatTime(start + at * hour),
        volume: { tx: 0.01, rx: 0, total: 0.01 },
      })),
    );
  }

  /** Ingests location updates, at hours from the start. */
  attach(...hours: number[]): Promise<void> {
    return this.#take(
      hours.map((at) =>
        carrierEvent(1, {
          id: this.#number(),
          timestamp: formatTime(start + at * hour),
          sim: { id: 1, iccid: this.sim },
        }),
      ),
    );
  }

  async sweep(
    hours: number,
    others: Partial<SweepRun> = {},
    sealedUsage?: SweepPorts['sealedUsage'],
  ): Promise<SweepReport> {
    const now = start + hours * hour;
    const run: SweepRun = {
      rules: [silent, loop].map((rule) => ({ ...rule, match: { ...rule.match, sources: [this.source] } })),
      groupWait: 0,
      sources: [{ name: this.source, lateness: hour / 2 }],
      now,
      isWhole: false,
      ...others,
    };
    return sweep(run, {
      reader: new LedgerReader({ ...ledgerTablesOf(tables.client), files: 'Files' }),
      episodes: new EpisodesTable(tables.client, alertsTable.name),
      state: new AlertState(tables.client, alertStateTable.name),
      mutes: new MutesTable(tables.client, alertStateTable.name),
      late: new LateRecordNotes(tables.client, alertStateTable.name),
      outbox: this.outbox,
      sealedUsage,
      receivers: [{ name: this.source, minimumSeverity: 'info', rules: undefined }],
      readMark: async () => ({ at: now, holds: [] }),
      onMessage: (transition) => this.told.push(transition),
      onFailure: (error) => this.failures.push(error),
    });
  }

  /** The messages since the last call: `silent opened 10–`, in hours from the start. */
  takeTold(): string[] {
    const inHours = (time: string): number => (Date.parse(time) - start) / hour;
    return this.told.splice(0).map(({ rule, kind, from, to, subject }) => {
      if (subject.kind === 'source') return `${rule.name} ${kind} ${subject.cause} ${subject.members.total}`;
      return `${rule.name} ${kind} ${inHours(from)}–${to === undefined ? '' : inHours(to)}`;
    });
  }

  #number(): number {
    this.#records += 1;
    return simNumber * 1_000 + this.#records;
  }

  async #take(records: readonly object[]): Promise<void> {
    const source = {
      name: this.source,
      carrier: '1nce',
      bytesPerMegabyte: 1_000_000,
      granuleMilliseconds: minGranuleMilliseconds,
    } as const;
    const fold = new Fold();
    for (const [index, record] of records.entries()) {
      const reading = interpret(record, { source, arrivedAt: start + 30 * hour });
      if (reading.kind !== 'observed') throw new Error(JSON.stringify(reading));
      fold.add(index, reading);
    }
    await tables.newWriter().write(fold.listChanges(), { readBeforeWrite: false });
  }
}

describe('a sweep', () => {
  test('opens a silence when its time is over, puts it into the outbox, and closes it with the next record', async () => {
    const device = new SweptSim();
    await device.use(0, 1);
    await device.sweep(24.9);
    expect(device.takeTold()).toEqual([]);
    await device.sweep(25);
    expect(device.takeTold()).toEqual(['silent opened 1–']);
    await device.sweep(26);
    await device.use(27);
    await device.sweep(27.1);
    expect(device.takeTold()).toEqual(['silent closed 1–27']);
    expect(await device.outbox.listDue(device.source, start + 30 * hour, 10)).toHaveLength(1);
    expect(device.failures).toEqual([]);
  });

  test('finds a loop from the events since the last sweep, and sends one incident', async () => {
    const device = new SweptSim();
    await device.use(0);
    await device.sweep(1);
    await device.attach(1.1, 1.2, 1.3, 1.4, 1.5);
    await device.sweep(1.6);
    await device.sweep(1.7);
    await device.sweep(4);
    const episodes = new Set(device.told.map(({ episode }) => episode));
    expect(device.takeTold()).toEqual(['loop opened 1.1–', 'loop closed 1.1–2.1']);
    expect(episodes.size).toBe(1);
  });

  test('finds records that came later than the lateness within a day', async () => {
    const device = new SweptSim();
    await device.use(0, 9);
    await device.sweep(10);
    await device.attach(5.1, 5.2, 5.3, 5.4, 5.5);
    await device.use(15);
    await device.sweep(16);
    for (let hours = 17; hours <= 34; hours += 1) await device.sweep(hours);
    expect(device.takeTold()).toEqual(['loop opened 5.1–', 'loop closed 5.1–6.1']);
  });

  test('ends episodes of a removed rule, with the reason', async () => {
    const device = new SweptSim();
    await device.use(0);
    await device.sweep(25);
    await device.sweep(26, { rules: [] });
    expect(device.takeTold()).toEqual([
      'silent opened 0–',
      'silent rule-changed 0–',
      // No remaining rule reports the only SIM of a source without records.
      'source opened carrier-or-devices 0',
    ]);
  });

  test('sends nothing while a mute is in force, and what is still open at its end', async () => {
    const device = new SweptSim();
    await device.use(0);
    const scope = { rule: undefined, sim: undefined, source: device.source };
    await new MutesTable(tables.client, alertStateTable.name).put({
      ...scope,
      id: identifyMute(scope),
      until: formatTime(start + 30 * hour),
      reason: undefined,
      createdAt: formatTime(start),
    });
    await device.sweep(25);
    await device.sweep(29);
    expect(device.takeTold()).toEqual([]);
    await device.sweep(30);
    expect(device.takeTold()).toEqual(['silent opened 0–']);
  });

  test('pages for no SIM of a source that is behind, and pages once it has caught up', async () => {
    const fleet = new SweptSim();
    const others = Array.from({ length: 5 }, () => new SweptSim(fleet.source));
    await Promise.all([fleet, ...others].map((device) => device.use(0)));
    await fleet.sweep(26);
    expect(fleet.takeTold()).toEqual(['source opened carrier-late 0']);
    await Promise.all(others.map((device) => device.use(20, 26)));
    await fleet.sweep(26.1);
    expect(fleet.takeTold()).toEqual(['silent opened 0–']);
    await fleet.sweep(26.3);
    expect(fleet.takeTold()).toEqual(['source closed carrier-late 0']);
  });

  test('knows exactly how far a carrier with few SIMs has delivered', async () => {
    const fleet = new SweptSim();
    const others = [new SweptSim(fleet.source), new SweptSim(fleet.source)];
    await fleet.use(0, 3, 5);
    for (const [index, other] of others.entries()) await other.use(0, 6 + index);
    const { sources } = await fleet.sweep(8);
    expect(sources.find(({ name }) => name === fleet.source)?.delivered).toBe(start + 5 * hour);
  });

  test('reads no records of SIMs without changes', async () => {
    const device = new SweptSim();
    await device.use(0, 10);
    await device.sweep(11);
    const moments: number[] = [];
    for (let hours = 12; hours < 16; hours += 1) moments.push((await device.sweep(hours)).judged);
    // Each SIM is judged once a day anyway.
    expect(moments.reduce((sum, judged) => sum + judged, 0)).toBeLessThanOrEqual(1);
  });
});

describe('a rule about the usage of a month', () => {
  const month: Rule = {
    ...anyRule,
    ...{ name: 'month', kind: 'usage', compare: 'more', bytes: 25_000, per: 'month', firstDay: 1 },
  };
  const day = 24 * hour;
  const monthBegin = (Date.parse('2026-11-01') - start) / hour;
  const nextMonth = (Date.parse('2026-12-01') - start) / hour;

  /** The messages about the month. For a source with one device, there are also messages about silence. */
  const takeMonth = (device: SweptSim): string[] =>
    device.takeTold().filter((text) => text.startsWith('month'));

  test('is judged once a day, from records if no day is sealed', async () => {
    const device = new SweptSim();
    await device.use(-47, -23, 1);
    for (const at of [12, 23]) await device.sweep(at, { rules: [month] });
    expect(takeMonth(device)).toEqual([]);
    await device.sweep(47, { rules: [month] });
    expect(takeMonth(device)).toEqual([`month opened ${monthBegin}–`]);
    await device.sweep(nextMonth, { rules: [month] });
    expect(takeMonth(device)).toEqual([`month closed ${monthBegin}–${nextMonth}`]);
    expect(device.failures).toEqual([]);
  });

  test('uses SIM-days for sealed days, even if their records have expired', async () => {
    const device = new SweptSim();
    await device.use(1);
    const asked: unknown[] = [];
    const sealedUsage = {
      findSealed: async () => ({ since: 0, until: start }),
      readDays: async (...given: unknown[]) => {
        asked.push(given);
        return [start - 2 * day, start - day].map((from) => ({ from, bytes: 10_000n }));
      },
    };
    for (const at of [12, 23]) await device.sweep(at, { rules: [month] }, sealedUsage);
    await device.sweep(47, { rules: [month], retention: 14 * day }, sealedUsage);
    expect(takeMonth(device)).toEqual([`month opened ${monthBegin}–`]);
    // Nothing is withdrawn when other records expire, or those of unsealed days, as when events are kept for a day.
    for (const at of [71, 95]) await device.sweep(at, { rules: [month], retention: 14 * day }, sealedUsage);
    await device.sweep(119, { rules: [month], retention: day }, sealedUsage);
    expect([takeMonth(device), device.failures]).toEqual([[], []]);
    for (const [sim, from, until] of asked as [string, number, number][]) {
      expect([sim, until, from % day]).toEqual([device.sim, start, 0]);
      expect(from).toBeLessThanOrEqual(Date.parse('2026-11-01'));
    }
  });

  test('uses records for days before the first sealed one', async () => {
    const device = new SweptSim();
    await device.use(-47, -35, 1);
    const sealedUsage = {
      findSealed: async () => ({ since: start - day, until: start }),
      readDays: async () => [{ from: start - day, bytes: 1n }],
    };
    for (const at of [12, 23, 47]) await device.sweep(at, { rules: [month] }, sealedUsage);
    expect([takeMonth(device), device.failures]).toEqual([[`month opened ${monthBegin}–`], []]);
  });
});

test('a rule about the usage of days is judged once a day is over', async () => {
  const device = new SweptSim();
  const rules: Rule[] = [
    { ...anyRule, name: 'day', kind: 'usage', compare: 'more', bytes: 15_000, per: 'day', firstDay: 1 },
  ];
  await device.use(1, 2, 20);
  await device.sweep(12, { rules });
  const judged: number[] = [];
  for (const at of [13, 14, 23.9, 24.1, 25]) judged.push((await device.sweep(at, { rules })).judged);
  expect(judged[3]).toBe(1);
  // Each SIM is judged once in 24 hours anyway.
  expect(judged.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(2);
  expect(device.takeTold().filter((text) => text.startsWith('day'))).toEqual([
    'day opened 0–',
    'day closed 0–24',
  ]);
});
