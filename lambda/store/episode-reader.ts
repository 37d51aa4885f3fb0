import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Episode, StoredEpisode } from '../alerts/episode.ts';
import { listCurrent } from '../alerts/episodes.ts';
import type { SharedEpisode } from '../alerts/shared-episodes.ts';
import { formatTime } from '../ledger/time.ts';
import { readItems } from './batch-get.ts';
import type { Item } from './codec.ts';
import { decodeEpisode, EpisodesTable } from './episodes.ts';
import { readText } from './item-attributes.ts';
import { decodeShared, isSharedPartition } from './shared-episodes.ts';
import { alertsTable } from './tables.ts';

/** The key of an episode in the index by time. */
export interface EpisodeKey {
  /** `<rule>#<sim>`, or for an episode about many SIMs see {@link isSharedPartition}. */
  readonly alert: string;
  /** `live`, or the episode's id. */
  readonly slot: string;
  /** When the episode began, ISO 8601. */
  readonly begun: string;
}

/** An episode of one SIM, or about many SIMs. */
export type AnyEpisode = Episode | SharedEpisode;

/** Whether an episode is about many SIMs. */
export function isShared(episode: AnyEpisode): episode is SharedEpisode {
  return 'subject' in episode;
}

/** An episode and its key in the index. */
export interface ListedEpisode {
  readonly key: EpisodeKey;
  readonly episode: AnyEpisode;
}

/** A range of the index by time, both ends included. Times are ISO 8601. */
export interface EpisodeRange {
  readonly from: string;
  readonly to: string;
}

const { partitionKey, sortKey } = alertsTable;
const [, byTime, , byId, byGroup] = alertsTable.globalIndexes;

/** Reads episodes for queries. Reads are eventually consistent. */
export class EpisodeReader {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #episodes: EpisodesTable;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
    this.#episodes = new EpisodesTable(client, tableName);
  }

  /**
   * The keys of the episodes that began within a range, newest first. An episode that has just been moved may occur
   * twice.
   *
   * @param limit the most keys to return; if there are fewer, the range has no more.
   * @param after the key to continue after.
   */
  async listKeys(
    { from, to }: EpisodeRange,
    limit: number,
    after: EpisodeKey | undefined,
  ): Promise<EpisodeKey[]> {
    const keys: EpisodeKey[] = [];
    const last = from.slice(0, 7);
    let start = after;
    let month = (after?.begun ?? to).slice(0, 7);
    for (; month >= last && keys.length < limit; month = findMonthBefore(month)) {
      keys.push(...(await this.#listKeysOfMonth(month, { from, to }, limit - keys.length, start)));
      start = undefined;
    }
    return keys;
  }

  async #listKeysOfMonth(
    month: string,
    { from, to }: EpisodeRange,
    limit: number,
    after: EpisodeKey | undefined,
  ): Promise<EpisodeKey[]> {
    const { Items: items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        IndexName: byTime.name,
        KeyConditionExpression: '#month = :month AND #begun BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#month': byTime.partitionKey, '#begun': byTime.sortKey },
        ExpressionAttributeValues: { ':month': { S: month }, ':from': { S: from }, ':to': { S: to } },
        ScanIndexForward: false,
        Limit: limit,
        ...(after && {
          ExclusiveStartKey: {
            [byTime.partitionKey]: { S: month },
            [byTime.sortKey]: { S: after.begun },
            [partitionKey]: { S: after.alert },
            [sortKey]: { S: after.slot },
          },
        }),
      }),
    );
    return items.map((item) => ({ ...readSlotKey(item), begun: readText(item, byTime.sortKey) }));
  }

  /**
   * The episodes with the given keys, in the same order. While a sweep moves an episode, both slots hold it: then the
   * state that was written last is returned, once. If it was moved after its key was read, it is found in its new slot.
   */
  async readEpisodes(keys: readonly EpisodeKey[]): Promise<ListedEpisode[]> {
    const shared = await this.#readShared(keys.filter(({ alert }) => isSharedPartition(alert)));
    const found = await this.#read(keys.filter(({ alert }) => !isSharedPartition(alert)));
    const others = await this.#read([...found.values()].map(findOtherSlot));
    const episodes: ListedEpisode[] = [];
    const listed = new Set<string>();
    for (const key of keys) {
      if (isSharedPartition(key.alert)) {
        const episode = shared.get(nameKey(key));
        if (episode !== undefined) episodes.push({ key, episode });
        continue;
      }
      const stored = found.get(nameKey(key)) ?? (await this.#findMoved(key));
      if (stored === undefined) continue;
      const current = chooseCurrent(stored, others.get(nameKey(findOtherSlot(stored))));
      // The index has a key for each of the two copies: only the key of the current copy counts.
      if (current !== stored || listed.has(current.episode.id)) continue;
      listed.add(current.episode.id);
      episodes.push({ key, episode: current.episode });
    }
    return episodes;
  }

  /** The episode with an id; undefined if it does not exist. */
  async readEpisode(id: string): Promise<AnyEpisode | undefined> {
    const { Items: items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        IndexName: byId.name,
        KeyConditionExpression: '#id = :id',
        ExpressionAttributeNames: { '#id': byId.partitionKey },
        ExpressionAttributeValues: { ':id': { S: id } },
      }),
    );
    const [item] = items;
    if (item === undefined) return undefined;
    const alert = readText(item, partitionKey);
    if (isSharedPartition(alert))
      return (await this.#readShared([{ alert, slot: id }])).get(nameKey({ alert, slot: id }));
    const stored = await this.#readAlert(alert);
    return stored.find(({ episode }) => episode.id === id)?.episode;
  }

  /**
   * The episodes of the SIMs that an episode about many SIMs includes, open or not.
   *
   * @param limit the most episodes to return.
   */
  async readMembers(id: string, limit: number): Promise<Episode[]> {
    const { Items: items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        IndexName: byGroup.name,
        KeyConditionExpression: '#group = :group',
        ExpressionAttributeNames: { '#group': byGroup.partitionKey },
        ExpressionAttributeValues: { ':group': { S: id } },
        Limit: limit,
      }),
    );
    const found = await this.#read(items.map(readSlotKey));
    return listCurrent([...found.values()]).map(({ episode }) => episode);
  }

  /** All episodes of a rule and a SIM, each once. */
  async readEpisodesOfSim(rule: string, sim: string): Promise<Episode[]> {
    return listCurrent(await this.#episodes.read(rule, sim)).map(({ episode }) => episode);
  }

  async #read(keys: readonly Pick<EpisodeKey, 'alert' | 'slot'>[]): Promise<Map<string, StoredEpisode>> {
    const unique = new Map(keys.map((key) => [nameKey(key), key]));
    const items = await readItems(this.#client, this.#tableName, [...unique.values()].map(makeItemKey), {
      consistent: false,
    });
    return new Map(
      items
        .map((item) => [nameItem(item), decodeEpisode(item)] as const)
        .filter(([, { hasLeft }]) => hasLeft !== true),
    );
  }

  async #readShared(
    keys: readonly Pick<EpisodeKey, 'alert' | 'slot'>[],
  ): Promise<Map<string, SharedEpisode>> {
    const unique = new Map(keys.map((key) => [nameKey(key), key]));
    const items = await readItems(this.#client, this.#tableName, [...unique.values()].map(makeItemKey), {
      consistent: false,
    });
    return new Map(items.map((item) => [nameItem(item), decodeShared(item)]));
  }

  async #findMoved({ alert, begun }: EpisodeKey): Promise<StoredEpisode | undefined> {
    const stored = await this.#readAlert(alert);
    return stored.find(({ episode }) => formatTime(episode.from) === begun);
  }

  async #readAlert(alert: string): Promise<StoredEpisode[]> {
    const [rule, sim] = splitAlert(alert);
    return listCurrent(await this.#episodes.read(rule, sim));
  }
}

function makeItemKey({ alert, slot }: Pick<EpisodeKey, 'alert' | 'slot'>): Item {
  return { [partitionKey]: { S: alert }, [sortKey]: { S: slot } };
}

/** The rule and the SIM of a partition. The name of a rule cannot contain `#`. */
export function splitAlert(alert: string): [rule: string, sim: string] {
  const at = alert.indexOf('#');
  return [alert.slice(0, at), alert.slice(at + 1)];
}

/** The key that the other copy of an episode would have. */
function findOtherSlot({
  slot,
  episode: { id, rule, sim },
}: StoredEpisode): Pick<EpisodeKey, 'alert' | 'slot'> {
  return { alert: `${rule}#${sim}`, slot: slot === 'live' ? id : 'live' };
}

function chooseCurrent(stored: StoredEpisode, other: StoredEpisode | undefined): StoredEpisode {
  if (other === undefined || other.episode.id !== stored.episode.id) return stored;
  const newer = other.episode.revision - stored.episode.revision;
  return newer > 0 || (newer === 0 && isInPlace(other)) ? other : stored;
}

/** Whether an episode is in the slot where it belongs: open episodes belong in the live slot, others do not. */
function isInPlace({ slot, episode: { state } }: StoredEpisode): boolean {
  return (slot === 'live') === (state === 'open');
}

function nameKey({ alert, slot }: Pick<EpisodeKey, 'alert' | 'slot'>): string {
  return `${alert} ${slot}`;
}

function nameItem(item: Item): string {
  return nameKey(readSlotKey(item));
}

function readSlotKey(item: Item): Pick<EpisodeKey, 'alert' | 'slot'> {
  return { alert: readText(item, partitionKey), slot: readText(item, sortKey) };
}

function findMonthBefore(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 1
    ? `${String(year - 1).padStart(4, '0')}-12`
    : `${String(year).padStart(4, '0')}-${String(number - 1).padStart(2, '0')}`;
}
