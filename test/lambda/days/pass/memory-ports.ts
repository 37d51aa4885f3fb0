import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Day, listTouchedDays } from '../../../../lambda/days/day.ts';
import { nameSubject } from '../../../../lambda/days/fence/late-changes.ts';
import type { Marker } from '../../../../lambda/days/fence/markers.ts';
import { replacesSimDay, type SimDayStamp } from '../../../../lambda/days/partial-days.ts';
import type { StoredResults } from '../../../../lambda/days/pass/compare-tables.ts';
import { type DayPlan, makePlanKey } from '../../../../lambda/days/pass/lake-objects.ts';
import {
  type BucketJob,
  ConflictError,
  type DayPorts,
  type PartialJob,
  type PartialPorts,
  type SimFindings,
  type StoredObject,
} from '../../../../lambda/days/pass/ports.ts';
import { mergeItems, noItems, type SimItems } from '../../../../lambda/days/rows.ts';
import type { SessionNote } from '../../../../lambda/days/session-days.ts';
import { findMonth, isActive, type SimPeriod, sumBytes } from '../../../../lambda/days/sim-days.ts';

/** Tables, lake and queue in memory. Each operation takes effect immediately. */
export class MemoryPorts implements DayPorts {
  /** The tables' items, by SIM. */
  readonly items = new Map<string, SimItems>();
  /** All SIMs that ever had a record. */
  readonly sims = new Set<string>();
  readonly objects = new Map<string, Uint8Array>();
  readonly sessionNotes = new Map<string, SessionNote>();
  readonly storedSimDays = new Map<string, { readonly day: SimPeriod; readonly stamp: SimDayStamp }>();
  readonly storedFindings = new Map<string, SimFindings & { readonly revision: number }>();
  /** Keys of the findings of each SIM, which a fleet's pass requests one by one. */
  readonly #findingKeys = new Map<string, Set<string>>();
  readonly storedMarkers = new Map<string, Marker>();
  readonly queue: BucketJob[] = [];
  #tokens = 0;

  /** The tables' items of a SIM. */
  async readStored(sim: string): Promise<SimItems> {
    return this.items.get(sim) ?? noItems;
  }

  /** Removes items of a SIM from the tables, as expiry does. */
  async remove(sim: string, gone: SimItems): Promise<void> {
    const { usage, events, sessions } = await this.readStored(sim);
    this.items.set(sim, {
      usage: usage.filter((one) => !gone.usage.includes(one)),
      events: events.filter((one) => !gone.events.includes(one)),
      sessions: sessions.filter((one) => !gone.sessions.includes(one)),
    });
  }

  /** Writes the statements of records, as the ledger's writer does. */
  deliver(sim: string, says: SimItems): void | Promise<void> {
    this.sims.add(sim);
    this.items.set(sim, mergeItems(this.items.get(sim) ?? noItems, says));
  }

  /** The days whose rows records may change. A writer marks those that are closed. */
  listDays({ usage, events }: SimItems): readonly Day[] {
    const times = [...usage.map(({ start }) => start), ...events.map(({ time }) => time)];
    return [...new Set(times.flatMap(listTouchedDays))];
  }

  /** Whether the reading of a day has started. Only then may its usage expire. */
  wasRead(day: Day): boolean {
    const plan = this.objects.get(makePlanKey(day));
    if (plan === undefined) return false;
    const { reads }: DayPlan = JSON.parse(Buffer.from(plan).toString('utf8'));
    return reads !== 'nothing';
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
    mayLackUsage: (day) => this.wasRead(day),
    readNamedFiles: async () => [],
    readFiledHashes: async function* (this: void) {},
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
      if (isDeepStrictEqual(stored, note)) return true;
      if (stored?.day !== before?.day || stored?.hash !== before?.hash) return false;
      this.sessionNotes.set(key, note);
      return true;
    },
  };

  readonly simDays: DayPorts['simDays'] & PartialPorts['simDays'] & StoredResults['simDays'] = {
    holds: async (day) => {
      const stored = await this.findSimDay(day.period, day.sim);
      return stored === undefined ? !isActive(day) : isDeepStrictEqual(stored, day);
    },
    put: async (days, revision) => this.#putSimDays(days, { revision }),
    putPartial: async (days, asOf) => this.#putSimDays(days, { asOf }),
    sumMonth: (sims, month) => this.simDays.sumPartialMonth(sims, month, []),
    sumPartialMonth: async (sims, month, unsealed) => {
      const sums = new Map<string, bigint>();
      const asked = new Set(sims);
      for (const { day, stamp } of this.storedSimDays.values()) {
        const isClosed = 'revision' in stamp && findMonth(day.period) === month;
        if (!asked.has(day.sim) || !(isClosed || ('asOf' in stamp && unsealed.includes(day.period))))
          continue;
        sums.set(day.sim, (sums.get(day.sim) ?? 0n) + sumBytes(day));
      }
      return sums;
    },
  };

  #putSimDays(days: readonly SimPeriod[], stamp: SimDayStamp): void {
    for (const day of days) {
      const key = `${day.period} ${day.sim}`;
      if (replacesSimDay(stamp, this.storedSimDays.get(key)?.stamp))
        this.storedSimDays.set(key, { day, stamp });
    }
  }

  readonly findings: DayPorts['findings'] & StoredResults['findings'] = {
    holds: async ({ sim, day, findings }) =>
      isDeepStrictEqual(this.storedFindings.get(`${day} ${sim}`)?.findings ?? [], findings),
    put: async (found, revision) => {
      for (const one of found) {
        const key = `${one.day} ${one.sim}`;
        const stored = this.storedFindings.get(key);
        if (stored !== undefined && stored.revision >= revision) continue;
        this.storedFindings.set(key, { ...one, revision });
        const keys = this.#findingKeys.get(one.sim) ?? new Set();
        this.#findingKeys.set(one.sim, keys.add(key));
      }
    },
    read: async (sim, from, through) =>
      [...(this.#findingKeys.get(sim) ?? [])]
        .flatMap((key) => this.storedFindings.get(key) ?? [])
        .filter((one) => one.day >= from && one.day <= through && one.findings.length > 0),
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

  /** A SIM's rows in a sealed day. */
  async findSimDay(day: Day, sim: string): Promise<SimPeriod | undefined> {
    const stored = this.storedSimDays.get(`${day} ${sim}`);
    return stored !== undefined && 'revision' in stored.stamp ? stored.day : undefined;
  }

  /** Jobs of partial passes. */
  readonly partialQueue: PartialJob[] = [];

  get partial(): PartialPorts {
    const { tables, simDays, lake, partialQueue } = this;
    const jobs = { send: async (sent: readonly PartialJob[]) => void partialQueue.push(...sent) };
    return { tables, simDays, lake, jobs, maxLiveSims: 0 };
  }

  /** The days of the current markers. */
  async listMarkedDays(): Promise<readonly Day[]> {
    return [...new Set([...this.storedMarkers.values()].map(({ day }) => day))];
  }

  readonly lake: DayPorts['lake'] = {
    open: async (key) => {
      const bytes = this.objects.get(key);
      return bytes === undefined ? undefined : this.#makeObject(key, bytes);
    },
    write: async (key, bytes, before) => {
      const stored = this.objects.get(key);
      if ((stored && makeTag(stored)) !== before)
        throw new ConflictError(`${key} was written by another process`);
      const content = bytes.slice();
      this.objects.set(key, content);
      return makeTag(content);
    },
  };

  #makeObject(key: string, bytes: Uint8Array): StoredObject {
    return {
      tag: makeTag(bytes),
      byteLength: bytes.byteLength,
      slice: async (start, end = bytes.byteLength) => {
        if (this.objects.get(key) !== bytes) throw new ConflictError(`${key} was written by another process`);
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

const tags = new WeakMap<Uint8Array, string>();

/** The tag of an object's content, which never changes; a write replaces it. */
function makeTag(bytes: Uint8Array): string {
  const known = tags.get(bytes);
  if (known !== undefined) return known;
  const tag = createHash('sha256').update(bytes).digest('hex');
  tags.set(bytes, tag);
  return tag;
}
