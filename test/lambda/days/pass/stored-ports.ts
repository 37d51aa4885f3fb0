import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Day, TimeSpan } from '../../../../lambda/days/day.ts';
import type { DayPorts } from '../../../../lambda/days/pass/ports.ts';
import type { SimItems } from '../../../../lambda/days/rows.ts';
import type { SimPeriod } from '../../../../lambda/days/sim-days.ts';
import type { Change } from '../../../../lambda/ledger/fold.ts';
import { DayMarkers } from '../../../../lambda/store/day-markers.ts';
import { DayRecordReader } from '../../../../lambda/store/day-records.ts';
import type { Item } from '../../../../lambda/store/items.ts';
import { SessionNoteStore } from '../../../../lambda/store/session-notes.ts';
import { SimDayStore } from '../../../../lambda/store/sim-days.ts';
import { LedgerWriter } from '../../../../lambda/store/writer.ts';
import { simAt } from '../../store/observations.ts';
import { ledgerTablesOf } from '../../store/running-tables.ts';
import { MemoryPorts } from './memory-ports.ts';

/** A range that contains all records of the properties. */
const allTimes: TimeSpan = { from: '2026-10-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };

const tableNames = { sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims' };

/** The ports over DynamoDB's tables, with lake and queue in memory. */
export class StoredPorts extends MemoryPorts {
  readonly #client: DynamoDBClient;
  readonly #writer: LedgerWriter;
  readonly #store: SimDayStore;
  readonly #markers: DayMarkers;
  override readonly tables: DayPorts['tables'];
  override readonly notes: DayPorts['notes'];
  override readonly simDays: SimDayStore;
  override readonly markers: DayPorts['markers'];

  constructor(client: DynamoDBClient) {
    super();
    this.#client = client;
    this.#writer = new LedgerWriter(ledgerTablesOf(client));
    this.#store = new SimDayStore(client, 'SimDays');
    this.#markers = new DayMarkers(client, 'DayMarkers');
    // Few scans for few SIMs, as most requests would be scans without results.
    const records = new DayRecordReader({
      ...{ client, ...tableNames, dayState: 'DayState', usageDays: 0, segments: 2 },
    });
    this.tables = Object.assign(records, { mayLackUsage: (day: Day) => this.wasRead(day) });
    this.notes = new SessionNoteStore(client, 'SessionDays');
    this.simDays = this.#store;
    this.markers = this.#markers;
  }

  override async deliver(sim: string, { usage, events, sessions }: SimItems): Promise<void> {
    this.sims.add(sim);
    const [first] = [...usage.map(({ start }) => start), ...events.map(({ time }) => time), '2026-11-01'];
    // An account has no item in Sims, so one of its SIMs names it.
    const [, source, accountId] = sim.split(':');
    const ids = { simSid: undefined, simId: undefined, fleetSid: undefined, accountId };
    const known = accountId === undefined ? simAt(first, sim) : simAt(first, `${sim} one`, { ids });
    const named =
      source === undefined
        ? known
        : { ...known, origin: { ...known.origin, group: { ...known.origin.group, source } } };
    const report = await this.#writer.write(
      {
        sessions: makeChanges(sessions),
        usage: makeChanges(usage),
        events: makeChanges(events.map((event) => ({ ...event, arrivedAt: 0 }))),
        sims: makeChanges([named]),
      },
      { readBeforeWrite: false },
    );
    for (const error of report.errors) throw error;
  }

  override async readStored(sim: string): Promise<SimItems> {
    const [records, sessions] = await Promise.all([
      this.tables.readRecords(sim, allTimes),
      this.tables.readSessions(sim, allTimes, []),
    ]);
    return { ...records, sessions };
  }

  override async remove(sim: string, { usage, events, sessions }: SimItems): Promise<void> {
    const keys: (readonly [table: string, sortKey: Item])[] = [
      ...usage.map(({ usageId }) => ['Usage', { usageId: { S: usageId } }] as const),
      ...events.map(({ eventKey }) => ['Events', { eventKey: { S: eventKey } }] as const),
      ...sessions.map(({ sessionId }) => ['Sessions', { sessionId: { S: sessionId } }] as const),
    ];
    const removals = keys.map(([TableName, sortKey]) =>
      this.#client.send(new DeleteItemCommand({ TableName, Key: { sim: { S: sim }, ...sortKey } })),
    );
    await Promise.all(removals);
  }

  override async findSimDay(day: Day, sim: string): Promise<SimPeriod | undefined> {
    const [found] = await this.#store.readDays(sim, day, day);
    if (found === undefined || found.asOf !== undefined) return undefined;
    const { leftOut: _, asOf: __, ...simDay } = found;
    return simDay;
  }

  override async listMarkedDays(): Promise<readonly Day[]> {
    return [...(await this.#markers.countByDay()).keys()];
  }
}

function makeChanges<State>(states: readonly State[]): Change<State>[] {
  return states.map((state) => ({ state, indexes: [0] }));
}
