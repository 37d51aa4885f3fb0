import { createHash } from 'node:crypto';
import { type Day, listTouchedDays } from '../../../../lambda/days/day.ts';
import { nameSubject } from '../../../../lambda/days/fence/late-changes.ts';
import type { Marker } from '../../../../lambda/days/fence/markers.ts';
import { makePlanKey } from '../../../../lambda/days/pass/lake-objects.ts';
import {
  type BucketJob,
  ConflictError,
  type DayPorts,
  type SimFindings,
  type StoredObject,
} from '../../../../lambda/days/pass/ports.ts';
import { mergeItems, noItems, type SimItems } from '../../../../lambda/days/rows.ts';
import type { SessionNote } from '../../../../lambda/days/session-days.ts';
import type { SimPeriod } from '../../../../lambda/days/sim-days.ts';

/** Tables, lake and queue in memory. Each operation takes effect at once. */
export class MemoryPorts implements DayPorts {
  /** What the tables hold, by SIM. */
  readonly items = new Map<string, SimItems>();
  /** All SIMs that ever had a record. */
  readonly sims = new Set<string>();
  readonly objects = new Map<string, Uint8Array>();
  readonly sessionNotes = new Map<string, SessionNote>();
  readonly storedSimDays = new Map<string, { readonly day: SimPeriod; readonly revision: number }>();
  readonly storedFindings = new Map<string, SimFindings & { readonly revision: number }>();
  readonly storedMarkers = new Map<string, Marker>();
  readonly queue: BucketJob[] = [];
  #tokens = 0;

  /** Writes what records state, as the ledger's writer does. */
  deliver(sim: string, says: SimItems): void | Promise<void> {
    this.sims.add(sim);
    this.items.set(sim, mergeItems(this.items.get(sim) ?? noItems, says));
  }

  /** The days whose rows records may change: those that a writer marks where they are closed. */
  listDays({ usage, events }: SimItems): readonly Day[] {
    const times = [...usage.map(({ start }) => start), ...events.map(({ time }) => time)];
    return [...new Set(times.flatMap(listTouchedDays))];
  }

  readonly tables: DayPorts['tables'] = {
    listSims: async function* (this: void) {},
    readRecords: async (sim, { from, to }) => {
      const { usage, events } = this.items.get(sim) ?? noItems;
      return {
        usage: usage.filter(({ start }) => start >= from && start < to),
        events: events.filter(({ time }) => time >= from && time < to),
      };
    },
    readUsage: async (sim, { from, to }) => {
      const { usage } = this.items.get(sim) ?? noItems;
      return usage.filter(({ start }) => start >= from && start < to);
    },
    mayLackUsage: (day) => this.objects.has(makePlanKey(day)),
    readSessions: async (sim, { from, to }, ids) => {
      const { sessions } = this.items.get(sim) ?? noItems;
      const wanted = new Set(ids);
      return sessions.filter(
        ({ start, sessionId }) => (start >= from && start < to) || wanted.has(sessionId),
      );
    },
  };

  readonly notes: DayPorts['notes'] = {
    read: async (sim, sessionIds) => {
      const found = sessionIds.flatMap((id) => {
        const note = this.sessionNotes.get(`${sim} ${id}`);
        return note === undefined ? [] : [[id, note] as const];
      });
      return new Map(found);
    },
    write: async (sim, sessionId, note, before) => {
      const key = `${sim} ${sessionId}`;
      const stored = this.sessionNotes.get(key);
      if (stored?.day !== before?.day || stored?.hash !== before?.hash) return false;
      this.sessionNotes.set(key, note);
      return true;
    },
  };

  readonly simDays: DayPorts['simDays'] = {
    put: async (days, revision) => {
      for (const day of days) {
        const key = `${day.period} ${day.sim}`;
        const stored = this.storedSimDays.get(key);
        if (stored === undefined || stored.revision < revision)
          this.storedSimDays.set(key, { day, revision });
      }
    },
  };

  readonly findings: DayPorts['findings'] = {
    put: async (found, revision) => {
      for (const one of found) {
        const key = `${one.day} ${one.sim}`;
        const stored = this.storedFindings.get(key);
        if (stored === undefined || stored.revision < revision)
          this.storedFindings.set(key, { ...one, revision });
      }
    },
    read: async (sim, from, through) =>
      [...this.storedFindings.values()].filter(
        (one) => one.sim === sim && one.day >= from && one.day <= through && one.findings.length > 0,
      ),
  };

  readonly markers: DayPorts['markers'] = {
    list: async (day) => [...this.storedMarkers.values()].filter((marker) => marker.day === day),
    put: async (subjects) => {
      for (const subject of subjects) {
        this.#tokens += 1;
        this.storedMarkers.set(nameSubject(subject), { ...subject, token: `${this.#tokens}` });
      }
    },
    remove: async (markers) => {
      for (const marker of markers) {
        const name = nameSubject(marker);
        if (this.storedMarkers.get(name)?.token === marker.token) this.storedMarkers.delete(name);
      }
    },
  };

  async findSimDay(day: Day, sim: string): Promise<SimPeriod | undefined> {
    return this.storedSimDays.get(`${day} ${sim}`)?.day;
  }

  /** The days of the markers that stand. */
  async listMarkedDays(): Promise<readonly Day[]> {
    return [...new Set([...this.storedMarkers.values()].map(({ day }) => day))];
  }

  /** Whether a marker of a SIM's day, or of one of its sessions on that day, stands. */
  isMarked(day: Day, sim: string): boolean {
    return [...this.storedMarkers.values()].some((marker) => marker.day === day && marker.sim === sim);
  }

  readonly lake: DayPorts['lake'] = {
    open: async (key) => {
      const bytes = this.objects.get(key);
      return bytes === undefined ? undefined : this.#makeObject(key, bytes);
    },
    write: async (key, bytes, before) => {
      const stored = this.objects.get(key);
      if ((stored && makeTag(stored)) !== before)
        throw new ConflictError(`${key} was written by somebody else`);
      this.objects.set(key, bytes.slice());
      return makeTag(bytes);
    },
  };

  #makeObject(key: string, bytes: Uint8Array): StoredObject {
    return {
      tag: makeTag(bytes),
      byteLength: bytes.byteLength,
      slice: async (start, end = bytes.byteLength) => {
        if (this.objects.get(key) !== bytes) throw new ConflictError(`${key} was written by somebody else`);
        const from = start < 0 ? bytes.byteLength + start : start;
        return bytes.slice(from, end).buffer;
      },
    };
  }

  readonly jobs: DayPorts['jobs'] = {
    send: async (jobs) => {
      this.queue.push(...jobs);
    },
  };

  constructor() {
    const { sims } = this;
    this.tables.listSims = async function* () {
      yield [...sims];
    };
  }
}

function makeTag(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
