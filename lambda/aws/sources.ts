import {
  type Carrier,
  carrierTraits,
  type SessionRefresh,
  type Source,
  sessionRefreshes,
} from '../ledger/source.ts';
import { type WriteMode, writeModes } from '../store/ledger-tables.ts';
import { environment } from './names.ts';

/** A source and the places where its records arrive, as in a function's environment. */
export interface SourceDescription extends Omit<Source, 'bytesPerMegabyte' | 'lateness'> {
  /** 1,000,000 if absent. */
  readonly bytesPerMegabyte?: number;
  /**
   * In milliseconds; 30 minutes if absent, because an environment may have only 4 KB. Null if no rule watches the
   * source.
   */
  readonly lateness?: number | null;
  /** ARN of the source's Kinesis stream. */
  readonly streamArn?: string;
  /** Name of the bucket for the source's CSV files. */
  readonly bucket?: string;
}

/** A source whose carrier calls an HTTPS address, as in the webhook receiver's environment. */
export interface WebhookSourceDescription extends Pick<Source, 'name' | 'carrier'> {
  /** ARN of the source's Kinesis stream. */
  readonly streamArn: string;
  /** ARN or name of the secret that identifies the carrier's requests. */
  readonly secret: string;
  /**
   * How many requests per second each process of the receiver accepts, and twice as many in a burst; 0 for no limit.
   */
  readonly requestsPerSecond: number;
}

/** What the alert sweep must know about a source, as in its environment. */
export interface AlertSourceDescription extends Pick<Source, 'name' | 'carrier'> {
  /** How much later than their own time its records may arrive, in milliseconds. */
  readonly lateness: number;
  /** Whether it has a stream, as every source of a stack does. */
  readonly hasStream: boolean;
  /** Name of the source's Kinesis stream. */
  readonly streamName: string;
}

/** Finds the source of a record. */
export interface Sources {
  findByStream(arn: string): Source;
  findByBucket(name: string): Source;
}

/** All sources. */
export interface KnownSources extends Sources {
  readonly all: readonly KnownSource[];
}

/** A source and the places where its records arrive. */
export interface KnownSource extends Source, Pick<SourceDescription, 'streamArn' | 'bucket'> {}

/** Bytes per megabyte of a source by default. */
export const defaultBytesPerMegabyte = 1_000_000;

/** How much later than their own time a source's records may arrive by default, in milliseconds. */
export const defaultLateness = 30 * 60_000;

/**
 * Reads the sources from the environment.
 *
 * @throws Error if the variable is missing, is not an array of source descriptions, or is combined with an invalid
 *   setting. The returned functions throw it for a stream or bucket that belongs to no source.
 */
export function readSources(env: NodeJS.ProcessEnv = process.env): KnownSources {
  const descriptions = JSON.parse(requireEnvironment(environment.sources, env)) as SourceDescription[];
  const carriers = new Set<Carrier | null>(descriptions.map(({ carrier }) => carrier));
  const sessionRefresh = readSessionRefresh(env);
  const sources = descriptions.map(({ lateness = defaultLateness, ...description }) => ({
    bytesPerMegabyte: defaultBytesPerMegabyte,
    ...description,
    ...(lateness !== null && { lateness }),
    filesOnly: description.streamArn === undefined,
    superseded: carriers.has(carrierTraits[description.carrier].successor),
    sessionRefresh,
  }));
  const byStream = new Map(sources.map((source) => [source.streamArn, source]));
  const byBucket = new Map(sources.map((source) => [source.bucket, source]));
  return {
    all: sources,
    findByStream: (arn) => requireSource(byStream.get(arn), `stream ${arn}`),
    findByBucket: (name) => requireSource(byBucket.get(name), `bucket ${name}`),
  };
}

/**
 * Which session updates write their session, from the environment.
 *
 * @throws Error for an unknown setting.
 */
export function readSessionRefresh(env: NodeJS.ProcessEnv = process.env): SessionRefresh {
  return readSetting(environment.sessionRefresh, sessionRefreshes, 'update', env);
}

/**
 * How to send conditional writes, from the environment.
 *
 * @throws Error for an unknown setting.
 */
export function writeModeFromEnvironment(env: NodeJS.ProcessEnv = process.env): WriteMode {
  return readSetting(environment.writes, writeModes, 'batched', env);
}

function readSetting<Setting extends string>(
  variable: string,
  accepted: readonly Setting[],
  standard: Setting,
  env: NodeJS.ProcessEnv,
): Setting {
  const given = env[variable] ?? standard;
  const setting = accepted.find((known) => known === given);
  if (setting !== undefined) return setting;
  throw new Error(`${variable} is ${JSON.stringify(given)}; accepted is one of ${accepted.join(', ')}`);
}

/**
 * The value of a required environment variable.
 *
 * @throws Error if it is not set.
 */
export function requireEnvironment(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set`);
  return value;
}

/** The names of the ledger's tables, which the environment has. */
export function readTableNames(): Record<'sessions' | 'usage' | 'events' | 'sims', string> {
  return {
    sessions: requireEnvironment(environment.sessionsTable),
    usage: requireEnvironment(environment.usageTable),
    events: requireEnvironment(environment.eventsTable),
    sims: requireEnvironment(environment.simsTable),
  };
}

function requireSource(source: KnownSource | undefined, place: string): Source {
  if (source === undefined) throw new Error(`No source is configured for ${place}`);
  return source;
}
