/**
 * What a fleet needs: shards, concurrent batches, and tables with warm throughput. All of it follows from one
 * measured value, {@link consumerRecordsPerCpuSecond}.
 */

/** The SIMs of a source, and how often each sends a record. */
export interface Fleet {
  readonly sims: number;
  /** Minutes between two records of a SIM that is online. A Super SIM sends an update every 6 minutes. */
  readonly updateMinutes: number;
}

/**
 * Records that the consumer processes per second of a whole CPU in the worst case, in which each record is of another
 * session and nothing folds. `npm run bench -- handler-cpu` measures it.
 */
export const consumerRecordsPerCpuSecond = 950;

/** Memory at which Lambda gives a function one whole CPU; with less memory the share is proportional. */
const wholeCpuMegabytes = 1769;

/** Bytes of the largest records that are frequent: a Super SIM's update. */
const recordBytes = 1_400;

/** Records a second that a shard accepts: 1,000, or 1 MiB of them. */
const shardRecordsPerSecond = Math.min(1_000, Math.floor(1024 ** 2 / recordBytes));

/** Shards of a new on-demand stream. */
export const onDemandShards = 4;

/** A fleet's traffic, relative to normal, when all its SIMs reconnect after a network outage. */
export const stormFactor = 10;

/**
 * Multiple of the normal traffic that the consumer must process: after a storm of ten minutes, the backlog is then
 * gone within 35.
 */
const reserveFactor = 3;

/** Write units a second that a new on-demand table accepts immediately. */
export const coldTableWriteUnits = 4_000;

/** The maximum number of concurrent batches per shard in Lambda. */
const maxParallelizationFactor = 10;

/** Records a second of one lane, which processes one batch of a shard at a time. */
export function estimateLaneRate(memoryMegabytes: number): number {
  // A process works in a single thread, so more than one CPU does not make it faster.
  return consumerRecordsPerCpuSecond * Math.min(1, memoryMegabytes / wholeCpuMegabytes);
}

/** Average records a second of a fleet. */
export function estimateArrivals({ sims, updateMinutes }: Fleet): number {
  return sims / (updateMinutes * 60);
}

/** Shards that a provisioned stream needs to accept all records of a storm. */
export function countShards(fleet: Fleet): number {
  return Math.max(1, Math.ceil((stormFactor * estimateArrivals(fleet)) / shardRecordsPerSecond));
}

/** Shards of an on-demand stream under a fleet's normal traffic: on-demand streams provide for twice that traffic. */
export function estimateOnDemandShards(fleet: Fleet): number {
  return Math.max(onDemandShards, Math.ceil((2 * estimateArrivals(fleet)) / shardRecordsPerSecond));
}

/** What is deployed for a source. */
export interface Capacity {
  readonly shards: number;
  readonly parallelizationFactor: number;
  readonly memoryMegabytes: number;
}

/** Concurrent batches per shard that process a fleet's records with a reserve. */
export function chooseParallelizationFactor(
  fleet: Fleet,
  { shards, memoryMegabytes }: Omit<Capacity, 'parallelizationFactor'>,
): number {
  const lanes = (reserveFactor * estimateArrivals(fleet)) / estimateLaneRate(memoryMegabytes);
  return Math.min(maxParallelizationFactor, Math.max(1, Math.ceil(lanes / shards)));
}

/** Write units a second that each large table must accept from the start; undefined if a new table does. */
export function chooseWarmWriteUnits(fleets: readonly Fleet[]): number | undefined {
  const units = Math.ceil(reserveFactor * fleets.reduce((sum, fleet) => sum + estimateArrivals(fleet), 0));
  return units > coldTableWriteUnits ? units : undefined;
}

/**
 * SIM-days of an always-on SIM, with 240 records, that the day pass computes per second of a whole CPU: `npm run
 * bench -- days` measures 67 to 80 for the deployed function. It reads enough SIMs concurrently never to wait for
 * tables.
 */
export const simDaysPerCpuSecond = 65;

/** Hours to read a day of all SIMs. */
const readingHours = 2;

/** The minimum that Lambda accepts for the mapping of a queue. */
const minDayConcurrency = 2;

/** Parts of a day to read concurrently so that a day of the fleets is read within {@link readingHours}. */
export function chooseDayConcurrency(fleets: readonly Fleet[]): number {
  const sims = fleets.reduce((sum, fleet) => sum + fleet.sims, 0);
  return Math.max(minDayConcurrency, Math.ceil(sims / (simDaysPerCpuSecond * readingHours * 3600)));
}

/** What is too small for a fleet, one sentence each; empty if everything fits. */
export function findShortages(fleet: Fleet, capacity: Capacity & { readonly isOnDemand: boolean }): string[] {
  const { shards, parallelizationFactor, memoryMegabytes, isOnDemand } = capacity;
  const arrivals = Math.ceil(estimateArrivals(fleet));
  const storm = stormFactor * arrivals;
  const consumed = Math.floor(shards * parallelizationFactor * estimateLaneRate(memoryMegabytes));
  const taken = shards * shardRecordsPerSecond;
  const shortages: string[] = [];
  if (consumed < reserveFactor * arrivals) {
    shortages.push(
      `The consumer processes ${consumed} records a second (${shards} shards, ${parallelizationFactor} concurrent batches each, ${memoryMegabytes} MB). The fleet sends ${arrivals}, and catching up after a storm needs ${reserveFactor} times that rate. Raise consumer.parallelizationFactor, consumer.memoryMegabytes or the shards.`,
    );
  }
  if (taken < arrivals) {
    shortages.push(
      `${shards} shards accept ${taken} records a second. The fleet sends ${arrivals}, and the excess is refused. Set stream.shards to ${countShards(fleet)}, or stream.mode to on-demand.`,
    );
  } else if (taken < storm) {
    shortages.push(
      isOnDemand
        ? `When all SIMs reconnect, ${storm} records a second arrive. An on-demand stream accepts some ${taken} and refuses the others until it has scaled. Warm it up, or provision ${countShards(fleet)} shards: docs/sizing.md.`
        : `When all SIMs reconnect, ${storm} records a second arrive. ${shards} shards accept ${taken}, and the others are refused. Set stream.shards to ${countShards(fleet)}.`,
    );
  }
  return shortages;
}

/** All SIMs of a fleet reconnect: how much more they send, and for how long. */
export interface Storm {
  /** Traffic relative to normal. */
  readonly factor: number;
  readonly minutes: number;
}

/** The capacity that a storm meets. */
export interface StormDefence extends Capacity {
  /** Write units a second that Usage and Sessions each accept; a record takes one of both. */
  readonly tableWriteUnits: number;
}

/** A typical storm after a network outage. */
export const reconnectStorm: Storm = { factor: stormFactor, minutes: 10 };

/** Effects of a storm on a stream and its consumer. */
export interface StormOutcome {
  /** Records that the stream refused, which the carrier retries or loses. */
  readonly refused: number;
  /** Maximum number of records that waited in the stream. */
  readonly maxBacklog: number;
  /** Maximum seconds that a record waited. */
  readonly maxDelaySeconds: number;
  /** Minutes from the end of the storm until nothing waits; `Infinity` if the normal traffic alone is too much. */
  readonly drainMinutes: number;
}

/** Records a second that the consumer and the tables can process. */
export function estimateServiceRate(defence: StormDefence): number {
  const { shards, parallelizationFactor, memoryMegabytes, tableWriteUnits } = defence;
  return Math.min(shards * parallelizationFactor * estimateLaneRate(memoryMegabytes), tableWriteUnits);
}

/**
 * Simulates a storm second by second: records beyond the shards' capacity are refused, and those beyond the
 * consumer's wait. Shards, batches and tables do not scale, and records are spread evenly.
 */
export function simulateStorm(
  fleet: Fleet,
  defence: StormDefence,
  storm: Storm = reconnectStorm,
): StormOutcome {
  const arrivals = estimateArrivals(fleet);
  const taken = defence.shards * shardRecordsPerSecond;
  const served = estimateServiceRate(defence);
  const stormSeconds = storm.minutes * 60;
  let [refused, backlog, maxBacklog, second] = [0, 0, 0, 0];
  const drains = served > Math.min(arrivals, taken);
  for (; second < stormSeconds || (backlog > 0 && drains); second++) {
    const arriving = second < stormSeconds ? storm.factor * arrivals : arrivals;
    refused += Math.max(0, arriving - taken);
    backlog = Math.max(0, backlog + Math.min(arriving, taken) - served);
    maxBacklog = Math.max(maxBacklog, backlog);
  }
  return {
    refused: Math.round(refused),
    maxBacklog: Math.round(maxBacklog),
    maxDelaySeconds: Math.round(maxBacklog / served),
    drainMinutes: backlog > 0 ? Number.POSITIVE_INFINITY : Math.ceil((second - stormSeconds) / 60),
  };
}

/** MiB a second that a stream must be warm for to accept a storm. */
export function chooseWarmMebibytes(fleet: Fleet): number {
  return Math.ceil((stormFactor * estimateArrivals(fleet) * recordBytes) / 1024 ** 2);
}
