/** The tables' names and keys, which the CDK app, the local run and the functions share. */

/** A global secondary index of keys only, which costs a write only if a key changes. */
export interface GlobalIndex {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
}

/** A table's keys. All key attributes are strings. */
export interface TableDefinition {
  /** Name in the local run, and the construct's id in the stack. The name of the deployed table is generated. */
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** A local secondary index of keys only. */
  readonly localIndex?: { readonly name: string; readonly sortKey: string };
  readonly globalIndexes?: readonly GlobalIndex[];
  /** The attribute with the epoch second from which DynamoDB may delete the item. */
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
  // Set only if usage is not kept forever.
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
  // The names and ids by which people and carriers know a SIM if they do not read the ICCID off the card.
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

/** Operational notes of the consumer, which expire after a few days. Not part of the ledger. */
export const deliveriesTable = {
  name: 'Deliveries',
  partitionKey: 'shard',
  sortKey: 'delivery',
  expiryAttribute: 'expiresAt',
} as const satisfies TableDefinition;

/**
 * Episodes of alerts by rule and SIM: the open one as `live`, the others under their ids. Operational, not part of the
 * ledger.
 */
export const alertsTable = {
  name: 'Alerts',
  partitionKey: 'alert',
  sortKey: 'slot',
  globalIndexes: [
    // What waits: `undelivered` messages, and episodes that are `held` by a mute or by a source that lags. Others lack
    // `waits`.
    { name: 'byWaits', partitionKey: 'waits', sortKey: 'alert' },
    // By the month and the time at which they began.
    { name: 'byTime', partitionKey: 'month', sortKey: 'begun' },
    // Open episodes. Others lack `live`.
    { name: 'byLive', partitionKey: 'live', sortKey: 'alert' },
    // By the episode's id, which links and messages contain.
    { name: 'byId', partitionKey: 'id', sortKey: 'alert' },
    // By the episode that includes them in a group. Others lack `group`.
    { name: 'byGroup', partitionKey: 'group', sortKey: 'alert' },
  ],
} as const satisfies TableDefinition;

/**
 * Transitions that receivers have not acknowledged. Operational, not part of the ledger. A receiver has
 *
 * - an item for each episode, its *cursor*: how many transitions were queued (`enqueued`), how many are done, and while
 *   these differ, when the next one is due. It is never deleted, so that a transition that is queued again changes
 *   nothing.
 * - an item for each transition that is not done or is undeliverable.
 * - an item for its state, and for the lease of the run that works on it.
 */
export const alertOutboxTable = {
  name: 'AlertOutbox',
  partitionKey: 'receiver',
  sortKey: 'entry',
  // Only cursors with transitions that are not done have `dueAt`.
  localIndex: { name: 'byDue', sortKey: 'dueAt' },
} as const satisfies TableDefinition;

/**
 * What alerts need besides the ledger: how far each source was read and how late it usually is, mutes, and the state of
 * the last sweep. Operational, not part of the ledger.
 */
export const alertStateTable = {
  name: 'AlertState',
  partitionKey: 'subject',
  sortKey: 'entry',
  // Only for entries that are no longer needed: no entry ends by its expiry.
  expiryAttribute: 'expiresAt',
} as const satisfies TableDefinition;

/** What the partition keys of notes of late records in AlertState begin with. */
export const lateRecordPrefix = 'late#';

/** What the partition keys of notes of stream progress in AlertState begin with; the name of a source follows. */
export const shardNotePrefix = 'shards#';

/**
 * Which days are closed, and which records arrived in files. Operational, not part of the ledger. Writers of the ledger
 * read which days are closed.
 */
export const dayStateTable = {
  name: 'DayState',
  partitionKey: 'subject',
  sortKey: 'entry',
} as const satisfies TableDefinition;

/** What the partition keys of notes of files in DayState begin with. */
export const filedRecordPrefix = 'files#';

/** What late records have changed in closed days that were not done again since. Operational. */
export const dayMarkersTable = {
  name: 'DayMarkers',
  partitionKey: 'sim',
  sortKey: 'entry',
} as const satisfies TableDefinition;

/**
 * SIM-days: a SIM's activity of a day, as the day pass computed it from the records. Only the revisions are
 * operational.
 */
export const simDaysTable = {
  name: 'SimDays',
  partitionKey: 'sim',
  sortKey: 'period',
} as const satisfies TableDefinition;

/**
 * What is missing or duplicated in each SIM's day, as the day pass found it in the records. Only the revisions are
 * operational. A day whose findings have all gone keeps an item without findings and without the index's keys.
 */
export const findingsTable = {
  name: 'Findings',
  partitionKey: 'sim',
  sortKey: 'day',
  globalIndexes: [{ name: 'byMonth', partitionKey: 'slot', sortKey: 'entry' }],
} as const satisfies TableDefinition;

/** The day whose rows include each ended session. Operational. */
export const sessionDaysTable = {
  name: 'SessionDays',
  partitionKey: 'sim',
  sortKey: 'sessionId',
} as const satisfies TableDefinition;

/** The tables whose items are a function of the delivered records. */
export const ledgerTables: readonly TableDefinition[] = [
  sessionsTable,
  usageTable,
  eventsTable,
  simsTable,
  filesTable,
];

/** The tables of alerts. */
export const alertTables: readonly TableDefinition[] = [alertsTable, alertOutboxTable, alertStateTable];

/** The tables of closed days, and of what is computed from these. */
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
