import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { longStackTests, toolStackTests } from './stack-tests.ts';

/**
 * The quick suite's tests of the stack as one file, and so in one process: two would both load the CDK, which takes a second,
 * compile it as it gets hot, and synthesise the same.
 */

const folder = new URL('../lib/', import.meta.url);
const leftOut = [...longStackTests, ...toolStackTests].map((name) => `${name}.test.ts`);
const names = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.test.ts'));

for (const name of names.filter((file) => !leftOut.includes(file))) await import(new URL(name, folder).href);
