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
  /** Address of S3, if it is not AWS's own. */
  readonly s3Endpoint: string | undefined;
  /** Whether a closed day is read as soon as nobody writes, and not only after what was signed before has landed. */
  readonly closesAtOnce: boolean;
  /** Tells which days are closed, for chunks that are written with {@link dynamoDb}. */
  readonly fence: ChunkFence;
  /** A further client, to which middleware may be added; it is closed with the deployment. */
  openDynamoDb(): DynamoDBClient;
  /** Milliseconds between two reads of one shard, so that the consumer, which shares the shard, is not held back. */
  readonly shardPauseMilliseconds: number;
  /** The recent records of each source. */
  readTraffic(): Promise<readonly SourceTraffic[]>;
  /** Alarms that are on; undefined if the deployment has no alarms. */
  openAlarms(): Promise<readonly OpenAlarm[] | undefined>;
  /** Runs all checks of a deployment, one after the other. */
  runChecks(): AsyncIterable<Check>;
  /** The values for a carrier's portal. */
  describeConnection(source: KnownSource): ConnectionValues;
  /** Checks one after the other what may keep a source's records from arriving. */
  checkConnection(source: KnownSource): AsyncIterable<Check>;
  /** Closes all connections. */
  close(): void;
}

/** Credentials and region of the services; the AWS SDK finds what is left out. */
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
  /** The tables of closed days. */
  readonly dayTables: DayTableNames & {
    /** SIM-days. */
    readonly simDays: string;
    readonly findings: string;
    /** Which day has each ended session. */
    readonly sessionDays: string;
  };
  /** The buckets of closed days. */
  readonly lake: LakeBuckets;
  /** Where SQL is asked about closed days; undefined without a catalogue of them. */
  readonly catalog: LakeCatalog | undefined;
  /** URL of the queue of the day pass. */
  readonly dayQueue: string;
  /** The tables of alerts; undefined where no rules are judged. */
  readonly alertTables: { readonly episodes: string; readonly state: string } | undefined;
  readonly quarantineBucket: string;
  readonly sources: KnownSources;
  /** When session updates write their session. */
  readonly sessionRefresh: SessionRefresh;
  /** How conditional writes are sent. */
  readonly writes: WriteMode;
  /** Days that an event is kept; 0 forever. */
  readonly eventRetentionDays: number;
  /** Days that a usage record is kept; 0 forever. */
  readonly usageRetentionDays: number;
  /** URLs of the queues of file notifications; undefined where no source delivers files. */
  readonly queues: { readonly files: string; readonly deadLetters: string } | undefined;
  /** Version of simledger that was deployed. */
  readonly version: string;
}

/** The catalogue of a lake. */
export interface LakeCatalog {
  /** Glue's database. */
  readonly database: string;
  /** Athena's workgroup, which limits what a query reads. */
  readonly workGroup: string;
}

/** The records of one source. */
export interface SourceTraffic {
  readonly source: string;
  /** When the last record was processed, ISO 8601; undefined if none was in the last day. */
  readonly lastRecord: string | undefined;
  /** Maximum number of seconds that recent records waited in the stream; undefined if no record came. */
  readonly lagSeconds: number | undefined;
  readonly hour: Counted;
  readonly day: Counted;
}

/** Records received, and those of them that were rejected. */
export interface Counted {
  readonly received: number;
  readonly rejected: number;
}

/** An alarm that is on. */
export interface OpenAlarm {
  readonly name: string;
  /** What is wrong, and where to read more. */
  readonly sentence: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The result of one check. */
export interface Check {
  /** What was checked: `stream of kore`. */
  readonly subject: string;
  readonly outcome: 'ok' | 'warning' | 'problem';
  /** What was found; if it is not ok, what to do. */
  readonly sentence: string;
}

/** No stack has the name. A deleted one may have left resources behind. */
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
  /** Its ARN, which no other stack has, not even a later one of the same name. */
  readonly id: string;
  /** CloudFormation's word: `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}
