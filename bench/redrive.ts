import { randomBytes } from 'node:crypto';
import { openLocalRun } from '../cli/deployment/local-run.ts';
import { redriveRejects } from '../cli/quarantine/redrive-rejects.ts';
import { ClientBucket } from '../lambda/aws/client-bucket.ts';
import { interpret } from '../lambda/carriers/index.ts';
import { forEachConcurrently } from '../lambda/store/concurrency.ts';
import { BucketQuarantine } from '../lambda/store/quarantine.ts';
import { LocalRun } from './local-run.ts';

/**
 * How fast rejects are redriven, and with how much memory: usage records in the quarantine of a local run, each in an
 * object of its own, are stored by the command line's own code. The local run is another process, so the memory is that
 * of the command line. The figures depend on this machine and the emulators.
 *
 *   npx tsx bench/redrive.ts                 10,000 and 100,000 records
 *   npx tsx bench/redrive.ts --records 1000  other numbers
 *   npx tsx bench/redrive.ts --json          figures under stable names
 */

const concurrentPuts = 32;
const sampleMilliseconds = 100;
const perSim = 100;

/** The result of a redrive. */
interface Figure {
  readonly records: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Peak resident memory, and the peak of JavaScript's used heap, in MiB. */
  readonly residentMebibytes: number;
  readonly heapMebibytes: number;
}

/** A usage record in a wrapper that was unknown when it was rejected. */
function makeBody(number: number): Buffer {
  const start = new Date(Date.UTC(2026, 9, 1) + (number % perSim) * 900_000).toISOString();
  const iccid = `8988280700${String(Math.floor(number / perSim)).padStart(9, '0')}`;
  return Buffer.from(
    JSON.stringify({
      ...{ id: 8_000_000_000 + number, start_timestamp: start, end_timestamp: start },
      ...{ sim: { iccid, id: number, msisdn: '882285100000101' }, imsi: '901405100000101' },
      ...{ volume: { total: 0.003, tx: 0.001, rx: 0.002 }, cost: 0.001, currency: { code: 'EUR' } },
      ...{ operator: { name: 'T-Mobile', mnc: '01', country: { id: 74, mcc: '262', name: 'Germany' } } },
      ...{ tariff: { name: '1NCE Production 01', ratezone: { name: 'Rate Zone 1 (DE)' } } },
      ...{ traffic_type: { id: 5, description: 'Data' }, nonce: randomBytes(64).toString('hex') },
    }),
  );
}

async function measure(records: number): Promise<Figure> {
  const { run, env } = await LocalRun.start();
  const deployment = await openLocalRun(env);
  try {
    const { s3, places } = deployment;
    const quarantine = new BucketQuarantine(new ClientBucket(s3, places.quarantineBucket));
    await forEachConcurrently([...Array(records).keys()], concurrentPuts, (number) =>
      quarantine.keep([
        {
          ...{
            code: 'unknown-shape',
            reason: 'This is neither a CloudEvent, nor an event, nor a usage record',
          },
          ...{ position: `bench/${number}`, source: '1nce', arrivedAt: Date.now(), bytes: makeBody(number) },
        },
      ]),
    );
    const memory = watchMemory();
    const started = performance.now();
    const { total, removed } = await redriveRejects(deployment, {
      ...{ dryRun: false, interpret, now: Date.now, signal: new AbortController().signal },
      onProgress: () => undefined,
    });
    const seconds = (performance.now() - started) / 1000;
    if (total.stored !== records || removed !== records) {
      throw new Error(`Of ${records} records ${total.stored} were stored and ${removed} removed`);
    }
    return { records, seconds, perSecond: records / seconds, ...memory.end() };
  } finally {
    deployment.close();
    await run.stop();
  }
}

/** Records this process's peak memory until it is stopped. */
function watchMemory() {
  let resident = 0;
  let heap = 0;
  const timer = setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage();
    resident = Math.max(resident, rss);
    heap = Math.max(heap, heapUsed);
  }, sampleMilliseconds);
  return {
    end: () => {
      clearInterval(timer);
      return { residentMebibytes: resident / 2 ** 20, heapMebibytes: heap / 2 ** 20 };
    },
  };
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const given = args.includes('--records') ? args[args.indexOf('--records') + 1] : '10000,100000';
  const sizes = (given ?? '').split(',').map(Number);
  if (sizes.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new Error(`--records ${given}: give whole numbers with commas between them`);
  }
  const figures: Figure[] = [];
  for (const size of sizes) figures.push(await measure(size));
  if (args.includes('--json')) {
    console.log(JSON.stringify({ redrive: figures }));
    return;
  }
  for (const { records, seconds, perSecond, residentMebibytes, heapMebibytes } of figures) {
    console.log(
      `${records.toLocaleString('en-US')} rejects redriven in ${seconds.toFixed(1)} s, ` +
        `${Math.round(perSecond).toLocaleString('en-US')} a second; ` +
        `at most ${Math.round(residentMebibytes)} MiB resident, ${Math.round(heapMebibytes)} MiB of heap`,
    );
  }
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
await main();
