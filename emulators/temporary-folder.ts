import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The emulators' temporary files. Each process has one private folder in the system's temporary folder, whose name
 * identifies the process. A process removes its own folder; if it was killed, the next process does.
 */

/** Process id, start of the process and machine, see {@link Owner}; then characters that make the name unique. */
const folderName = /^local-aws-(\d+)-(\d+)-([0-9a-f]{8})-/;

/** The process that owns a folder. Process ids are reused, so the id is not enough to identify it. */
interface Owner {
  readonly pid: string;
  /** When the process started, in clock ticks since boot; 0 if the system does not say. */
  readonly started: string;
  /** Hash of the machine's name and, on Linux, of the namespace of the process id. */
  readonly machine: string;
}

/** A folder for one purpose. */
export interface TemporaryFolder {
  readonly path: string;
  /** Removes the folder and its files. May be called more than once. */
  remove(): Promise<void>;
}

interface ProcessFolder {
  readonly parent: string;
  readonly path: Promise<string>;
  users: number;
}

let own: ProcessFolder | undefined;

/**
 * Creates a folder that only this user can read, inside this process's folder.
 *
 * @param name the folder's purpose, which becomes part of its name.
 * @throws the operating system's error if the temporary folder is not usable.
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
 * Removes the folders of processes that have ended. Keeps those of running processes, of other users, and of other
 * machines that share the temporary folder. Several processes may do this concurrently.
 */
export async function removeStaleFolders(parent: string): Promise<void> {
  const here = await hashMachine();
  for (const name of await readdir(parent)) {
    const [, pid = '', started = '', machine] = folderName.exec(name) ?? [];
    if (machine !== here || (await isRunning({ pid, started, machine }))) continue;
    const path = join(parent, name);
    // A folder that cannot be read or removed belongs to another user, or another run is removing it.
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
    // Any other error means that the process exists, and may belong to another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const ticks = await startTicks(pid);
  return started === '0' || ticks === '0' || ticks === started;
}

async function startTicks(pid: string): Promise<string> {
  // Only Linux has this file, and the process may have just ended.
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The process's name, in parentheses, may contain spaces and parentheses. The start is the 20th field after it.
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

async function hashMachine(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 8);
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}
