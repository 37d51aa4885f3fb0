import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { respond } from '../lambda/functions/query-api/api.ts';
import { readRequest } from '../lambda/functions/query-api/request.ts';
import { divideIntoChunks, forEachConcurrently } from '../lambda/store/concurrency.ts';
import { startLedgerTables } from '../local/ledger-tables.ts';
import { type BenchmarkOptions, type Figure, findQuantile, makeFigure } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import { credentials, makeApi, makeEvent, makeItems, put, requests } from './query-ledger.ts';

/**
 * The query API for a SIM with a year of history (each hour a session, its usage record and its event), compared with a
 * SIM with a day of history: requests per second, and the time of one request. Includes the local engine.
 */

const days = { year: 365, day: 1 } as const;
type Span = keyof typeof days;
const sims: Readonly<Record<Span, string>> = { year: '8988307000000120011', day: '8988307000000120029' };
const concurrentRequests = 8;

export async function queryYear({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const engine = await startLedgerTables({ port: 0 });
  const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
  try {
    const items = (['year', 'day'] as const).flatMap((span) => makeItems(sims[span], 24 * days[span]));
    await forEachConcurrently(divideIntoChunks(items, 25), 16, (chunk) => put(client, chunk));
    const latencies: Record<Span, number[]> = { year: [], day: [] };
    const count = quick ? 100 : 1_000;
    const measure = (span: Span) => async (): Promise<number> => {
      const api = makeApi(client, days.year);
      const asked = Array.from({ length: count }, (_, index) => kinds[index % kinds.length] ?? kinds[0]);
      const begin = performance.now();
      await forEachConcurrently(asked, concurrentRequests, async ({ operation, query }) => {
        const before = performance.now();
        const { statusCode } = await respond(readRequest(makeEvent(operation, query, sims[span])), api);
        if (statusCode !== 200) throw new Error(`${operation} was answered with ${statusCode}`);
        latencies[span].push(performance.now() - before);
      });
      return count / ((performance.now() - begin) / 1_000);
    };
    // Warm-up: a process that has run for a while is measured.
    await measure('year')();
    latencies.year = [];
    const rates = await runInterleaved({ year: measure('year'), day: measure('day') }, pairs);
    return [
      makeFigure(
        'query-year.rate',
        'A SIM with a year of history: requests a second',
        rates.year,
        'requests/s',
      ),
      makeFigure(
        'query-year.rate-ratio',
        '  relative to a SIM with a day',
        computeRatios(rates.year, rates.day),
        '×',
      ),
      makeFigure(
        'query-year.p50',
        `  a request of ${concurrentRequests} at a time, median`,
        [findQuantile(latencies.year, 0.5)],
        'ms',
      ),
      makeFigure('query-year.p99', '  99th percentile', [findQuantile(latencies.year, 0.99)], 'ms'),
      makeFigure(
        'query-year.p99-ratio',
        '  99th percentile relative to a SIM with a day',
        [findQuantile(latencies.year, 0.99) / findQuantile(latencies.day, 0.99)],
        '×',
      ),
    ];
  } finally {
    client.destroy();
    await engine.stop();
  }
}

type Kind = (typeof requests)[string];
const kinds = Object.values(requests) as [Kind, ...Kind[]];
