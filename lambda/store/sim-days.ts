import { type DynamoDBClient, PutItemCommand, type PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { Day } from '../days/day.ts';
import type { PartialSimDays, SimDays } from '../days/pass/ports.ts';
import { compareTexts } from '../days/rows.ts';
import {
  findMonth,
  isActive,
  type Period,
  type SimPeriod,
  sumBytes,
  sumSimPeriods,
} from '../days/sim-days.ts';
import { readItems } from './batch-get.ts';
import { backOff, mapConcurrently } from './concurrency.ts';
import { holdsCondition } from './conditions.ts';
import type { Item } from './items.ts';
import { queryAll, queryPages } from './query-pages.ts';
import { readItem } from './registers.ts';
import {
  decodeSimPeriod,
  encodePartialDay,
  encodeSimPeriod,
  listTopSlots,
  makeSimPeriodKey,
  readRevision,
  type StoredSimPeriod,
} from './sim-day-items.ts';
import { simDaysTable } from './tables.ts';

/** SIMs whose days are stored at the same time. */
const concurrentSims = 16;

/** Times that a month is computed again because another of its days was stored meanwhile. */
const maxAttempts = 24;

const [byBytes] = simDaysTable.globalIndexes;

/**
 * Stores SIM-days, and SIM-months as the sum of their days.
 *
 * A month is computed again whenever one of its days was stored: from the days as they are then, and put on condition that
 * nobody has put it since its revision was read. So each put contains all days that were stored before the put before it,
 * and each run that stores a day puts the month afterwards: in the end it has every day, in any order of coming.
 *
 * SIM-days of partial passes have no revision, and count in no month.
 */
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
      // Also where a greater revision is stored: who stored it may have died before it put the month.
      await this.#putMonth(day.sim, findMonth(day.period));
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

  async sumMonth(
    sims: readonly string[],
    month: Period,
    unsealed: readonly Day[],
  ): Promise<ReadonlyMap<string, bigint>> {
    const sums = new Map<string, bigint>();
    const add = (found: readonly StoredSimPeriod[]): void => {
      for (const one of found) sums.set(one.sim, (sums.get(one.sim) ?? 0n) + sumBytes(one));
    };
    add(await this.readPeriod(sims, month));
    for (const day of unsealed) {
      // What was made of a closed day is in the month.
      add((await this.readPeriod(sims, day)).filter(({ asOf }) => asOf !== undefined));
    }
    return sums;
  }

  async #putMonth(sim: string, month: Period): Promise<void> {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const before = readRevision(
        await readItem(this.#client, this.#tableName, makeSimPeriodKey(sim, month)),
      );
      const stored = await this.#queryDays(sim, `${month}-01`, `${month}-31`, true);
      const days = stored.filter(({ asOf }) => asOf === undefined);
      const leftOut = days.flatMap((day) => day.leftOut);
      const isPut = await this.#putIf(encodeSimPeriod(sumSimPeriods(sim, month, days), before + 1, leftOut), {
        ConditionExpression: before === 0 ? 'attribute_not_exists(revision)' : 'revision = :before',
        ...(before > 0 && { ExpressionAttributeValues: { ':before': { N: String(before) } } }),
      });
      if (isPut) return;
      await backOff(attempt);
    }
    throw new ContendedMonthError(month);
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

  /** A SIM's days, both ends included, in their order. Those on which it did nothing are left out. */
  async readDays(sim: string, from: Day, through: Day): Promise<StoredSimPeriod[]> {
    return (await this.#queryDays(sim, from, through, false)).filter(isActive);
  }

  /** What SIMs did in a day or a month, in the order asked for. Those that did nothing are left out. */
  async readPeriod(sims: readonly string[], period: Period): Promise<StoredSimPeriod[]> {
    const keys = [...new Set(sims)].map((sim) => makeSimPeriodKey(sim, period));
    const items = await readItems(this.#client, this.#tableName, keys, { consistent: false });
    const found = new Map(items.map(decodeSimPeriod).map((one) => [one.sim, one]));
    return sims.flatMap((sim) => found.get(sim) ?? []).filter(isActive);
  }

  /**
   * The SIMs with most bytes in a day or a month, the first one first. SIMs without bytes are not among them.
   *
   * It reads at most 16 times so many keys, and so many items.
   */
  async listTop(period: Period, limit: number): Promise<StoredSimPeriod[]> {
    return this.readPeriod(await this.listTopSims(period, limit), period);
  }

  /** The keys of these SIMs, without reading their items. */
  async listTopSims(period: Period, limit: number): Promise<string[]> {
    const slots = await mapConcurrently(listTopSlots(period), concurrentSims, (slot) =>
      this.#querySlot(slot, limit),
    );
    return slots
      .flat()
      .sort((a, b) => compareTexts(b.bytes, a.bytes) || compareTexts(a.sim, b.sim))
      .slice(0, limit)
      .map(({ sim }) => sim);
  }

  async #querySlot(slot: string, limit: number): Promise<{ sim: string; bytes: string }[]> {
    const items: Item[] = [];
    const pages = queryPages(this.#client, {
      TableName: this.#tableName,
      IndexName: byBytes.name,
      KeyConditionExpression: '#slot = :slot',
      ExpressionAttributeNames: { '#slot': byBytes.partitionKey },
      ExpressionAttributeValues: { ':slot': { S: slot } },
      ScanIndexForward: false,
      Limit: limit,
    });
    // A page has at most a megabyte.
    for await (const page of pages) {
      items.push(...page);
      if (items.length >= limit) break;
    }
    return items.slice(0, limit).map((item) => ({
      sim: item[simDaysTable.partitionKey]?.S ?? '',
      bytes: item[byBytes.sortKey]?.S ?? '',
    }));
  }

  async #queryDays(sim: string, from: Day, through: Day, consistent: boolean): Promise<StoredSimPeriod[]> {
    const items = await queryAll(this.#client, {
      TableName: this.#tableName,
      ConsistentRead: consistent,
      KeyConditionExpression: '#sim = :sim AND #period BETWEEN :from AND :through',
      ExpressionAttributeNames: { '#sim': simDaysTable.partitionKey, '#period': simDaysTable.sortKey },
      ExpressionAttributeValues: { ':sim': { S: sim }, ':from': { S: from }, ':through': { S: through } },
    });
    // Of several months, the item of each but the first lies between the days.
    return items.map(decodeSimPeriod).filter(({ period }) => period.length === dayLength);
  }
}

const dayLength = '2026-11-02'.length;

/** Too many others put the same month at the same time. */
export class ContendedMonthError extends Error {
  override readonly name = 'ContendedMonthError';

  constructor(month: Period) {
    super(`A SIM's ${month} was put by others ${maxAttempts} times while it was computed`);
  }
}
