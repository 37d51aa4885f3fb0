import type { Changes } from '../ledger/fold.ts';
import type { Session } from '../ledger/observation.ts';
import { mergeSessions, sameSession } from '../ledger/session.ts';
import { forEachConcurrently } from './concurrency.ts';
import { sessionUpdate } from './expressions.ts';
import { decodeSession, sessionItem } from './items.ts';
import type { LedgerTables, WriteOptions } from './ledger-tables.ts';
import { putAll } from './puts.ts';
import { type RegisterTable, writeRegister } from './registers.ts';
import { Report, type WriteReport } from './report.ts';
import { possibleAttributes } from './schema.ts';
import { SimWriter } from './sims.ts';
import { sessionsTable } from './tables.ts';

/** Requests of each kind under way at once. One request takes a few milliseconds, most of them waiting. */
const concurrency = 48;

/** Writes a batch's changes. One writer per process: it remembers which SIMs are known. */
export class LedgerWriter {
  readonly #tables: LedgerTables;
  readonly #sims: SimWriter;
  readonly #sessions: RegisterTable<Session>;

  constructor(tables: LedgerTables) {
    this.#tables = tables;
    this.#sims = new SimWriter(tables.client, tables.sims);
    this.#sessions = {
      client: tables.client,
      tableName: tables.sessions,
      makeKey: (session) => ({
        [sessionsTable.partitionKey]: { S: session.sim },
        [sessionsTable.sortKey]: { S: session.sessionId },
      }),
      attributes: possibleAttributes.sessions,
      update: sessionUpdate,
      encode: sessionItem,
      decode: decodeSession,
      merge: mergeSessions,
      same: sameSession,
    };
  }

  /** Writes all changes; never throws for what the store did not take, but reports it. */
  async write(changes: Changes, options: WriteOptions): Promise<WriteReport> {
    const report = new Report();
    await Promise.all([
      forEachConcurrently(changes.sessions, concurrency, (change) =>
        report.of(change, () => writeRegister(this.#sessions, change.state)),
      ),
      putAll(this.#tables, changes, options, concurrency, report),
      this.#sims.write(changes.sims, concurrency, report),
    ]);
    return report;
  }
}
