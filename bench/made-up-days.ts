import { type Day, startDay } from '../lambda/days/day.ts';
import { ConflictError, type DayPorts, type StoredObject } from '../lambda/days/pass/ports.ts';
import type { Usage } from '../lambda/ledger/observation.ts';
import { formatTime, toMilliseconds } from '../lambda/ledger/time.ts';

/**
 * A fleet whose days are generated when they are read, and a lake that does not keep their rows, so that only the cost
 * of the pass itself is measured.
 */

const dayMilliseconds = 86_400_000;
/** SIMs per page of the list of all SIMs. */
const simsInPage = 1_000;

/** The fleet to generate. */
export interface MadeUpFleet {
  readonly sims: number;
  /** Usage records of a SIM per day. */
  readonly windows: number;
  readonly day: Day;
  /** The record to copy. SIM, times, ids and bytes differ between the copies. */
  readonly usage: Usage;
}

/** The key of a SIM by its number. */
export function nameSim(number: number): string {
  return `8988307${String(number).padStart(12, '0')}`;
}

/** A SIM's usage of a day, with ids like those of carriers: none can be predicted from the previous one. */
export function makeUsage(sim: string, { windows, day, usage }: MadeUpFleet): Usage[] {
  const random = makeRandom(Number(sim.slice(7)));
  const begin = toMilliseconds(startDay(day));
  const length = Math.floor(dayMilliseconds / windows);
  const sessionId = `PI${random()}${random()}${random()}${random()}`;
  return Array.from({ length: windows }, (_, index) => {
    const start = formatTime(begin + index * length);
    const recordId = `EZ${random()}${random()}${random()}${random()}`;
    const [up, down] = [random(), random()].map((digits) => Number.parseInt(digits.slice(0, 3), 16));
    return {
      ...usage,
      ...{ sim, iccid: sim, usageId: `${start}#${recordId}`, start, recordId, sessionId },
      end: formatTime(begin + (index + 1) * length),
      ...{ dataUploaded: up, dataDownloaded: down, dataTotal: (up ?? 0) + (down ?? 0) },
    };
  });
}

/** Returns eight hexadecimal digits per call, from Marsaglia's generator, which is random enough here. */
function makeRandom(seed: number): () => string {
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state.toString(16).padStart(8, '0');
  };
}

/** What was stored. */
export interface Stored {
  simDays: number;
  /** Bytes of files with rows. */
  fileBytes: number;
}

/** The ports of a pass over a fleet, which answer immediately. */
export function makePorts(fleet: MadeUpFleet): { readonly ports: DayPorts; readonly stored: Stored } {
  const stored = { simDays: 0, fileBytes: 0 };
  const ports: DayPorts = {
    tables: {
      listSims: async function* () {
        for (let from = 0; from < fleet.sims; from += simsInPage) {
          const length = Math.min(simsInPage, fleet.sims - from);
          yield Array.from({ length }, (_, index) => nameSim(from + index));
        }
      },
      readRecords: async (sim) => ({ usage: makeUsage(sim, fleet), events: [] }),
      readUsage: async (sim) => makeUsage(sim, fleet),
      mayLackUsage: () => false,
      readNamedFiles: async () => [],
      readFiledHashes: async function* () {},
      readSessions: async () => [],
    },
    notes: { read: async () => new Map(), write: async () => true },
    simDays: {
      put: async (days) => {
        stored.simDays += days.length;
      },
      sumMonth: async () => new Map(),
    },
    findings: { put: async () => undefined, read: async () => [] },
    markers: { list: async () => [], put: async () => undefined, remove: async () => undefined },
    lake: new ForgetfulLake(stored),
    jobs: { send: async () => undefined },
  };
  return { ports, stored };
}

/** Keeps everything except rows. */
class ForgetfulLake implements Pick<DayPorts['lake'], 'open' | 'write'> {
  readonly #objects = new Map<string, { readonly tag: string; readonly bytes: Uint8Array | undefined }>();
  readonly #stored: Stored;
  #writes = 0;

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  async open(key: string): Promise<StoredObject | undefined> {
    const { tag, bytes } = this.#objects.get(key) ?? {};
    if (tag === undefined || bytes === undefined) return undefined;
    const slice = (start: number, end = bytes.byteLength): ArrayBuffer => bytes.slice(start, end).buffer;
    return { tag, byteLength: bytes.byteLength, slice };
  }

  async write(key: string, bytes: Uint8Array, before: string | undefined): Promise<string> {
    if (this.#objects.get(key)?.tag !== before) throw new ConflictError(`${key} was replaced`);
    const isFile = key.endsWith('.parquet');
    if (isFile) this.#stored.fileBytes += bytes.byteLength;
    this.#writes += 1;
    const tag = String(this.#writes);
    this.#objects.set(key, { tag, bytes: isFile ? undefined : bytes.slice() });
    return tag;
  }
}
