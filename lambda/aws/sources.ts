import {
  type Carrier,
  carrierTraits,
  type SessionRefresh,
  type Source,
  sessionRefreshes,
} from '../ledger/source.ts';
import { type WriteMode, writeModes } from '../store/ledger-tables.ts';
import { environment } from './names.ts';

/** A source with the places where its records arrive, as the environment of a function carries it. */
export interface SourceDescription extends Omit<Source, 'bytesPerMegabyte' | 'lateness'> {
  /** 1,000,000 where it is absent. */
  readonly bytesPerMegabyte?: number;
  /** In milliseconds. 30 minutes where it is absent: an environment holds 4 KB. Null where no rule watches the source. */
  readonly lateness?: number | null;
  /** ARN of the source's Kinesis stream. */
  readonly streamArn?: string;
  /** Name of the bucket that takes the source's CSV files. */
  readonly bucket?: string;
}

/** A source whose carrier calls an HTTPS address, as the environment of the webhook receiver carries it. */
export interface WebhookSourceDescription extends Pick<Source, 'name' | 'carrier'> {
  /** ARN of the source's Kinesis stream. */
  readonly streamArn: string;
  /** ARN or name of the secret that identifies the carrier's requests. */
  readonly secret: string;
  /** Requests that each process of the receiver takes a second, and twice as many at once; 0 for any number. */
  readonly requestsPerSecond: number;
}

/** What the sweep of alerts must know of a source, as its environment carries it. */
export interface AlertSourceDescription extends Pick<Source, 'name' | 'carrier'> {
  /** How much later than their time its records may come, in milliseconds. */
  readonly lateness: number;
  /** Whether it has a stream, as each source of a stack. */
  readonly hasStream: boolean;
  /** Name of the source's Kinesis stream. */
  readonly streamName: string;
}

/** Where records come from, and whose they are. */
export interface Sources {
  findByStream(arn: string): Source;
  findByBucket(name: string): Source;
}

/** All sources. */
export interface KnownSources extends Sources {
  readonly all: readonly KnownSource[];
}

/** A source with the places where its records arrive. */
export interface KnownSource extends Source, Pick<SourceDescription, 'streamArn' | 'bucket'> {}

/** Bytes of the megabyte of a source that says nothing else. */
export const defaultBytesPerMegabyte = 1_000_000;

/** How much later than their time records of a source may come that says nothing else, in milliseconds. */
export const defaultLateness = 30 * 60_000;

/**
 * Reads the sources from the environment.
 *
 * @throws Error when the variable is missing, is not an array of source descriptions, or goes with a setting that is not
 *   accepted, and, from the returned functions, when a record comes from a stream or bucket that belongs to no source.
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
 * When session updates write their session, by the environment.
 *
 * @throws Error for an unknown setting.
 */
export function readSessionRefresh(env: NodeJS.ProcessEnv = process.env): SessionRefresh {
  return readSetting(environment.sessionRefresh, sessionRefreshes, 'update', env);
}

/**
 * How conditional writes are sent, by the environment.
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

/** A variable of the environment that must be there. */
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
