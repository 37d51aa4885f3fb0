import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { readText } from '../../store/item-attributes.ts';
import type { Item } from '../../store/items.ts';
import { queryAll, readPartition } from '../../store/query-pages.ts';
import { alertStateTable } from '../../store/tables.ts';
import type { DayLag } from '../watermark.ts';
import type { CountryCount } from './fleet-counts.ts';
import type { RegisteredGroup } from './form-groups.ts';
import type { Judged, JudgedRange } from './order.ts';
import { Register } from './register.ts';
import type { ListedSim, SilentPart } from './silent-list.ts';
import type { RegisteredSourceAlert } from './source-alerts.ts';

/** What sweeps keep for the next sweep: operational, in the table AlertState. */

/** Up to when a source was judged, and its usual lag. */
export interface SourceState extends Judged {
  readonly days: readonly DayLag[];
}

/** The state of a source that was never swept. */
export const unsweptSource: SourceState = { judgedThrough: undefined, sweptAt: undefined, days: [] };

const sourceSubject = 'sources';
const fleetSubject = 'fleet';

/** The size of the fleet at the last sweep. */
export interface SweptFleet {
  readonly sims: number;
  /** The sources of these SIMs. */
  readonly sources: readonly string[];
  /** Where they were last seen; undefined if the sweep did not count that yet. */
  readonly countries: readonly CountryCount[] | undefined;
  /** The time of the sweep, in milliseconds since the epoch. */
  readonly sweptAt: number;
}

/** A part of the list of silent SIMs, with the time of the sweep that made it. */
export interface StoredSilentPart extends Pick<SilentPart, 'isCut' | 'sims'> {
  readonly sweptAt: number;
}

/** The partition key of a source's silent SIMs. */
function makeSilentSubject(source: string): string {
  return `silent#${source}`;
}

/** The table AlertState. */
export class AlertState {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  /** The existing groups, by rule. */
  readonly groups: Register<RegisteredGroup>;
  /** The existing source alerts, by source. */
  readonly sourceAlerts: Register<RegisteredSourceAlert>;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
    this.groups = new Register(client, tableName, 'groups');
    this.sourceAlerts = new Register(client, tableName, 'source-alerts');
  }

  /** The state of all sources that were swept, by name. */
  async readSources(): Promise<Map<string, SourceState>> {
    const { partitionKey } = alertStateTable;
    const items = await readPartition(this.#client, this.#tableName, partitionKey, { S: sourceSubject });
    return new Map(items.map((item) => [readText(item, alertStateTable.sortKey), decodeSource(item)]));
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

  /** The size of the fleet at the last sweep; undefined before the first. */
  async readFleet(): Promise<SweptFleet | undefined> {
    const [item] = await this.#query(fleetSubject);
    if (item === undefined) return undefined;
    const { sims, sweptAt, content, countries } = item;
    return {
      sims: Number(sims?.N),
      sources: JSON.parse(content?.S ?? '[]') as string[],
      countries: countries?.S === undefined ? undefined : decodeCountries(countries.S),
      sweptAt: Number(sweptAt?.N),
    };
  }

  async writeFleet({ sims, sources, countries, sweptAt }: SweptFleet): Promise<void> {
    await this.#put(fleetSubject, 'all', {
      sims: { N: String(sims) },
      content: { S: JSON.stringify(sources) },
      ...(countries !== undefined && { countries: { S: encodeCountries(countries) } }),
      sweptAt: { N: String(sweptAt) },
    });
  }

  /** A source's silent SIMs, as they were last listed. */
  async readSilent(source: string): Promise<StoredSilentPart[]> {
    return (await this.#query(makeSilentSubject(source))).map(({ sweptAt, content, isCut }) => ({
      sweptAt: Number(sweptAt?.N),
      isCut: isCut?.BOOL === true,
      sims: JSON.parse(content?.S ?? '[]') as ListedSim[],
    }));
  }

  async writeSilent({ source, part, isCut, sims }: SilentPart, sweptAt: number): Promise<void> {
    await this.#put(makeSilentSubject(source), String(part), {
      sweptAt: { N: String(sweptAt) },
      isCut: { BOOL: isCut },
      content: { S: JSON.stringify(sims) },
    });
  }

  /** A list may be as old as a sweep anyway, so it need not be read consistently. */
  #query(subject: string): Promise<Item[]> {
    return queryAll(this.#client, {
      TableName: this.#tableName,
      KeyConditionExpression: '#subject = :subject',
      ExpressionAttributeNames: { '#subject': alertStateTable.partitionKey },
      ExpressionAttributeValues: { ':subject': { S: subject } },
    });
  }

  async #put(subject: string, entry: string, attributes: Item): Promise<void> {
    const keys: Item = {
      [alertStateTable.partitionKey]: { S: subject },
      [alertStateTable.sortKey]: { S: entry },
    };
    await this.#client.send(
      new PutItemCommand({ TableName: this.#tableName, Item: { ...keys, ...attributes } }),
    );
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

/** Country, code and counts of a row: those of a large fleet take some 5 KB. */
type CountryRow = readonly [country: string | null, mcc: string | null, sims: number, ...silent: number[]];

function encodeCountries(counts: readonly CountryCount[]): string {
  const rows = counts.map(
    ({ country, mcc, sims, silent }): CountryRow => [country ?? null, mcc ?? null, sims, ...silent],
  );
  return JSON.stringify(rows);
}

function decodeCountries(text: string): CountryCount[] {
  return (JSON.parse(text) as CountryRow[]).map(([country, mcc, sims, ...silent]) => ({
    country: country ?? undefined,
    mcc: mcc ?? undefined,
    sims,
    silent,
  }));
}
