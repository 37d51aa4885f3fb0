import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';
import type { GrowthCost } from './probes/growth.ts';
import { makeFunctionEnvironment, probe } from './processes.ts';

/**
 * What a record costs in a process that has seen a thousand SIMs, or a million. `bench/query-latency.ts` measures how
 * the API's latency depends on what other SIMs have stored.
 */

const sizes = [1_000, 100_000, 1_000_000];

export async function growth({ pairs, quick }: BenchmarkOptions): Promise<Figure[]> {
  const measured = quick ? [1_000, 10_000] : sizes;
  const programs = Object.fromEntries(
    measured.map((sims) => [
      String(sims),
      async () => {
        const { micros } = await probe<GrowthCost>('probes/growth.ts', {
          arguments: [String(sims)],
          env: makeFunctionEnvironment('http://127.0.0.1:9'),
        });
        return micros;
      },
    ]),
  );
  const results = await runInterleaved(programs, quick ? 1 : Math.min(pairs, 2));
  const least = results[String(measured[0])] ?? [];
  return measured.flatMap((sims, index) => {
    const micros = results[String(sims)] ?? [];
    const title = `${sims.toLocaleString('en-US')} SIMs`;
    return [
      makeFigure(`growth.${sims}.micros`, `${title}: CPU a record, nothing sent`, micros, 'µs'),
      ...(index === 0
        ? []
        : [
            makeFigure(
              `growth.${sims}.ratio`,
              '  relative to 1,000 SIMs',
              computeRatios(micros, least),
              '×',
              {
                atMost: 1.2,
              },
            ),
          ]),
    ];
  });
}
