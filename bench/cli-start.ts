import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { computeRatios, runInterleaved } from './pairs.ts';

/** How long the command line takes to start, compared with Node.js itself. */

const simledger = fileURLToPath(new URL('../cli/simledger.mjs', import.meta.url));

const programs: Readonly<Record<string, { readonly title: string; readonly arguments: readonly string[] }>> =
  {
    node: { title: 'node -e 0', arguments: ['-e', '0'] },
    help: { title: 'simledger --help', arguments: [simledger, '--help'] },
    version: { title: 'simledger --version', arguments: [simledger, '--version'] },
    completion: { title: 'simledger completion bash', arguments: [simledger, 'completion', 'bash'] },
  };

export async function cliStart({ pairs }: BenchmarkOptions): Promise<Figure[]> {
  const starts = Object.entries(programs).map(
    ([name, program]) => [name, async () => measureStart(program.arguments)] as const,
  );
  // The first start builds the bundle.
  measureStart([simledger, '--version']);
  const taken = await runInterleaved(Object.fromEntries(starts), Math.max(pairs * 4, 10));
  return Object.entries(programs).flatMap(([name, { title }]) => [
    makeFigure(`cli-start.${name}`, title, taken[name] ?? [], 'ms'),
    ...(name === 'node'
      ? []
      : [
          makeFigure(
            `cli-start.${name}.ratio`,
            '  relative to node -e 0',
            computeRatios(taken[name] ?? [], taken['node'] ?? []),
            '×',
            { atMost: 2 },
          ),
        ]),
  ]);
}

function measureStart(args: readonly string[]): number {
  const started = performance.now();
  const { status, error } = spawnSync(process.execPath, [...args], { stdio: 'ignore' });
  const taken = performance.now() - started;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return taken;
}
