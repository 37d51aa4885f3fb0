import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../store/items.ts';
import { readPartition } from '../../store/query-pages.ts';
import { alertStateTable } from '../../store/tables.ts';
import type { DayLag } from '../watermark.ts';
import type { RegisteredGroup } from './form-groups.ts';
import type { Judged, JudgedRange } from './order.ts';
import { Register } from './register.ts';
import type { RegisteredSourceAlert } from './source-alerts.ts';

/** What sweeps keep from one to the next: facts of operation, in the table AlertState. */

/** How far a source was judged, and how late it is usually. */
export interface SourceState extends Judged {
  readonly days: readonly DayLag[];
}

/** The state of a source that was never swept. */
export const unsweptSource: SourceState = { judgedThrough: undefined, sweptAt: undefined, days: [] };

const sourceSubject = 'sources';

/** The table AlertState. */
export class AlertState {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  /** The groups that there are, by rule. */
  readonly groups: Register<RegisteredGroup>;
  /** The source alerts that there are, by source. */
  readonly sourceAlerts: Register<RegisteredSourceAlert>;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
    this.groups = new Register(client, tableName, 'groups');
    this.sourceAlerts = new Register(client, tableName, 'source-alerts');
  }

  /** The state of all sources that were swept, by their names. */
  async readSources(): Promise<Map<string, SourceState>> {
    const { partitionKey } = alertStateTable;
    const items = await readPartition(this.#client, this.#tableName, partitionKey, { S: sourceSubject });
    return new Map(items.map((item) => [item[alertStateTable.sortKey]?.S ?? '', decodeSource(item)]));
  }

  async writeSource(
    name: string,
    { judgedThrough, sweptAt, range, resumeAt, days }: SourceState,
  ): Promise<void> {
    const Item: Item = {
      [alertStateTable.partitionKey]: { S: sourceSubject },
      [alertStateTable.sortKey]: { S: name },
      ...(judgedThrough !== undefined && { judgedThrough: { N: String(judgedThrough) } }),
      ...(sweptAt !== undefined && { sweptAt: { N: String(sweptAt) } }),
      ...(range !== undefined && { range: { S: JSON.stringify(range) } }),
      ...(resumeAt !== undefined && { resumeAt: { N: String(resumeAt) } }),
      days: { S: JSON.stringify(days) },
    };
    await this.#client.send(new PutItemCommand({ TableName: this.#tableName, Item }));
  }
}

function decodeSource({ judgedThrough, sweptAt, range, resumeAt, days }: Item): SourceState {
  return {
    judgedThrough: judgedThrough?.N === undefined ? undefined : Number(judgedThrough.N),
    sweptAt: sweptAt?.N === undefined ? undefined : Number(sweptAt.N),
    ...(range?.S !== undefined && { range: JSON.parse(range.S) as JudgedRange }),
    ...(resumeAt?.N !== undefined && { resumeAt: Number(resumeAt.N) }),
    days: JSON.parse(days?.S ?? '[]') as DayLag[],
  };
}
