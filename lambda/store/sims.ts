import { hash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Change } from '../ledger/fold.ts';
import { markNames } from '../ledger/heard.ts';
import type { Marks, Sim } from '../ledger/observation.ts';
import { mergeSims, sameSim } from '../ledger/sim.ts';
import { readItems } from './batch-get.ts';
import { forEachConcurrently, maxRequests } from './concurrency.ts';
import { simUpdate } from './expressions.ts';
import { decodeSim, type Item, simItem } from './items.ts';
import { joinStored, type RegisterTable, type Settle, writeRegisters } from './registers.ts';
import type { Outcome, Report } from './report.ts';
import { originCodec, possibleAttributes, simSchema } from './schema.ts';
import type { StatementQueue } from './statements.ts';
import { simsTable } from './tables.ts';

/** SIMs whose last statement is remembered; less than 500 bytes each. */
const maxRemembered = 100_000;

/**
 * Writes SIMs.
 *
 * An event changes its SIM and is written like a session. Usage and session updates say, all day long, what the SIM's
 * item holds already: these are compared with what this process has seen stored, or with what is read, a hundred at
 * once, and written only where they add something.
 */
export class SimWriter {
  readonly #table: RegisterTable<Sim>;
  /** For each SIM what its stored item is known to contain. Stored items only grow, so it stays true. */
  readonly #contained = new Map<string, Contained>();

  constructor(client: DynamoDBClient, tableName: string, statements: StatementQueue) {
    this.#table = {
      client,
      tableName,
      makeKey: ({ sim }) => ({ [simsTable.partitionKey]: { S: sim } }),
      attributes: possibleAttributes.sims,
      update: simUpdate,
      statements,
      encode: simItem,
      decode: decodeSim,
      merge: mergeSims,
      same: sameSim,
    };
  }

  async write(changes: readonly Change<Sim>[], report: Report): Promise<void> {
    const events = changes.filter((change) => change.state.groups.lastEvent !== undefined);
    const reminders = changes.filter(
      ({ state }) => state.groups.lastEvent === undefined && !contains(this.#contained.get(state.sim), state),
    );
    const settle: Settle<Sim> = (change, write) => this.#settle(change, write, report);
    await Promise.all([
      // Few SIMs are new.
      writeRegisters(this.#table, events, () => false, settle),
      this.#writeReminders(reminders, settle, report),
    ]);
  }

  async #writeReminders(changes: readonly Change<Sim>[], settle: Settle<Sim>, report: Report): Promise<void> {
    if (changes.length === 0) return;
    const stored = new Map<string, Item>();
    try {
      const keys = changes.map(({ state }) => this.#table.makeKey(state));
      const items = await readItems(this.#table.client, this.#table.tableName, keys, { consistent: false });
      for (const item of items) stored.set(item[simsTable.partitionKey]?.S ?? '', item);
    } catch (error) {
      for (const change of changes) report.failure(change, error);
      return;
    }
    const known = changes.filter(({ state }) => stored.has(state.sim));
    const unknown = changes.filter(({ state }) => !stored.has(state.sim));
    await Promise.all([
      writeRegisters(this.#table, unknown, () => true, settle),
      forEachConcurrently(known, maxRequests, (change) =>
        settle(change, () => joinStored(this.#table, change.state, stored.get(change.state.sim))),
      ),
    ]);
  }

  /** A SIM's item that stays as it is says nothing about whether a record repeats, so only failures are reported. */
  async #settle(change: Change<Sim>, write: () => Promise<Outcome>, report: Report): Promise<void> {
    try {
      await write();
      this.#remember(change.state);
    } catch (error) {
      report.failure(change, error);
    }
  }

  #remember(sim: Sim): void {
    if (sim.groups.lastEvent !== undefined) return;
    const { signalled, bytes, session } = sim.groups;
    const known = this.#contained.get(sim.sim);
    this.#contained.delete(sim.sim);
    this.#contained.set(sim.sim, {
      content: encodeContent(sim),
      signalled: latest(signalled?.at, known?.signalled),
      bytes: latest(bytes?.at, known?.bytes),
      session: latest(session?.at, known?.session),
    });
    if (this.#contained.size <= maxRemembered) return;
    const oldest = this.#contained.keys().next();
    if (oldest.done !== true) this.#contained.delete(oldest.value);
  }
}

/** What a SIM's stored item is known to contain: a reminder, and marks at least as late as these, '' where none. */
interface Contained extends Readonly<Record<keyof Marks, string>> {
  readonly content: string;
}

function latest(a = '', b = ''): string {
  return a > b ? a : b;
}

/** Whether a stored item is known to contain all that a reminder states. */
function contains(contained: Contained | undefined, sim: Sim): boolean {
  return (
    contained?.content === encodeContent(sim) &&
    markNames.every((name) => (sim.groups[name]?.at ?? '') <= contained[name])
  );
}

const reminderSchema = simSchema.filter(({ name }) => !markNames.some((mark) => mark === name));

/**
 * All that a reminder states but its marks, as a digest: the text takes 1,000 bytes more, with the pieces that V8 keeps of
 * it. Mostly it states all of it at one time.
 */
function encodeContent({ origin, groups }: Sim): string {
  let content = `${origin.at}|${originCodec.print(origin.group)}`;
  for (const { name, print } of reminderSchema) {
    const stated = groups[name];
    if (stated === undefined) continue;
    content += `|${name}${stated.at === origin.at ? '' : stated.at}|${print(stated.group)}`;
  }
  return hash('sha256', content, 'base64');
}
