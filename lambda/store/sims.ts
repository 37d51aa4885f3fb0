import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Change } from '../ledger/fold.ts';
import type { Sim } from '../ledger/observation.ts';
import { compareGroups } from '../ledger/register.ts';
import { mergeSims, sameSim } from '../ledger/sim.ts';
import { toMilliseconds } from '../ledger/time.ts';
import { tryReadItems } from './batch-get.ts';
import { forEachConcurrently, maxRequests } from './concurrency.ts';
import { writeSimUpdate } from './expressions.ts';
import { decodeSim, encodeSimItem, type Item } from './items.ts';
import { KnownSims } from './known-sims.ts';
import { joinStored, type RegisterTable, type Settle, writeRegisters } from './registers.ts';
import type { Outcome, Report } from './report.ts';
import { originCodec, possibleAttributes, simSchema } from './schema.ts';
import type { StatementQueue } from './statements.ts';
import { simsTable } from './tables.ts';

/**
 * Writes SIMs.
 *
 * An event changes its SIM and is written like a session. Usage and session updates say, all day long, what the SIM's
 * item holds already: these are compared with what this process has seen stored, or with what is read, a hundred at
 * once, and written only where they add something.
 */
export class SimWriter {
  readonly #table: RegisterTable<Sim>;
  readonly #known = new KnownSims();

  constructor(client: DynamoDBClient, tableName: string, statements: StatementQueue) {
    this.#table = {
      client,
      tableName,
      makeKey: ({ sim }) => ({ [simsTable.partitionKey]: { S: sim } }),
      attributes: possibleAttributes.sims,
      update: writeSimUpdate,
      statements,
      encode: encodeSimItem,
      decode: decodeSim,
      merge: mergeSims,
      isSame: sameSim,
    };
  }

  async write(changes: readonly Change<Sim>[], report: Report): Promise<void> {
    const events = changes.filter((change) => change.state.groups.lastEvent !== undefined);
    const reminders = changes.filter(
      ({ state }) => state.groups.lastEvent === undefined && !this.#known.contains(state),
    );
    const settle: Settle<Sim> = (change, write) => this.#settle(change, write, report);
    await Promise.all([
      // Few SIMs are new.
      writeRegisters(this.#table, events, () => false, settle),
      this.#writeReminders(reminders, settle),
    ]);
  }

  async #writeReminders(changes: readonly Change<Sim>[], settle: Settle<Sim>): Promise<void> {
    const { client, tableName, makeKey } = this.#table;
    const keys = changes.map(({ state }) => makeKey(state));
    const { items, unread } = await tryReadItems(client, tableName, keys, { consistent: false });
    const stored = new Map(items.map((item) => [nameSim(item), item]));
    const unreadSims = new Set(unread.map(nameSim));
    const known = changes.filter(({ state }) => stored.has(state.sim));
    const unknown = changes.filter(({ state }) => !stored.has(state.sim));
    await Promise.all([
      // Those that could not be read are most probably stored, as most SIMs are.
      writeRegisters(this.#table, unknown, ({ sim }) => !unreadSims.has(sim), settle),
      forEachConcurrently(known, maxRequests, (change) =>
        settle(change, () => this.#join(change.state, stored.get(change.state.sim))),
      ),
    ]);
  }

  async #join(state: Sim, stored: Item | undefined): Promise<Outcome> {
    if (stored !== undefined && containsSim(stored, state)) return 'unchanged';
    return joinStored(this.#table, state, stored);
  }

  /** A SIM's item that stays as it is says nothing about whether a record repeats, so only failures are reported. */
  async #settle(change: Change<Sim>, write: () => Promise<Outcome>, report: Report): Promise<void> {
    try {
      await write();
      if (change.state.groups.lastEvent === undefined) this.#known.remember(change.state);
    } catch (error) {
      report.noteFailure(change, error);
    }
  }
}

/**
 * Whether a SIM's item says all that a record states, so that joining would leave it as it is. Most items that are read
 * do, and this looks only at what the record states: it takes a tenth of the CPU of joining.
 */
export function containsSim(item: Item, { origin, groups }: Sim): boolean {
  const updated = item['lastUpdated']?.S ?? '';
  if (updated < origin.at) return false;
  if (updated === origin.at && compareGroups(originCodec.decode(item), origin.group) < 0) return false;
  for (const { name, stamp, decode } of simSchema) {
    const stated = groups[name];
    if (stated === undefined) continue;
    const stored = item[stamp]?.N;
    const at = toMilliseconds(stated.at);
    if (stored === undefined || Number(stored) < at) return false;
    if (Number(stored) === at && compareGroups(decode(item), stated.group) < 0) return false;
  }
  return true;
}

/** The SIM that an item or a key is of. */
function nameSim(item: Item): string {
  return item[simsTable.partitionKey]?.S ?? '';
}
