import { describe, expect, it } from 'vitest';
import {
  chooseParallelizationFactor,
  chooseWarmWriteUnits,
  consumerRecordsPerCpuSecond,
  countShards,
  estimateArrivals,
  estimateLaneRate,
  estimateOnDemandShards,
  findShortages,
  simulateStorm,
} from '../../lib/sizing.ts';
import { ofType, synthesise, withoutApi } from './synthesised.ts';

const thousand = { sims: 1_000, updateMinutes: 6 };
const million = { sims: 1_000_000, updateMinutes: 6 };

describe('a fleet', () => {
  it('of a million SIMs that are always on sends 2,778 records a second', () => {
    expect(Math.round(estimateArrivals(million))).toBe(2_778);
  });

  it.each([
    [thousand, 1],
    [million, 38],
  ])('%j needs %i shards when all of it connects again', (fleet, shards) => {
    expect(countShards(fleet)).toBe(shards);
  });

  it.each([
    [thousand, { shards: 4, memoryMegabytes: 1769 }, 1],
    [million, { shards: 4, memoryMegabytes: 1769 }, 3],
    [million, { shards: 38, memoryMegabytes: 1769 }, 1],
    [million, { shards: 4, memoryMegabytes: 512 }, 8],
    [million, { shards: 1, memoryMegabytes: 512 }, 10],
  ])('%j with %j needs a factor of %i', (fleet, capacity, factor) => {
    expect(chooseParallelizationFactor(fleet, capacity)).toBe(factor);
  });

  it('gets enough capacity, up to its configured shards', () => {
    for (const sims of [1, 1_000, 30_000, 100_000, 1_000_000, 10_000_000]) {
      for (const updateMinutes of [1, 6, 60]) {
        const fleet = { sims, updateMinutes };
        const shards = countShards(fleet);
        const memoryMegabytes = 1769;
        const parallelizationFactor = chooseParallelizationFactor(fleet, { shards, memoryMegabytes });
        const capacity = { shards, parallelizationFactor, memoryMegabytes, isOnDemand: false };
        expect([fleet, findShortages(fleet, capacity)]).toEqual([fleet, []]);
      }
    }
  });

  it('gets a warning that says what is too small, and what to set', () => {
    const capacity = { shards: 2, parallelizationFactor: 1, memoryMegabytes: 512, isOnDemand: false };
    expect(findShortages(million, capacity)).toEqual([
      'The consumer processes 549 records a second (2 shards, 1 concurrent batches each, 512 MB). The fleet sends 2778, and catching up after a storm needs 3 times that rate. Raise consumer.parallelizationFactor, consumer.memoryMegabytes or the shards.',
      '2 shards accept 1496 records a second. The fleet sends 2778, and the excess is refused. Set stream.shards to 38, or stream.mode to on-demand.',
    ]);
    const onDemand = {
      shards: estimateOnDemandShards(million),
      parallelizationFactor: 3,
      memoryMegabytes: 1769,
    };
    expect(findShortages(million, { ...onDemand, isOnDemand: true })).toEqual([
      'When all SIMs reconnect, 27780 records a second arrive. An on-demand stream accepts some 5984 and refuses the others until it has scaled. Warm it up, or provision 38 shards: docs/sizing.md.',
    ]);
  });

  it('needs warm tables only if a new table does not accept its writes', () => {
    expect([
      chooseWarmWriteUnits([]),
      chooseWarmWriteUnits([thousand]),
      chooseWarmWriteUnits([million]),
    ]).toEqual([undefined, undefined, 8_334]);
  });
});

describe('the consumer', () => {
  it('is as fast as its share of a CPU, and no faster than one', () => {
    expect([512, 1769, 3538].map((megabytes) => Math.round(estimateLaneRate(megabytes)))).toEqual([
      275,
      consumerRecordsPerCpuSecond,
      consumerRecordsPerCpuSecond,
    ]);
  });

  it('processes more than a shard accepts, unless the configuration says otherwise', () => {
    const mapping = Object.values(ofType(synthesise(withoutApi()), 'AWS::Lambda::EventSourceMapping'))[0];
    expect(mapping?.Properties['ParallelizationFactor']).toBe(2);
    expect(2 * consumerRecordsPerCpuSecond).toBeGreaterThan(1_000);
  });
});

describe('a storm of a million SIMs', () => {
  const provisioned = { shards: 38, parallelizationFactor: 1, memoryMegabytes: 1769 };

  it('leaves a backlog that is gone 35 minutes later, at three times the usual traffic', () => {
    const tableWriteUnits = chooseWarmWriteUnits([million]) ?? 0;
    const outcome = simulateStorm(million, { ...provisioned, tableWriteUnits });
    // (27,778 - 8,334) a second for ten minutes, served at 8,334.
    expect(outcome).toEqual({
      refused: 0,
      maxBacklog: 11_666_267,
      maxDelaySeconds: 1_400,
      drainMinutes: 35,
    });
  });

  it('leaves no backlog if the capacity is sufficient', () => {
    expect(simulateStorm(million, { ...provisioned, tableWriteUnits: 40_000 })).toEqual({
      refused: 0,
      maxBacklog: 0,
      maxDelaySeconds: 0,
      drainMinutes: 0,
    });
  });

  it('never ends if the usual traffic is too much', () => {
    const outcome = simulateStorm(million, { ...provisioned, tableWriteUnits: 2_000 });
    expect(outcome.drainMinutes).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuses records beyond the shards’ capacity, each once', () => {
    const outcome = simulateStorm(
      million,
      { ...provisioned, shards: 4, tableWriteUnits: 40_000 },
      { factor: 10, minutes: 1 },
    );
    expect(outcome.refused).toBe(Math.round(60 * (27_777.777_777 - 4 * 748)));
  });
});

describe('the stack of a fleet', () => {
  const sources = [{ name: 'a', carrier: 'kore', fleet: million, stream: { mode: 'provisioned' } }];

  it('has its shards, its concurrent batches and its warm tables', () => {
    const stack = synthesise(withoutApi({ sources }));
    const resource = (path: string) => stack.resources[path]?.Properties;
    expect(resource('SourceA/Stream')?.['ShardCount']).toBe(38);
    expect(resource('StreamIngest/SourceA')?.['ParallelizationFactor']).toBe(1);
    const warm = { WriteUnitsPerSecond: 8_334 };
    expect(
      ['Usage', 'Sessions', 'Sims'].map((name) => resource(`Storage/${name}`)?.['WarmThroughput']),
    ).toEqual([warm, warm, undefined]);
    expect(stack.outputs['Fleets']).toBe('{"a":{"sims":1000000,"updateMinutes":6}}');
  });

  it('warns at synth if it is too small', () => {
    const consumer = { parallelizationFactor: 1, memoryMegabytes: 512, reservedConcurrency: 10 };
    const { warnings } = synthesise(withoutApi({ sources, consumer }));
    expect(
      warnings.filter((text) => text.includes('Source a: The streams') || text.startsWith('The streams')),
    ).toEqual([
      expect.stringContaining(
        'may have 38 concurrent batches; consumer.reservedConcurrency limits them to 10',
      ),
    ]);
  });

  it('has no warnings if it fits', () => {
    const { warnings } = synthesise(withoutApi({ sources }));
    expect(warnings.filter((text) => /fleet|batches/.test(text))).toEqual([]);
  });
});
