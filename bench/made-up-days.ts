import { type Day, startDay } from '../lambda/days/day.ts';
import { ConflictError, type DayPorts, type StoredObject } from '../lambda/days/pass/ports.ts';
import type { Usage } from '../lambda/ledger/observation.ts';
import { formatTime, toMilliseconds } from '../lambda/ledger/time.ts';

/**
 * A fleet whose days are made up as they are requested, and a lake that forgets their rows: what a pass costs is its
 * own.
 */

const dayMilliseconds = 86_400_000;
/** SIMs in a page of the list of all. */
const simsInPage = 1_000;

/** What the fleet is. */
export interface MadeUpFleet {
  readonly sims: number;
  /** Usage records of a SIM and day. */
  readonly windows: number;
  readonly day: Day;
  /** A record of which all are copies; SIM, times, ids and bytes are their own. */
  readonly usage: Usage;
}

/** Names a SIM by its number. */
export function nameSim(number: number): string {
  return `8988307${String(number).padStart(12, '0')}`;
}

/** The usage of a SIM's day, with ids as carriers make them: nothing of one follows from the one before. */
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

/** Eight hexadecimal digits at each call: a generator by Marsaglia, which passes for random here. */
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

/** The ports of a pass over a fleet, all of which answer at once. */
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

/** Keeps all but rows. */
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
    if (this.#objects.get(key)?.tag !== before) throw new ConflictError(`${key} is another one`);
    const isFile = key.endsWith('.parquet');
    if (isFile) this.#stored.fileBytes += bytes.byteLength;
    this.#writes += 1;
    const tag = String(this.#writes);
    this.#objects.set(key, { tag, bytes: isFile ? undefined : bytes.slice() });
    return tag;
  }
}
