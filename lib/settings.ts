import type { PersonalData } from '../lambda/functions/query-api/personal-data.ts';
import type { SessionRefresh, Source } from '../lambda/ledger/source.ts';
import type { WriteMode } from '../lambda/store/ledger-tables.ts';
import type { AlertSettings } from './alert-rules.ts';
import type { ConfiguredReceiver } from './receivers.ts';
import type { Fleet } from './sizing.ts';

/** The stream of a source. */
export interface StreamSettings {
  /** Shards of a provisioned stream, each good for 1 MB and 1,000 records a second; absent on demand. */
  readonly shards: number | undefined;
  /** Hours for which the stream keeps a record: the time there is to repair a consumer before records are lost. */
  readonly retentionHours: number;
}

/** How a carrier assumes the role that lets it write. */
export interface RoleWriterSettings {
  readonly kind: 'role';
  /** ARN of the principal that assumes the role. */
  readonly principal: string;
  /** The external id that the principal states; undefined to make one from the stack's id. */
  readonly externalId: string | undefined;
}

/** The IAM user of a carrier whose portal asks for an access key. */
export interface UserWriterSettings {
  readonly kind: 'user';
  /** A larger number than the last deployment's replaces the key. */
  readonly keySerial: number;
}

/** A source whose carrier calls an HTTPS address. */
export interface WebhookSettings {
  /** Requests a second, with bursts of twice as many; more are answered with 503. */
  readonly requestsPerSecond: number;
}

/** A carrier connection: what the functions know of it, and what is deployed for it. */
export interface SourceSettings extends Source {
  readonly stream: StreamSettings;
  /** Whether the source has a bucket for CSV files. */
  readonly bucket: boolean;
  /** The principal that writes to stream and bucket; undefined for none. */
  readonly writer: RoleWriterSettings | UserWriterSettings | undefined;
  /** Undefined where the carrier has no address to call. */
  readonly webhook: WebhookSettings | undefined;
  /** How much later than their own time its records may arrive, in milliseconds. */
  readonly lateness: number;
  /** The SIMs behind it; undefined if not configured. */
  readonly fleet: Fleet | undefined;
}

/** How long things are kept. */
export interface RetentionSettings {
  readonly streamHours: number;
  /** 0 keeps events for ever. */
  readonly eventDays: number;
  /** 0 keeps usage for ever. */
  readonly usageDays: number;
  /** One of the numbers that CloudWatch Logs takes; 0 keeps logs for ever. */
  readonly logDays: number;
  readonly quarantineDays: number;
  readonly overwrittenFileDays: number;
}

/** How streams feed the consumer. */
export interface ConsumerSettings {
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  /** Concurrent batches per shard; undefined to derive it from each source's fleet. */
  readonly parallelizationFactor: number | undefined;
  /** Megabytes of the consumer's memory, with which its share of a CPU comes. */
  readonly memoryMegabytes: number;
  /** Reserved concurrency of the function, over all streams; 0 reserves none. */
  readonly reservedConcurrency: number;
}

/** How the queue feeds the importer. */
export interface ImporterSettings {
  readonly maximumConcurrency: number;
}

/** How closed days are read. */
export interface DaySettings {
  /** Parts of a day that are read at the same time; undefined to derive it from the fleets. */
  readonly maximumConcurrency: number | undefined;
  /** Hours from one partial pass over days that are not closed to the next one; 0 for none. */
  readonly partialHours: number;
}

/** For how long each version of an object in the lake is locked. */
export interface ObjectLockSettings {
  /** `compliance`: nobody can delete it before; `governance`: a principal with the permission can. */
  readonly mode: 'governance' | 'compliance';
  readonly days: number;
}

/** The lake of closed days. */
export interface LakeSettings {
  /** Undefined for no lock. */
  readonly objectLock: ObjectLockSettings | undefined;
  /** GB that one query of Athena may read. */
  readonly queryGigabytes: number;
}

/** The receiver of metrics, by OTLP. */
export interface OtlpSettings {
  /** Name or ARN of the secret with its address and headers. */
  readonly secret: string;
  /** Combinations that have series of their own, at most: of the live metrics, and of the daily ones. */
  readonly series: number;
  /** Whether its address may be private or loopback, and then plain HTTP. */
  readonly allowPrivateAddresses: boolean;
}

/** How the ledger is read over HTTP. */
export interface ApiSettings {
  /** How callers authenticate; `none` deploys no API. */
  readonly access: 'basic' | 'iam' | 'none';
  /** Whether answers show IMSI and IP addresses. */
  readonly personalData: PersonalData;
  /** Requests a second over all clients, twice as many at once; more are answered with 429. */
  readonly requestsPerSecond: number;
  /** Requests that one client may make a second, counted by each process of the function; 0 for any number. */
  readonly clientRequestsPerSecond: number;
  /** Origins whose pages may call; none by default. */
  readonly corsOrigins: readonly string[];
}

/** What a deployment is made of: the context key `simledger`, checked and with every default filled in. */
export interface Configuration {
  /** The carrier connections. Each gets a stream of its own, and a bucket where it delivers files. */
  readonly sources: readonly SourceSettings[];
  /** Which Super SIM updates write their session: each of them, or about one an hour. */
  readonly sessionRefresh: SessionRefresh;
  /** How conditional writes are sent: 25 in a request, or each by itself. */
  readonly writes: WriteMode;
  readonly retention: RetentionSettings;
  /** What becomes of tables, buckets, streams and logs when the stack is deleted. */
  readonly removal: 'retain' | 'destroy';
  /** The rules of alerts, and how often they are judged. */
  readonly alerts: AlertSettings;
  /** The receivers of alerts. */
  readonly receivers: readonly ConfiguredReceiver[];
  /** Where volumes are sent as metrics; undefined for nowhere. */
  readonly otlp: OtlpSettings | undefined;
  /** The address that gets alarms; undefined for none. */
  readonly alarmEmail: string | undefined;
  /** Where `docs/runbook.md` is read: each alarm's text links into it. */
  readonly runbook: string;
  readonly consumer: ConsumerSettings;
  readonly importer: ImporterSettings;
  readonly days: DaySettings;
  readonly lake: LakeSettings;
  readonly api: ApiSettings;
  /** Whether the functions are traced by X-Ray. */
  readonly tracing: boolean;
  /** Pairs of country and operator that each process measures by name; 0 measures each source as a whole only. */
  readonly measuredNetworks: number;
  /** Names of tables that exist and are used instead of new ones, by what the stack calls the table. */
  readonly adoptedTables: AdoptedTables;
  /** ARN of the customer's KMS key with which the data is encrypted; undefined for AWS's own keys. */
  readonly kmsKeyArn: string | undefined;
  /** Whether requests to the buckets are logged: into a new bucket, or into the one of this name. */
  readonly accessLogs: boolean | string;
}

/** Physical names of tables by their names in the stack: `Sessions`, `Usage` and so on. */
export type AdoptedTables = Readonly<Partial<Record<string, string>>>;
