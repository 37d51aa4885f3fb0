import { estimateArrivals, estimateOnDemandShards } from '../lib/sizing.ts';
import { bundle, makeTemporaryFolder, type Subject, subjects } from './bundles.ts';
import { readDeployedMapping } from './deployed.ts';
import { type BenchmarkOptions, type Figure, makeFigure, type Target } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { HandlerCost, HandlerTask } from './probes/handler.ts';
import { makeFunctionEnvironment, makePeerEnvironment, probe, startStub } from './processes.ts';
import { nameWorkload, type Workload } from './workloads.ts';

/**
 * CPU per record of the whole Kinesis handler, compared with two peers: Powertools' batch processor with one
 * `UpdateItem` per record through lib-dynamodb (`lite`), and the same with Powertools' idempotency (`full`). All use a
 * DynamoDB stub in another process that answers immediately.
 */

interface Case extends Workload {
  /**
   * Whether batches are as small as those of live traffic; by default they are as large as those of a consumer that
   * catches up.
   */
  readonly isLive?: boolean;
  /** How many times less than each peer it should take. */
  readonly wanted: Partial<Record<'full' | 'lite', number>>;
}

const cases: readonly Case[] = [
  { kind: 'session', perSession: 1, isLive: true, wanted: { lite: 5 } },
  { kind: 'session', perSession: 1, wanted: { full: 4, lite: 1.3 } },
  { kind: 'session', perSession: 5, wanted: { full: 11, lite: 3.5 } },
  { kind: 'session', perSession: 20, wanted: { full: 30, lite: 10 } },
  { kind: 'usage', perSession: 1, wanted: { full: 35, lite: 11 } },
  { kind: 'event', perSession: 1, wanted: { lite: 1 } },
  { kind: 'context', perSession: 1, wanted: { lite: 1 } },
];

/** The most records of a large batch. The peers cost the same per record in any batch. */
const maxRecords: Readonly<Record<Subject, number>> = { simledger: 2_350, full: 800, lite: 800 };
/** How many rounds of so many records are measured. */
const rounds: Readonly<Record<Subject, number>> = { simledger: 4, full: 1, lite: 1 };
/** Warm-up rounds. Peers get as many records in them as a full batch has. */
const warmUpRounds: Readonly<Record<Subject, number>> = { simledger: 4, full: 3, lite: 3 };

/**
 * How many records the default mapping collects in its window, for 1,000,000 always-on SIMs and a stream that has
 * scaled up to them.
 */
function countLiveRecords(): number {
  const fleet = { sims: 1_000_000, updateMinutes: 6 };
  const { batchingWindowSeconds, parallelizationFactor } = readDeployedMapping();
  const lanes = estimateOnDemandShards(fleet) * parallelizationFactor;
  return Math.ceil((estimateArrivals(fleet) / lanes) * batchingWindowSeconds);
}

function makeTask(workload: Case, name: Subject, quick: boolean): HandlerTask {
  const most = quick ? 300 : maxRecords[name];
  const records = workload.isLive === true ? Math.min(most, countLiveRecords()) : most;
  const batches = Math.ceil(most / records);
  return { workload, warmUp: warmUpRounds[name] * batches, batches: rounds[name] * batches, records };
}

export async function handlerCpu({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const folder = makeTemporaryFolder();
  const names = Object.keys(subjects) as Subject[];
  const bundles = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await bundle(subjects[name], folder, name)] as const)),
  ) as Record<Subject, string>;
  const stub = await startStub();
  try {
    const figures: Figure[] = [];
    const chosen = quick
      ? cases.filter(({ kind, perSession, isLive }) => isLive || kind === 'usage' || perSession === 5)
      : cases;
    for (const one of chosen) {
      const measure = (name: Subject) => async () => {
        const task = makeTask(one, name, quick);
        const { micros } = await probe<HandlerCost>('probes/handler.ts', {
          arguments: [bundles[name], JSON.stringify(task)],
          env: (name === 'simledger' ? makeFunctionEnvironment : makePeerEnvironment)(stub.endpoint),
        });
        return micros;
      };
      const programs = { simledger: measure('simledger'), full: measure('full'), lite: measure('lite') };
      figures.push(...makeFigures(one, await runInterleaved(programs, pairs)));
    }
    return figures;
  } finally {
    stub.stop();
  }
}

function makeFigures(one: Case, results: Readonly<Record<Subject, number[]>>): Figure[] {
  const live = one.isLive === true ? { name: '.live', title: ', live' } : { name: '', title: '' };
  const name = `handler-cpu.${nameWorkload(one)}${live.name}`;
  const title =
    one.kind === 'session' ? `Super SIM update, ${one.perSession} a session${live.title}` : titles[one.kind];
  const makeTarget = (peer: 'full' | 'lite'): Target | undefined =>
    one.wanted[peer] === undefined ? undefined : { atLeast: one.wanted[peer] };
  return [
    makeFigure(`${name}.micros`, `${title}: CPU a record`, results.simledger, 'µs'),
    makeFigure(
      `${name}.full`,
      `  less than full by`,
      computeRatios(results.full, results.simledger),
      '×',
      makeTarget('full'),
    ),
    makeFigure(
      `${name}.lite`,
      `  less than lite by`,
      computeRatios(results.lite, results.simledger),
      '×',
      makeTarget('lite'),
    ),
    makeFigure(`${name}.full.micros`, `  full takes`, results.full, 'µs'),
    makeFigure(`${name}.lite.micros`, `  lite takes`, results.lite, 'µs'),
  ];
}

const titles = {
  usage: '1NCE usage record',
  event: 'Telekom PDP event, old generation',
  context: '1NCE PDP event',
} as const;
