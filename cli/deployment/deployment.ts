import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { KnownSources, SourceDescription } from '../../lambda/aws/sources.ts';
import { UnreachableError } from '../../lambda/errors.ts';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import type { ConnectionValues } from '../connect/portal-forms.ts';

/**
 * One simledger that runs somewhere, as the commands see it. There are two kinds, a deployed stack and the local run;
 * no command knows which it has.
 */
export interface Deployment {
  /** What it is called in sentences: `the stack simledger in eu-central-1`, `the local run`. */
  readonly title: string;
  readonly places: Places;
  readonly s3: S3Client;
  readonly kinesis: KinesisClient;
  readonly sqs: SQSClient;
  readonly dynamoDb: DynamoDBClient;
  /** A further client, which middleware may be put on; it ends with the deployment. */
  newDynamoDb(): DynamoDBClient;
  /** Milliseconds between two reads of one shard, so that the consumer, which shares the shard, is not held back. */
  readonly shardPauseMilliseconds: number;
  /** What came in lately, by source. */
  traffic(): Promise<readonly SourceTraffic[]>;
  /** Alarms that are on; undefined where there is nothing that raises any. */
  openAlarms(): Promise<readonly OpenAlarm[] | undefined>;
  /** Looks after what can be wrong with a deployment, one thing after the other. */
  checks(): AsyncIterable<Check>;
  /** What a carrier's portal is filled in with. */
  connection(source: SourceDescription): ConnectionValues;
  /** Looks for what keeps a source's records from coming in, one thing after the other. */
  connectionChecks(source: SourceDescription): AsyncIterable<Check>;
  /** Lets go of all connections. */
  close(): void;
}

/** Whose services are called, and in which region; what is left out is the AWS SDK's to find. */
export type Access = Pick<DynamoDBClientConfig, 'region' | 'profile' | 'credentials'>;

/** Where everything of a deployment is, by name. */
export interface Places {
  readonly tables: {
    readonly sessions: string;
    readonly usage: string;
    readonly events: string;
    readonly sims: string;
    readonly files: string;
  };
  readonly quarantineBucket: string;
  readonly sources: KnownSources;
  /** When session updates write their session. */
  readonly sessionRefresh: SessionRefresh;
  /** Days that an event is kept; 0 for ever. */
  readonly eventRetentionDays: number;
  /** URLs of the queues of file announcements; undefined where no source delivers files. */
  readonly queues: { readonly files: string; readonly deadLetters: string } | undefined;
  /** Version of simledger that was deployed. */
  readonly version: string;
}

/** What came in of one source. */
export interface SourceTraffic {
  readonly source: string;
  /** When the last record was taken in, ISO 8601; undefined where none was in the last day. */
  readonly lastRecord: string | undefined;
  /** Seconds for which records waited in the stream, at most, lately; undefined where none came. */
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
  /** What is wrong, and where to read on. */
  readonly sentence: string;
  /** ISO 8601. */
  readonly since: string;
}

/** One thing that was looked after. */
export interface Check {
  /** What was looked after: `stream of kore`. */
  readonly subject: string;
  readonly outcome: 'ok' | 'warning' | 'problem';
  /** What was found; where it is not ok, what to do. */
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
      `Cannot find ${title}: give its name by --stack and its region by --region, or use --local for the local run`,
    );
    this.title = title;
    this.access = access;
    this.stackName = stackName;
  }
}

/** A stack as CloudFormation describes it, and whose it is. */
export interface DeployedStack {
  readonly access: Access;
  readonly name: string;
  /** Its ARN, which no other stack has, not even a later one of the same name. */
  readonly id: string;
  /** CloudFormation's word: `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}
