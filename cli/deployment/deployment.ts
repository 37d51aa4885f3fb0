import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { LakeBuckets } from '../../lambda/aws/lake-bucket.ts';
import type { DayTableNames } from '../../lambda/aws/process-fence.ts';
import type { KnownSource, KnownSources } from '../../lambda/aws/sources.ts';
import type { ChunkFence } from '../../lambda/days/fence/chunk-fence.ts';
import { UnreachableError } from '../../lambda/errors.ts';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import type { WriteMode } from '../../lambda/store/ledger-tables.ts';
import type { ConnectionValues } from '../connect/portal-forms.ts';

/**
 * A running simledger, as the commands see it. There are two kinds, a deployed stack and the local run; commands do not
 * depend on the kind.
 */
export interface Deployment {
  /** Its name in sentences: `the stack simledger in eu-central-1`, `the local run`. */
  readonly title: string;
  readonly places: Places;
  readonly s3: S3Client;
  readonly kinesis: KinesisClient;
  readonly sqs: SQSClient;
  readonly dynamoDb: DynamoDBClient;
  /** S3 endpoint, if it is not AWS's own. */
  readonly s3Endpoint: string | undefined;
  /**
   * Whether a closed day is read as soon as all writers are idle, without waiting for requests that were signed before.
   */
  readonly closesAtOnce: boolean;
  /** Tells which days are closed, for chunks that are written with {@link dynamoDb}. */
  readonly fence: ChunkFence;
  /** Another client, to which middleware can be added; it is closed with the deployment. */
  openDynamoDb(): DynamoDBClient;
  /** Milliseconds between two reads of one shard, so that the consumer, which shares the shard, is not throttled. */
  readonly shardPauseMilliseconds: number;
  /** The recent records of each source. */
  readTraffic(): Promise<readonly SourceTraffic[]>;
  /** Active alarms; undefined if the deployment has no alarms. */
  openAlarms(): Promise<readonly OpenAlarm[] | undefined>;
  /** Runs all checks of a deployment, one after the other. */
  runChecks(): AsyncIterable<Check>;
  /** The values for a carrier's portal. */
  describeConnection(source: KnownSource): ConnectionValues;
  /** Checks one after the other whatever may keep a source's records from arriving. */
  checkConnection(source: KnownSource): AsyncIterable<Check>;
  /** Closes all connections. */
  close(): void;
}

/** Credentials and region of the services; the AWS SDK finds missing values. */
export type Access = Pick<DynamoDBClientConfig, 'region' | 'profile' | 'credentials'>;

/** The names of a deployment's resources. */
export interface Places {
  readonly tables: {
    readonly sessions: string;
    readonly usage: string;
    readonly events: string;
    readonly sims: string;
    readonly files: string;
  };
  /** Tables of closed days. */
  readonly dayTables: DayTableNames & {
    /** SIM-days. */
    readonly simDays: string;
    readonly findings: string;
    /** The day of each ended session. */
    readonly sessionDays: string;
  };
  /** Buckets of closed days. */
  readonly lake: LakeBuckets;
  /** The catalogue for SQL on closed days; undefined if the deployment does not have one. */
  readonly catalog: LakeCatalog | undefined;
  /** URL of the day pass's queue. */
  readonly dayQueue: string;
  /** Tables of alerts; undefined if the deployment has no rules. */
  readonly alertTables: { readonly episodes: string; readonly state: string } | undefined;
  readonly quarantineBucket: string;
  readonly sources: KnownSources;
  /** When session updates write their session. */
  readonly sessionRefresh: SessionRefresh;
  /** How conditional writes are sent. */
  readonly writes: WriteMode;
  /** Days for which an event is kept; 0 means forever. */
  readonly eventRetentionDays: number;
  /** Days for which a usage record is kept; 0 means forever. */
  readonly usageRetentionDays: number;
  /** URLs of the queues of file notifications; undefined if no source delivers files. */
  readonly queues: { readonly files: string; readonly deadLetters: string } | undefined;
  /** The deployed version of simledger. */
  readonly version: string;
}

/** A lake's catalogue. */
export interface LakeCatalog {
  /** Glue database. */
  readonly database: string;
  /** Athena workgroup, which limits how much a query reads. */
  readonly workGroup: string;
}

/** The records of one source. */
export interface SourceTraffic {
  readonly source: string;
  /** When the last record was processed, ISO 8601; undefined if there was none in the last day. */
  readonly lastRecord: string | undefined;
  /** Maximum number of seconds that recent records waited in the stream; undefined if there were none. */
  readonly lagSeconds: number | undefined;
  readonly hour: Counted;
  readonly day: Counted;
}

/** The number of received records, and of those that were rejected. */
export interface Counted {
  readonly received: number;
  readonly rejected: number;
}

/** An active alarm. */
export interface OpenAlarm {
  readonly name: string;
  /** What is wrong, and where to read more. */
  readonly sentence: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The result of one check. */
export interface Check {
  /** What was checked, such as `stream of kore`. */
  readonly subject: string;
  readonly outcome: 'ok' | 'warning' | 'problem';
  /** What was found and, if it is not ok, what to do. */
  readonly sentence: string;
}

/** No stack has this name. A deleted stack may have left resources behind. */
export class MissingStackError extends UnreachableError {
  override readonly name = 'MissingStackError';
  /** As in {@link Deployment}. */
  readonly title: string;
  readonly access: Access;
  readonly stackName: string;

  constructor(title: string, access: Access, stackName: string) {
    super(
      `Cannot find ${title}: give its name with --stack and its region with --region, or use --local for the local run`,
    );
    this.title = title;
    this.access = access;
    this.stackName = stackName;
  }
}

/** A stack as CloudFormation describes it, and its account. */
export interface DeployedStack {
  readonly access: Access;
  readonly name: string;
  /** Its ARN, which is unique even among stacks that reuse a name. */
  readonly id: string;
  /** CloudFormation's status, such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}
