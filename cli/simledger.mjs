#!/usr/bin/env node
// `npx simledger`: checks the machine first, then runs the command line from the bundle of its sources.
import '../bin/check-machine.mjs';
import { loadProgram } from './load-program.mjs';

const { runFromProcess } = await loadProgram('cli/main.ts');
await runFromProcess();
