import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Day } from '../days/day.ts';
import type { FiledHashes } from '../days/filed-records.ts';
import type { NamedFile, NamedFiles } from '../days/named-files.ts';
import { makeFiledPartition, namedFileCodec, namesPart } from './filed-records.ts';
import { readText } from './item-attributes.ts';
import { queryPages, readPartition } from './query-pages.ts';
import { dayStateTable } from './tables.ts';

const { partitionKey } = dayStateTable;

/**
 * Reads the notes of what files contained. Apart from the class that writes them, because the importer may not query.
 */
export class FiledRecordReader implements FiledHashes, NamedFiles {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async readNamedFiles(day: Day): Promise<NamedFile[]> {
    const partition = { S: makeFiledPartition(day, namesPart) };
    const items = await readPartition(this.#client, this.#tableName, partitionKey, partition);
    return items.map((item) => namedFileCodec.decode(item));
  }

  async *readFiledHashes(day: Day, part: string): AsyncGenerator<Uint8Array> {
    const pages = queryPages(this.#client, {
      TableName: this.#tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': partitionKey },
      ExpressionAttributeValues: { ':partition': { S: makeFiledPartition(day, part) } },
    });
    for await (const page of pages) {
      for (const item of page) yield Buffer.from(readText(item, 'records'), 'base64');
    }
  }
}
