import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  /** Whether it comes inside of the package that it belongs to, under that one's hash. */
  readonly inBundle?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

test('the lock file has the binaries of every system, not only of the one that it was written on', () => {
  const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) =>
    Object.entries(optionalDependencies)
      // A package's own binaries are pinned; a range names some other package, which npm may leave out.
      .filter(([name, version]) => /^\d/.test(version) && lock.packages[`node_modules/${name}`] === undefined)
      .map(([name, version]) => `${name}@${version}`),
  );
  expect(missing).toEqual([]);
});

test('every package of the lock file is pinned by its hash', () => {
  const unpinned = Object.entries(lock.packages).filter(
    ([path, { integrity, inBundle }]) =>
      path !== '' && inBundle !== true && !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''),
  );
  expect(unpinned.map(([path]) => path)).toEqual([]);
});

test('the package, its lock file and the API’s contract have one version', () => {
  const contract = parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')) as {
    readonly info: { readonly version: string };
  };
  const locked = lock.packages['']?.version;
  expect([contract.info.version, locked]).toEqual([manifest.version, manifest.version]);
});

test('the lock file says nothing of where packages were fetched from', () => {
  const fetched = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined);
  expect(fetched).toEqual([]);
});

test('versions are exact', () => {
  const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
  // DuckDB numbers the releases of its bindings behind its own: 1.5.6-r.1.
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+(?:-r\.\d+)?$/.test(version))).toEqual([]);
});
