#!/usr/bin/env node
/**
 * `npx simledger`: runs the command line from a bundle of its sources. Compiling them each time would take several
 * times as long as most commands. `bundle.ts` makes the bundle at the first use, and again after any change.
 */
import '../bin/check-machine.mjs';
import { readFileSync, statSync } from 'node:fs';
import module from 'node:module';

const project = `${import.meta.dirname}/..`;
const cache = `${project}/node_modules/.cache/simledger`;

// Node 22.1 and newer keep the compiled code too. If the folder cannot be written, they compile each time.
module.enableCompileCache?.(`${cache}/compiled`);
const entry = currentBundle() ?? (await newBundle());
const { runFromProcess } = await import(
  entry === undefined ? './main.ts' : `../node_modules/.cache/simledger/files/${entry}`
);
await runFromProcess();

/** The bundle's first file; undefined if there is no bundle, or a source has changed. */
function currentBundle() {
  const manifest = readManifest();
  if (manifest === undefined) return undefined;
  for (const [path, stamp] of manifest.inputs) {
    const found = statSync(`${project}/${path}`, { throwIfNoEntry: false });
    if (found === undefined || `${found.mtimeMs} ${found.size}` !== stamp) return undefined;
  }
  const isThere = statSync(`${cache}/files/${manifest.entry}`, { throwIfNoEntry: false }) !== undefined;
  return isThere ? manifest.entry : undefined;
}

function readManifest() {
  try {
    return JSON.parse(readFileSync(`${cache}/manifest.json`, 'utf8'));
  } catch {
    // Missing, unreadable, or incomplete: a new one is made.
    return undefined;
  }
}

/** Makes the bundle and returns its first file; undefined if it cannot be kept, so that the sources are run. */
async function newBundle() {
  const { register } = await import('tsx/esm/api');
  register();
  const { buildBundle } = await import('./bundle.ts');
  return buildBundle(project, cache);
}
