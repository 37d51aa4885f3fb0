import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Episode, EpisodeWrite, Slot, StoredEpisode } from '../alerts/episode.ts';
import { formatTime } from '../ledger/time.ts';
import { tryReadItems } from './batch-get.ts';
import { compileCodec, type Item } from './codec.ts';
import { readText } from './item-attributes.ts';
import { queryPages, readPartition } from './query-pages.ts';
import { putRevision } from './revisions.ts';
import { isSharedPartition, SharedEpisodesTable } from './shared-episodes.ts';
import { alertsTable } from './tables.ts';

/** Episodes of alerts: their items, reads and writes. */

/** An episode's item without its key and the attributes of indexes. Objects are stored as JSON. */
interface EpisodeContent extends Omit<Episode, 'evidence' | 'told' | 'messages'> {
  readonly evidence: string;
  readonly told: string | undefined;
  readonly messages: string;
}

/** Encodes and decodes an episode's attributes. */
export const episodeCodec = compileCodec<EpisodeContent>({
  id: 'text',
  rule: 'text',
  ruleVersion: 'text',
  kind: 'text',
  severity: 'text',
  sim: 'text',
  source: 'text',
  state: 'text',
  from: 'number',
  metAt: 'number',
  to: 'number?',
  decidedFrom: 'number?',
  decidedTo: 'number?',
  evidence: 'text',
  mergedInto: 'text?',
  group: 'text?',
  watermark: 'number',
  told: 'text?',
  isHeld: 'flag',
  sequence: 'number',
  messages: 'text',
  writtenAt: 'number',
  revision: 'number',
});

const { partitionKey, sortKey } = alertsTable;
const [waitsIndex, , liveIndex] = alertsTable.globalIndexes;

/** Which episodes to list: those that are open, that have undelivered messages, or that are held back. */
export type EpisodeList = 'live' | 'undelivered' | 'held';

/** The subject of an episode. */
export interface RuleAndSim {
  readonly rule: string;
  readonly sim: string;
}

/** The partition key of a rule and a SIM. The name of a rule cannot contain `#`. */
function makePartition(rule: string, sim: string): AttributeValue {
  return { S: nameSlot({ rule, sim }) };
}

function readPartitionKey(partition: string): RuleAndSim {
  const end = partition.indexOf('#');
  return { rule: partition.slice(0, end), sim: partition.slice(end + 1) };
}

/** The sort key of a slot. Ids are hashes, so none of them is `live`. */
function makeSlotKey(slot: Slot, id: string): AttributeValue {
  return { S: slot === 'live' ? slot : id };
}

/** An episode as its item. */
export function encodeEpisode(slot: Slot, episode: Episode): Item {
  const begun = formatTime(episode.from);
  const { messages, isHeld } = episode;
  const waits = messages.length > 0 ? 'undelivered' : isHeld ? 'held' : undefined;
  return {
    ...encodeContent(slot, episode),
    month: { S: begun.slice(0, 7) },
    begun: { S: begun },
    ...(waits && { waits: { S: waits } }),
    ...(slot === 'live' && { live: { S: slot } }),
  };
}

/** The item that remains in a slot that an episode has left: no index lists it, and it causes no messages. */
export function encodeMark(slot: Slot, episode: Episode): Item {
  return {
    ...encodeContent(slot, { ...episode, messages: [], group: undefined }),
    hasLeft: { BOOL: true },
  };
}

function encodeContent(slot: Slot, episode: Episode): Item {
  const { evidence, told, messages } = episode;
  const item = episodeCodec.encode({
    ...episode,
    evidence: JSON.stringify(evidence),
    told: told && JSON.stringify(told),
    messages: JSON.stringify(messages),
  });
  return {
    ...item,
    [partitionKey]: makePartition(episode.rule, episode.sim),
    [sortKey]: makeSlotKey(slot, episode.id),
  };
}

/** Decodes an episode. JSON drops undefined members; they are restored, so that whole episodes can be compared. */
export function decodeEpisode(item: Item): StoredEpisode {
  const content = episodeCodec.decode(item);
  const evidence = JSON.parse(content.evidence) as Episode['evidence'];
  const told =
    content.told === undefined ? undefined : (JSON.parse(content.told) as NonNullable<Episode['told']>);
  const messages = JSON.parse(content.messages) as Episode['messages'];
  return {
    slot: item[sortKey]?.S === 'live' ? 'live' : 'history',
    episode: {
      ...content,
      evidence: { ...evidence, before: evidence.before, end: evidence.end },
      told: told && { ...told, to: told.to },
      messages: messages.map((message) => ({ ...message, to: message.to })),
    },
    ...(item['hasLeft']?.BOOL === true && { hasLeft: true }),
  };
}

/** The live slots that were read. */
export class LiveSlots {
  readonly #episodes = new Map<string, StoredEpisode>();
  readonly #unread: ReadonlySet<string>;

  constructor(episodes: readonly StoredEpisode[], unread: readonly RuleAndSim[]) {
    for (const one of episodes) this.#episodes.set(nameSlot(one.episode), one);
    this.#unread = new Set(unread.map(nameSlot));
  }

  /**
   * The content of a slot, possibly the mark of an episode that has left it; `unread` if the slot could not be read.
   */
  find(about: RuleAndSim): StoredEpisode | 'never used' | 'unread' {
    const name = nameSlot(about);
    return this.#episodes.get(name) ?? (this.#unread.has(name) ? 'unread' : 'never used');
  }
}

function nameSlot({ rule, sim }: RuleAndSim): string {
  return `${rule}#${sim}`;
}

/** The table of episodes. */
export class EpisodesTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  /** The episodes about many SIMs, which are in the same table. */
  readonly shared: SharedEpisodesTable;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
    this.shared = new SharedEpisodesTable(client, tableName);
  }

  /** All episodes of a rule and a SIM, and the marks in slots that episodes have left. Reads consistently. */
  async read(rule: string, sim: string): Promise<StoredEpisode[]> {
    const partition = makePartition(rule, sim);
    return (await readPartition(this.#client, this.#tableName, partitionKey, partition)).map(decodeEpisode);
  }

  /**
   * Reads the live slots of rules and SIMs consistently, 100 per request. Every episode begins in its live slot, and a
   * slot that was used never becomes empty: an empty slot means that there never was an episode.
   */
  async readLive(wanted: readonly RuleAndSim[]): Promise<LiveSlots> {
    const keys = wanted.map(({ rule, sim }) => ({
      [partitionKey]: makePartition(rule, sim),
      [sortKey]: makeSlotKey('live', ''),
    }));
    const { items, unread } = await tryReadItems(this.#client, this.#tableName, keys, { consistent: true });
    return new LiveSlots(
      items.map((item) => decodeEpisode(item)),
      unread.map((key) => readPartitionKey(readText(key, partitionKey))),
    );
  }

  /** The rules and SIMs of which an episode is open, undelivered or held back. The index lags by less than a second. */
  async *list(which: EpisodeList): AsyncGenerator<RuleAndSim[]> {
    const index = which === 'live' ? liveIndex : waitsIndex;
    const pages = queryPages(this.#client, {
      TableName: this.#tableName,
      IndexName: index.name,
      KeyConditionExpression: '#list = :list',
      ExpressionAttributeNames: { '#list': index.partitionKey },
      ExpressionAttributeValues: { ':list': { S: which } },
    });
    for await (const items of pages) {
      const partitions = items.map((item) => readText(item, partitionKey));
      // Episodes about many SIMs are found through what sweeps have registered.
      yield partitions.filter((partition) => !isSharedPartition(partition)).map(readPartitionKey);
    }
  }

  /**
   * Removes the messages of an episode, on condition that it has not changed since it was read.
   *
   * @returns whether the condition held.
   */
  async clearMessages({ slot, episode }: StoredEpisode): Promise<boolean> {
    const { revision } = episode;
    const cleared = { ...episode, messages: [], revision: revision + 1 };
    return this.write([{ action: 'put', slot, episode: cleared, replaces: revision }]);
  }

  /**
   * Makes the writes of a sweep, one after the other.
   *
   * @returns whether all were made. It stops if a condition does not hold, because another sweep wrote first; the next
   *   sweep continues from what is stored.
   */
  async write(writes: readonly EpisodeWrite[]): Promise<boolean> {
    for (const write of writes) {
      if (!(await this.#put(write))) return false;
    }
    return true;
  }

  #put(write: EpisodeWrite): Promise<boolean> {
    const { slot, episode, replaces: revision = 0 } = write;
    const id = (write.action === 'put' ? write.replacesId : undefined) ?? episode.id;
    const item = write.action === 'put' ? encodeEpisode(slot, episode) : encodeMark(slot, episode);
    return putRevision(this.#client, this.#tableName, item, { partitionKey, revision, id });
  }
}
