import { readFileSync, statSync } from 'node:fs';
import module from 'node:module';

/** Loads the command line, or the local run, from the bundle of their sources. */

const project = `${import.meta.dirname}/..`;
const cache = `${project}/node_modules/.cache/simledger`;

/**
 * Imports a program. Compiling its sources each time would take several times as long as most commands: `bundle.ts` makes
 * a bundle of them at the first use, and again after any change.
 *
 * @param {import('./bundle.ts').Program} program its source, from the project's folder.
 * @returns what the program exports.
 */
export async function loadProgram(program) {
  // Node 22.1 and newer keep the compiled code too. If the folder cannot be written, they compile each time.
  module.enableCompileCache?.(`${cache}/compiled`);
  const entries = currentEntries() ?? (await newEntries());
  return import(
    entries === undefined ? `../${program}` : `../node_modules/.cache/simledger/files/${entries[program]}`
  );
}

/** The first file of each program; undefined if there is no bundle, or a source has changed. */
function currentEntries() {
  const manifest = readManifest();
  if (manifest?.entries === undefined) return undefined;
  for (const [path, stamp] of manifest.inputs) {
    const found = statSync(`${project}/${path}`, { throwIfNoEntry: false });
    if (found === undefined || `${found.mtimeMs} ${found.size}` !== stamp) return undefined;
  }
  const isThere = (name) => statSync(`${cache}/files/${name}`, { throwIfNoEntry: false }) !== undefined;
  return Object.values(manifest.entries).every(isThere) ? manifest.entries : undefined;
}

function readManifest() {
  try {
    return JSON.parse(readFileSync(`${cache}/manifest.json`, 'utf8'));
  } catch {
    // Missing, unreadable, or incomplete: a new one is made.
    return undefined;
  }
}

/** Makes the bundle; undefined if it cannot be kept, so that the sources are run. */
async function newEntries() {
  const { register } = await import('tsx/esm/api');
  register();
  const { buildBundle } = await import('./bundle.ts');
  return buildBundle(project, cache);
}
