import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import {
  Database,
  DataFormat,
  PartitionProjectionConfiguration,
  S3Table,
  S3TableStorage,
  Schema,
  type Type,
} from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type ColumnKind, listRowColumns } from '../lambda/days/columns.ts';
import { findPrefixes } from '../lambda/days/pass/lake-objects.ts';
import type { RowKind } from '../lambda/days/rows.ts';
import type { Lake } from './lake.ts';
import { PrivateBucket } from './private-bucket.ts';
import { savedQueries } from './saved-queries.ts';

/** Properties of {@link LakeCatalog}. */
export interface LakeCatalogProps {
  readonly lake: Lake;
  /** GB that one query may scan. */
  readonly queryGigabytes: number;
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key that encrypts results; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
  /** Where requests to the results' bucket are logged; undefined if they are not. */
  readonly accessLogs: IBucket | undefined;
}

/** Hive types of Parquet columns. Decimals are text, because carriers state any number of digits. */
const types: Readonly<Record<ColumnKind, Type>> = {
  text: Schema.STRING,
  decimal: Schema.STRING,
  time: Schema.TIMESTAMP,
  whole: Schema.BIG_INT,
  degrees: Schema.DOUBLE,
  flag: Schema.BOOLEAN,
};

/** The kinds of rows that people query. Only the day pass uses renderings. */
const queriedKinds = ['usage', 'sessions', 'events', 'findings'] as const satisfies readonly RowKind[];

/** Earlier than any record that a carrier still has. Each day that a query does not exclude costs a request to S3. */
const firstDay = '2018-01-01';

/** Days that Athena's results are kept: they are copies. */
const resultDays = 7;

/** The lake as Glue tables, and an Athena workgroup with a scan limit and saved queries. */
export class LakeCatalog extends Construct {
  readonly database: Database;
  readonly workGroup: CfnWorkGroup;

  constructor(scope: Construct, id: string, props: LakeCatalogProps) {
    super(scope, id);
    const { lake, removalPolicy } = props;
    const { stackName } = Stack.of(this);
    this.database = new Database(this, 'Database', {
      // A name with hyphens would need quotes in every query.
      databaseName: stackName.toLowerCase().replaceAll('-', '_'),
      description: 'Closed days of simledger',
      // It holds no data, and a later stack with the same name creates it again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    for (const kind of queriedKinds) this.#createTable(findPrefixes(kind).sims, kind, lake.bucket);
    this.#createTable(findPrefixes('events').accounts, 'events', lake.accounts);
    this.workGroup = this.#createWorkGroup(stackName, props, this.#createResultsBucket(props, removalPolicy));
    for (const [index, { name, description, sql }] of savedQueries.entries()) {
      const query = new CfnNamedQuery(this, `Query${index + 1}`, {
        ...{ name, description, queryString: sql },
        database: this.database.databaseName,
        workGroup: this.workGroup.name,
      });
      query.node.addDependency(this.workGroup);
    }
  }

  /**
   * Creates a table over the files of one kind. Days are projected: there is no crawler, and new days are visible
   * immediately.
   */
  #createTable(prefix: string, kind: RowKind, bucket: Bucket): void {
    // Athena lower-cases names, and matches the files' columns by them.
    const columns = listRowColumns(kind).map(({ name, kind: columnKind }) => ({
      name: name.toLowerCase(),
      type: types[columnKind],
    }));
    new S3Table(this, prefix, {
      database: this.database,
      tableName: prefix.replaceAll('-', '_'),
      // CDK declares the optional members of a bucket and of its interface differently.
      storage: S3TableStorage.fromBucket(bucket as IBucket),
      s3Prefix: `${prefix}/`,
      dataFormat: DataFormat.PARQUET,
      columns,
      partitionKeys: [{ name: 'day', type: Schema.STRING }],
      partitionProjection: {
        day: PartitionProjectionConfiguration.date({ min: firstDay, max: 'NOW', format: 'yyyy-MM-dd' }),
      },
    });
  }

  #createResultsBucket(
    { dataKey, accessLogs }: LakeCatalogProps,
    removalPolicy: RemovalPolicy,
  ): PrivateBucket {
    return new PrivateBucket(this, 'Results', {
      versioned: false,
      lifecycleRules: [
        {
          expiration: Duration.days(resultDays),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
      ...{ removalPolicy, dataKey, accessLogs },
      notLogged: 'It holds copies that Athena makes for those who ask. Set accessLogs to log each request.',
    });
  }

  #createWorkGroup(
    name: string,
    { queryGigabytes, dataKey }: LakeCatalogProps,
    results: PrivateBucket,
  ): CfnWorkGroup {
    return new CfnWorkGroup(this, 'WorkGroup', {
      name,
      description: 'Queries of closed days',
      // Otherwise the stack could not be deleted after the first query.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        bytesScannedCutoffPerQuery: queryGigabytes * 1_000_000_000,
        enforceWorkGroupConfiguration: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: results.s3UrlForObject(),
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration:
            dataKey === undefined
              ? { encryptionOption: 'SSE_S3' }
              : { encryptionOption: 'SSE_KMS', kmsKey: dataKey.keyArn },
        },
      },
    });
  }
}
