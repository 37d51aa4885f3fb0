import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, describe, expect, it } from 'vitest';
import { HeardTimes, maxExactSims } from '../../../../lambda/alerts/sweep/heard-times.ts';
import { describeWatchedSim, type WatchedSim } from '../../../../lambda/alerts/sweep/watched-sim.ts';
import type { HeardList } from '../../../../lambda/alerts/watermark.ts';
import { LedgerReader } from '../../../../lambda/store/reader.ts';
import { simAt } from '../../store/observations.ts';

const mark = '2026-11-10T00:00:00.000Z';
const client = new DynamoDBClient({ region: 'eu-central-1' });
const answers = mockClient(client);
const tables = { sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims', files: 'Files' };
const reader = new LedgerReader({ client, ...tables });

afterEach(() => answers.reset());

/** A SIM whose device was heard only by an event. */
function makeSim(number: number, source: string): WatchedSim {
  const stated = { lastEvent: { lastEvent: 'Update location', lastEventTime: mark }, signalled: {} };
  const sim = simAt(mark, String(number), stated);
  return describeWatchedSim({ ...sim, origin: { ...sim.origin, group: { ...sim.origin.group, source } } });
}

function makeTimes(count: number): HeardTimes {
  const times = new HeardTimes();
  for (let number = 0; number < count; number += 1) times.add(makeSim(number, 'meters'));
  times.add(makeSim(count, 'vans'));
  return times;
}

describe('the times at which SIMs were heard', () => {
  it('come from marks if a source has many SIMs, and from queries if it has few and may be late', async () => {
    answers.on(QueryCommand).resolves({ Items: [] });
    for (const [count, asked] of [
      [maxExactSims - 1, maxExactSims],
      [maxExactSims, 1],
    ] as const) {
      answers.resetHistory();
      const found = await makeTimes(count).find(
        reader,
        () => true,
        () => undefined,
      );
      expect([...found].map(([source, times]) => [source, times.length])).toEqual([
        ['meters', count],
        ['vans', 1],
      ]);
      const sims = answers
        .commandCalls(QueryCommand)
        .map(({ args: [{ input }] }) => JSON.stringify(input.ExpressionAttributeValues?.[':sim']));
      expect(new Set(sims).size).toBe(asked);
    }
  });

  it('come from marks if these show that the source is not late', async () => {
    const marks: [string, HeardList][] = [];
    const isNeverLate = (...given: [string, HeardList]) => {
      marks.push(given);
      return false;
    };
    const found = await makeTimes(2).find(reader, isNeverLate, () => undefined);
    expect([...found]).toEqual(marks);
    expect(answers.calls()).toEqual([]);
  });

  it('come from marks for SIMs that could not be read, which are reported', async () => {
    answers.on(QueryCommand).rejects(new Error('throttled'));
    const failures: unknown[] = [];
    const found = await makeTimes(2).find(
      reader,
      () => true,
      (error) => failures.push(error),
    );
    expect(found).toEqual(
      new Map([
        ['meters', Float64Array.of(Date.parse(mark), Date.parse(mark))],
        ['vans', Float64Array.of(Date.parse(mark))],
      ]),
    );
    expect(failures).toHaveLength(3);
  });
});
