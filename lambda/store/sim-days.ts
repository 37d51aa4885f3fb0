import { isDeepStrictEqual } from 'node:util';
import { type DynamoDBClient, PutItemCommand, type PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { Day } from '../days/day.ts';
import type { PartialSimDays, SimDays } from '../days/pass/ports.ts';
import { isActive, type Period, type SimPeriod, sumBytes } from '../days/sim-days.ts';
import { mapConcurrently } from './concurrency.ts';
import { holdsCondition } from './conditions.ts';
import type { Item } from './items.ts';
import { queryAll } from './query-pages.ts';
import { decodeSimPeriod, encodePartialDay, encodeSimPeriod, type StoredSimPeriod } from './sim-day-items.ts';
import { simDaysTable } from './tables.ts';

/** How many SIMs' days are stored concurrently. */
const concurrentSims = 16;

/** Stores SIM-days. Those of partial passes have no revision. */
export class SimDayStore implements SimDays, PartialSimDays {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async put(days: readonly SimPeriod[], revision: number): Promise<void> {
    await mapConcurrently(days, concurrentSims, async (day) => {
      await this.#putIf(encodeSimPeriod(day, revision), {
        ConditionExpression: 'attribute_not_exists(revision) OR revision < :revision',
        ExpressionAttributeValues: { ':revision': { N: String(revision) } },
      });
    });
  }

  async putPartial(days: readonly SimPeriod[], asOf: string): Promise<void> {
    await mapConcurrently(days, concurrentSims, (day) =>
      this.#putIf(encodePartialDay(day, asOf), {
        ConditionExpression:
          'attribute_not_exists(revision) AND (attribute_not_exists(asOf) OR asOf <= :asOf)',
        ExpressionAttributeValues: { ':asOf': { S: asOf } },
      }),
    );
  }

  sumMonth(sims: readonly string[], month: Period): Promise<ReadonlyMap<string, bigint>> {
    return this.#sumDays(sims, month, { unsealed: [], consistent: true });
  }

  sumPartialMonth(
    sims: readonly string[],
    month: Period,
    unsealed: readonly Day[],
  ): Promise<ReadonlyMap<string, bigint>> {
    return this.#sumDays(sims, month, { unsealed, consistent: false });
  }

  /** The bytes of SIMs in a month, by SIM. For days in `unsealed`, SIM-days of partial passes count as well. */
  async #sumDays(
    sims: readonly string[],
    month: Period,
    { unsealed, consistent }: { readonly unsealed: readonly Day[]; readonly consistent: boolean },
  ): Promise<ReadonlyMap<string, bigint>> {
    const sums = await mapConcurrently(sims, concurrentSims, async (sim) => {
      const days = await this.#queryDays(sim, `${month}-01`, `${month}-31`, consistent);
      const counted = days.filter(({ asOf, period }) => asOf === undefined || unsealed.includes(period));
      return [sim, counted.reduce((sum, day) => sum + sumBytes(day), 0n)] as const;
    });
    return new Map(sums);
  }

  /** @returns whether the condition held. */
  #putIf(
    item: Item,
    condition: Pick<PutItemCommandInput, 'ConditionExpression' | 'ExpressionAttributeValues'>,
  ): Promise<boolean> {
    return holdsCondition(
      this.#client.send(new PutItemCommand({ TableName: this.#tableName, Item: item, ...condition })),
    );
  }

  /** A SIM's days in a range, both ends included, by day. Days on which it was inactive are left out. */
  async readDays(sim: string, from: Day, through: Day): Promise<StoredSimPeriod[]> {
    return (await this.#queryDays(sim, from, through, false)).filter(isActive);
  }

  /**
   * Whether exactly this SIM-day is stored for a closed day; a day without activity need not be stored. Reads
   * consistently.
   */
  async holds(day: SimPeriod): Promise<boolean> {
    const { sim, period } = day;
    const [stored] = await this.#queryDays(sim, period, period, true);
    // The result of a partial pass does not count for a closed day.
    if (stored === undefined || stored.asOf !== undefined) return !isActive(day);
    return isDeepStrictEqual(stored, decodeSimPeriod(encodeSimPeriod(day, 0)));
  }

  async #queryDays(sim: string, from: Day, through: Day, consistent: boolean): Promise<StoredSimPeriod[]> {
    const items = await queryAll(this.#client, {
      TableName: this.#tableName,
      ConsistentRead: consistent,
      KeyConditionExpression: '#sim = :sim AND #period BETWEEN :from AND :through',
      ExpressionAttributeNames: { '#sim': simDaysTable.partitionKey, '#period': simDaysTable.sortKey },
      ExpressionAttributeValues: { ':sim': { S: sim }, ':from': { S: from }, ':through': { S: through } },
    });
    return items.map(decodeSimPeriod);
  }
}
