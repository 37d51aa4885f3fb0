/**
 * Limits of the functions and of the mappings that feed them. The CDK constructs deploy these values and the local
 * run uses them, so the two cannot diverge.
 */

/** How the Kinesis consumer is fed by default. */
export const streamMapping = {
  /** Maximum records per batch. The 6 MB limit of an invocation's payload usually ends a batch earlier. */
  batchSize: 10_000,
  /** Seconds that Lambda may wait to fill a batch. */
  batchingWindowSeconds: 1,
  /**
   * Concurrent batches per shard, unless a fleet is configured. Order does not matter, so more are safe; two process
   * more than a shard accepts.
   */
  parallelizationFactor: 2,
  /** Halve a batch whose invocation failed as a whole, to isolate the record that makes it fail. */
  bisectOnError: true,
  /**
   * Retries of a failing batch; -1 retries until its records are too old. With a retention of seven days, the stream
   * survives an outage of hours. A record that crashes the function does not block its shard that long: the consumer
   * rejects it after three crashes.
   */
  retryAttempts: -1,
  /**
   * Hours after which a record goes to the failure destination without being delivered. This is the maximum that
   * Lambda allows, so that records that waited in the stream during an outage of the consumer are still processed.
   */
  maximumRecordAgeHours: 168,
} as const;

/**
 * Memory and time-out of each function.
 *
 * Measured: a full batch of 6 MB (some 4,000 records, each of another session) takes the consumer 4 s of a whole CPU
 * and 320 MB; the importer needs some 140 MB for 1,000,000 fresh rows. Most work is CPU time, so up to 1,769 MB,
 * which come with a whole CPU, more memory is faster at the same price. The consumer has that much, since 512 MB
 * (0.29 of a CPU) process only a quarter of what a shard accepts. `sizing.ts` computes what a fleet needs.
 */
export const functions = {
  /**
   * The time-out limits how long a record that makes the function time out can block a shard: a batch of 10,000 is
   * halved 14 times until that record is alone, and then times out 3 more times, which takes 12 minutes. In an outage
   * the function does not time out, but reports what failed 5 seconds before it would.
   */
  kinesisConsumer: {
    entry: 'lambda/functions/kinesis-consumer/handler.ts',
    memoryMegabytes: 1769,
    timeoutSeconds: 40,
  },
  fileImporter: {
    entry: 'lambda/functions/file-importer/handler.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 900,
    /** Reads two blocks of 128 KB at a time. Compared with 32 MB: a tenth more CPU, but 35 MB less memory. */
    semiSpaceMegabytes: 16,
  },
  /** API Gateway waits at most 30 seconds. */
  queryApi: { entry: 'lambda/functions/query-api/handler.ts', memoryMegabytes: 512, timeoutSeconds: 29 },
  /** Carriers wait 5 seconds; the function answers before its time-out. */
  webhookReceiver: {
    entry: 'lambda/functions/webhook-receiver/handler.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 5,
  },
  /**
   * A million always-on SIMs, of which 1 % are silent, take up to 40 s of a whole CPU and 390 MB, mostly for the
   * records of the 3,500 SIMs that are due in a sweep; 70 s if those have just fallen silent. With less memory the
   * function would get only a fraction of a CPU. Two minutes before its time-out it leaves the remaining SIMs to the
   * next sweep.
   */
  alertSweep: {
    entry: 'lambda/functions/alert-sweep/handler.ts',
    memoryMegabytes: 1769,
    timeoutSeconds: 900,
    // Fewer of the records in progress survive a collection: a sixth less CPU than with half as much.
    semiSpaceMegabytes: 64,
  },
  /** It stops sending after a minute, and one message may take half a minute. */
  alertDelivery: {
    entry: 'lambda/functions/alert-delivery/handler.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 120,
  },
  /** It scans the markers of late records, which are few, and asks the streams how far they are read. */
  dayPlanner: {
    entry: 'lambda/functions/day-planner/handler.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 300,
  },
  /**
   * A bucket of 4,000 always-on SIMs has a million records, and one process does all the work on it. With less memory
   * the function would get only a fraction of a CPU.
   */
  dayWorker: {
    entry: 'lambda/functions/day-worker/handler.ts',
    memoryMegabytes: 1769,
    timeoutSeconds: 900,
  },
  /** It waits a second for its queue, and twice 10 seconds for the receiver. */
  metricsExporter: {
    entry: 'lambda/functions/metrics-exporter/handler.ts',
    memoryMegabytes: 256,
    timeoutSeconds: 120,
    semiSpaceMegabytes: 8,
  },
} as const;

/**
 * Megabytes of a semi-space; the young generation has three. V8 rounds to powers of two: this is the largest that
 * leaves ten times as much for everything else. Most of what a 6 MB batch allocates is garbage before the next
 * collection: with 128 MB of 1,769, the consumer takes a fifth less CPU than with 32.
 */
function chooseSemiSpace(memoryMegabytes: number): number {
  return 2 ** Math.floor(Math.log2(memoryMegabytes / 13));
}

/** Node's options for a function: source-mapped stack traces, and the size of the young generation. */
export function formatNodeOptions(definition: {
  readonly memoryMegabytes: number;
  readonly semiSpaceMegabytes?: number | undefined;
}): string {
  const megabytes = definition.semiSpaceMegabytes ?? chooseSemiSpace(definition.memoryMegabytes);
  return `--enable-source-maps --max-semi-space-size=${megabytes}`;
}

/** How the file importer is fed. */
export const fileMapping = {
  /** Messages per batch: one, so that each file gets the time of a whole invocation. */
  batchSize: 1,
  /** Maximum number of files imported concurrently. */
  maximumConcurrency: 10,
  /** Times that a message is received before it goes to the dead-letter queue. */
  maximumReceives: 5,
  /**
   * Visibility timeout: six times the function's time-out, as AWS recommends, so that no message is delivered again
   * while it is being processed or throttled.
   */
  visibilityTimeoutSeconds: 6 * functions.fileImporter.timeoutSeconds,
} as const;

/** How the day worker is fed. */
export const dayMapping = {
  /** Messages per batch: one, so that each bucket gets the time of a whole invocation. */
  batchSize: 1,
  /**
   * Times that a message is received before it goes to the dead-letter queue. The next plan sends missing work again.
   */
  maximumReceives: 3,
  /** Six times the function's time-out, as AWS recommends. */
  visibilityTimeoutSeconds: 6 * functions.dayWorker.timeoutSeconds,
} as const;

/** Default hours between two partial passes over open days. */
export const partialHours = 6;

/** Default milliseconds that a silent SIM waits to join a group. */
export const groupWait = 10 * 60_000;

/** How volumes are exported as metrics. */
export const metricsExport = {
  /** Default number of combinations with series of their own. */
  series: 300,
  /** Days that metrics wait for a receiver that does not accept them. */
  retentionDays: 4,
  /** Longer than a run of the exporter. */
  visibilityTimeoutSeconds: 2 * functions.metricsExporter.timeoutSeconds,
} as const;

/** Default retention. */
export const retention = {
  /** Hours that a stream keeps a record: the time to repair a consumer before records are lost. */
  streamHours: 168,
  /** Days that an item of the events table is kept after its arrival; 0 forever. */
  eventDays: 90,
  /**
   * Days that an item of the usage table is kept, counted from its start or from when it was written, whichever is
   * later; 0 forever.
   */
  usageDays: 0,
  /**
   * Minimum of `usageDays`: a record may wait in a stream for 7 days, and a day is closed up to 36 hours after its
   * end, at the latest at three quarters of that age.
   */
  minUsageDays: 14,
  /** Days that the functions' logs are kept. */
  logDays: 90,
  /** Days that rejected bytes and failed batches are kept. */
  quarantineDays: 365,
  /** Days that an overwritten version of a file is kept: longer than its import can wait in the queue. */
  overwrittenFileDays: 30,
} as const;

/**
 * Pairs of country and operator whose traffic each process measures by name; further pairs count as `other`. Each
 * pair is up to four custom metrics, and CloudWatch charges per metric.
 */
export const measuredNetworks = 20;

/**
 * How each function is bundled: the format that loads fastest on Lambda. Paths are relative to the project's folder.
 */
export const bundling = {
  format: 'cjs',
  target: 'node20',
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  /** The sources' text would more than double the map, and stack traces need only positions. */
  sourcesContent: false,
  /** Replacements for parts of the AWS SDK that functions do not need; they reduce the code to load by a third. */
  alias: { '@aws-sdk/credential-provider-node': './lambda/aws/environment-credentials.ts' },
} as const;
