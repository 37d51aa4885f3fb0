import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { environment, rejectPrefix } from '../lambda/aws/names.ts';
import {
  alertOutboxTable,
  alertStateTable,
  alertsTable,
  dayMarkersTable,
  dayStateTable,
  deliveriesTable,
  eventsTable,
  filesTable,
  findingsTable,
  lateRecordPrefix,
  sessionDaysTable,
  sessionsTable,
  simDaysTable,
  simsTable,
  type TableDefinition,
  usageTable,
} from '../lambda/store/tables.ts';
import { acknowledgeObjects } from './acknowledgements.ts';
import type { NodeFunction } from './node-function.ts';
import { PrivateBucket } from './private-bucket.ts';
import type { AdoptedTables } from './settings.ts';

/** Properties of {@link Storage}. */
export interface StorageProps {
  /** Days that usage is kept; 0 forever. */
  readonly usageDays: number;
  /** Days that rejected bytes and failed batches are kept. */
  readonly quarantineDays: number;
  readonly removalPolicy: RemovalPolicy;
  /** Write units a second that the large tables accept from the start; undefined for what a new table accepts. */
  readonly warmWriteUnits: number | undefined;
  /** Existing tables to use instead of new ones. */
  readonly adoptedTables: AdoptedTables;
  /** The customer's key that encrypts the tables and the quarantine; undefined for AWS's own. */
  readonly dataKey: IKey | undefined;
  /** Where requests to the quarantine are logged; undefined if they are not. */
  readonly accessLogs: IBucket | undefined;
}

/** A table that the stack creates or adopts. */
export type LedgerTable = Table | ITable;

/** The ledger's tables, and the quarantine for records that cannot be read or stored. */
export class Storage extends Construct {
  readonly sessions: LedgerTable;
  readonly usage: LedgerTable;
  readonly events: LedgerTable;
  readonly sims: LedgerTable;
  readonly files: LedgerTable;
  /** Operational notes of the consumer. */
  readonly deliveries: LedgerTable;
  /** Episodes of alerts. */
  readonly alerts: LedgerTable;
  /** What receivers of alerts have not acknowledged. */
  readonly alertOutbox: LedgerTable;
  /** How far sources are read, mutes, and the state of the last sweep. */
  readonly alertState: LedgerTable;
  /** How far days are closed. */
  readonly dayState: LedgerTable;
  /** What late records have changed in closed days. */
  readonly dayMarkers: LedgerTable;
  /** SIM-days. */
  readonly simDays: LedgerTable;
  /** Missing and duplicate records in the days of SIMs. */
  readonly findings: LedgerTable;
  /** The day that each ended session belongs to. */
  readonly sessionDays: LedgerTable;
  readonly quarantine: Bucket;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.sessions = this.#provideTable(sessionsTable, props);
    this.usage = this.#provideTable(usageTable, props);
    this.events = this.#provideTable(eventsTable, props);
    this.sims = this.#provideTable(simsTable, props);
    this.files = this.#provideTable(filesTable, props);
    this.deliveries = this.#provideTable(deliveriesTable, props);
    this.alerts = this.#provideTable(alertsTable, props);
    this.alertOutbox = this.#provideTable(alertOutboxTable, props);
    this.alertState = this.#provideTable(alertStateTable, props);
    this.dayState = this.#provideTable(dayStateTable, props);
    this.dayMarkers = this.#provideTable(dayMarkersTable, props);
    this.simDays = this.#provideTable(simDaysTable, props);
    this.findings = this.#provideTable(findingsTable, props);
    this.sessionDays = this.#provideTable(sessionDaysTable, props);
    this.quarantine = new PrivateBucket(this, 'Quarantine', {
      versioned: false,
      lifecycleRules: [
        {
          expiration: Duration.days(props.quarantineDays),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
      removalPolicy: props.removalPolicy,
      dataKey: props.dataKey,
      accessLogs: props.accessLogs,
    });
  }

  get tables(): readonly LedgerTable[] {
    return [
      ...[this.sessions, this.usage, this.events, this.sims, this.files],
      ...[this.deliveries, this.alerts, this.alertOutbox, this.alertState],
      ...[this.dayState, this.dayMarkers, this.simDays, this.findings, this.sessionDays],
    ];
  }

  get #recordEnvironment(): Record<string, string> {
    return {
      [environment.sessionsTable]: this.sessions.tableName,
      [environment.usageTable]: this.usage.tableName,
      [environment.eventsTable]: this.events.tableName,
      [environment.simsTable]: this.sims.tableName,
    };
  }

  /** The variables that tell a function of the day pass where the tables are. */
  get dayEnvironment(): Record<string, string> {
    return {
      ...this.#recordEnvironment,
      [environment.dayStateTable]: this.dayState.tableName,
      [environment.dayMarkersTable]: this.dayMarkers.tableName,
      [environment.simDaysTable]: this.simDays.tableName,
      [environment.findingsTable]: this.findings.tableName,
      [environment.sessionDaysTable]: this.sessionDays.tableName,
    };
  }

  /** The variables that tell a function that writes the ledger where the tables and the quarantine are. */
  get ledgerEnvironment(): Record<string, string> {
    return {
      ...this.#recordEnvironment,
      [environment.dayStateTable]: this.dayState.tableName,
      [environment.dayMarkersTable]: this.dayMarkers.tableName,
      [environment.progressTable]: this.alertState.tableName,
      [environment.quarantineBucket]: this.quarantine.bucketName,
    };
  }

  /** The variables that tell a function that reads the ledger and its alerts where the tables are. */
  get readerEnvironment(): Record<string, string> {
    return {
      ...this.#recordEnvironment,
      [environment.filesTable]: this.files.tableName,
      [environment.alertsTable]: this.alerts.tableName,
      [environment.progressTable]: this.alertState.tableName,
    };
  }

  /**
   * Lets a function merge sessions and SIMs, put usage and events, mark changes of closed days, note late records,
   * and quarantine rejects. It cannot close a day.
   */
  allowLedgerWrite(writer: NodeFunction): void {
    writer.allow(
      [
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PartiQLInsert',
        'dynamodb:PartiQLUpdate',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ],
      [this.sessions.tableArn, this.sims.tableArn],
    );
    writer.allow(
      [
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:GetItem',
        'dynamodb:PartiQLInsert',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ],
      [this.usage.tableArn, this.events.tableArn],
    );
    writer.allow(['dynamodb:GetItem'], [this.dayState.tableArn]);
    writer.allow(['dynamodb:BatchWriteItem'], [this.dayMarkers.tableArn]);
    writer.allow(['dynamodb:BatchWriteItem'], [this.alertState.tableArn], [`${lateRecordPrefix}*`]);
    writer.allow(['s3:PutObject'], [this.quarantine.arnForObjects(`${rejectPrefix}*`)]);
    acknowledgeObjects(
      writer.role,
      this.quarantine,
      rejectPrefix,
      'Rejects are kept one by one, under names made from their bytes, all below this prefix.',
    );
  }

  #provideTable(definition: TableDefinition, props: StorageProps): LedgerTable {
    const adopted = props.adoptedTables[definition.name];
    return adopted === undefined
      ? this.#createTable(definition, props)
      : Table.fromTableName(this, definition.name, adopted);
  }

  #createTable(definition: TableDefinition, props: StorageProps): Table {
    const { removalPolicy, warmWriteUnits, dataKey } = props;
    const expires = definition !== usageTable || props.usageDays > 0;
    const isLarge = definition === usageTable || definition === sessionsTable;
    const table = new Table(this, definition.name, {
      ...(isLarge &&
        warmWriteUnits !== undefined && { warmThroughput: { writeUnitsPerSecond: warmWriteUnits } }),
      partitionKey: makeAttribute(definition.partitionKey),
      ...(definition.sortKey !== undefined && { sortKey: makeAttribute(definition.sortKey) }),
      ...(expires &&
        definition.expiryAttribute !== undefined && { timeToLiveAttribute: definition.expiryAttribute }),
      ...(dataKey !== undefined && {
        encryption: TableEncryption.CUSTOMER_MANAGED,
        encryptionKey: dataKey,
      }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
    if (definition.localIndex !== undefined) {
      table.addLocalSecondaryIndex({
        indexName: definition.localIndex.name,
        sortKey: makeAttribute(definition.localIndex.sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    for (const { name, partitionKey, sortKey } of definition.globalIndexes ?? []) {
      table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: makeAttribute(partitionKey),
        ...(sortKey !== undefined && { sortKey: makeAttribute(sortKey) }),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    return table;
  }
}

/** The ARNs of a table's indexes, also of an adopted table. */
export function listIndexArns(
  table: LedgerTable,
  { localIndex, globalIndexes = [] }: TableDefinition,
): string[] {
  const names = [...(localIndex === undefined ? [] : [localIndex]), ...globalIndexes].map(({ name }) => name);
  return names.map((name) => `${table.tableArn}/index/${name}`);
}

function makeAttribute(name: string) {
  return { name, type: AttributeType.STRING };
}
