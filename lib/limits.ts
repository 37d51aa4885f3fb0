/**
 * The numbers that bind functions to what feeds them. The CDK constructs deploy with them and the local run delivers
 * with them, so that the two can't drift apart.
 */

/** How the Kinesis consumer is fed, where the configuration does not say otherwise. */
export const streamMapping = {
  /** Records in a batch, at most; the 6 MB that an invocation may carry usually end it before. */
  batchSize: 10_000,
  /** Seconds that a batch may be waited for. */
  batchingWindowSeconds: 1,
  /**
   * Concurrent batches per shard, where no fleet says otherwise. Order does not matter, so this is free to grow: two
   * process more than the shard accepts.
   */
  parallelizationFactor: 2,
  /** Halve a batch whose invocation failed as a whole, to find the record that makes it fail. */
  bisectOnError: true,
  /**
   * Deliveries of a failing batch after the first; -1 for any number, until its records are too old. A stream that
   * keeps seven days waits out an outage of hours. A record that crashes the function does not block it as long: the
   * consumer rejects it after three crashes.
   */
  retryAttempts: -1,
  /**
   * Hours after which a record goes to the failure destination without being delivered: as long as Lambda allows, so
   * that records that waited in the stream during an outage of the consumer are still processed.
   */
  maximumRecordAgeHours: 168,
} as const;

/**
 * What each function gets.
 *
 * Measured: a full batch of 6 MB, some 4,000 records of as many sessions, takes the consumer 4 s of a whole CPU and 320
 * MB; the importer takes some 140 MB for 1,000,000 fresh rows. Most work is CPU time, so more memory makes it faster at the
 * same price, up to the 1,769 MB that come with a whole CPU: the consumer has them, since 512 MB (0.29 of a CPU)
 * process a quarter of what a shard accepts. What a fleet needs is in `sizing.ts`.
 */
export const functions = {
  /**
   * The time-out bounds how long a record that makes the function time out can block a shard: a batch of 10,000 is
   * halved 14 times until that record is alone, and times out 3 times more, which is 12 minutes. In an outage the
   * function does not time out: it reports what failed 5 seconds before.
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
    /** It takes two blocks of 128 KB at a time, and a tenth more CPU than with 32, but 35 MB less memory. */
    semiSpaceMegabytes: 16,
  },
  /** API Gateway waits for 30 seconds, at most. */
  queryApi: { entry: 'lambda/functions/query-api/handler.ts', memoryMegabytes: 512, timeoutSeconds: 29 },
  /** Carriers wait for 5 seconds; by then it has answered by itself. */
  webhookReceiver: {
    entry: 'lambda/functions/webhook-receiver/handler.ts',
    memoryMegabytes: 1024,
    timeoutSeconds: 5,
  },
  /**
   * A million always-on SIMs, 1 % of them silent, take up to 40 s of a whole CPU and 390 MB: most of it are the records of
   * the 3,500 that are due in the sweep; 70 s where they have just fallen silent. With less memory the CPU would be a part
   * of one. Two minutes before the end it leaves SIMs to the next sweep.
   */
  alertSweep: {
    entry: 'lambda/functions/alert-sweep/handler.ts',
    memoryMegabytes: 1769,
    timeoutSeconds: 900,
    // Of the records that are under way less survives until it is judged: a sixth less CPU than with half as much.
    semiSpaceMegabytes: 64,
  },
  /** It stops sending after a minute by itself, and a message may take half of one. */
  alertDelivery: {
    entry: 'lambda/functions/alert-delivery/handler.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 120,
  },
  /** It scans the markers of late records, of which there are few, and asks streams how far they are read. */
  dayPlanner: {
    entry: 'lambda/functions/day-planner/handler.ts',
    memoryMegabytes: 512,
    timeoutSeconds: 300,
  },
  /**
   * A bucket of 4,000 always-on SIMs has a million records, and all that is made of it is one process's work: with less
   * memory the CPU would be a part of one.
   */
  dayWorker: {
    entry: 'lambda/functions/day-worker/handler.ts',
    memoryMegabytes: 1769,
    timeoutSeconds: 900,
  },
  /** It waits for its queue for a second, and for the receiver twice 10 seconds. */
  metricsExporter: {
    entry: 'lambda/functions/metrics-exporter/handler.ts',
    memoryMegabytes: 256,
    timeoutSeconds: 120,
    semiSpaceMegabytes: 8,
  },
} as const;

/**
 * Megabytes of a semi-space, of which young objects have three: the largest power of two, as V8 rounds it, that leaves ten
 * times as much for all else. What a batch of 6 MB makes is mostly gone before the collector looks: 128 MB beside 1,769
 * take the consumer a fifth less CPU than 32.
 */
function chooseSemiSpace(memoryMegabytes: number): number {
  return 2 ** Math.floor(Math.log2(memoryMegabytes / 13));
}

/** Node's options in a function: stack traces by the sources, and the room for young objects. */
export function formatNodeOptions(definition: {
  readonly memoryMegabytes: number;
  readonly semiSpaceMegabytes?: number | undefined;
}): string {
  const megabytes = definition.semiSpaceMegabytes ?? chooseSemiSpace(definition.memoryMegabytes);
  return `--enable-source-maps --max-semi-space-size=${megabytes}`;
}

/** How the file importer is fed. */
export const fileMapping = {
  /** Messages in a batch: one, so that each file has an invocation's whole time. */
  batchSize: 1,
  /** Files imported at the same time, at most. */
  maximumConcurrency: 10,
  /** Deliveries of a message before it goes to the dead-letter queue. */
  maximumReceives: 5,
  /**
   * Visibility timeout: six times the function's time-out, as AWS advises, so that no message is delivered again while
   * it is processed or throttled.
   */
  visibilityTimeoutSeconds: 6 * functions.fileImporter.timeoutSeconds,
} as const;

/** How the day pass's worker is fed. */
export const dayMapping = {
  /** Messages in a batch: one, so that each bucket has an invocation's whole time. */
  batchSize: 1,
  /** Deliveries of a message before it goes to the dead-letter queue. The next plan sends what is missing again. */
  maximumReceives: 3,
  /** Six times the function's time-out, as AWS advises. */
  visibilityTimeoutSeconds: 6 * functions.dayWorker.timeoutSeconds,
} as const;

/** Hours from one partial pass over days that are not closed to the next one, where the configuration does not say otherwise. */
export const partialHours = 6;

/** How volumes are sent as metrics. */
export const metricsExport = {
  /** Combinations that have series of their own, where the configuration does not say otherwise. */
  series: 300,
  /** Days that they wait, at most, for a receiver that does not take them. */
  retentionDays: 4,
  /** Longer than the exporter runs. */
  visibilityTimeoutSeconds: 2 * functions.metricsExporter.timeoutSeconds,
} as const;

/** How long things are kept, where the configuration does not say otherwise. */
export const retention = {
  /** Hours for which a stream keeps a record: the time there is to repair a consumer before records are lost. */
  streamHours: 168,
  /** Days for which an item of the events table is kept, counted from its arrival; 0 keeps it forever. */
  eventDays: 90,
  /**
   * Days for which an item of the usage table is kept, counted from its start or when it was written, whichever is later;
   * 0 keeps it forever.
   */
  usageDays: 0,
  /**
   * The fewest days for which usage may be kept: a record may wait in a stream for 7 days, and a day is closed up to 36
   * hours after its end, at three quarters of that age at the latest.
   */
  minUsageDays: 14,
  /** Days for which the functions' logs are kept. */
  logDays: 90,
  /** Days for which rejected bytes and failed batches are kept. */
  quarantineDays: 365,
  /** Days for which the overwritten version of a file stays: longer than its import can wait in the queue. */
  overwrittenFileDays: 30,
} as const;

/**
 * Pairs of country and operator whose traffic a process of a function measures by name; what is beyond is measured as
 * `other`. Each pair is up to four CloudWatch metrics, which are paid by the piece.
 */
export const measuredNetworks = 20;

/** How each function's entry is bundled: the format that loads fastest on Lambda. Paths are from the project's folder. */
export const bundling = {
  format: 'cjs',
  target: 'node20',
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  /** The sources' text makes the map more than twice as large, and stack traces need its positions only. */
  sourcesContent: false,
  /** What a function loads instead of the AWS SDK's own; a third less to load. */
  alias: { '@aws-sdk/credential-provider-node': './lambda/aws/environment-credentials.ts' },
} as const;
