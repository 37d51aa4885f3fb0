import type { PersonalData } from '../lambda/functions/query-api/personal-data.ts';
import type { SessionRefresh, Source } from '../lambda/ledger/source.ts';
import type { WriteMode } from '../lambda/store/ledger-tables.ts';
import type { AlertSettings } from './alert-rules.ts';
import type { ConfiguredReceiver } from './receivers.ts';
import type { Fleet } from './sizing.ts';

/** The stream of a source. */
export interface StreamSettings {
  /**
   * Shards of a provisioned stream, each of which accepts 1 MB and 1,000 records a second; undefined if it is on
   * demand.
   */
  readonly shards: number | undefined;
  /** Hours that the stream keeps a record: the time to repair a consumer before records are lost. */
  readonly retentionHours: number;
}

/** How a carrier assumes the role that lets it write. */
export interface RoleWriterSettings {
  readonly kind: 'role';
  /** ARN of the principal that assumes the role. */
  readonly principal: string;
  /** The external id that the principal sends; undefined to generate one from the stack's id. */
  readonly externalId: string | undefined;
}

/** The IAM user for a carrier whose portal asks for an access key. */
export interface UserWriterSettings {
  readonly kind: 'user';
  /** A larger number than in the last deployment replaces the key. */
  readonly keySerial: number;
}

/** A source whose carrier posts to an HTTPS address. */
export interface WebhookSettings {
  /** Requests a second, with bursts of twice the limit; requests beyond it are answered with 503. */
  readonly requestsPerSecond: number;
}

/** A carrier connection: what the functions know about it, and what is deployed for it. */
export interface SourceSettings extends Source {
  readonly stream: StreamSettings;
  /** Whether the source has a bucket for CSV files. */
  readonly bucket: boolean;
  /** The principal that writes to the stream and the bucket; undefined for none. */
  readonly writer: RoleWriterSettings | UserWriterSettings | undefined;
  /** Undefined without a webhook. */
  readonly webhook: WebhookSettings | undefined;
  /** How much later than their own time its records may arrive, in milliseconds. */
  readonly lateness: number;
  /** The source's fleet; undefined if not configured. */
  readonly fleet: Fleet | undefined;
}

/** How long data is kept. */
export interface RetentionSettings {
  readonly streamHours: number;
  /** 0 keeps events forever. */
  readonly eventDays: number;
  /** 0 keeps usage forever. */
  readonly usageDays: number;
  /** One of the values that CloudWatch Logs supports; 0 keeps logs forever. */
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
  /** Megabytes of the consumer's memory, which determines its share of a CPU. */
  readonly memoryMegabytes: number;
  /** Reserved concurrency of the function for all streams; 0 reserves none. */
  readonly reservedConcurrency: number;
}

/** How the queue feeds the importer. */
export interface ImporterSettings {
  readonly maximumConcurrency: number;
}

/** How closed days are read. */
export interface DaySettings {
  /** Parts of a day that are read concurrently; undefined to derive it from the fleets. */
  readonly maximumConcurrency: number | undefined;
  /** Hours between two partial passes over open days; 0 for none. */
  readonly partialHours: number;
}

/** How long each version of an object in the lake is locked. */
export interface ObjectLockSettings {
  /** `compliance`: nobody can delete it earlier; `governance`: a principal with the permission can. */
  readonly mode: 'governance' | 'compliance';
  readonly days: number;
}

/** The lake of closed days. */
export interface LakeSettings {
  /** Undefined for no lock. */
  readonly objectLock: ObjectLockSettings | undefined;
  /** GB that one Athena query may scan. */
  readonly queryGigabytes: number;
}

/** The OTLP receiver of metrics. */
export interface OtlpSettings {
  /** Name or ARN of the secret that holds its address and headers. */
  readonly secret: string;
  /** Maximum number of combinations with series of their own, separately for live and daily metrics. */
  readonly series: number;
  /** Whether its address may be private or loopback, which also allows plain HTTP. */
  readonly allowPrivateAddresses: boolean;
}

/** How the ledger is read over HTTP. */
export interface ApiSettings {
  /** How callers authenticate; `none` deploys no API. */
  readonly access: 'basic' | 'iam' | 'none';
  /** Whether answers show IMSI and IP addresses. */
  readonly personalData: PersonalData;
  /** Requests a second of all clients, with bursts of twice the limit; requests beyond it are answered with 429. */
  readonly requestsPerSecond: number;
  /** Requests a second of one client, counted by each process of the function; 0 for no limit. */
  readonly clientRequestsPerSecond: number;
  /** Origins whose pages may call the API; none by default. */
  readonly corsOrigins: readonly string[];
}

/** What to deploy: the context key `simledger`, validated, with every default filled in. */
export interface Configuration {
  /** The carrier connections. Each gets its own stream, and a bucket if it delivers files. */
  readonly sources: readonly SourceSettings[];
  /** Which Super SIM updates write their session: all of them, or about one an hour. */
  readonly sessionRefresh: SessionRefresh;
  /** How conditional writes are sent: in batches of 25, or one by one. */
  readonly writes: WriteMode;
  readonly retention: RetentionSettings;
  /** What happens to tables, buckets, streams and logs when the stack is deleted. */
  readonly removal: 'retain' | 'destroy';
  /** The rules of alerts, and how often they are judged. */
  readonly alerts: AlertSettings;
  /** The receivers of alerts. */
  readonly receivers: readonly ConfiguredReceiver[];
  /** Where volumes are exported as metrics; undefined if they are not. */
  readonly otlp: OtlpSettings | undefined;
  /** The address that is mailed about alarms; undefined for none. */
  readonly alarmEmail: string | undefined;
  /** Where to read `docs/runbook.md`: each alarm's description links to it. */
  readonly runbook: string;
  readonly consumer: ConsumerSettings;
  readonly importer: ImporterSettings;
  readonly days: DaySettings;
  readonly lake: LakeSettings;
  readonly api: ApiSettings;
  /** Whether X-Ray traces the functions. */
  readonly tracing: boolean;
  /**
   * Pairs of country and operator that each process measures by name; with 0, each source is measured only as a
   * whole.
   */
  readonly measuredNetworks: number;
  /** Names of existing tables to use instead of new ones, by their names in the stack. */
  readonly adoptedTables: AdoptedTables;
  /** ARN of the customer's KMS key that encrypts the data; undefined for AWS's own keys. */
  readonly kmsKeyArn: string | undefined;
  /** Whether requests to the buckets are logged: to a new bucket, or to the one of this name. */
  readonly accessLogs: boolean | string;
}

/** Physical names of tables by their names in the stack: `Sessions`, `Usage` and so on. */
export type AdoptedTables = Readonly<Partial<Record<string, string>>>;
