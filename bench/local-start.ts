import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { LocalRun } from './local-run.ts';
import { computeRatios, runInterleaved } from './pairs.ts';

/** How long `npm start` takes until its API answers: cold, when its functions are not bundled yet, and warm. */

const bundles = fileURLToPath(new URL('../node_modules/.cache/simledger/functions', import.meta.url));

export async function localStart({ pairs }: BenchmarkOptions): Promise<Figure[]> {
  const seconds = await runInterleaved(
    {
      cold: async () => {
        await rm(bundles, { recursive: true, force: true });
        return measureStart();
      },
      warm: async () => measureStart(),
    },
    pairs,
  );
  return [
    makeFigure('local-start.cold', 'npm start, from cold', seconds.cold, 's'),
    makeFigure('local-start.warm', '  with its functions bundled before', seconds.warm, 's'),
    makeFigure(
      'local-start.ratio',
      '  cold relative to warm',
      computeRatios(seconds.cold, seconds.warm),
      '×',
    ),
  ];
}

async function measureStart(): Promise<number> {
  const begin = performance.now();
  const { run } = await LocalRun.start();
  const taken = (performance.now() - begin) / 1_000;
  await run.stop();
  return taken;
}
