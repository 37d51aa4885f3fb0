import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Api, respond } from '../lambda/functions/query-api/api.ts';
import { readRequest } from '../lambda/functions/query-api/request.ts';
import { divideIntoChunks } from '../lambda/store/concurrency.ts';
import { startLedgerTables } from '../local/ledger-tables.ts';
import { credentials, fill, makeApi, makeEvent, makeItems, put, requests, sim } from './query-ledger.ts';

/**
 * How the query API's latency depends on what other SIMs have stored: the same requests about one SIM, with few and
 * with many items of other SIMs in the tables. The ratio counts; the milliseconds depend on this machine and the local
 * engine.
 *
 *   npx tsx bench/query-latency.ts                      1,000 and 1,000,000 other items
 *   npx tsx bench/query-latency.ts --items 1000,100000  other sizes
 *   npx tsx bench/query-latency.ts --json               figures under stable names
 */

const rounds = 200;
const warmUpRounds = 50;
/** A ledger of one size, and how long its requests took in milliseconds. */
interface Measured {
  readonly items: number;
  readonly api: Api;
  readonly taken: Map<string, number[]>;
}

/** Queries ledgers of all sizes alternately, so that other load on the machine affects all of them. */
async function measure(ledgers: readonly Measured[]): Promise<void> {
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const [name, { operation, query }] of Object.entries(requests)) {
      for (const { api, taken } of ledgers) {
        const before = performance.now();
        const { statusCode } = await respond(readRequest(makeEvent(operation, query)), api);
        const milliseconds = performance.now() - before;
        if (statusCode !== 200) throw new Error(`${name} was answered with ${statusCode}`);
        if (round >= 0) taken.set(name, [...(taken.get(name) ?? []), milliseconds]);
      }
    }
  }
}

function findMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const given = args[args.indexOf('--items') + 1];
  const sizes = (args.includes('--items') ? (given ?? '') : '1000,1000000').split(',').map(Number);
  if (sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new Error(`--items ${given}: give whole numbers with commas between them`);
  }
  const stops: (() => Promise<void>)[] = [];
  const ledgers: Measured[] = [];
  try {
    for (const items of sizes) {
      const engine = await startLedgerTables({ port: 0 });
      const client = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
      stops.push(async () => {
        client.destroy();
        await engine.stop();
      });
      for (const chunk of divideIntoChunks(makeItems(sim, 100), 25)) await put(client, chunk);
      await fill(client, items);
      ledgers.push({ items, api: makeApi(client), taken: new Map() });
    }
    await measure(ledgers);
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
  show(ledgers, args.includes('--json'));
}

function show(ledgers: readonly Measured[], asJson: boolean): void {
  const [least] = ledgers;
  const rows = Object.keys(requests).map((name) => {
    const medians = ledgers.map(({ items, taken }) => ({
      items,
      milliseconds: findMedian(taken.get(name) ?? []),
    }));
    return { name, medians, ratio: (medians.at(-1)?.milliseconds ?? 0) / (medians[0]?.milliseconds ?? 1) };
  });
  if (asJson) {
    console.log(JSON.stringify({ queryLatency: rows }));
    return;
  }
  console.log(
    `Median of ${rounds} requests, by the number of items of other SIMs; ratio to ${count(least?.items ?? 0)}`,
  );
  for (const { name, medians, ratio } of rows) {
    const figures = medians.map(
      ({ items, milliseconds }) => `${milliseconds.toFixed(2)} ms at ${count(items)}`,
    );
    console.log(`${name.padEnd(17)} ${figures.join(', ')}: ratio ${ratio.toFixed(2)}`);
  }
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
await main();
