import type { KinesisStreamRecord } from 'aws-lambda';
import { type Fact, hour, lastArrival, type Plan } from './plan.ts';
import { type PlannedSim, renderFact, start } from './records.ts';

/** The stream has one shard. */
export const shard = 'shardId-000000000000';

/** A record in the stream. */
export interface StreamRecord {
  readonly sim: number;
  readonly fact: Fact;
  readonly arrival: number;
  readonly sequence: string;
  readonly lane: number;
  readonly data: string;
  /** When it was taken in. */
  doneAt: number | undefined;
}

/** The records of a plan in the order of their arrival. */
export function makeRecords({ outage, lanes, carrier }: Plan, sims: readonly PlannedSim[]): StreamRecord[] {
  const deliveries = sims.flatMap((sim, index) =>
    sim.facts.flatMap((fact, number) => {
      const isOwed = outage !== undefined && fact.at >= outage.from && fact.at < outage.to;
      const earliest = start + (isOwed ? outage.to : fact.at) * hour;
      return fact.delays.map((delay) => ({
        sim: index,
        fact,
        arrival: Math.min(earliest + delay, start + Math.max(lastArrival, fact.at) * hour),
        lane: index % lanes,
        data: Buffer.from(JSON.stringify(renderFact(sim, fact, number, carrier))).toString('base64'),
      }));
    }),
  );
  return deliveries
    .sort((a, b) => a.arrival - b.arrival)
    .map((record, index) => ({ ...record, sequence: String(1_000 + index), doneAt: undefined }));
}

/** Takes the next batch of what has arrived, out of those that wait. */
export function takeArrived(waiting: StreamRecord[], now: number, size: number): StreamRecord[] {
  const count = waiting.filter(({ arrival }) => arrival <= now).length;
  return waiting.splice(0, Math.min(count, size));
}

/** A record as Lambda hands it to the consumer. */
export function describeRecord({ arrival, sequence, lane, data }: StreamRecord): KinesisStreamRecord {
  return {
    awsRegion: 'us-east-1',
    eventID: `${shard}:${sequence}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/stream',
    eventVersion: '1.0',
    invokeIdentityArn: '',
    kinesis: {
      data,
      kinesisSchemaVersion: '1.0',
      partitionKey: String(lane),
      sequenceNumber: sequence,
      approximateArrivalTimestamp: arrival / 1000,
    },
  };
}
