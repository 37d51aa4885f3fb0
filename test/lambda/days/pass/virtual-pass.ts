import { type Day, findDay, findSessionDay, listTouchedDays, shiftDay } from '../../../../lambda/days/day.ts';
import type { Manifest } from '../../../../lambda/days/manifest.ts';
import type { OpenDay, OpenDays } from '../../../../lambda/days/open-days.ts';
import { makeManifestKey, makeTopKey, readJson } from '../../../../lambda/days/pass/lake-objects.ts';
import { ConflictError, type DayPorts } from '../../../../lambda/days/pass/ports.ts';
import { SealedRows } from '../../../../lambda/days/pass/sealed-rows.ts';
import { compareTexts, type SessionRow, type SimItems, type SimRows } from '../../../../lambda/days/rows.ts';
import { orderDays, runSchedule, type SchedulePorts } from '../../../../lambda/days/run-schedule.ts';
import { hashSession } from '../../../../lambda/days/session-days.ts';
import { isActive, type SimPeriod, sumBytes } from '../../../../lambda/days/sim-days.ts';
import {
  makeJobs,
  makePartialJobs,
  takeMessage,
  type WorkPorts,
} from '../../../../lambda/days/take-message.ts';
import { rankCandidates, type TopList, type TopLists } from '../../../../lambda/days/top-sims.ts';
import type { DayMessage, MessageQueue } from '../../../../lambda/days/work.ts';
import { passTick, Timeline } from '../../alerts/delivery/timeline.ts';
import { type FoundDay, printRows, printSimDay } from './expected-days.ts';
import { MemoryPorts } from './memory-ports.ts';
import { type Course, days, listTimes, minute, type Plan, sims, undisturbed } from './pass-plans.ts';
import { type Caller, wrapPartialPorts, wrapPorts } from './wrapped-ports.ts';

/**
 * The day pass on a virtual timeline, with its schedule and messages. Records arrive in any order, repeatedly and late;
 * writers, scheduled runs and workers are suspended or crash between any two calls; messages arrive twice, in any order;
 * and items of sealed days expire.
 */

/** The time at which the last day is due. */
const start = Date.UTC(2026, 10, 5, 12);

/** A writer starts again when this much time has passed since it read the fence, as its signatures expire. */
const writerMilliseconds = 10 * minute;

/** When an unacknowledged job is delivered again. */
const redeliveryMilliseconds = 30 * minute;

/** The parts that a planted fault can replace. */
export interface Parts {
  readonly listTouchedDays: typeof listTouchedDays;
  /** What happens to a message on its way. A changed message is not delayed. */
  readonly changeMessage: (message: DayMessage) => DayMessage;
  /** Differences to the ports in memory. */
  readonly changePorts: (ports: DayPorts, memory: MemoryPorts) => DayPorts;
}

export const sound: Parts = {
  listTouchedDays,
  changeMessage: (message) => message,
  changePorts: (ports) => ports,
};

/** A crashed process: its calls are never answered. */
function isNeverAnswered(): Promise<never> {
  return new Promise(() => undefined);
}
/** The state of one plan. */
class World {
  readonly timeline = new Timeline(start, passTick);
  readonly memory: MemoryPorts;
  readonly #plan: Plan;
  readonly #parts: Parts;
  /** The last closed day. */
  #closedThrough: Day | undefined;
  /** The first day that the schedule closes. */
  #scheduledFrom: Day | undefined;
  readonly #openDays = new Map<Day, OpenDay>();
  #runs = 0;
  readonly failures: unknown[] = [];
  readonly #found = new Map<Day, readonly SimPeriod[]>();

  constructor(plan: Plan, parts: Parts, memory: MemoryPorts) {
    this.memory = memory;
    this.#plan = plan;
    this.#parts = parts;
  }

  /** Makes an invocation's calls, with delays, until it crashes. */
  #makeCaller({ diesAtCall, diesAfterEffect, delays }: Course): Caller {
    let calls = 0;
    let delayed = 0;
    const delay = (): Promise<void> => {
      delayed += 1;
      return this.timeline.wait(delays[delayed % delays.length] ?? 0);
    };
    return async (effect) => {
      calls += 1;
      const number = calls;
      if (number > diesAtCall) return isNeverAnswered();
      await delay();
      if (number === diesAtCall && !diesAfterEffect) return isNeverAnswered();
      // Tables outside of memory need real time.
      const result = await this.timeline.hold(effect());
      return number === diesAtCall ? isNeverAnswered() : result;
    };
  }

  /** The ports of one invocation. */
  #makePorts(ofCourse: Course): WorkPorts & SchedulePorts {
    const call = this.#makeCaller(ofCourse);
    const { tables, notes, simDays, markers, lake } = this.memory;
    const queue: MessageQueue = {
      send: (messages, delay) =>
        call(async () => {
          for (const message of messages) {
            const changed = this.#parts.changeMessage(message);
            this.#deliver(changed, changed === message ? delay : 0);
          }
        }),
    };
    const { findings } = this.memory;
    const ports = { tables, notes, simDays, findings, markers, lake, jobs: makeJobs(queue) };
    const days = wrapPorts(this.#parts.changePorts(ports, this.memory), call);
    return {
      days,
      partial: wrapPartialPorts({ ...this.memory.partial, jobs: makePartialJobs(queue) }, call),
      queue,
      lake: days.lake,
      fence: {
        read: () => call(async () => this.#closedThrough),
        advance: (through) =>
          call(async () => {
            if (through > (this.#closedThrough ?? '')) this.#closedThrough = through;
          }),
      },
      openDays: this.#makeOpenDays(call),
      start: {
        read: () => call(async () => this.#scheduledFrom),
        note: (one) =>
          call(async () => {
            this.#scheduledFrom ??= one;
          }),
      },
      listMarkedDays: () => call(() => this.memory.listMarkedDays()),
      hasUsageBefore: () => call(async () => true),
      expiry: { isOn: async () => true, turn: async () => undefined },
      onExpiryFailure: (error) => this.failures.push(error),
    };
  }

  #makeOpenDays(call: Caller): OpenDays {
    return {
      list: () => call(async () => [...this.#openDays.values()].sort((a, b) => compareTexts(a.day, b.day))),
      note: (noted) =>
        call(async () => void this.#openDays.set(noted.day, { ...noted, ...this.#openDays.get(noted.day) })),
      remove: (one) => call(async () => void this.#openDays.delete(one)),
    };
  }

  #deliver(message: DayMessage, delay: number): void {
    const planned = this.#takeRun();
    void this.timeline.wait(delay).then(() => this.#take(message, planned.course));
    if (planned.isTwice) {
      const other = { ...planned.course, delays: [7, ...planned.course.delays] };
      void this.timeline.wait(delay).then(() => this.#take(message, other));
    }
  }

  #takeRun(): Plan['runs'][number] {
    const { runs } = this.#plan;
    this.#runs += 1;
    return runs[this.#runs % runs.length] ?? { course: undisturbed, isTwice: false };
  }

  /** Processes a message. If that crashes or fails, the message is delivered again and then succeeds. */
  async #take(message: DayMessage, ofCourse: Course): Promise<void> {
    let isDone = false;
    const again = { ...ofCourse, diesAtCall: Number.MAX_SAFE_INTEGER, delays: [1] };
    const redeliver = async (): Promise<void> => {
      await this.timeline.wait(redeliveryMilliseconds);
      if (!isDone) await this.#take(message, again);
    };
    if (ofCourse.diesAtCall !== Number.MAX_SAFE_INTEGER) void redeliver();
    const { simsPerBucket } = this.#plan;
    try {
      await takeMessage(message, this.#makePorts(ofCourse), {
        now: this.timeline.now + ofCourse.clockAhead,
        simsPerBucket,
      });
      isDone = true;
    } catch (error) {
      if (!(error instanceof ConflictError)) this.failures.push(error);
      await this.timeline.wait(redeliveryMilliseconds);
      await this.#take(message, again);
    }
  }

  /** Writes a record's statements, as `ingest` does, and again after a crash. */
  async write(sim: string, says: SimItems, ofCourse: Course): Promise<void> {
    let isDone = false;
    const again = { ...ofCourse, diesAtCall: Number.MAX_SAFE_INTEGER, delays: [1] };
    const redeliver = async (): Promise<void> => {
      await this.timeline.wait(redeliveryMilliseconds);
      if (!isDone) await this.write(sim, says, again);
    };
    if (ofCourse.diesAtCall !== Number.MAX_SAFE_INTEGER) void redeliver();
    const call = this.#makeCaller(ofCourse);
    const touched = [...new Set(listTimes(says).flatMap((time) => this.#parts.listTouchedDays(time)))];
    for (let attempts = 0; !isDone; attempts += 1) {
      const begun = this.timeline.now;
      const closedThrough = await call(async () => this.#closedThrough);
      const marked = touched.filter((one) => closedThrough !== undefined && one <= closedThrough);
      for (const day of marked) await call(() => this.memory.markers.put([{ day, sim }]));
      const outcome = await call(async () => {
        if (this.timeline.now - begun > writerMilliseconds) return 'late';
        await this.memory.deliver(sim, says);
        return 'written';
      });
      // A batch that is late repeatedly is delivered again, and is faster.
      if (outcome === 'late' && attempts === 3) return this.write(sim, says, again);
      if (outcome === 'late') continue;
      isDone = true;
    }
  }

  /** A person orders days to be read. */
  async order(from: Day, through: Day, ofCourse: Course): Promise<void> {
    await orderDays({ from, through }, this.#makePorts(ofCourse), this.timeline.now + ofCourse.clockAhead);
  }

  /** The schedule runs when the sources have been read to the end of a day. */
  async runSchedule(one: Day, ofCourse: Course, partialHours = 2): Promise<void> {
    await runSchedule(this.#makePorts(ofCourse), {
      now: this.timeline.now + ofCourse.clockAhead,
      sources: [{ at: Date.parse(shiftDay(one, 1)) }],
      usageDays: 35,
      partialHours,
    });
  }

  /** Whether all work on the days is done. */
  async isSettled(): Promise<boolean> {
    const marked = await this.memory.listMarkedDays();
    return !days.some((one) => marked.includes(one) || this.#openDays.has(one));
  }

  /** Lets items expire if their days are sealed and have no marker. */
  async expire(places: readonly number[] | 'all'): Promise<void> {
    const { memory } = this;
    let place = 0;
    const isNext = (): boolean => {
      place += 1;
      return places === 'all' || places.includes(place - 1);
    };
    const sealed = new Set<Day>();
    const marked = new Set<string>();
    for (const one of days) {
      if ((await memory.lake.open(makeManifestKey(one))) !== undefined) sealed.add(one);
      for (const { sim } of await memory.markers.list(one)) marked.add(`${one} ${sim}`);
    }
    for (const sim of memory.sims) {
      const { usage, events, sessions } = await memory.readStored(sim);
      const notes = await memory.notes.read(
        sim,
        sessions.map(({ sessionId }) => sessionId),
      );
      const isSettled = (one: Day): boolean =>
        !days.includes(one) || (sealed.has(one) && !marked.has(`${one} ${sim}`));
      const isGone = (time: string): boolean => listTouchedDays(time).every(isSettled) && isNext();
      const isSessionGone = (session: SimItems['sessions'][number]): boolean => {
        const note = notes.get(session.sessionId);
        const isNoted =
          note !== undefined &&
          note.day === findSessionDay(session) &&
          note.hash === hashSession(session as SessionRow);
        return isNoted && days.every(isSettled) && isNext();
      };
      await memory.remove(sim, {
        usage: usage.filter(({ start: time }) => isGone(time)),
        events: events.filter(({ time }) => isGone(time)),
        sessions: sessions.filter(isSessionGone),
      });
    }
  }

  async findDay(one: Day): Promise<FoundDay | undefined> {
    const { content: manifest } = await readJson<Manifest>(this.memory.lake, makeManifestKey(one));
    if (manifest === undefined) return undefined;
    const rows = new Map<string, SimRows>();
    for (let bucket = 0; bucket <= manifest.buckets; bucket += 1) {
      const sealed = await SealedRows.open(this.memory.lake, one, bucket, manifest.buckets);
      for (let sim = await sealed.peekSim(); sim !== undefined; sim = await sealed.peekSim()) {
        rows.set(sim, await sealed.take(sim));
      }
    }
    const found = await Promise.all(sims.map((sim) => this.memory.findSimDay(one, sim)));
    const simDays = found.filter((simDay) => simDay !== undefined).filter(isActive);
    this.#found.set(one, simDays);
    return {
      root: manifest.root,
      rows: printRows(rows),
      simDays: simDays.map(printSimDay),
      fleet: JSON.stringify(manifest.fleet),
    };
  }

  /**
   * Compares the lists of SIMs with the most bytes with the SIM-days that {@link findDay} has read.
   *
   * @throws Error if a day's list differs, or if a SIM used more in a month than its lists state.
   */
  async checkTop(): Promise<void> {
    const months: TopList[] = [];
    const used = new Map<string, bigint>();
    for (const one of days) {
      const { content: top } = await readJson<TopLists>(this.memory.lake, makeTopKey(one));
      if (top === undefined) throw new Error(`${one} has no lists`);
      months.push(top.month);
      const found = this.#found.get(one) ?? [];
      for (const day of found) used.set(day.sim, (used.get(day.sim) ?? 0n) + sumBytes(day));
      const listed = top.day.sims.map(({ sim, bytes }) => `${sim} ${bytes}`);
      if (`${listed}` !== `${printTop(found)}`)
        throw new Error(`${one} lists ${listed}, not ${printTop(found)}`);
    }
    const candidates = new Map(rankCandidates(months).sims.map(({ sim, bytes }) => [sim, BigInt(bytes)]));
    for (const [sim, bytes] of used) {
      if (bytes > (candidates.get(sim) ?? 0n))
        throw new Error(`No list of the month tells of ${bytes} bytes of ${sim}`);
    }
  }
}

function printTop(simDays: readonly SimPeriod[]): string[] {
  return simDays
    .map((day) => ({ sim: day.sim, bytes: sumBytes(day) }))
    .filter(({ bytes }) => bytes > 0n)
    .sort((a, b) => (a.bytes === b.bytes ? compareTexts(a.sim, b.sim) : a.bytes > b.bytes ? -1 : 1))
    .map(({ sim, bytes }) => `${sim} ${bytes}`);
}

/** Plays a plan, then delivers the rest, and reads all closed days until nothing is left to do. */
export async function playPass(
  plan: Plan,
  parts: Parts,
  memory = new MemoryPorts(),
): Promise<readonly (FoundDay | undefined)[]> {
  const world = new World(plan, parts, memory);
  const { timeline } = world;
  const left = new Set(plan.statements);
  const begin = (minutes: number, act: () => Promise<void>): void => {
    void timeline.wait(minutes * minute).then(act);
  };
  for (const { at: minutes, statements, course: ofCourse } of plan.deliveries) {
    begin(minutes, async () => {
      for (const index of statements) {
        const said = plan.statements[index % plan.statements.length];
        if (said === undefined) continue;
        left.delete(said);
        void world.write(said.sim, said.says, ofCourse);
      }
    });
  }
  const [first = ''] = days;
  const last = days.at(-1) ?? '';
  for (const { at: minutes, day: index, course: ofCourse } of plan.closings)
    begin(minutes, () => world.order(days[index] ?? '', days[index] ?? '', ofCourse));
  for (const { at: minutes, day: index, course: ofCourse } of plan.schedules)
    begin(minutes, () => world.runSchedule(days[index] ?? '', ofCourse));
  for (const { at: minutes, places } of plan.expiries)
    begin(minutes, () => timeline.hold(world.expire(places)));
  await timeline.run();

  // Messages that were lost so far stay lost.
  await world.expire('all');
  for (const { sim, says } of left) void world.write(sim, says, undisturbed);
  await timeline.run();
  void world.order(first, last, undisturbed);
  await timeline.run();
  for (let round = 0; round < 20 && !(await world.isSettled()); round += 1) {
    // All days of the plan are closed, so there is no partial pass of them.
    void world.runSchedule(last, undisturbed, 0);
    await timeline.run();
  }
  if (world.failures.length > 0) throw world.failures[0];
  if (!(await world.isSettled()))
    throw new Error('Markers or open days are left, however often the schedule runs');
  const found = await Promise.all(days.map((one) => world.findDay(one)));
  await world.checkTop();
  return found;
}
