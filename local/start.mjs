// `npm start`: checks the machine first, then runs the local run from the bundle of its sources.
import '../bin/check-machine.mjs';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProgram } from '../cli/load-program.mjs';

const temporary = tmpdir();
try {
  rmdirSync(mkdtempSync(join(temporary, 'simledger-check-')));
} catch (error) {
  console.error(
    `The temporary folder ${temporary} cannot be used (${error.message}): set ${process.platform === 'win32' ? 'TEMP' : 'TMPDIR'} to a folder that you may write to`,
  );
  process.exit(2);
}
await loadProgram('local/main.ts');
