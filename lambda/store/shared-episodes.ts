import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type SharedEpisode, sourceRule } from '../alerts/shared-episodes.ts';
import { formatTime } from '../ledger/time.ts';
import { compileCodec, type Item } from './codec.ts';
import { readItem } from './registers.ts';
import { putRevision } from './revisions.ts';
import { alertsTable } from './tables.ts';

/** Episodes about many SIMs: their items in the table of alerts, reads and writes. */

/** The item of such an episode, without its key and the attributes of indexes. Objects are stored as JSON. */
interface SharedContent extends Omit<SharedEpisode, 'subject' | 'members' | 'told' | 'messages'> {
  readonly subject: string;
  readonly members: string;
  readonly told: string | undefined;
  readonly messages: string;
}

/** The attributes of an episode about many SIMs. */
export const sharedEpisodeCodec = compileCodec<SharedContent>({
  id: 'text',
  rule: 'text',
  ruleVersion: 'text',
  kind: 'text',
  severity: 'text',
  subject: 'text',
  state: 'text',
  from: 'number',
  to: 'number?',
  members: 'text',
  isGrowing: 'flag',
  told: 'text?',
  isHeld: 'flag',
  sequence: 'number',
  messages: 'text',
  sweptAt: 'number',
  writtenAt: 'number',
  revision: 'number',
});

const { partitionKey, sortKey } = alertsTable;

/** What the partition keys of such episodes begin with. The name of a rule cannot contain an exclamation mark. */
const partitions = { group: '!group', source: '!source' } as const;

/** Whether a partition holds episodes about many SIMs, of a rule's groups or of a source. */
export function isSharedPartition(alert: string): boolean {
  return alert.startsWith('!');
}

/** The rule that messages about episodes of such a partition name. */
export function readSharedRule(alert: string): string {
  const [kind, name = ''] = alert.split('#');
  return kind === partitions.group ? name : sourceRule;
}

/** The partition key of a rule's groups, or of a source. */
function makePartition({ rule, subject }: Pick<SharedEpisode, 'rule' | 'subject'>): string {
  return `${partitions[subject.kind]}#${subject.kind === 'group' ? rule : subject.source}`;
}

/** The key of an episode. Its sort key is its id, whether it is open or not. */
export function makeSharedKey(episode: Pick<SharedEpisode, 'id' | 'rule' | 'subject'>): Item {
  return { [partitionKey]: { S: makePartition(episode) }, [sortKey]: { S: episode.id } };
}

/** An episode about many SIMs as its item. */
export function encodeShared(episode: SharedEpisode): Item {
  const { subject, members, told, messages, isHeld } = episode;
  const begun = formatTime(episode.from);
  const waits = messages.length > 0 ? 'undelivered' : isHeld ? 'held' : undefined;
  return {
    ...sharedEpisodeCodec.encode({
      ...episode,
      subject: JSON.stringify(subject),
      members: JSON.stringify(members),
      told: told && JSON.stringify(told),
      messages: JSON.stringify(messages),
    }),
    ...makeSharedKey(episode),
    month: { S: begun.slice(0, 7) },
    begun: { S: begun },
    ...(waits && { waits: { S: waits } }),
  };
}

/** The episode that an item holds. */
export function decodeShared(item: Item): SharedEpisode {
  const content = sharedEpisodeCodec.decode(item);
  const told =
    content.told === undefined ? undefined : (JSON.parse(content.told) as NonNullable<SharedEpisode['told']>);
  const messages = JSON.parse(content.messages) as SharedEpisode['messages'];
  return {
    ...content,
    subject: JSON.parse(content.subject) as SharedEpisode['subject'],
    members: JSON.parse(content.members) as SharedEpisode['members'],
    // JSON drops undefined members; they are restored, so that whole episodes can be compared.
    told: told && { ...told, to: told.to },
    messages: messages.map((message) => ({ ...message, to: message.to })),
  };
}

/** The episodes about many SIMs in the table of alerts. */
export class SharedEpisodesTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** Reads an episode consistently; undefined if it was never written. */
  async read(key: Pick<SharedEpisode, 'id' | 'rule' | 'subject'>): Promise<SharedEpisode | undefined> {
    const item = await readItem(this.#client, this.#tableName, makeSharedKey(key));
    return item && decodeShared(item);
  }

  /**
   * Writes an episode, on condition that its previous revision is stored.
   *
   * @returns whether it did. If not, another sweep was first, or the SDK repeated the request after losing the response
   *   to the first attempt, which then has made the write.
   */
  async write(episode: SharedEpisode): Promise<boolean> {
    const revision = episode.revision - 1;
    return putRevision(this.#client, this.#tableName, encodeShared(episode), { partitionKey, revision });
  }
}
