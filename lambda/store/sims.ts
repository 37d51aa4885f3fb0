import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Change } from '../ledger/fold.ts';
import type { Sim } from '../ledger/observation.ts';
import { compareGroups } from '../ledger/register.ts';
import { mergeSims, sameSim } from '../ledger/sim.ts';
import { toMilliseconds } from '../ledger/time.ts';
import { tryReadItems } from './batch-get.ts';
import { forEachConcurrently, maxRequests } from './concurrency.ts';
import { writeSimUpdate } from './expressions.ts';
import { readText } from './item-attributes.ts';
import { decodeSim, encodeSimItem, type Item } from './items.ts';
import { KnownSims } from './known-sims.ts';
import { mergeWithStored, type RegisterTable, type Settle, writeRegisters } from './registers.ts';
import type { Outcome, Report } from './report.ts';
import { originCodec, possibleAttributes, simSchema } from './schema.ts';
import type { StatementQueue } from './statements.ts';
import { simsTable } from './tables.ts';

/**
 * Writes SIMs.
 *
 * An event changes its SIM and is written like a session. Usage and session updates mostly repeat what the SIM's item
 * already contains. These are compared with what this process has seen stored, or with what it reads, 100 per request,
 * and are written only if they add something.
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
      // SIMs that could not be read are probably stored, as most SIMs are.
      writeRegisters(this.#table, unknown, ({ sim }) => !unreadSims.has(sim), settle),
      forEachConcurrently(known, maxRequests, (change) =>
        settle(change, () => this.#merge(change.state, stored.get(change.state.sim))),
      ),
    ]);
  }

  async #merge(state: Sim, stored: Item | undefined): Promise<Outcome> {
    if (stored !== undefined && containsSim(stored, state)) return 'unchanged';
    return mergeWithStored(this.#table, state, stored);
  }

  /** Whether a SIM's item changes does not tell whether a record is a repetition, so only failures are reported. */
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
 * Whether a SIM's item contains everything that a record states, so that a merge would not change it. This is true of
 * most items that are read. It compares only what the record states, which takes a tenth of the CPU of a merge.
 */
export function containsSim(item: Item, { origin, groups }: Sim): boolean {
  const updated = readText(item, 'lastUpdated');
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

/** The SIM of an item or a key. */
function nameSim(item: Item): string {
  return readText(item, simsTable.partitionKey);
}
