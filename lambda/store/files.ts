import { type AttributeValue, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeWriter, Item } from './codec.ts';
import { holdsCondition } from './conditions.ts';
import type { Manifest } from './manifest.ts';
import { readItem } from './registers.ts';
import { fileCodec } from './schema.ts';
import { filesTable } from './tables.ts';

/**
 * How long after its last note an import counts as dead. A running import notes its progress every few seconds, and no
 * invocation lasts longer than 15 minutes.
 */
const maxSilentMilliseconds = 15 * 60_000;

/** Whether an import stopped before its end: it was killed, or it waits for a retry. */
export function isStalled({ state, noted, delivered }: Manifest, now: number): boolean {
  return state === 'importing' && now - Date.parse(noted ?? delivered) > maxSilentMilliseconds;
}

/** The table of manifests. */
export class FilesTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** The manifest of a file; undefined if its import has not begun. */
  async read(object: string): Promise<Manifest | undefined> {
    const item = await readItem(this.#client, this.#tableName, makeKey(object));
    return item === undefined ? undefined : decodeManifest(item);
  }

  /** Resets a failed file so that it is imported again from its beginning. */
  async reopen(object: string): Promise<void> {
    await holdsCondition(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: makeKey(object),
          UpdateExpression:
            'SET #state = :importing, #position = :none, #rows = :none, accepted = :none, rejected = :none REMOVE reason, header, headers',
          ConditionExpression: '#state = :failed',
          ExpressionAttributeNames: { '#state': 'state', '#rows': 'rows', '#position': 'position' },
          ExpressionAttributeValues: {
            ':importing': { S: 'importing' },
            ':failed': { S: 'failed' },
            ':none': { N: '0' },
          },
        }),
      ),
    );
  }

  /** Notes progress. If two imports of one file run concurrently, neither can set the other back. */
  async write(manifest: Manifest): Promise<void> {
    const update = new ManifestUpdate();
    fileCodec.overwrite(update, manifest);
    await holdsCondition(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: makeKey(manifest.object),
          UpdateExpression: update.expression,
          ConditionExpression:
            manifest.state === 'importing'
              ? 'attribute_not_exists(#state) OR (#state = :importing AND #position < :position)'
              : 'attribute_not_exists(#state) OR #state = :importing',
          ExpressionAttributeNames: update.names,
          ExpressionAttributeValues: { ...update.values, ':importing': { S: 'importing' } },
        }),
      ),
    );
  }
}

function makeKey(object: string): Item {
  return { [filesTable.partitionKey]: { S: object } };
}

/** Replaces all attributes of a manifest except its key. */
class ManifestUpdate implements AttributeWriter {
  readonly names: Record<string, string> = {};
  readonly values: Item = {};
  readonly #sets: string[] = [];
  readonly #removes: string[] = [];

  get expression(): string {
    const removes = this.#removes.length === 0 ? '' : ` REMOVE ${this.#removes.join(', ')}`;
    return `SET ${this.#sets.join(', ')}${removes}`;
  }

  set(name: string, value: AttributeValue): void {
    if (name === filesTable.partitionKey) return;
    this.names[`#${name}`] = name;
    this.values[`:${name}`] = value;
    this.#sets.push(`#${name} = :${name}`);
  }

  remove(name: string): void {
    this.names[`#${name}`] = name;
    this.#removes.push(`#${name}`);
  }
}

/** The manifest that an item holds. */
export function decodeManifest(item: Item): Manifest {
  const manifest = fileCodec.decode(item);
  const { state } = manifest;
  return { ...manifest, state: state === 'done' || state === 'failed' ? state : 'importing' };
}
