import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { SessionNotes } from '../days/pass/ports.ts';
import type { SessionNote } from '../days/session-days.ts';
import { readItems } from './batch-get.ts';
import { compileCodec, type Item } from './codec.ts';
import { holdsCondition } from './conditions.ts';
import { sessionDaysTable } from './tables.ts';

/** Notes of which day's rows include a session, as items. */

/** A note and its session. */
interface StoredNote extends SessionNote {
  readonly sim: string;
  readonly sessionId: string;
}

/** Encodes and decodes a note's item. */
export const sessionNoteCodec = compileCodec<StoredNote>({
  sim: 'text',
  sessionId: 'text',
  day: 'text',
  hash: 'text',
});

/** The notes of a deployment. */
export class SessionNoteStore implements SessionNotes {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async read(sim: string, sessionIds: readonly string[]): Promise<ReadonlyMap<string, SessionNote>> {
    const keys = sessionIds.map((sessionId) => makeKey(sim, sessionId));
    const items = await readItems(this.#client, this.#tableName, keys, { consistent: true });
    const notes = items.map((item) => sessionNoteCodec.decode(item));
    return new Map(notes.map(({ sessionId, day, hash }) => [sessionId, { day, hash }]));
  }

  async write(
    sim: string,
    sessionId: string,
    note: SessionNote,
    before: SessionNote | undefined,
  ): Promise<boolean> {
    const condition =
      before === undefined
        ? { ConditionExpression: 'attribute_not_exists(sim)' }
        : {
            ConditionExpression: '#day = :day AND #hash = :hash',
            ExpressionAttributeNames: { '#day': 'day', '#hash': 'hash' },
            ExpressionAttributeValues: { ':day': { S: before.day }, ':hash': { S: before.hash } },
          };
    const isWritten = await holdsCondition(
      this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item: sessionNoteCodec.encode({ sim, sessionId, ...note }),
          ...condition,
        }),
      ),
    );
    if (isWritten) return true;
    // The condition also fails if the SDK repeated the request after losing the response to a write that succeeded.
    const stored = (await this.read(sim, [sessionId])).get(sessionId);
    return stored?.day === note.day && stored.hash === note.hash;
  }
}

function makeKey(sim: string, sessionId: string): Item {
  return { [sessionDaysTable.partitionKey]: { S: sim }, [sessionDaysTable.sortKey]: { S: sessionId } };
}
