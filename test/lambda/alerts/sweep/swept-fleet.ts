import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AlertOutbox } from '../../../../lambda/alerts/delivery/outbox.ts';
import type { AlertTransition } from '../../../../lambda/alerts/delivery/transition.ts';
import type { Rule } from '../../../../lambda/alerts/rules.ts';
import { AlertState } from '../../../../lambda/alerts/sweep/alert-state.ts';
import { sweep } from '../../../../lambda/alerts/sweep/sweep.ts';
import type { SweepPorts, SweepReport, SweepRun } from '../../../../lambda/alerts/sweep/sweep-run.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { Fold } from '../../../../lambda/ledger/fold.ts';
import { formatTime } from '../../../../lambda/ledger/time.ts';
import { EpisodesTable } from '../../../../lambda/store/episodes.ts';
import { LateRecordNotes } from '../../../../lambda/store/late-records.ts';
import { MutesTable } from '../../../../lambda/store/mutes.ts';
import { LedgerReader } from '../../../../lambda/store/reader.ts';
import { SimMarks } from '../../../../lambda/store/sim-marks.ts';
import {
  alertOutboxTable,
  alertStateTable,
  alertsTable,
  simsTable,
} from '../../../../lambda/store/tables.ts';
import { LedgerWriter } from '../../../../lambda/store/writer.ts';
import { asClient, type Command, MemoryDynamoDb } from '../../../property/memory-dynamodb.ts';
import { carrierEvent } from '../../../records/datastreamer.ts';
import { ledgerTablesOf, type RunningTables } from '../../store/running-tables.ts';
import { anyRule } from '../arbitraries.ts';

/** Sweeps of many SIMs of one source. Times are hours from {@link fleetStart}. */

const hour = 3_600_000;

export const fleetStart = Date.parse('2026-11-10T00:00:00.000Z');

/** A SIM's place, and its device. */
export interface Device {
  readonly sim: string;
  readonly mnc: string;
  readonly imei: string;
}

/** Milliseconds that are too few to judge another SIM, but enough to report the judged ones. */
const enoughToTell = 60_000;

let deviceNumber = 0;

/** Makes devices of a network, each with a different model unless one is given. */
export function makeDevices(count: number, mnc: string, model?: string): Device[] {
  return Array.from({ length: count }, () => {
    deviceNumber += 1;
    const number = String(deviceNumber);
    const imei = `${model ?? number.padStart(8, '35000000')}${number.padStart(6, '0')}00`;
    return { sim: `89882806661${number.padStart(8, '0')}`, mnc, imei };
  });
}

/** Where the fleet is stored: in an engine, or in memory. */
export type FleetTables = Pick<RunningTables, 'client' | 'items' | 'newWriter'>;

/** Empty tables in memory, with pages as large as those of the HTTP engine for such items. */
export function makeMemoryTables(): FleetTables {
  const memory = new MemoryDynamoDb(undefined, 1_000);
  const client = asClient(memory);
  return {
    client,
    newWriter: () => new LedgerWriter(ledgerTablesOf(client)),
    items: async (table) => memory.items(table),
  };
}

/** A client of a process that crashes after a number of requests. */
export class DyingClient {
  readonly client: DynamoDBClient;
  #left = 0;

  constructor({ client }: FleetTables) {
    this.client = asClient({
      send: (command: Command) => {
        this.#left -= 1;
        return this.#left < 0
          ? Promise.reject(new Error('The process has died'))
          : client.send(command as never);
      },
    });
  }

  giveRequests(count: number): void {
    this.#left = count;
  }
}

/** A source, its devices, and the messages of sweeps about them. */
export class SweptFleet {
  readonly source: string;
  readonly rule: Rule;
  readonly told: AlertTransition[] = [];
  readonly failures: unknown[] = [];
  readonly #tables: FleetTables;
  #records = 0;

  constructor(tables: FleetTables, source = `source-${randomUUID().slice(0, 8)}`) {
    this.#tables = tables;
    this.source = source;
    this.rule = {
      ...anyRule,
      ...{ name: 'silent', kind: 'silent', missing: 'everything', after: 6 * hour },
      match: { sources: [source], fleets: [], names: [], countries: [] },
    };
  }

  /** Ingests a location update of each device at each of its times. */
  use(devices: readonly Device[], hours: (index: number) => readonly number[]): Promise<void> {
    return this.take(1, devices, hours);
  }

  /** Ingests an event of a type of each device at each of its times. */
  async take(
    eventType: number,
    devices: readonly Device[],
    hours: (index: number) => readonly number[],
  ): Promise<void> {
    const source = {
      name: this.source,
      carrier: '1nce',
      bytesPerMegabyte: 1_000_000,
      // As in a stack: half of the rule's time.
      granuleMilliseconds: 3 * hour,
    } as const;
    const fold = new Fold();
    for (const [index, { sim, mnc, imei }] of devices.entries()) {
      for (const at of hours(index)) {
        this.#records += 1;
        const record = carrierEvent(eventType, {
          id: deviceNumber * 1_000_000 + this.#records,
          timestamp: formatTime(fleetStart + at * hour),
          sim: { id: 1, iccid: sim },
          endpoint: { id: 1, imei },
          detail: { name: 'An operator', mnc, country: { id: 74, mcc: '262', name: 'Germany' } },
        });
        const reading = interpret(record, { source, arrivedAt: fleetStart + Math.max(60, at) * hour });
        if (reading.kind !== 'observed') throw new Error(JSON.stringify(reading));
        fold.add(this.#records, reading);
      }
    }
    await this.#tables.newWriter().write(fold.listChanges(), { readBeforeWrite: false });
  }

  sweep(
    hours: number,
    others: Partial<SweepRun> = {},
    {
      client = this.#tables.client,
      readAt = hours,
      isByFiles = false,
      timeFor = Number.POSITIVE_INFINITY,
      closedFindings,
    }: {
      readonly client?: DynamoDBClient;
      readonly readAt?: number;
      readonly isByFiles?: boolean;
      /** The number of SIMs that the sweep has time to judge. */
      readonly timeFor?: number;
      readonly closedFindings?: SweepPorts['closedFindings'];
    } = {},
  ): Promise<SweepReport> {
    let asked = 0;
    const run: SweepRun = {
      rules: [this.rule],
      groupWait: hour / 6,
      sources: [{ name: this.source, lateness: hour / 2 }],
      now: fleetStart + hours * hour,
      isWhole: false,
      ...others,
    };
    const ports: SweepPorts = {
      reader: new LedgerReader({ ...ledgerTablesOf(client), files: 'Files' }),
      marks: new SimMarks(client, simsTable.name),
      episodes: new EpisodesTable(client, alertsTable.name),
      state: new AlertState(client, alertStateTable.name),
      mutes: new MutesTable(client, alertStateTable.name),
      late: new LateRecordNotes(client, alertStateTable.name),
      outbox: new AlertOutbox(client, alertOutboxTable.name),
      receivers: [{ name: this.source, minimumSeverity: 'info', rules: undefined }],
      readMark: async () => ({
        at: fleetStart + readAt * hour,
        holds: [],
        ...(isByFiles && { isByFiles }),
      }),
      closedFindings,
      onMessage: (transition) => this.told.push(transition),
      onFailure: (error) => this.failures.push(error),
      measureTimeLeft: () => {
        asked += 1;
        return asked <= timeFor ? Number.POSITIVE_INFINITY : enoughToTell;
      },
    };
    return sweep(run, ports);
  }

  /** The messages since the last call, each once: `group opened network 262-01: 25`. */
  takeTold(): string[] {
    const inHours = (time: string): number => (Date.parse(time) - fleetStart) / hour;
    const texts = this.told.splice(0).map(({ kind, subject, from, to }) => {
      const times = `${inHours(from)}–${to === undefined ? '' : inHours(to)}`;
      if (subject.kind === 'sim') return `SIM ${kind} ${times}`;
      if (subject.kind === 'source') return `source ${kind} ${subject.cause}: ${subject.members.total}`;
      return `group ${kind} ${subject.by} ${subject.value} ${times}: ${subject.members.total}`;
    });
    return [...new Set(texts)];
  }

  /** The ids of the episodes in the outbox. */
  async listIncidents(): Promise<string[]> {
    const items = await this.#tables.items(alertOutboxTable.name);
    const entries = items
      .filter(({ receiver }) => receiver?.S === this.source)
      .map(({ entry }) => entry?.S ?? '');
    return [...new Set(entries.map((entry) => entry.split('#')[0] ?? ''))];
  }
}

/** Removes all SIMs, episodes and states, because sweeps read all of them. */
export async function clearAlerts(tables: FleetTables): Promise<void> {
  for (const { name, partitionKey, sortKey } of [
    alertsTable,
    alertStateTable,
    { ...simsTable, sortKey: undefined },
  ]) {
    for (const item of await tables.items(name)) {
      const keys = [partitionKey, sortKey].flatMap((key) => (key === undefined ? [] : [[key, item[key]]]));
      await tables.client.send(new DeleteItemCommand({ TableName: name, Key: Object.fromEntries(keys) }));
    }
  }
}
