/**
 * Names that the infrastructure, the functions and the local run share. Each stands here once.
 */

/** Folders of the console's files, and of the contract and its page, in the folder of the query API's function. */
export const consoleFolder = 'console';
export const documentationFolder = 'documentation';

/** Environment variables that the functions read. */
export const environment = {
  sessionsTable: 'SESSIONS_TABLE',
  usageTable: 'USAGE_TABLE',
  eventsTable: 'EVENTS_TABLE',
  simsTable: 'SIMS_TABLE',
  filesTable: 'FILES_TABLE',
  /** Table of the closed days. */
  dayStateTable: 'DAY_STATE_TABLE',
  /** Table of markers of late records. */
  dayMarkersTable: 'DAY_MARKERS_TABLE',
  /** Seconds for which a process uses one reading of how far days are closed; 60 where it is not set, and at most. */
  fenceCacheSeconds: 'FENCE_CACHE_SECONDS',
  /** SIM-days. */
  simDaysTable: 'SIM_DAYS_TABLE',
  /** What is missing or twice in the days of SIMs. */
  findingsTable: 'FINDINGS_TABLE',
  /** Table of the day of each ended session. */
  sessionDaysTable: 'SESSION_DAYS_TABLE',
  /** Bucket of the lake. */
  lakeBucket: 'LAKE_BUCKET',
  /** Bucket of what the lake has of accounts: their events name people. */
  accountLakeBucket: 'ACCOUNT_LAKE_BUCKET',
  /** Hours from one partial pass over days that are not closed to the next one; 0 for none. */
  partialHours: 'PARTIAL_HOURS',
  /** URL of the queue of the day pass's messages. */
  dayQueue: 'DAY_QUEUE_URL',
  /** Notes of the consumer's work. */
  deliveriesTable: 'DELIVERIES_TABLE',
  /** Batches of a shard that run at once, at most; 10 where it is not set. */
  parallelBatches: 'PARALLEL_BATCHES',
  /** Bucket of the quarantine. */
  quarantineBucket: 'QUARANTINE_BUCKET',
  /** Queue of file notifications, and of the messages that continue a long import. */
  fileQueueUrl: 'FILE_QUEUE_URL',
  /** JSON array of {@link import('./sources.ts').SourceDescription}. */
  sources: 'SIMLEDGER_SOURCES',
  /** When session updates write their session: `update` or `hourly`; `update` if it is not set. */
  sessionRefresh: 'SESSION_REFRESH',
  /** How conditional writes are sent: `batched` or `single`; `batched` where it is not set. */
  writes: 'WRITES',
  /** Days that an item of the events table is kept, counted from its arrival; 0 keeps it forever. */
  eventRetentionDays: 'EVENT_RETENTION_DAYS',
  /** Days that an item of the usage table is kept; 0 keeps it forever. */
  usageRetentionDays: 'USAGE_RETENTION_DAYS',
  /** How callers of the query API authenticate: `basic` or `iam`. */
  apiAccess: 'API_ACCESS',
  /** ARN or name of the secret with the query API's credentials; only where access is `basic`. */
  apiSecret: 'API_SECRET',
  /** Whether answers show IMSI and IP addresses: `never`, `on-request` or `always`. */
  apiPersonalData: 'API_PERSONAL_DATA',
  /** Requests that a client may make a second; 0 for any number. */
  apiClientRequestsPerSecond: 'API_CLIENT_REQUESTS_PER_SECOND',
  /** JSON array of the names of all sources, whose files the query API lists. */
  apiSources: 'API_SOURCES',
  /** JSON array of {@link import('./sources.ts').WebhookSourceDescription}. */
  webhookSources: 'WEBHOOK_SOURCES',
  /** Episodes of alerts. */
  alertsTable: 'ALERTS_TABLE',
  /** What sweeps of alerts keep, and mutes: {@link import('../store/tables.ts').alertStateTable}. */
  progressTable: 'PROGRESS_TABLE',
  /** JSON: `rules`, a list of {@link import('../alerts/rules.ts').Rule}, and `groupWait` in milliseconds. */
  alertRules: 'ALERT_RULES',
  /** JSON array of {@link import('./sources.ts').AlertSourceDescription}. */
  alertSources: 'ALERT_SOURCES',
  /** JSON array of {@link import('../alerts/delivery/receiver.ts').ReceiverSettings}; for the sweep without addresses. */
  alertReceivers: 'ALERT_RECEIVERS',
  /** What receivers of alerts have not acknowledged. */
  alertOutboxTable: 'ALERT_OUTBOX_TABLE',
  /** Address of the query API, to which alerts link; none where it is not set. */
  alertApiUrl: 'ALERT_API_URL',
  /** URL of the queue of volumes that are sent as metrics; where it is not set, none are. */
  metricsQueue: 'METRICS_QUEUE_URL',
  /** JSON: {@link import('./metrics-receiver.ts').MetricsSettings}. */
  metricsReceiver: 'METRICS_RECEIVER',
  /** CloudWatch namespace of the metrics, which tells the stacks of an account apart; `simledger` if it is not set. */
  metricNamespace: 'METRIC_NAMESPACE',
  /** Number of pairs of country and operator that a process measures by name; 0 if it is not set. */
  measuredNetworks: 'MEASURED_NETWORKS',
} as const;

/** The CloudWatch namespace of simledger's metrics where the environment names no other. */
export const metricNamespace = 'simledger';

/** The functions, as metrics and log lines name them. */
export const service = {
  kinesisConsumer: 'kinesis-consumer',
  fileImporter: 'file-importer',
  queryApi: 'query-api',
  webhookReceiver: 'webhook-receiver',
  alertSweep: 'alert-sweep',
  alertDelivery: 'alert-delivery',
  dayPlanner: 'day-planner',
  dayWorker: 'day-worker',
  metricsExporter: 'metrics-exporter',
} as const;

/** Dimensions of the metrics. `service` is the function that measured. */
export const dimension = {
  service: 'service',
  source: 'source',
  /** `usage`, `event`, `platform` for a platform's message about itself, or the code of a reject. */
  kind: 'kind',
  /** ISO 3166-1 alpha-2, or {@link otherNetworks}. */
  country: 'country',
  operator: 'operator',
  /** Name of a receiver of alerts. */
  receiver: 'receiver',
} as const;

/** Metrics of a receipt, in records, by source, and by source and kind. */
export const metric = {
  received: 'received',
  stored: 'stored',
  repeated: 'repeated',
  ignored: 'ignored',
  rejected: 'rejected',
  /** Records handed back to be delivered again, because the store did not take them. */
  failed: 'failed',
} as const;

/** Further metrics, by source. */
export const measure = {
  /** Seconds between what a record tells of and its arrival. */
  lag: 'lagSeconds',
  /** Files of which no row could be read. */
  filesFailed: 'filesFailed',
  /** Records that a receipt does not account for: always 0. */
  unaccounted: 'unaccounted',
} as const;

/** Metrics of the secrets that identify callers, by service. */
export const secret = {
  /** Readings that failed. The last secret is used for an hour; then every caller is refused. */
  unreadable: 'secretUnreadable',
} as const;

/** Metrics of the tables, by service. */
export const store = {
  /** Processes that go on with single writes, since DynamoDB does not accept batched ones. */
  batchesRefused: 'batchedWritesRefused',
} as const;

/** Metrics of the requests that carriers make, by source. */
export const webhook = {
  /** Answered with 200: everything they brought is in the stream. */
  taken: 'webhookTaken',
  /** Answered with 4xx: nothing they brought is in the stream, and the carrier drops them or stops. */
  refused: 'webhookRefused',
  /** Answered with 5xx: the carrier must send them again. */
  failed: 'webhookFailed',
} as const;

/**
 * Metrics of the sweep of alerts, by service; left out where they are 0. Rules, states and sources have none of their own:
 * a metric costs more than a thousand SIMs.
 */
export const sweep = {
  /** SIMs that were scanned. */
  sims: 'alertSims',
  /** SIMs whose records were read. */
  judged: 'alertSimsJudged',
  /** SIMs that could not be judged; the next sweep judges them again. */
  failed: 'alertSimsFailed',
  /** SIMs for which time ran out; the next sweep judges them first. */
  left: 'alertSimsLeft',
  /** Messages that were passed on to the receivers' outbox. */
  told: 'alertMessages',
  /** Seconds up to which the source that is read least is not read. */
  readLag: 'alertReadLagSeconds',
  /** Seconds since the newest records of the source that delivers latest. */
  deliveryLag: 'alertDeliveryLagSeconds',
} as const;

/** Metrics of what holds back alerts, by source; left out where nothing does. */
export const hold = {
  /** Seconds for which batches that fail or were given up, or files, have held back how far the source is read. */
  seconds: 'alertReadHeldSeconds',
} as const;

/** Metrics of the delivery of alerts, by receiver. */
export const delivery = {
  /** Messages that the receiver accepted. */
  delivered: 'alertsDelivered',
  /** Attempts that failed and are repeated. */
  failed: 'alertsFailed',
  /** Messages that are given up and kept. */
  undeliverable: 'alertsUndeliverable',
  /** Age of the oldest message whose attempt failed. */
  oldestFailed: 'alertOldestFailedSeconds',
  /** 1 in each run while the receiver's address or key does not work: nothing is delivered. */
  unusable: 'alertReceiverUnusable',
} as const;

/** Metrics of the day pass, by service; left out where they are 0. */
export const days = {
  /** Seconds since the oldest day that is not sealed could have been read. */
  unsealed: 'dayUnsealedSeconds',
  /** 1 in each run that finds the expiry of usage held back, since a day is not sealed. */
  expiryHeld: 'usageExpiryHeld',
  /** Versions of days that were sealed. */
  sealed: 'daysSealed',
  /** SIM-days that were stored. */
  simDays: 'simDaysStored',
  /** Messages that failed, and are delivered again. */
  failed: 'dayMessagesFailed',
} as const;

/** Metrics of the export of metrics, by service; left out where they are 0. */
export const metricsExport = {
  /** Messages with volumes, and points of accepted requests, that the receiver refuses, and would again. */
  dropped: 'metricsDropped',
  /** Pauses in which nothing is sent to the exporter, since its queue failed. */
  paused: 'metricsPaused',
} as const;

/** Metrics of the address that carriers call, as a whole. */
export const gateway = {
  /** Requests that API Gateway answered by itself with 429, 413 or 5xx: no function has seen them. */
  refused: 'webhookGatewayRefused',
} as const;

/**
 * Metrics of usage, by source, and by source, country and operator: what the carriers' own integrations call
 * `endpoint.volume`, `endpoint.volume_tx`, `endpoint.volume_rx` and `endpoint.cost`.
 */
export const traffic = {
  /** Bytes. */
  bytes: 'bytes',
  /** Bytes sent by devices. */
  uploaded: 'bytesUploaded',
  /** Bytes sent to devices. */
  downloaded: 'bytesDownloaded',
  /** In the currency of the source's contract; 0 for 1NCE and Telekom, whose cost is not money. */
  cost: 'cost',
} as const;

/** Country and operator of the usage of networks that have no metrics of their own. */
export const otherNetworks = 'other';

/** Country and operator of usage for which the carrier states no network. */
export const unknownNetwork = 'unknown';

/** First part of the key of every object that holds rejected bytes. */
export const rejectPrefix = 'rejects/';

/** First part of the key of every object that holds a batch that kept failing; Lambda chooses it. */
export const failedBatchPrefix = 'aws/lambda/';
