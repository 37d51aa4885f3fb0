import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { readNumber } from '../../store/item-attributes.ts';
import type { Item } from '../../store/items.ts';
import { readItem } from '../../store/registers.ts';
import { alertOutboxTable } from '../../store/tables.ts';
import { type EpisodeState, episodeStates } from '../episode.ts';
import type { AlertTransition } from './transition.ts';
import type { Disposal, Lease, ReceiverState, Undelivered, UndeliveredTransitions } from './undelivered.ts';

/** Sort key of a receiver's state. The id of an episode cannot contain an exclamation mark. */
const stateEntry = '!state';

/** Digits of a sequence number in a key. */
const sequenceDigits = 10;

/** The content of a cursor. */
interface Cursor {
  /** Sequence number of the last transition that was queued. */
  readonly enqueued: number;
  /** Sequence number of the last transition that is done. */
  readonly done: number;
  /** The episode's state after the last transition that is done; undefined if none is. */
  readonly told: EpisodeState | undefined;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
}

/** Undelivered transitions in DynamoDB. */
export class AlertOutbox implements UndeliveredTransitions {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** Whether any transition of an episode was queued for a receiver. */
  async isTold(receiver: string, episode: string): Promise<boolean> {
    return (await this.#readCursor(receiver, episode)) !== undefined;
  }

  /**
   * Queues a transition. Queueing it again, at any time, changes nothing. So a sweep stores transitions first, then
   * queues them in order, and does so again after a crash. A transition that follows a later one is omitted, because it
   * was queued before, or the later one says the same.
   */
  async enqueue(receiver: string, transition: AlertTransition): Promise<void> {
    const { episode, sequence, decidedAt } = transition;
    const { enqueued = 0 } = (await this.#readCursor(receiver, episode)) ?? {};
    if (enqueued >= sequence) return;
    const item: Item = {
      ...makeKey(receiver, formatTransitionKey(episode, sequence)),
      transition: { S: JSON.stringify(transition) },
    };
    await this.#client.send(new PutItemCommand({ TableName: this.#tableName, Item: item }));
    // If the condition fails, another writer was first, with the same transition or a later one.
    await this.#update(receiver, episode, {
      UpdateExpression:
        'SET enqueued = :sequence, done = if_not_exists(done, :zero), attempts = if_not_exists(attempts, :zero), dueAt = if_not_exists(dueAt, :due)',
      ConditionExpression: 'attribute_not_exists(enqueued) OR enqueued < :sequence',
      ExpressionAttributeValues: {
        ':sequence': writeNumber(sequence),
        ':zero': writeNumber(0),
        ':due': { S: decidedAt },
      },
    });
  }

  async lock(receiver: string, { token, now, until }: Lease): Promise<ReceiverState | undefined> {
    const state = await this.#update(receiver, stateEntry, {
      UpdateExpression: 'SET lease = :token, leaseUntil = :until',
      // The client may have retried a request that had already taken effect.
      ConditionExpression: 'attribute_not_exists(lease) OR leaseUntil <= :now OR lease = :token',
      ExpressionAttributeValues: {
        ':token': { S: token },
        ':until': writeNumber(until),
        ':now': writeNumber(now),
      },
    });
    if (state === undefined) return undefined;
    return { unusableRuns: readNumber(state, 'unusableRuns'), pausedUntil: readNumber(state, 'pausedUntil') };
  }

  async unlock(receiver: string, token: string, state: ReceiverState): Promise<void> {
    await this.#update(receiver, stateEntry, {
      UpdateExpression: 'SET unusableRuns = :runs, pausedUntil = :paused REMOVE lease, leaseUntil',
      ConditionExpression: 'lease = :token',
      ExpressionAttributeValues: {
        ':token': { S: token },
        ':runs': writeNumber(state.unusableRuns),
        ':paused': writeNumber(state.pausedUntil),
      },
    });
  }

  async listDue(receiver: string, now: number, limit: number): Promise<readonly string[]> {
    const { Items: items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        IndexName: alertOutboxTable.localIndex.name,
        KeyConditionExpression: 'receiver = :receiver AND dueAt <= :now',
        ExpressionAttributeValues: { ':receiver': { S: receiver }, ':now': { S: formatTime(now) } },
        Limit: limit,
      }),
    );
    return items.flatMap(({ entry }) => entry?.S ?? []);
  }

  async readNext(receiver: string, episode: string): Promise<Undelivered | undefined> {
    const cursor = await this.#readCursor(receiver, episode);
    if (cursor === undefined || cursor.done >= cursor.enqueued) return undefined;
    const { done: after, told, attempts, dueAt } = cursor;
    const transition = await this.#readTransition(receiver, episode, cursor);
    // Another run may have finished it between the two reads.
    return transition === undefined ? undefined : { transition, after, told, attempts, dueAt };
  }

  async acknowledge(
    receiver: string,
    next: Undelivered,
    disposal: Disposal,
    reason: string,
  ): Promise<boolean> {
    const { episode, sequence } = next.transition;
    const entry = formatTransitionKey(episode, sequence);
    const isKept = disposal === 'undeliverable';
    if (isKept) await this.#keep(receiver, entry, reason);
    const isDone = await this.#advance(receiver, next);
    if (isDone && !isKept) {
      await this.#client.send(
        new DeleteItemCommand({ TableName: this.#tableName, Key: makeKey(receiver, entry) }),
      );
    }
    return isDone;
  }

  async reschedule(receiver: string, next: Undelivered, dueAt: number): Promise<boolean> {
    const updated = await this.#update(receiver, next.transition.episode, {
      UpdateExpression: 'SET attempts = :attempts, dueAt = :due',
      ConditionExpression: 'done = :before AND attempts = :known',
      ExpressionAttributeValues: {
        ':attempts': writeNumber(next.attempts + 1),
        ':known': writeNumber(next.attempts),
        ':before': writeNumber(next.after),
        ':due': { S: formatTime(dueAt) },
      },
    });
    return updated !== undefined;
  }

  /** Counts a transition as done if it is the next one. Tries again if a transition is queued meanwhile. */
  async #advance(receiver: string, { transition, after }: Undelivered): Promise<boolean> {
    const { episode, sequence, state } = transition;
    for (;;) {
      const cursor = await this.#readCursor(receiver, episode);
      if (cursor === undefined || cursor.done !== after) return false;
      const next = await this.#readTransition(receiver, episode, { ...cursor, done: sequence });
      const due = next === undefined ? undefined : { S: next.decidedAt };
      const updated = await this.#update(receiver, episode, {
        UpdateExpression: `SET done = :sequence, told = :told, attempts = :zero${due === undefined ? ' REMOVE dueAt' : ', dueAt = :due'}`,
        ConditionExpression: 'done = :after AND enqueued = :enqueued',
        ExpressionAttributeValues: {
          ':sequence': writeNumber(sequence),
          ':told': { S: state },
          ':after': writeNumber(after),
          ':enqueued': writeNumber(cursor.enqueued),
          ':zero': writeNumber(0),
          ...(due !== undefined && { ':due': due }),
        },
      });
      if (updated !== undefined) return true;
    }
  }

  /** The first queued transition that is not done; undefined if all are done. */
  async #readTransition(
    receiver: string,
    episode: string,
    { done, enqueued }: Pick<Cursor, 'done' | 'enqueued'>,
  ): Promise<AlertTransition | undefined> {
    if (done >= enqueued) return undefined;
    const { Items: items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        ConsistentRead: true,
        KeyConditionExpression: 'receiver = :receiver AND entry BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':receiver': { S: receiver },
          ':first': { S: formatTransitionKey(episode, done + 1) },
          ':last': { S: formatTransitionKey(episode, enqueued) },
        },
        Limit: 1,
      }),
    );
    const text = items[0]?.['transition']?.S;
    return text === undefined ? undefined : (JSON.parse(text) as AlertTransition);
  }

  /** Stores with a transition why it is undeliverable, before it counts as done, so that a crash does not lose it. */
  async #keep(receiver: string, entry: string, reason: string): Promise<void> {
    await this.#update(receiver, entry, {
      UpdateExpression: 'SET undeliverable = :reason',
      ConditionExpression: 'attribute_exists(entry)',
      ExpressionAttributeValues: { ':reason': { S: reason } },
    });
  }

  async #readCursor(receiver: string, episode: string): Promise<Cursor | undefined> {
    const item = await this.#read(receiver, episode);
    if (item === undefined) return undefined;
    const dueAt = item['dueAt']?.S;
    return {
      enqueued: readNumber(item, 'enqueued'),
      done: readNumber(item, 'done'),
      told: episodeStates.find((state) => state === item['told']?.S),
      attempts: readNumber(item, 'attempts'),
      dueAt: dueAt === undefined ? 0 : toMilliseconds(dueAt),
    };
  }

  #read(receiver: string, entry: string): Promise<Item | undefined> {
    return readItem(this.#client, this.#tableName, makeKey(receiver, entry));
  }

  /** @returns the item as it is now; undefined if the condition fails. */
  async #update(
    receiver: string,
    entry: string,
    expressions: Pick<
      UpdateItemCommandInput,
      'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
    >,
  ): Promise<Item | undefined> {
    try {
      const { Attributes: attributes = {} } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: makeKey(receiver, entry),
          ...expressions,
          ReturnValues: 'ALL_NEW',
        }),
      );
      return attributes;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return undefined;
    }
  }
}

function makeKey(receiver: string, entry: string): Item {
  return {
    [alertOutboxTable.partitionKey]: { S: receiver },
    [alertOutboxTable.sortKey]: { S: entry },
  };
}

/** Sort key of a transition. The id of an episode cannot contain `#`, so keys are unique. */
function formatTransitionKey(episode: string, sequence: number): string {
  return `${episode}#${String(sequence).padStart(sequenceDigits, '0')}`;
}

function writeNumber(value: number): AttributeValue {
  return { N: String(value) };
}
