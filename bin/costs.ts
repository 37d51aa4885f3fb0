import { readFileSync, writeFileSync } from 'node:fs';
import { computeParts, fillPage } from '../bench/cost-pages.ts';
import { countDeployed } from '../bench/deployed.ts';

/**
 * Computes the figures in `docs/costs.md` and `docs/sizing.md`. Run `npm run costs` after each change to prices, measured
 * constants or alarms.
 */
const parts = computeParts(countDeployed());
for (const name of ['costs', 'sizing']) {
  const page = new URL(`../docs/${name}.md`, import.meta.url);
  writeFileSync(page, fillPage(readFileSync(page, 'utf8'), parts));
}
