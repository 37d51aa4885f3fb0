/**
 * Names of the stack's outputs that programs read: the command line locates a deployment by them, and the local run
 * provides the same ones. No output is a secret.
 */
export const outputName = {
  sessionsTable: 'SessionsTable',
  usageTable: 'UsageTable',
  eventsTable: 'EventsTable',
  simsTable: 'SimsTable',
  filesTable: 'FilesTable',
  /** How far days are closed. */
  dayStateTable: 'DayStateTable',
  /** What late records have changed in closed days. */
  dayMarkersTable: 'DayMarkersTable',
  /** SIM-days. */
  simDaysTable: 'SimDaysTable',
  findingsTable: 'FindingsTable',
  /** Which day has each ended session. */
  sessionDaysTable: 'SessionDaysTable',
  /** Episodes of alerts. */
  alertsTable: 'AlertsTable',
  /** How far sources are read, and mutes of alerts. */
  alertStateTable: 'AlertStateTable',
  /** What receivers of alerts have not acknowledged. */
  alertOutboxTable: 'AlertOutboxTable',
  quarantineBucket: 'QuarantineBucket',
  /** Rows, plans and manifests of closed days. */
  lakeBucket: 'LakeBucket',
  /** Rows of closed days that name no SIM. */
  accountLakeBucket: 'AccountLakeBucket',
  /** URL of the day pass's queue. */
  dayQueue: 'DayQueue',
  /** Glue database of closed days. */
  lakeDatabase: 'LakeDatabase',
  /** Athena workgroup for closed days. */
  lakeWorkGroup: 'LakeWorkGroup',
  /** JSON array of {@link import('../lambda/aws/sources.ts').SourceDescription}. */
  sources: 'Sources',
  /** When session updates write their session: `update` or `hourly`. */
  sessionRefresh: 'SessionRefresh',
  /** How conditional writes are sent: `batched` or `single`. */
  writes: 'Writes',
  /** Days that an item of the events table is kept; 0 forever. */
  eventRetentionDays: 'EventRetentionDays',
  /** Days that an item of the usage table is kept; 0 forever. */
  usageRetentionDays: 'UsageRetentionDays',
  /** URL of the queue of file notifications; absent if no source delivers files, like the next one. */
  fileQueue: 'FileQueue',
  /** URL of the dead-letter queue of file notifications. */
  deadLetterQueue: 'DeadLetterQueue',
  /** Name of the Kinesis consumer. */
  consumerFunction: 'ConsumerFunction',
  /** Name of the file importer. */
  importerFunction: 'ImporterFunction',
  /** ARN of the topic of alarms. */
  alarmTopic: 'AlarmTopic',
  /** Name of the EventBridge bus of alerts; absent if no receiver uses it, like the next one. */
  alertBus: 'AlertBus',
  /** ARN of the topic of alerts. */
  alertTopic: 'AlertTopic',
  /** JSON: source names to fleets, for sources with a configured fleet; absent if there are none. */
  fleets: 'Fleets',
  /** The deployed version of simledger. */
  version: 'Version',
} as const;
