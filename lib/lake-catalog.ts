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
  /** GB that one query may read. */
  readonly queryGigabytes: number;
  readonly removalPolicy: RemovalPolicy;
  /** The customer's key with which results are encrypted; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
  /** Where requests to the bucket of results are logged; undefined for nowhere. */
  readonly accessLogs: IBucket | undefined;
}

/** The types of Hive for what Parquet files have. Decimals are text, since carriers write any number of digits. */
const types: Readonly<Record<ColumnKind, Type>> = {
  text: Schema.STRING,
  decimal: Schema.STRING,
  time: Schema.TIMESTAMP,
  whole: Schema.BIG_INT,
  degrees: Schema.DOUBLE,
  flag: Schema.BOOLEAN,
};

/** The kinds of rows that are requested. Renderings are of use to the pass only. */
const queriedKinds = ['usage', 'sessions', 'events', 'findings'] as const satisfies readonly RowKind[];

/** Earlier than any record that a carrier still has. Each day that a query does not exclude is a request to S3. */
const firstDay = '2018-01-01';

/** Days for which Athena's results are kept: they are copies. */
const resultDays = 7;

/** The lake as tables of Glue, and a workgroup of Athena with a limit and saved queries. */
export class LakeCatalog extends Construct {
  readonly database: Database;
  readonly workGroup: CfnWorkGroup;

  constructor(scope: Construct, id: string, props: LakeCatalogProps) {
    super(scope, id);
    const { lake, removalPolicy } = props;
    const { stackName } = Stack.of(this);
    this.database = new Database(this, 'Database', {
      // Hyphens need quotes in each query.
      databaseName: stackName.toLowerCase().replaceAll('-', '_'),
      description: 'Closed days of simledger',
      // It holds no data, and a later stack of the same name makes it again.
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

  /** A table of the files of a kind. Days are projected: no crawler, and a new day is found at once. */
  #createTable(prefix: string, kind: RowKind, bucket: Bucket): void {
    // Athena knows names in lower-case letters only, and finds the files' columns by them.
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
      // Else the stack could not be deleted once a query has run.
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
