import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { OwnPartCost, OwnPartTask } from './probes/own-part.ts';
import { makeFunctionEnvironment, probe } from './processes.ts';
import { nameWorkload, type Workload } from './workloads.ts';

/**
 * simledger's own part of the work on a record, from decode to encode without sending, compared with base64 and
 * `JSON.parse` alone.
 */

const cases: readonly (Workload & { readonly atMost?: number })[] = [
  { kind: 'session', perSession: 1, atMost: 4 },
  { kind: 'session', perSession: 5, atMost: 2 },
  { kind: 'session', perSession: 20, atMost: 1.5 },
  { kind: 'usage', perSession: 1 },
  { kind: 'event', perSession: 1 },
  { kind: 'context', perSession: 1 },
];

export async function ownPart({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const workload of quick ? cases.slice(1, 2) : cases) {
    const measure = (what: OwnPartTask['what']) => async () => {
      const task: OwnPartTask = { workload, what, seconds: quick ? 0.5 : 1 };
      const { micros } = await probe<OwnPartCost>('probes/own-part.ts', {
        arguments: [JSON.stringify(task)],
        env: makeFunctionEnvironment('http://127.0.0.1:9'),
      });
      return micros;
    };
    const results = await runInterleaved({ own: measure('own'), floor: measure('floor') }, pairs);
    const name = `own-part.${nameWorkload(workload)}`;
    const { atMost } = workload;
    figures.push(
      makeFigure(
        `${name}.micros`,
        `${nameWorkload(workload)}: CPU a record, nothing sent`,
        results.own,
        'µs',
      ),
      makeFigure(
        `${name}.floor`,
        '  of base64 and JSON.parse alone',
        computeRatios(results.own, results.floor),
        '×',
        atMost === undefined ? undefined : { atMost },
      ),
    );
  }
  return figures;
}
