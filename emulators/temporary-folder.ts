import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The emulators' files in the system's temporary folder: one private folder for each process, whose name identifies the
 * process. A process removes its own folder; the next process removes that of a killed one.
 */

/** Process id, start of the process and machine, as {@link Owner} has them; then what makes the name unique. */
const folderName = /^local-aws-(\d+)-(\d+)-([0-9a-f]{8})-/;

/** The process that owns a folder. Process ids are reused, so the id alone would not identify it. */
interface Owner {
  readonly pid: string;
  /** When the process started, in ticks since the machine did; 0 where the system does not say. */
  readonly started: string;
  /** Hash of the machine's name and, on Linux, of the namespace in which the process id holds. */
  readonly machine: string;
}

/** A folder for one purpose. */
export interface TemporaryFolder {
  readonly path: string;
  /** Removes it with all that is in it. May be called again. */
  remove(): Promise<void>;
}

interface ProcessFolder {
  readonly parent: string;
  readonly path: Promise<string>;
  users: number;
}

let own: ProcessFolder | undefined;

/**
 * Creates a folder that only this user can read, below the one folder of this process.
 *
 * @param name what it is for, in the folder's name.
 * @throws Error of the operating system if the temporary folder cannot be used.
 */
export async function createTemporaryFolder(name: string): Promise<TemporaryFolder> {
  const parent = tmpdir();
  if (own?.parent !== parent) own = { parent, path: createOwn(parent), users: 0 };
  const folder = own;
  folder.users += 1;
  const leave = async (): Promise<void> => {
    folder.users -= 1;
    if (folder.users > 0) return;
    if (own === folder) own = undefined;
    await remove(await folder.path);
  };
  try {
    const path = await mkdtemp(join(await folder.path, `${name}-`));
    let removed: Promise<void> | undefined;
    return {
      path,
      remove: () => {
        removed ??= remove(path).then(leave);
        return removed;
      },
    };
  } catch (error) {
    // The first error is the one to report.
    await leave().catch(() => undefined);
    throw error;
  }
}

async function createOwn(parent: string): Promise<string> {
  await removeStaleFolders(parent);
  const started = await startTicks(String(process.pid));
  return mkdtemp(join(parent, `local-aws-${process.pid}-${started}-${await hashMachine()}-`));
}

/**
 * Removes the folders of processes that have ended. Folders of running processes, of other machines that share the
 * temporary folder, and of other users stay. Runs may do so at the same time.
 */
export async function removeStaleFolders(parent: string): Promise<void> {
  const here = await hashMachine();
  for (const name of await readdir(parent)) {
    const [, pid = '', started = '', machine] = folderName.exec(name) ?? [];
    if (machine !== here || (await isRunning({ pid, started, machine }))) continue;
    const path = join(parent, name);
    // A folder that cannot be read or removed is another user's, or another run is removing it.
    if (await isOwnFolder(path).catch(() => false)) await remove(path).catch(() => undefined);
  }
}

async function isOwnFolder(path: string): Promise<boolean> {
  const found = await stat(path);
  return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
}

async function isRunning({ pid, started }: Owner): Promise<boolean> {
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // Other errors say that the process exists: it may be another user's.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const ticks = await startTicks(pid);
  return started === '0' || ticks === '0' || ticks === started;
}

async function startTicks(pid: string): Promise<string> {
  // Other systems than Linux have no such file, and a process may just have ended.
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in brackets may hold blanks and brackets; the 20th field after it is the start.
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

async function hashMachine(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 8);
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}
