/**
 * What a fleet needs: shards, batches at the same time, and tables that are warm. All of it follows from one measured
 * figure, {@link consumerRecordsPerCpuSecond}.
 */

/** The SIMs behind a source, and how often each of them sends a record. */
export interface Fleet {
  readonly sims: number;
  /** Minutes between two records of one SIM that is online. A Super SIM sends an update every 6. */
  readonly updateMinutes: number;
}

/**
 * Records that the consumer processes with one second of a whole CPU, in the least favourable case: each record is of
 * another session, so that nothing folds. `npm run bench -- handler-cpu` measures it.
 */
export const consumerRecordsPerCpuSecond = 950;

/** Memory with which Lambda gives a function one whole CPU; it gives less in proportion. */
const wholeCpuMegabytes = 1769;

/** Bytes of the largest records that come by the million: a Super SIM's update. */
const recordBytes = 1_400;

/** Records a second that a shard accepts: 1,000, or 1 MiB of them. */
const shardRecordsPerSecond = Math.min(1_000, Math.floor(1024 ** 2 / recordBytes));

/** Shards with which an on-demand stream begins. */
export const onDemandShards = 4;

/** How many times its usual traffic a fleet sends when all SIMs connect again after an outage of a network. */
export const stormFactor = 10;

/**
 * How many times the usual traffic the consumer must keep up with: a storm of ten minutes then leaves a backlog that is
 * gone in 35.
 */
const reserveFactor = 3;

/** Write units a second that a new on-demand table accepts at once. */
export const coldTableWriteUnits = 4_000;

/** The most concurrent batches per shard that Lambda allows. */
const maxParallelizationFactor = 10;

/** Records a second that one lane processes: one batch of a shard after another. */
export function estimateLaneRate(memoryMegabytes: number): number {
  // The work of one process is one thread's: more than one CPU does not make it faster.
  return consumerRecordsPerCpuSecond * Math.min(1, memoryMegabytes / wholeCpuMegabytes);
}

/** Records a second that a fleet sends, day and night. */
export function estimateArrivals({ sims, updateMinutes }: Fleet): number {
  return sims / (updateMinutes * 60);
}

/** Shards that a provisioned stream needs so that a storm's records are not refused. */
export function countShards(fleet: Fleet): number {
  return Math.max(1, Math.ceil((stormFactor * estimateArrivals(fleet)) / shardRecordsPerSecond));
}

/** Shards that an on-demand stream has at the usual traffic of a fleet; it accepts twice that traffic. */
export function estimateOnDemandShards(fleet: Fleet): number {
  return Math.max(onDemandShards, Math.ceil((2 * estimateArrivals(fleet)) / shardRecordsPerSecond));
}

/** What is deployed for a source. */
export interface Capacity {
  readonly shards: number;
  readonly parallelizationFactor: number;
  readonly memoryMegabytes: number;
}

/** Concurrent batches per shard that process a fleet's records with reserve. */
export function chooseParallelizationFactor(
  fleet: Fleet,
  { shards, memoryMegabytes }: Omit<Capacity, 'parallelizationFactor'>,
): number {
  const lanes = (reserveFactor * estimateArrivals(fleet)) / estimateLaneRate(memoryMegabytes);
  return Math.min(maxParallelizationFactor, Math.max(1, Math.ceil(lanes / shards)));
}

/** Write units a second that each large table must take from the start; undefined where a new table does. */
export function chooseWarmWriteUnits(fleets: readonly Fleet[]): number | undefined {
  const units = Math.ceil(reserveFactor * fleets.reduce((sum, fleet) => sum + estimateArrivals(fleet), 0));
  return units > coldTableWriteUnits ? units : undefined;
}

/**
 * SIM-days of an always-on SIM, with 240 records, that the day pass makes with one second of a whole CPU:
 * `npm run bench -- days` measures 67 to 80 of the function as it is deployed. It reads so many SIMs at the same time that
 * it does not wait for tables.
 */
export const simDaysPerCpuSecond = 65;

/** Hours in which a day of all SIMs is read. */
const readingHours = 2;

/** The least that Lambda accepts of a queue's mapping. */
const minDayConcurrency = 2;

/** Parts of a day that are read at the same time, so that a day of the fleets is read in two hours. */
export function chooseDayConcurrency(fleets: readonly Fleet[]): number {
  const sims = fleets.reduce((sum, fleet) => sum + fleet.sims, 0);
  return Math.max(minDayConcurrency, Math.ceil(sims / (simDaysPerCpuSecond * readingHours * 3600)));
}

/** What is too small for a fleet, a sentence each; empty if everything fits. */
export function findShortages(fleet: Fleet, capacity: Capacity & { readonly isOnDemand: boolean }): string[] {
  const { shards, parallelizationFactor, memoryMegabytes, isOnDemand } = capacity;
  const arrivals = Math.ceil(estimateArrivals(fleet));
  const storm = stormFactor * arrivals;
  const consumed = Math.floor(shards * parallelizationFactor * estimateLaneRate(memoryMegabytes));
  const taken = shards * shardRecordsPerSecond;
  const shortages: string[] = [];
  if (consumed < reserveFactor * arrivals) {
    shortages.push(
      `The consumer takes in ${consumed} records a second (${shards} shards, ${parallelizationFactor} batches at the same time, ${memoryMegabytes} MB); the fleet sends ${arrivals}, and ${reserveFactor} times as much is needed to catch up after a storm. Raise consumer.parallelizationFactor, consumer.memoryMegabytes or the shards.`,
    );
  }
  if (taken < arrivals) {
    shortages.push(
      `${shards} shards take ${taken} records a second; the fleet sends ${arrivals}, and the excess is refused. Set stream.shards to ${countShards(fleet)}, or stream.mode to on-demand.`,
    );
  } else if (taken < storm) {
    shortages.push(
      isOnDemand
        ? `When all SIMs connect again, ${storm} records a second arrive; an on-demand stream takes some ${taken} then, and refuses the others until it has grown. Warm it up, or provision ${countShards(fleet)} shards: docs/sizing.md.`
        : `When all SIMs connect again, ${storm} records a second arrive; ${shards} shards take ${taken}, and the others are refused. Set stream.shards to ${countShards(fleet)}.`,
    );
  }
  return shortages;
}

/** All SIMs of a fleet that connect again: how much more they send, and for how long. */
export interface Storm {
  /** How many times the usual traffic. */
  readonly factor: number;
  readonly minutes: number;
}

/** What a storm meets. */
export interface StormDefence extends Capacity {
  /** Write units a second that Usage and Sessions take, each; a record is one of each. */
  readonly tableWriteUnits: number;
}

/** A storm as networks cause it. */
export const reconnectStorm: Storm = { factor: stormFactor, minutes: 10 };

/** What a storm does to a stream and its consumer. */
export interface StormOutcome {
  /** Records that the stream refused, and that the carrier sends again or loses. */
  readonly refused: number;
  /** Records that waited in the stream, at most. */
  readonly maxBacklog: number;
  /** Seconds that a record waited, at most. */
  readonly maxDelaySeconds: number;
  /** Minutes from the storm's end until nothing waits; `Infinity` where the usual traffic alone is too much. */
  readonly drainMinutes: number;
}

/** Records a second that consumer and tables process together. */
export function estimateServiceRate(defence: StormDefence): number {
  const { shards, parallelizationFactor, memoryMegabytes, tableWriteUnits } = defence;
  return Math.min(shards * parallelizationFactor * estimateLaneRate(memoryMegabytes), tableWriteUnits);
}

/**
 * Plays a storm second by second: what arrives beyond what the shards take is refused, what the consumer does not take
 * in at once waits. Shards, batches and tables stay as they are, and records are spread evenly.
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

/** MiB a second that a stream must be warm for, to take a storm. */
export function chooseWarmMebibytes(fleet: Fleet): number {
  return Math.ceil((stormFactor * estimateArrivals(fleet) * recordBytes) / 1024 ** 2);
}
