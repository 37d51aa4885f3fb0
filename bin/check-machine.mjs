// Checks the Node.js version before any other module loads. It must run on versions that are too old for the rest,
// so it uses old syntax and imports no other file of the project.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const wanted = /(\d+)\.(\d+)/.exec(engines.node);
const found = /^(\d+)\.(\d+)/.exec(process.versions.node);
const major = Number(found[1]) - Number(wanted[1]);
if (major < 0 || (major === 0 && Number(found[2]) < Number(wanted[2]))) {
  console.error(
    `simledger needs Node.js ${wanted[0]} or newer, but this is ${process.versions.node}: install a newer version from https://nodejs.org`,
  );
  process.exit(2);
}
