import type { Reading } from '../../../../lambda/carriers/reading.ts';
import { type ChunkFence, type FencePorts, ProcessFence } from '../../../../lambda/days/fence/chunk-fence.ts';
import {
  awaitReading,
  type ClosedDays,
  type ClosingPorts,
  closeDays,
} from '../../../../lambda/days/fence/close-days.ts';
import {
  type Marker,
  settleVisit,
  type VisitPorts,
  visitDay,
} from '../../../../lambda/days/fence/markers.ts';
import { type Entry, ingest } from '../../../../lambda/ingest/ingest.ts';
import type { Changes } from '../../../../lambda/ledger/fold.ts';
import { Report } from '../../../../lambda/store/report.ts';
import { Timeline } from '../../alerts/delivery/timeline.ts';
import { usageAt } from '../../store/observations.ts';

/**
 * Writers and passes on a virtual timeline, over tables in memory. Any call may be delayed before it is signed, on its way
 * and on its way back, fail, be given up and arrive later, or be the last of its process. The invariants are checked at each
 * change.
 */

export const minute = 60_000;

/** AWS refuses a signature that is 15 minutes old; one whose clock is 15 minutes ahead is as old half an hour later. */
const maxTravel = 30 * minute;

export const days = ['2026-11-01', '2026-11-02', '2026-11-03'] as const;
export const sims = ['a', 'b'] as const;

/** A record: a usage item of a SIM and a day. */
export interface PlannedRecord {
  readonly sim: (typeof sims)[number];
  readonly day: (typeof days)[number];
}

/** What happens to a call of a process, in addition to its delays. */
export interface PlannedFault {
  readonly call: number;
  readonly kind: 'dies before' | 'dies after' | 'fails' | 'is given up';
}

/** The calls of a process: their durations, in turn, and what happens to some. */
export interface PlannedCalls {
  /** Milliseconds before it is signed, on its way, and on its way back. */
  readonly delays: readonly (readonly [number, number, number])[];
  readonly faults: readonly PlannedFault[];
}

/** A writer: its chunks in order, each until it is stored completely. */
export interface PlannedWriter extends PlannedCalls {
  readonly at: number;
  readonly chunks: readonly (readonly PlannedRecord[])[];
}

/** A pass: closes the days up to one, or visits the markers. */
export interface PlannedPass extends PlannedCalls {
  readonly at: number;
  readonly does: (typeof days)[number] | 'visits';
  /** How late messages arrive, and whether they arrive twice. */
  readonly lateness: number;
  readonly isTwice: boolean;
}

export interface Plan {
  readonly writers: readonly PlannedWriter[];
  readonly passes: readonly PlannedPass[];
}

/** The parts that a planted fault can replace. */
export interface Parts {
  readonly fencePorts: (ports: FencePorts) => FencePorts;
  readonly fence: (fence: ProcessFence) => Pick<ProcessFence, 'enter' | 'beginRequest'>;
  readonly closing: (ports: ClosingPorts) => ClosingPorts;
  readonly visits: (ports: VisitPorts) => VisitPorts;
  /** Does the work of a round's markers, and removes them. */
  readonly readRound: (redo: () => Promise<void>, remove: () => Promise<void>) => Promise<void>;
  readonly removeMarker: (marker: Marker, world: ClosingWorld) => void;
  /** The fence in a consistent read. */
  readonly readFence: (world: ClosingWorld) => string | undefined;
}

export const sound: Parts = {
  fencePorts: (ports) => ports,
  fence: (fence) => fence,
  closing: (ports) => ports,
  visits: (ports) => ports,
  readRound: async (redo, remove) => {
    await redo();
    await remove();
  },
  removeMarker: (marker, world) => world.removeMarker(marker, true),
  readFence: ({ closedThrough }) => closedThrough,
};

const source = { name: 'main', carrier: 'twilio', bytesPerMegabyte: 1_000_000 } as const;

/** A process's calls. */
class Calls {
  readonly #timeline: Timeline;
  readonly #planned: PlannedCalls;
  #count = 0;
  #isDead = false;
  /** Resolves when the process crashes. */
  readonly died: Promise<'died'>;
  #die: (died: 'died') => void = () => undefined;

  constructor(timeline: Timeline, planned: PlannedCalls) {
    this.#timeline = timeline;
    this.#planned = planned;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  /** Calls made so far. A process that takes over continues the plan. */
  get count(): number {
    return this.#count;
  }

  continueFrom({ count }: Calls): this {
    this.#count = count;
    return this;
  }

  /** @param check called once the call is signed. */
  async call<T>(effect: () => T, check: () => void = () => undefined): Promise<T> {
    if (this.#isDead) return neverAnswered();
    const number = this.#count;
    this.#count += 1;
    const fault = this.#planned.faults.find(({ call }) => call === number)?.kind;
    const [before, travel, back] = this.#planned.delays[number] ?? [10, 10, 10];
    await this.#timeline.wait(before);
    if (fault === 'dies before') return this.#end();
    check();
    if (fault === 'is given up') {
      void this.#timeline.wait(travel).then(() => travel <= maxTravel && effect());
      await this.#timeline.wait(back);
      throw new Error('Given up');
    }
    await this.#timeline.wait(travel);
    if (travel > maxTravel || fault === 'fails') {
      await this.#timeline.wait(back);
      throw new Error('Refused');
    }
    const result = effect();
    if (fault === 'dies after') return this.#end();
    await this.#timeline.wait(back);
    return this.#isDead ? neverAnswered() : result;
  }

  #end(): Promise<never> {
    this.#isDead = true;
    this.#die('died');
    return neverAnswered();
  }
}

function neverAnswered(): Promise<never> {
  return new Promise(() => undefined);
}

/** Maximum retries of a pass or writer. */
const maxRounds = 60;

export class ClosingWorld {
  readonly timeline = new Timeline(Date.UTC(2026, 10, 4));
  closedThrough: string | undefined;
  /** The times and positions of the fence. */
  readonly moves: { readonly at: number; readonly through: string }[] = [];
  readonly markers = new Map<string, Marker>();
  /** The last planned round of each day. */
  readonly #rounds = new Map<string, { round: number; markers: readonly Marker[]; isDone: boolean }>();
  /** Violated invariants, in sentences. */
  readonly violations: string[] = [];
  /** How often something happened, to check that the plans reach their subject. */
  readonly reached = { late: 0, kept: 0, expired: 0, redone: 0 };
  readonly #parts: Parts;
  readonly #items = new Map<string, Set<string>>();
  /** The sealed content of each SIM's day that was read. */
  readonly #sealed = new Map<string, Set<string>>();
  #tokens = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Plays a plan, and then undisturbed passes until nothing is left to do. */
  async play({ writers, passes }: Plan): Promise<void> {
    for (const [index, planned] of writers.entries()) void this.#write(planned, String(index));
    for (const planned of passes) void this.#pass(planned);
    await this.timeline.run();
    const calm = { delays: [], faults: [], lateness: 0, isTwice: false };
    for (const does of [...days, 'visits', 'visits'] as const) {
      void this.#pass({ ...calm, does, at: 0 });
      await this.timeline.run();
    }
    for (const sim of sims) {
      for (const day of days) this.#checkAll(`${sim} ${day}`, 'at the end', false);
    }
    if (this.markers.size > 0) this.violations.push('A marker is never removed');
  }

  async #write({ at, chunks, ...planned }: PlannedWriter, name: string): Promise<void> {
    await this.timeline.wait(at);
    let calls = new Calls(this.timeline, planned);
    let fence = this.#makeFence(calls);
    for (const [index, chunk] of chunks.entries()) {
      let open: readonly Entry[] = chunk.map(({ sim, day }, delivery) => ({
        reading: observeUsage(`${day}T10:00:00.000Z`, sim, `${name}-${index}-${delivery}`),
        ...{ delivery, position: '', source, arrivedAt: 0, readBytes: () => Buffer.alloc(0) },
      }));
      for (let round = 0; open.length > 0 && round < maxRounds; round += 1) {
        const result = await Promise.race([this.#take(open, fence, calls), calls.died]);
        if (result === 'died') {
          calls = new Calls(this.timeline, planned).continueFrom(calls);
          fence = this.#makeFence(calls);
        } else open = open.filter(({ delivery }) => result.has(delivery));
        await this.timeline.wait(1_000);
      }
      if (open.length > 0) this.violations.push('A chunk is never taken in');
    }
  }

  async #take(
    entries: readonly Entry[],
    fence: Pick<ProcessFence, 'enter' | 'beginRequest'>,
    calls: Calls,
  ): Promise<ReadonlySet<number>> {
    const write = async (changes: Changes): Promise<Report> => {
      const report = new Report();
      for (const change of changes.usage) {
        const { sim, start, recordId } = change.state;
        const put = () => this.#land(`${sim} ${start.slice(0, 10)}`, recordId);
        await report.noteOutcome(change, async () => {
          await calls.call(put, this.#guard(fence));
          return 'changed';
        });
      }
      return report;
    };
    const ports = { fence, writer: { write }, quarantine: { keep: async () => undefined } };
    return (await ingest(entries, ports, { readBeforeWrite: false })).failedDeliveries;
  }

  /** The check of a request that begins now, once it is signed. */
  #guard(fence: Pick<ProcessFence, 'beginRequest'>): () => void {
    const check = fence.beginRequest();
    return () => {
      try {
        check();
      } catch (error) {
        this.reached.expired += 1;
        throw error;
      }
    };
  }

  #makeFence(calls: Calls): Pick<ProcessFence, 'beginRequest'> & ChunkFence {
    const ports: FencePorts = {
      readClosedThrough: () => calls.call(() => this.#parts.readFence(this), this.#guard(fence)),
      putMarkers: async (markers) => {
        const failed = new Map<Marker, Error>();
        for (const marker of markers) {
          try {
            await calls.call(() => this.markers.set(nameMarker(marker), marker), this.#guard(fence));
          } catch (error) {
            failed.set(marker, error as Error);
          }
        }
        return failed;
      },
      makeToken: () => {
        this.#tokens += 1;
        return String(this.#tokens);
      },
      startTimer: () => {
        const begun = this.timeline.now;
        return () => this.timeline.now - begun;
      },
    };
    const fence: Pick<ProcessFence, 'enter' | 'beginRequest'> = this.#parts.fence(
      new ProcessFence(this.#parts.fencePorts(ports)),
    );
    return fence;
  }

  async #pass({ at, does, lateness, isTwice, ...planned }: PlannedPass): Promise<void> {
    await this.timeline.wait(at);
    const calls = new Calls(this.timeline, planned);
    const order = (what: () => Promise<void>, delay: number): void => {
      for (let time = 0; time < (isTwice ? 2 : 1); time += 1) {
        void this.timeline.wait(delay + lateness * (time + 1)).then(() => settle(what));
      }
    };
    const closing = this.#parts.closing({
      advance: (through) => calls.call(() => this.#advance(through)),
      orderReading: (ordered, delay) =>
        calls.call(() => order(() => this.#read(ordered, closing, calls), delay)),
    });
    const visits = this.#parts.visits({
      planRound: (day) => calls.call(() => this.#planRound(day)),
      orderVisit: (visit, delay) => calls.call(() => order(() => settleVisit(visit, visits), delay)),
      readRound: (day, round) => this.#readRound(day, round, calls),
    });
    await settle(async () => {
      if (does !== 'visits') await closeDays({ from: days[0], through: does }, closing);
      else for (const day of days) await visitDay(day, visits);
    });
  }

  #planRound(day: string): number | undefined {
    const last = this.#rounds.get(day);
    if (last?.isDone === false) return last.round;
    const markers = [...this.markers.values()].filter((marker) => marker.day === day);
    if (markers.length === 0) return undefined;
    const round = (last?.round ?? 0) + 1;
    this.#rounds.set(day, { round, markers, isDone: false });
    return round;
  }

  async #readRound(day: string, round: number, calls: Calls): Promise<void> {
    const planned = await calls.call(() => this.#rounds.get(day));
    if (planned?.round !== round) return;
    const { markers } = planned;
    await this.#parts.readRound(
      async () => {
        this.reached.redone += markers.length;
        for (const { sim } of markers) await this.#seal(sim, day, calls);
      },
      async () => {
        for (const marker of markers) await calls.call(() => this.#parts.removeMarker(marker, this));
      },
    );
    planned.isDone = true;
  }

  #advance(through: string): void {
    if (this.closedThrough !== undefined && this.closedThrough >= through) return;
    this.closedThrough = through;
    this.moves.push({ at: this.timeline.now, through });
  }

  async #read(ordered: ClosedDays, closing: ClosingPorts, calls: Calls): Promise<void> {
    if (!(await awaitReading(ordered, closing))) return;
    for (const day of days.filter((one) => one >= ordered.from && one <= ordered.through)) {
      for (const sim of sims) await this.#seal(sim, day, calls);
    }
  }

  /** Reads a SIM's day, and merges it with its sealed content. */
  async #seal(sim: string, day: string, calls: Calls): Promise<void> {
    const place = `${sim} ${day}`;
    const read = await calls.call(() => [...(this.#items.get(place) ?? [])]);
    await calls.call(() => {
      this.#sealed.set(place, new Set([...(this.#sealed.get(place) ?? []), ...read]));
      this.#checkAll(place, 'when its day is sealed', true);
    });
  }

  #land(place: string, id: string): void {
    const known = this.#items.get(place);
    if (known === undefined) this.#items.set(place, new Set([id]));
    else known.add(id);
    if (this.#sealed.has(place) && this.#sealed.get(place)?.has(id) !== true) this.reached.late += 1;
    this.#checkAll(place, 'when it lands', true);
  }

  /** @param isOnToken whether it is removed only if it has the same token. */
  removeMarker(marker: Marker, isOnToken: boolean): void {
    const name = nameMarker(marker);
    const stored = this.markers.get(name);
    if (stored === undefined) return;
    if (isOnToken && stored.token !== marker.token) {
      this.reached.kept += 1;
      return;
    }
    this.markers.delete(name);
    this.#checkAll(`${marker.sim} ${marker.day}`, 'when its marker is removed', true);
  }

  /** Each item of a day that was read is sealed, or a marker causes another read. */
  #checkAll(place: string, when: string, mayBeMarked: boolean): void {
    const sealed = this.#sealed.get(place);
    const missing = [...(this.#items.get(place) ?? [])].filter((id) => sealed?.has(id) !== true);
    if (missing.length === 0) return;
    const [sim = '', day = ''] = place.split(' ');
    if (mayBeMarked && (sealed === undefined || this.markers.has(nameMarker({ sim, day })))) return;
    this.violations.push(`${missing.join()} of ${place} is not sealed, and not marked, ${when}`);
  }
}

/** The next pass repeats a failed one. */
async function settle(work: () => Promise<void>): Promise<void> {
  await work().catch(() => undefined);
}

function observeUsage(at: string, sim: string, id: string): Reading {
  const usage = usageAt(at, sim, id);
  return { kind: 'observed', session: undefined, usage, event: undefined, sim: undefined };
}

function nameMarker({ sim, day }: Pick<Marker, 'sim' | 'day'>): string {
  return `${sim} ${day}`;
}
