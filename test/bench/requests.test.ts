import { describe, expect, it } from 'vitest';
import { readDeployedFunction } from '../../bench/deployed.ts';
import { makeBatch, nameWorkload, type Workload } from '../../bench/workloads.ts';
import { readSources } from '../../lambda/aws/sources.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import { ingest } from '../../lambda/ingest/ingest.ts';
import type { WriteMode } from '../../lambda/store/ledger-tables.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { asClient, type Command, MemoryDynamoDb } from '../property/memory-dynamodb.ts';
import { unitsOf } from '../property/write-units.ts';

/** What 1,000 records of the benchmarks' workloads cost, counted: nothing may make it more without being seen. */

const sources = readSources(readDeployedFunction('kinesisConsumer').environment);

/** Requests by operation, and write units of the tables (not of their indexes). */
interface Cost {
  requests: Record<string, number>;
  units: number;
}

/** A ledger of one process that counts what it sends. */
class CountedLedger {
  readonly engine = new MemoryDynamoDb();
  #cost: Cost = { requests: {}, units: 0 };
  readonly #writer: LedgerWriter;

  constructor(writes: WriteMode) {
    this.#writer = new LedgerWriter({
      client: asClient({ send: (command) => this.#send(command) }),
      ...{ sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims' },
      ...{ eventRetentionDays: 90, usageRetentionDays: 0, writes },
    });
    this.engine.onWrite = ({ before, after }) => {
      this.#cost.units += Math.max(unitsOf(before), unitsOf(after));
    };
    this.engine.onRefusal = () => {
      this.#cost.units += 1;
    };
  }

  /** Delivers a round of a workload's records. @returns what it cost. */
  async deliver(workload: Workload, round: number): Promise<Cost> {
    this.#cost = { requests: {}, units: 0 };
    const { Records } = makeBatch(workload, round, 1_000);
    const ports = { writer: this.#writer, quarantine: { keep: async () => undefined }, fence: noDaysClosed };
    const { receipt } = await ingest(readEntries(Records, sources), ports, { readBeforeWrite: false });
    expect(receipt).toMatchObject({ received: 1_000, rejected: 0, failed: 0 });
    return this.#cost;
  }

  /** The SIMs' items, in the order of their keys. */
  sims(): string[] {
    return this.engine.items('Sims').map((item) => JSON.stringify(item));
  }

  contents(): string {
    return JSON.stringify(['Sessions', 'Usage', 'Events', 'Sims'].map((table) => this.engine.items(table)));
  }

  async #send(command: Command): Promise<object> {
    const operation = command.constructor.name.replace('Command', '');
    this.#cost.requests[operation] = (this.#cost.requests[operation] ?? 0) + 1;
    return this.engine.send(command);
  }
}

/**
 * SIMs of 1,000 records whose granule of 12 hours may end between two rounds. These are 15 minutes apart at most, or
 * longer for fewer SIMs: 21 on average.
 */
const maxMoved = 30;

/** The requests with those that move marks: 25 of them share one, or each has its own. */
function addMoved(requests: Readonly<Record<string, number>>, writes: WriteMode, moved: number) {
  const { BatchExecuteStatement = 0 } = requests;
  return writes === 'single'
    ? { ...requests, PutItem: moved }
    : { ...requests, BatchExecuteStatement: BatchExecuteStatement + Math.ceil(moved / 25) };
}

describe('1,000 records of known SIMs and sessions', () => {
  it.each([
    ['batched', { kind: 'session', perSession: 1 }, { BatchExecuteStatement: 40, BatchWriteItem: 40 }, 2_000],
    ['batched', { kind: 'session', perSession: 5 }, { BatchExecuteStatement: 8, BatchWriteItem: 40 }, 1_200],
    ['batched', { kind: 'session', perSession: 20 }, { BatchExecuteStatement: 2, BatchWriteItem: 40 }, 1_050],
    ['batched', { kind: 'usage', perSession: 1 }, { BatchWriteItem: 40 }, 1_000],
    ['single', { kind: 'session', perSession: 1 }, { UpdateItem: 1_000, BatchWriteItem: 40 }, 2_000],
    ['single', { kind: 'session', perSession: 5 }, { UpdateItem: 200, BatchWriteItem: 40 }, 1_200],
    ['single', { kind: 'session', perSession: 20 }, { UpdateItem: 50, BatchWriteItem: 40 }, 1_050],
    ['single', { kind: 'usage', perSession: 1 }, { BatchWriteItem: 40 }, 1_000],
  ] satisfies [WriteMode, Workload, Record<string, number>, number][])(
    'by %s writes of %j take one request for 25 items or a session, one unit an item, marks aside, and the same again',
    async (writes, workload, requests, units) => {
      const ledger = new CountedLedger(writes);
      await ledger.deliver(workload, 0);
      const known = ledger.sims();
      const cost = await ledger.deliver(workload, 1);
      // Each SIM whose granule has ended since has its marks moved: by a write, after one read for a hundred SIMs.
      const moved = ledger.sims().filter((sim, index) => sim !== known[index]).length;
      const reads = Math.ceil(moved / 100);
      expect([nameWorkload(workload), cost]).toEqual([
        nameWorkload(workload),
        { requests: { ...addMoved(requests, writes, moved), BatchGetItem: reads }, units: units + moved },
      ]);
      expect(moved).toBeGreaterThan(0);
      expect(moved).toBeLessThanOrEqual(maxMoved);
      const before = ledger.contents();
      expect(await ledger.deliver(workload, 1)).toEqual({ requests, units });
      expect(ledger.contents()).toBe(before);
    },
  );
});
