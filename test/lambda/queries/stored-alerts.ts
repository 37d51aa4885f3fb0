import {
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { Episode, Slot } from '../../../lambda/alerts/episode.ts';
import type { RecordReference } from '../../../lambda/alerts/known.ts';
import type { SharedEpisode } from '../../../lambda/alerts/shared-episodes.ts';
import { encodeEpisode } from '../../../lambda/store/episodes.ts';
import { encodeShared } from '../../../lambda/store/shared-episodes.ts';
import { alertsTable } from '../../../lambda/store/tables.ts';

/** Episodes of alerts as a sweep stores them, for tests of queries. */

/** The key of a SIM in the example records. */
export const silentSim = '8988280666001000101';

const begin: RecordReference = {
  table: 'Events',
  key: '2026-11-02T10:00:00.000Z#1',
  at: Date.parse('2026-11-02T10:00:00Z'),
};

/** An episode of a SIM that was last heard on 2 November at 10:00 and is silent since. */
export function makeEpisode(changes: Partial<Episode> = {}): Episode {
  return {
    id: '29d3c1fbf8d4cbaafdd1eb3f3c3d2d0a',
    rule: 'silent',
    kind: 'silent',
    ruleVersion: '5d41402abc4b2a76',
    severity: 'critical',
    sim: silentSim,
    source: 'emnify',
    state: 'open',
    from: begin.at,
    metAt: Date.parse('2026-11-03T10:00:00Z'),
    to: undefined,
    evidence: {
      begin,
      before: undefined,
      last: { table: 'Usage', key: '2026-11-02T09:45:00.000Z#2', at: begin.at },
      end: undefined,
      count: 1,
    },
    mergedInto: undefined,
    group: undefined,
    watermark: Date.parse('2026-11-03T11:00:00Z'),
    told: { state: 'open', from: begin.at, to: undefined },
    isHeld: false,
    sequence: 1,
    messages: [
      {
        sequence: 1,
        kind: 'opened',
        foundAt: Date.parse('2026-11-03T11:05:00Z'),
        state: 'open',
        from: begin.at,
        to: undefined,
      },
    ],
    writtenAt: Date.parse('2026-11-03T11:05:00Z'),
    revision: 1,
    ...changes,
  };
}

const member = { source: 'emnify', sim: silentSim };

/** The episode of a group with one member that is still silent. */
export function makeGroup(changes: Partial<SharedEpisode> = {}): SharedEpisode {
  return {
    id: 'a'.repeat(32),
    rule: 'lost-vans',
    ruleVersion: '5d41402abc4b2a76',
    kind: 'silent',
    severity: 'critical',
    subject: { kind: 'group', by: 'network', value: '262-01', common: { network: '262-01' } },
    state: 'open',
    from: begin.at,
    to: undefined,
    members: { total: 1, first: [member] },
    isGrowing: false,
    told: { state: 'open', from: begin.at, to: undefined, members: 30, isGrowing: true },
    isHeld: false,
    sequence: 1,
    messages: [],
    sweptAt: Date.parse('2026-11-03T11:00:00Z'),
    writtenAt: Date.parse('2026-11-03T11:00:00Z'),
    revision: 3,
    ...changes,
  };
}

/** The episode of a source that delivers late. */
export function makeSourceAlert(): SharedEpisode {
  return makeGroup({
    ...{ id: 'b'.repeat(32), rule: 'source', ruleVersion: '1', kind: 'source' },
    subject: { kind: 'source', source: 'kore', cause: 'carrier-late' },
    ...{ members: { total: 0, first: [] }, isGrowing: true },
    ...{ state: 'closed', to: begin.at + 3_600_000 },
    told: { state: 'closed', from: begin.at, to: begin.at + 3_600_000, members: 0, isGrowing: true },
  });
}

/** Stores episodes about many SIMs. */
export async function storeShared(client: DynamoDBClient, episodes: readonly SharedEpisode[]): Promise<void> {
  for (const episode of episodes) {
    await client.send(new PutItemCommand({ TableName: alertsTable.name, Item: encodeShared(episode) }));
  }
}

/** Stores episodes in their slots, or all in one slot. */
export async function storeEpisodes(
  client: DynamoDBClient,
  episodes: readonly Episode[],
  slot?: Slot,
): Promise<void> {
  for (const episode of episodes) {
    const Item = encodeEpisode(slot ?? (episode.state === 'open' ? 'live' : 'history'), episode);
    await client.send(new PutItemCommand({ TableName: alertsTable.name, Item }));
  }
}

/** Deletes all episodes, and stores others. */
export async function replaceEpisodes(
  client: DynamoDBClient,
  episodes: readonly Episode[],
  slot?: Slot,
): Promise<void> {
  const { name: TableName, partitionKey, sortKey } = alertsTable;
  const { Items = [] } = await client.send(new ScanCommand({ TableName }));
  for (const item of Items) {
    const Key = Object.fromEntries(
      Object.entries(item).filter(([name]) => name === partitionKey || name === sortKey),
    );
    await client.send(new DeleteItemCommand({ TableName, Key }));
  }
  await storeEpisodes(client, episodes, slot);
}
