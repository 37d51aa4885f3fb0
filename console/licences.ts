import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Collects the licences of packages in the console's bundle. Most licences require that their text goes with the code. */

const packagesFolder = 'node_modules/';

/** Names of licence and notice files. */
const licenceFile = /^(?:licen[cs]e|notice|copying)/i;

/**
 * Collects the licences of all packages in a bundle.
 *
 * @param project folder of the clone.
 * @returns one text with each package's version, licence name and licence text, ordered by package name.
 * @throws Error if a package has no licence file.
 */
export async function collectLicences(project: string, { outputs }: Metafile): Promise<string> {
  const packages = new Set(
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
        bytesInOutput === 0 ? [] : (findPackage(path) ?? []),
      ),
    ),
  );
  const texts = await Promise.all([...packages].sort().map((folder) => readLicence(join(project, folder))));
  return `The console holds code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** The package folder of a file; undefined for the project's own files. */
function findPackage(path: string): string | undefined {
  const start = path.lastIndexOf(packagesFolder);
  if (start === -1) return undefined;
  const parts = path.slice(start + packagesFolder.length).split('/');
  const isScoped = parts[0]?.startsWith('@') === true;
  return path.slice(0, start) + packagesFolder + parts.slice(0, isScoped ? 2 : 1).join('/');
}

async function readLicence(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = (await readdir(folder)).filter((file) => licenceFile.test(file)).sort();
  if (files.length === 0)
    throw new Error(`The package ${name} has no file with its licence: it cannot be shipped`);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return `${name} ${version}${license === undefined ? '' : `, ${license}`}\n\n${texts.map((text) => `${text.trim()}\n`).join('\n')}`;
}
