import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { BillSum } from '../../../lambda/billing/bill.ts';
import type { Comparison } from '../../../lambda/billing/compare.ts';
import type { Rater } from '../../../lambda/billing/rate.ts';
import type { tariff } from '../../../lib/tariffs.ts';

/** The code that makes bills, as it is or with a planted fault. */
export interface BillingCode {
  readonly Rater: typeof Rater;
  readonly BillSum: typeof BillSum;
  readonly Comparison: typeof Comparison;
  readonly tariff: typeof tariff;
}

/** A planted fault: a text in a file that is replaced. */
export interface Mutant {
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** Loads the code that makes bills with a fault in it. */
export function loadMutant(mutant: Mutant): Promise<BillingCode> {
  return loadMutated<BillingCode>('lambda/billing', mutant, [
    "export { Rater } from './lambda/billing/rate.ts';",
    "export { BillSum } from './lambda/billing/bill.ts';",
    "export { Comparison } from './lambda/billing/compare.ts';",
    "export { tariff } from './lib/tariffs.ts';",
  ]);
}

/**
 * Loads code with a fault in it.
 *
 * @param folder of the file with the fault.
 * @param exported what is loaded, as statements of a module.
 * @throws Error if the file does not have the text once.
 */
export async function loadMutated<Code>(
  folder: string,
  { file, text, by }: Mutant,
  exported: readonly string[],
): Promise<Code> {
  const path = join(project, folder, file);
  const plugin: Plugin = {
    name: 'mutant',
    setup: (bundle) => {
      bundle.onLoad({ filter: /\.ts$/ }, async (found) => {
        if (found.path !== path) return undefined;
        const parts = (await readFile(path, 'utf8')).split(text);
        if (parts.length !== 2) throw new Error(`${file} does not have ${JSON.stringify(text)} once`);
        return { contents: parts.join(by), loader: 'ts' };
      });
    },
  };
  const { outputFiles } = await build({
    stdin: { contents: exported.join('\n'), resolveDir: project, loader: 'ts' },
    ...{ bundle: true, format: 'esm', platform: 'node', write: false, logLevel: 'silent', plugins: [plugin] },
  });
  const [output] = outputFiles;
  const code = Buffer.from(output?.contents ?? []).toString('base64');
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${code}`)) as Code;
}
