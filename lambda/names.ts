/**
 * Names that the infrastructure, the functions and the local run share. Each stands here once.
 */

/** Environment variables that the functions read. */
export const environment = {
  sessionsTable: 'SESSIONS_TABLE',
  usageTable: 'USAGE_TABLE',
  eventsTable: 'EVENTS_TABLE',
  simsTable: 'SIMS_TABLE',
  filesTable: 'FILES_TABLE',
  /** Bucket that keeps rejected bytes. */
  quarantineBucket: 'QUARANTINE_BUCKET',
  /** Queue that brings file announcements, and takes the message with which a long import goes on. */
  fileQueueUrl: 'FILE_QUEUE_URL',
  /** JSON array of {@link import('./sources.ts').SourceDescription}. */
  sources: 'SIMLEDGER_SOURCES',
  /** Days that an item of the events table is kept, counted from its arrival; 0 keeps it for ever. */
  eventRetentionDays: 'EVENT_RETENTION_DAYS',
} as const;

/** The CloudWatch namespace of simledger's metrics. */
export const metricNamespace = 'simledger';

/** Metrics of a receipt, in records, by the dimension `source`. */
export const metric = {
  received: 'received',
  stored: 'stored',
  repeated: 'repeated',
  ignored: 'ignored',
  rejected: 'rejected',
  /** Records handed back to be delivered again, because the store did not take them. */
  failed: 'failed',
} as const;

/** First part of the key of every object that holds rejected bytes. */
export const rejectPrefix = 'rejects/';
