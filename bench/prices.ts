/**
 * List prices of us-east-1 in 2026, in dollars, without free tiers, reserved capacity and taxes. The only source of
 * prices for `docs/costs.md` and the benchmarks. Each comes from the service's own price page.
 */
export const prices = {
  dynamoDb: {
    /** On demand. */
    millionWriteUnits: 0.625,
    /** On demand; a unit is 4 KB read consistently. */
    millionReadUnits: 0.125,
    gigabyteMonth: 0.25,
    /** Point-in-time recovery. */
    backupGigabyteMonth: 0.2,
    /** Bytes that are charged for each item in addition to its own. */
    itemOverheadBytes: 100,
  },
  kinesis: {
    onDemandHour: 0.04,
    /** Each record is rounded up to whole KB. */
    gigabyteIn: 0.08,
    gigabyteOut: 0.04,
    /** Beyond 24 hours, up to 7 days. */
    keptGigabyteMonth: 0.1,
    shardHour: 0.015,
    /** Surcharge for a provisioned shard beyond 24 hours, up to 7 days. */
    keptShardHour: 0.02,
    /** A unit is up to 25 KB of a record, in a provisioned stream. */
    millionPutUnits: 0.014,
  },
  /** EventBridge Scheduler. */
  scheduler: { millionInvocations: 1 },
  lambda: {
    millionInvocations: 0.2,
    /** On arm64. */
    gigabyteSecond: 0.0000133334,
  },
  cloudWatch: {
    metricMonth: 0.3,
    alarmMonth: 0.1,
    dashboardMonth: 3,
    logGigabyte: 0.5,
    keptLogGigabyteMonth: 0.03,
  },
  /** Up to 512 KB each. */
  httpApi: { millionRequests: 1 },
  sqs: { millionRequests: 0.4 },
  s3: {
    gigabyteMonth: 0.023,
    /** PUT and LIST. */
    thousandPuts: 0.005,
    thousandGets: 0.0004,
  },
  /** Data that queries read. */
  athena: { terabyte: 5 },
  secretMonth: 0.4,
  /** A customer-managed key, and the services' requests to it. */
  kms: { keyMonth: 1, tenThousandRequests: 0.03 },
} as const;

/** Hours per month, as AWS counts them. */
export const monthHours = 730;

/** Days per month, for daily figures. */
export const monthDays = 30;

/** The memory for which Lambda gives a whole CPU, in GB. */
export const gigabytesPerCpu = 1_769 / 1_024;

/** Dollars per month for stored items, with their backups. */
export function priceStorage(items: number, bytesEach: number): number {
  const { gigabyteMonth, backupGigabyteMonth, itemOverheadBytes } = prices.dynamoDb;
  return toGigabytes(items * (bytesEach + itemOverheadBytes)) * (gigabyteMonth + backupGigabyteMonth);
}

/** The sum of a month's lines. */
export function addUp(lines: Readonly<Record<string, number>>): number {
  return Object.values(lines).reduce((sum, line) => sum + line, 0);
}

/** A count in millions. */
export function toMillions(count: number): number {
  return count / 1e6;
}

/** Bytes in GB. */
export function toGigabytes(bytes: number): number {
  return bytes / 1e9;
}
