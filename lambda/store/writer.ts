import type { Changes } from '../ledger/fold.ts';
import type { Session } from '../ledger/observation.ts';
import { mergeSessions, sameSession } from '../ledger/session.ts';
import { writeSessionUpdate } from './expressions.ts';
import { decodeSession, encodeSessionItem } from './items.ts';
import type { LedgerTables, WriteOptions } from './ledger-tables.ts';
import { putAll } from './puts.ts';
import { type RegisterTable, writeRegisters } from './registers.ts';
import { Report, type WriteReport } from './report.ts';
import { possibleAttributes } from './schema.ts';
import { SimWriter } from './sims.ts';
import { StatementQueue } from './statements.ts';
import { sessionsTable } from './tables.ts';

/** Writes a batch's changes. Use one writer per process, because it remembers which SIMs are known. */
export class LedgerWriter {
  readonly #tables: LedgerTables;
  readonly #statements: StatementQueue;
  readonly #sims: SimWriter;
  readonly #sessions: RegisterTable<Session>;

  constructor(tables: LedgerTables) {
    this.#tables = tables;
    this.#statements = new StatementQueue(
      tables.client,
      tables.writes === 'batched',
      tables.onSingleWrites ?? (() => undefined),
    );
    this.#sims = new SimWriter(tables.client, tables.sims, this.#statements);
    this.#sessions = {
      client: tables.client,
      tableName: tables.sessions,
      makeKey: (session) => ({
        [sessionsTable.partitionKey]: { S: session.sim },
        [sessionsTable.sortKey]: { S: session.sessionId },
      }),
      attributes: possibleAttributes.sessions,
      update: writeSessionUpdate,
      statements: this.#statements,
      encode: encodeSessionItem,
      decode: decodeSession,
      merge: mergeSessions,
      isSame: sameSession,
    };
  }

  /** Writes all changes. Never throws if DynamoDB refuses some of them; the report says which. */
  async write(changes: Changes, options: WriteOptions): Promise<WriteReport> {
    const report = new Report();
    await Promise.all([
      writeRegisters(this.#sessions, changes.sessions, beginsSession, (change, write) =>
        report.noteOutcome(change, write),
      ),
      putAll(this.#tables, this.#statements, changes, options, report),
      this.#sims.write(changes.sims, report),
    ]);
    return report;
  }
}

/** Whether everything known of a session was observed in the second in which it started. */
function beginsSession({ startStated, start, origin }: Session): boolean {
  return startStated && start.slice(0, secondLength) === origin.at.slice(0, secondLength);
}

/** The length of `2026-11-02T10:15:30`, a time cut to the second. */
const secondLength = 19;
