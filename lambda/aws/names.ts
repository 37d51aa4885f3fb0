/** Names that the infrastructure, the functions and the local run share. Each is defined only here. */

/** Folders in the query API's function: the console's files, and the contract with its page. */
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
  /** How many seconds a process caches which days are closed; 60 by default and at most. */
  fenceCacheSeconds: 'FENCE_CACHE_SECONDS',
  /** SIM-days. */
  simDaysTable: 'SIM_DAYS_TABLE',
  /** Findings: what is missing or duplicated in SIMs' days. */
  findingsTable: 'FINDINGS_TABLE',
  /** Table with the day of each ended session. */
  sessionDaysTable: 'SESSION_DAYS_TABLE',
  /** Bucket of the lake. */
  lakeBucket: 'LAKE_BUCKET',
  /** Bucket for the lake's objects about accounts: their events name people. */
  accountLakeBucket: 'ACCOUNT_LAKE_BUCKET',
  /** Hours between partial passes over days that are not closed; 0 for none. */
  partialHours: 'PARTIAL_HOURS',
  /** URL of the day pass's queue. */
  dayQueue: 'DAY_QUEUE_URL',
  /** Notes of the consumer's work. */
  deliveriesTable: 'DELIVERIES_TABLE',
  /** The most batches of a shard that run concurrently; 10 by default. */
  parallelBatches: 'PARALLEL_BATCHES',
  /** Bucket of the quarantine. */
  quarantineBucket: 'QUARANTINE_BUCKET',
  /** Queue of file notifications, and of the messages that continue a long import. */
  fileQueueUrl: 'FILE_QUEUE_URL',
  /** JSON array of {@link import('./sources.ts').SourceDescription}. */
  sources: 'SIMLEDGER_SOURCES',
  /** Which session updates write their session: `update` or `hourly`; `update` by default. */
  sessionRefresh: 'SESSION_REFRESH',
  /** How conditional writes are sent: `batched` or `single`; `batched` by default. */
  writes: 'WRITES',
  /** Days that an item of the events table is kept, counted from its arrival; 0 means forever. */
  eventRetentionDays: 'EVENT_RETENTION_DAYS',
  /** Days that an item of the usage table is kept; 0 means forever. */
  usageRetentionDays: 'USAGE_RETENTION_DAYS',
  /** How callers of the query API authenticate: `basic` or `iam`. */
  apiAccess: 'API_ACCESS',
  /** ARN or name of the secret with the query API's credentials; set only if access is `basic`. */
  apiSecret: 'API_SECRET',
  /** Whether responses show IMSI and IP addresses: `never`, `on-request` or `always`. */
  apiPersonalData: 'API_PERSONAL_DATA',
  /** Requests per second of a client; 0 for no limit. */
  apiClientRequestsPerSecond: 'API_CLIENT_REQUESTS_PER_SECOND',
  /** JSON array of the names of all sources, whose files the query API lists. */
  apiSources: 'API_SOURCES',
  /** JSON array of {@link import('./sources.ts').WebhookSourceDescription}. */
  webhookSources: 'WEBHOOK_SOURCES',
  /** Episodes of alerts. */
  alertsTable: 'ALERTS_TABLE',
  /** Mutes, and the state of alert sweeps: {@link import('../store/tables.ts').alertStateTable}. */
  progressTable: 'PROGRESS_TABLE',
  /** JSON: `rules`, a list of {@link import('../alerts/rules.ts').Rule}, and `groupWait` in milliseconds. */
  alertRules: 'ALERT_RULES',
  /** JSON array of {@link import('./sources.ts').AlertSourceDescription}. */
  alertSources: 'ALERT_SOURCES',
  /** JSON array of {@link import('../alerts/delivery/receiver.ts').ReceiverSettings}; for the sweep without addresses. */
  alertReceivers: 'ALERT_RECEIVERS',
  /** Alerts that receivers have not acknowledged. */
  alertOutboxTable: 'ALERT_OUTBOX_TABLE',
  /** Address of the query API, for links in alerts; without it, alerts have no links. */
  alertApiUrl: 'ALERT_API_URL',
  /** URL of the queue of volumes to send as metrics; without it, none are sent. */
  metricsQueue: 'METRICS_QUEUE_URL',
  /** JSON: {@link import('./metrics-receiver.ts').MetricsSettings}. */
  metricsReceiver: 'METRICS_RECEIVER',
  /** CloudWatch namespace of the metrics, which distinguishes the stacks of an account; `simledger` by default. */
  metricNamespace: 'METRIC_NAMESPACE',
  /** How many pairs of country and operator a process measures by name; 0 by default. */
  measuredNetworks: 'MEASURED_NETWORKS',
} as const;

/** The CloudWatch namespace of simledger's metrics, unless the environment names another one. */
export const metricNamespace = 'simledger';

/** The functions' names in metrics and log lines. */
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
  /** Records that are delivered again, because the store did not accept them. */
  failed: 'failed',
} as const;

/** Further metrics, by source. */
export const measure = {
  /** Seconds between a record's own time and its arrival. */
  lag: 'lagSeconds',
  /** Files of which no row could be read. */
  filesFailed: 'filesFailed',
  /** Records that a receipt does not account for; always 0. */
  unaccounted: 'unaccounted',
} as const;

/** Metrics of the secrets that identify callers, by service. */
export const secret = {
  /** Failed reads. The previous secret is used for an hour; then every caller is refused. */
  unreadable: 'secretUnreadable',
} as const;

/** Metrics of the tables, by service. */
export const store = {
  /** Processes that continue with single writes, because DynamoDB does not accept batched ones. */
  batchesRefused: 'batchedWritesRefused',
} as const;

/** Metrics of carriers' requests, by source. */
export const webhook = {
  /** Status 200: the whole body is in the stream. */
  taken: 'webhookTaken',
  /** Status 4xx: nothing of the body is in the stream, and the carrier drops the request or stops. */
  refused: 'webhookRefused',
  /** Status 5xx: the carrier must send the request again. */
  failed: 'webhookFailed',
} as const;

/**
 * Metrics of the alert sweep, by service; omitted if they are 0. There are none by rule, state or source, because a
 * metric costs more than a thousand SIMs.
 */
export const sweep = {
  /** SIMs that were scanned. */
  sims: 'alertSims',
  /** SIMs whose records were read. */
  judged: 'alertSimsJudged',
  /** SIMs that could not be judged; the next sweep judges them again. */
  failed: 'alertSimsFailed',
  /** SIMs for which there was no time; the next sweep judges them first. */
  left: 'alertSimsLeft',
  /** Messages that were passed to the receivers' outbox. */
  told: 'alertMessages',
  /** How many seconds the least read source is behind. */
  readLag: 'alertReadLagSeconds',
  /** Seconds since the newest records of the source that delivers latest. */
  deliveryLag: 'alertDeliveryLagSeconds',
} as const;

/** Metrics of what holds alerts back, by source; omitted if nothing does. */
export const hold = {
  /** How many seconds failing or abandoned batches, or files, have held back how far the source counts as read. */
  seconds: 'alertReadHeldSeconds',
} as const;

/** Metrics of the delivery of alerts, by receiver. */
export const delivery = {
  /** Messages that the receiver accepted. */
  delivered: 'alertsDelivered',
  /** Attempts that failed and will be repeated. */
  failed: 'alertsFailed',
  /** Messages that were given up and kept. */
  undeliverable: 'alertsUndeliverable',
  /** Age of the oldest message whose attempt failed. */
  oldestFailed: 'alertOldestFailedSeconds',
  /** 1 in each run while the receiver's address or key does not work and nothing is delivered. */
  unusable: 'alertReceiverUnusable',
} as const;

/** Metrics of the day pass, by service; omitted if they are 0. */
export const days = {
  /** Seconds since the oldest unsealed day could have been read. */
  unsealed: 'dayUnsealedSeconds',
  /** 1 in each run in which the expiry of usage is held back, because a day is not sealed. */
  expiryHeld: 'usageExpiryHeld',
  /** Versions of days that were sealed. */
  sealed: 'daysSealed',
  /** SIM-days that were stored. */
  simDays: 'simDaysStored',
  /** Messages that failed, and will be delivered again. */
  failed: 'dayMessagesFailed',
} as const;

/** Metrics of the metrics export, by service; omitted if they are 0. */
export const metricsExport = {
  /** Messages with volumes, and points of accepted requests, that the receiver refuses and would refuse again. */
  dropped: 'metricsDropped',
  /** Pauses in which nothing is sent to the exporter, because its queue failed. */
  paused: 'metricsPaused',
} as const;

/** Metrics of the address that carriers call, as a whole. */
export const gateway = {
  /** Requests that API Gateway itself answered with 429, 413 or 5xx, before any function. */
  refused: 'webhookGatewayRefused',
} as const;

/**
 * Metrics of usage, by source, and by source, country and operator. Carriers' own integrations call them
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

/** Country and operator of usage in networks without metrics of their own. */
export const otherNetworks = 'other';

/** Country and operator of usage for which the carrier states no network. */
export const unknownNetwork = 'unknown';

/** What the key of every object with rejected bytes begins with. */
export const rejectPrefix = 'rejects/';

/** What the key of every object with a batch that kept failing begins with. Lambda defines it. */
export const failedBatchPrefix = 'aws/lambda/';
