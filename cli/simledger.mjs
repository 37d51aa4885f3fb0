#!/usr/bin/env node
// `npx simledger`: runs the command line from its TypeScript sources.
import { register } from 'tsx/esm/api';

register();
const { runFromProcess } = await import('./main.ts');
await runFromProcess();
