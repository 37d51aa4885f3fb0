/**
 * Names of the stack's outputs that others read: the command line finds a deployment by them, and the local run hands
 * out the same. Each stands here once. No output is a secret.
 */
export const outputName = {
  sessionsTable: 'SessionsTable',
  usageTable: 'UsageTable',
  eventsTable: 'EventsTable',
  simsTable: 'SimsTable',
  filesTable: 'FilesTable',
  /** Absent where no alert rules are judged, like the next. */
  alertsTable: 'AlertsTable',
  /** Mutes, and what the sweep notes. */
  alertStateTable: 'AlertStateTable',
  quarantineBucket: 'QuarantineBucket',
  /** JSON array of {@link import('../lambda/aws/sources.ts').SourceDescription}. */
  sources: 'Sources',
  /** When session updates write their session: `update` or `hourly`. */
  sessionRefresh: 'SessionRefresh',
  /** How conditional writes are sent: `batched` or `single`. */
  writes: 'Writes',
  /** Days that an item of the events table is kept; 0 for ever. */
  eventRetentionDays: 'EventRetentionDays',
  /** URL of the queue that brings file announcements; absent where no source delivers files, like the next. */
  fileQueue: 'FileQueue',
  /** URL of the queue of announcements that were given up. */
  deadLetterQueue: 'DeadLetterQueue',
  /** Name of the function that takes in records. */
  consumerFunction: 'ConsumerFunction',
  /** Name of the function that takes in files. */
  importerFunction: 'ImporterFunction',
  /** ARN of the topic that tells of alarms. */
  alarmTopic: 'AlarmTopic',
  /** JSON: the fleet behind each source by its name, for those whose fleet is configured; absent where none is. */
  fleets: 'Fleets',
  /** Version of simledger that was deployed. */
  version: 'Version',
} as const;
