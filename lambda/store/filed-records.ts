import { createHash } from 'node:crypto';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Day, findDay, listTouchedDays } from '../days/day.ts';
import { type FiledRecord, findFiledPart, hashFiledRecord } from '../days/filed-records.ts';
import type { NamedFile } from '../days/named-files.ts';
import { putItems } from './batch-put.ts';
import { compileCodec } from './codec.ts';
import { dayStateTable, filedRecordPrefix } from './tables.ts';

/**
 * Notes of what arrived in files, as items of DayState:
 *
 * - Records: one item for all records of a day and a part of the fleet that an import processes together. Its key is a
 *   hash of its content, so that a repeat puts the same item.
 * - Files whose names tell when they were made: one item each.
 */

const { partitionKey, sortKey } = dayStateTable;

/** Hex digits of the content's hash in the key. */
const entryLength = 32;

export const namedFileCodec = compileCodec<NamedFile>({
  source: 'text',
  carrier: 'text',
  name: 'text',
  time: 'text',
  rows: 'number?',
});

/** In the partition key of a file's name, takes the place of the part of the fleet. */
export const namesPart = 'names';

/** Writes the notes of a deployment. */
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
   * @throws the error of the first note that was not put.
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

  /** Notes a file that arrived. */
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

/** The partition key of a day's notes: of a part of the fleet, or of names of files. */
export function makeFiledPartition(day: Day, part: string): string {
  return `${filedRecordPrefix}${day}#${part}`;
}

/** The hashes, sorted and concatenated. */
function writeHashes(hashes: ReadonlySet<string>): Buffer {
  return Buffer.from([...hashes].sort().join(''), 'hex');
}
