import { createHash } from 'node:crypto';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Day, findDay, listTouchedDays } from '../days/day.ts';
import { type FiledRecord, findFiledPart, hashFiledRecord } from '../days/filed-records.ts';
import type { NamedFile } from '../days/named-files.ts';
import { putItems } from './batch-put.ts';
import { compileCodec } from './codec.ts';
import { dayStateTable, filedRecordPrefix } from './tables.ts';

/**
 * Notes of what came in files, as items of DayState:
 *
 * - Records: an item for what an import takes in at once of a day and part of the fleet. Its key is made of its content, so that
 *   the same note is put once.
 * - Files whose names tell when they were made: an item for each.
 */

const { partitionKey, sortKey } = dayStateTable;

/** Bytes of an item's key that tell its content from others. */
const entryLength = 32;

export const namedFileCodec = compileCodec<NamedFile>({
  source: 'text',
  carrier: 'text',
  name: 'text',
  time: 'text',
  rows: 'number?',
});

/** Stands where the partitions of records have a part of the fleet. */
export const namesPart = 'names';

/** Takes the notes of a deployment. */
export class FiledRecordNotes {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /**
   * Notes records, under each day whose rows they may change.
   *
   * @throws Error when a note was not put.
   */
  async put(records: readonly FiledRecord[]): Promise<void> {
    const puts = [...collectHashes(records)].map(([partition, hashes]) => {
      const bytes = writeHashes(hashes);
      const entry = createHash('sha256').update(bytes).digest('hex').slice(0, entryLength);
      const key = { [partitionKey]: { S: partition }, [sortKey]: { S: entry } };
      return { tableName: this.#tableName, key, item: { ...key, records: { S: bytes.toString('base64') } } };
    });
    const failed = await putItems(this.#client, puts);
    for (const error of failed.values()) throw error;
  }

  /** Notes a file that came. */
  async putFile(file: NamedFile): Promise<void> {
    const key = {
      [partitionKey]: { S: makeFiledPartition(findDay(file.time), namesPart) },
      [sortKey]: { S: `${file.source}/${file.name}` },
    };
    await this.#client.send(
      new PutItemCommand({ TableName: this.#tableName, Item: { ...key, ...namedFileCodec.encode(file) } }),
    );
  }
}

function collectHashes(records: readonly FiledRecord[]): Map<string, Set<string>> {
  const partitions = new Map<string, Set<string>>();
  for (const record of records) {
    const hash = hashFiledRecord(record);
    const part = findFiledPart(hash);
    for (const day of listTouchedDays(record.time)) {
      const partition = makeFiledPartition(day, part);
      const hashes = partitions.get(partition) ?? new Set();
      partitions.set(partition, hashes.add(hash));
    }
  }
  return partitions;
}

/** The partition of what came of a day, of a part of the fleet or as names. */
export function makeFiledPartition(day: Day, part: string): string {
  return `${filedRecordPrefix}${day}#${part}`;
}

/** Hashes one behind the other, in their order. */
function writeHashes(hashes: ReadonlySet<string>): Buffer {
  return Buffer.from([...hashes].sort().join(''), 'hex');
}
