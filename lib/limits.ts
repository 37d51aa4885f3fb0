/**
 * The numbers that bind functions to what feeds them. The CDK constructs deploy with them and the local run delivers
 * with them, so that the two can't drift apart.
 */

/** How the Kinesis consumer is fed. */
export const streamMapping = {
  /** Records in a batch, at most; the 6 MB that an invocation may carry usually end it before. */
  batchSize: 10_000,
  /** Seconds that a batch may be waited for. */
  batchingWindowSeconds: 1,
  /** Concurrent batches per shard. Order does not matter, so this is free to grow. */
  parallelizationFactor: 1,
  /** Halve a batch whose invocation failed as a whole, to find the record that makes it fail. */
  bisectOnError: true,
  /** Deliveries of a failing batch after the first; then its records go to the failure destination. */
  retryAttempts: 10,
  /**
   * Hours after which a record goes to the failure destination without being delivered: as long as Lambda allows, so
   * that what waited in the stream while the consumer was out of order is still taken in.
   */
  maximumRecordAgeHours: 168,
} as const;

/** How the file importer is fed. */
export const fileMapping = {
  /** Messages in a batch: one, so that each file has an invocation's whole time. */
  batchSize: 1,
  /** Files imported at the same time, at most. */
  maximumConcurrency: 10,
  /** Deliveries of a message before it goes to the dead-letter queue. */
  maximumReceives: 5,
} as const;

/** What each function gets. */
export const functions = {
  kinesisConsumer: { entry: 'lambda/kinesis-consumer/handler.ts', memoryMegabytes: 512, timeoutSeconds: 120 },
  fileImporter: { entry: 'lambda/file-importer/handler.ts', memoryMegabytes: 512, timeoutSeconds: 900 },
} as const;

/** How each function's entry is bundled: the format that loads fastest on Lambda. */
export const bundling = {
  format: 'cjs',
  target: 'node20',
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  /** The sources' text makes the map more than twice as large, and stack traces need its positions only. */
  sourcesContent: false,
} as const;
