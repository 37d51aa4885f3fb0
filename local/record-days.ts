import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { type Day, findDay, shiftDay, startDay } from '../lambda/days/day.ts';
import { mapConcurrently } from '../lambda/store/concurrency.ts';
import { eventsTable, usageTable } from '../lambda/store/tables.ts';

/** Which days have records. */

/** How many SIMs are queried concurrently. */
const concurrentSims = 24;

/**
 * Days before a gap of so many days without records are not closed automatically, because dates far in the past are
 * mostly mistakes.
 */
const maxGapDays = 31;

/**
 * The first of the days that a run closes automatically: it goes back from a day until 31 days in a row have no
 * records. Makes one request for each SIM and day that has records.
 *
 * @param sims SIMs and accounts.
 * @returns undefined if the day and the 31 days before have no records.
 */
export async function findFirstDay(
  client: DynamoDBClient,
  sims: readonly string[],
  through: Day,
): Promise<Day | undefined> {
  const days = new Set<Day>();
  await mapConcurrently(sims, concurrentSims, async (sim) => {
    for (const table of [usageTable, eventsTable]) {
      for await (const day of listRecordDays(client, table, sim, through)) days.add(day);
    }
  });
  let first: Day | undefined;
  let next = through;
  for (const day of [...days].sort().reverse()) {
    if (day < shiftDay(next, -maxGapDays)) break;
    first = day;
    next = day;
  }
  return first;
}

/** The days of a SIM's records in a table, latest first, up to the first gap that is too long. */
async function* listRecordDays(
  client: DynamoDBClient,
  { name, partitionKey, sortKey }: typeof usageTable | typeof eventsTable,
  sim: string,
  through: Day,
): AsyncGenerator<Day> {
  let before = startDay(shiftDay(through, 1));
  for (;;) {
    const { Items: [item] = [] } = await client.send(
      new QueryCommand({
        TableName: name,
        ConsistentRead: true,
        KeyConditionExpression: '#sim = :sim AND #key < :before',
        ProjectionExpression: '#key',
        ExpressionAttributeNames: { '#sim': partitionKey, '#key': sortKey },
        ExpressionAttributeValues: { ':sim': { S: sim }, ':before': { S: before } },
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    const key = item?.[sortKey]?.S;
    if (key === undefined) return;
    const day = findDay(key);
    yield day;
    before = startDay(day);
  }
}
