/** The tables' names and keys: the CDK app, the local run and the functions create and use them by these. */

/** A global secondary index that holds keys only: it costs a write only when a key changes. */
export interface GlobalIndex {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
}

/** One table's keys. All key attributes are strings. */
export interface TableDefinition {
  /** Name in the local run, and the construct's id in the stack; the deployed physical name is generated. */
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** A local secondary index that holds keys only. */
  readonly localIndex?: { readonly name: string; readonly sortKey: string };
  readonly globalIndexes?: readonly GlobalIndex[];
  /** Attribute with the epoch second at which DynamoDB may delete the item. */
  readonly expiryAttribute?: string;
}

/** Data sessions. */
export const sessionsTable = {
  name: 'Sessions',
  partitionKey: 'sim',
  sortKey: 'sessionId',
  localIndex: { name: 'byStart', sortKey: 'start' },
} as const satisfies TableDefinition;

/** Usage records. */
export const usageTable = {
  name: 'Usage',
  partitionKey: 'sim',
  sortKey: 'usageId',
  // Only where usage is kept for a time.
  expiryAttribute: 'expiresAt',
} as const satisfies TableDefinition;

/** Events. */
export const eventsTable = {
  name: 'Events',
  partitionKey: 'sim',
  sortKey: 'eventKey',
  expiryAttribute: 'expiresAt',
} as const satisfies TableDefinition;

/** The latest state of SIMs. */
export const simsTable = {
  name: 'Sims',
  partitionKey: 'sim',
  // By what people and carriers call a SIM, where they don't read its ICCID off the card.
  globalIndexes: [
    { name: 'bySimSid', partitionKey: 'simSid' },
    { name: 'bySimId', partitionKey: 'simId' },
    { name: 'bySimName', partitionKey: 'simName' },
    { name: 'byWrittenIccid', partitionKey: 'writtenIccid' },
  ],
} as const satisfies TableDefinition;

/** CSV files and their imports. */
export const filesTable = {
  name: 'Files',
  partitionKey: 'object',
  globalIndexes: [{ name: 'bySource', partitionKey: 'source', sortKey: 'delivered' }],
} as const satisfies TableDefinition;

/** Notes of the consumer's work, gone after a few days: facts of operation, no part of the ledger. */
export const deliveriesTable = {
  name: 'Deliveries',
  partitionKey: 'shard',
  sortKey: 'delivery',
  expiryAttribute: 'expiresAt',
} as const satisfies TableDefinition;

/**
 * Episodes of alerts: at their rule and SIM, the one that is open as `live`, the others under their ids. Facts of
 * operation, no part of the ledger.
 */
export const alertsTable = {
  name: 'Alerts',
  partitionKey: 'alert',
  sortKey: 'slot',
  globalIndexes: [
    // What is to be told: `undelivered` messages, or what a mute or a source that lags has `held`. Others have no `waits`.
    { name: 'byWaits', partitionKey: 'waits', sortKey: 'alert' },
    // By the month and the time at which they began.
    { name: 'byTime', partitionKey: 'month', sortKey: 'begun' },
    // Those that are open. Others have no `live`.
    { name: 'byLive', partitionKey: 'live', sortKey: 'alert' },
    // By the episode's id, which an address or a message names.
    { name: 'byId', partitionKey: 'id', sortKey: 'alert' },
    // By the episode that tells of a group. Others have no `group`.
    { name: 'byGroup', partitionKey: 'group', sortKey: 'alert' },
  ],
} as const satisfies TableDefinition;

/**
 * What receivers have not acknowledged, in a table of its own: facts of operation, no part of the ledger. A receiver has
 *
 * - an item for each episode, its *cursor*: how many transitions were put in (`enqueued`), how many are done, and while
 *   there is a difference, when the next one is due. It stays: an old transition that is put in again changes nothing.
 * - an item for each transition that is not done, or that is undeliverable.
 * - an item for its state and the lease of the run that has it.
 */
export const alertOutboxTable = {
  name: 'AlertOutbox',
  partitionKey: 'receiver',
  sortKey: 'entry',
  // Only cursors with something left have `dueAt`.
  localIndex: { name: 'byDue', sortKey: 'dueAt' },
} as const satisfies TableDefinition;

/**
 * What judging alerts works with, besides the ledger: how far each source is read and how late it usually is, mutes, and
 * how the last sweep went. Facts of operation, no part of the ledger.
 */
export const alertStateTable = {
  name: 'AlertState',
  partitionKey: 'subject',
  sortKey: 'entry',
  // Only for what nobody asks for any more: no entry ends by its expiry.
  expiryAttribute: 'expiresAt',
} as const satisfies TableDefinition;

/** What the partitions of AlertState begin with that hold notes of late records. */
export const lateRecordPrefix = 'late#';

/** What the partitions of AlertState begin with that hold notes of how far streams are read; a source's name follows. */
export const shardNotePrefix = 'shards#';

/**
 * How far days are closed, and which records came in files. Facts of operation, no part of the ledger. Who writes the
 * ledger reads how far.
 */
export const dayStateTable = {
  name: 'DayState',
  partitionKey: 'subject',
  sortKey: 'entry',
} as const satisfies TableDefinition;

/** What the partitions of DayState begin with that tell which records came in files. */
export const filedRecordPrefix = 'files#';

/** What late records have changed in closed days, until these have been done again. Facts of operation. */
export const dayMarkersTable = {
  name: 'DayMarkers',
  partitionKey: 'sim',
  sortKey: 'entry',
} as const satisfies TableDefinition;

/**
 * SIM-days: what one SIM did on a day, as the day pass computed it from the records. Facts are the revisions only.
 */
export const simDaysTable = {
  name: 'SimDays',
  partitionKey: 'sim',
  sortKey: 'period',
} as const satisfies TableDefinition;

/**
 * What is missing or twice in each SIM's day, as the day pass found it in the records. Facts are the revisions only. A day
 * of which something was found once, and nothing any more, has neither findings nor the index's keys.
 */
export const findingsTable = {
  name: 'Findings',
  partitionKey: 'sim',
  sortKey: 'day',
  globalIndexes: [{ name: 'byMonth', partitionKey: 'slot', sortKey: 'entry' }],
} as const satisfies TableDefinition;

/** Which day has each ended session among its rows. Facts of operation. */
export const sessionDaysTable = {
  name: 'SessionDays',
  partitionKey: 'sim',
  sortKey: 'sessionId',
} as const satisfies TableDefinition;

/** The tables whose items are a function of the records delivered. */
export const ledgerTables: readonly TableDefinition[] = [
  sessionsTable,
  usageTable,
  eventsTable,
  simsTable,
  filesTable,
];

/** The tables of alerts. */
export const alertTables: readonly TableDefinition[] = [alertsTable, alertOutboxTable, alertStateTable];

/** The tables of the closing of days, and of what is made of them. */
export const dayTables: readonly TableDefinition[] = [
  dayStateTable,
  dayMarkersTable,
  simDaysTable,
  findingsTable,
  sessionDaysTable,
];

/** All tables. */
export const tables: readonly TableDefinition[] = [
  ...ledgerTables,
  deliveriesTable,
  ...alertTables,
  ...dayTables,
];
