import { isDeepStrictEqual } from 'node:util';
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deliver, runLimits } from '../../../lambda/alerts/delivery/deliver.ts';
import { AlertOutbox } from '../../../lambda/alerts/delivery/outbox.ts';
import type { Outcome } from '../../../lambda/alerts/delivery/receiver.ts';
import type { AlertTransition } from '../../../lambda/alerts/delivery/transition.ts';
import type { StoredEpisode } from '../../../lambda/alerts/episode.ts';
import { identifyMute, type Mute } from '../../../lambda/alerts/mutes.ts';
import { findReadMark } from '../../../lambda/alerts/progress/read-marks.ts';
import { StreamNotes } from '../../../lambda/alerts/progress/stream-notes.ts';
import type { StreamPositions } from '../../../lambda/alerts/progress/stream-position.ts';
import { findGranule, type Rule } from '../../../lambda/alerts/rules.ts';
import type { SharedEpisode } from '../../../lambda/alerts/shared-episodes.ts';
import { AlertState } from '../../../lambda/alerts/sweep/alert-state.ts';
import { sweep } from '../../../lambda/alerts/sweep/sweep.ts';
import type { SweepPorts, SweepReport } from '../../../lambda/alerts/sweep/sweep-run.ts';
import { noDaysClosed } from '../../../lambda/days/fence/chunk-fence.ts';
import { type ConsumerContext, consume } from '../../../lambda/functions/kinesis-consumer/consume.ts';
import { maxGranuleMilliseconds, minGranuleMilliseconds } from '../../../lambda/ledger/heard.ts';
import type { Source } from '../../../lambda/ledger/source.ts';
import { formatTime } from '../../../lambda/ledger/time.ts';
import { decodeEpisode, EpisodesTable } from '../../../lambda/store/episodes.ts';
import type { Item } from '../../../lambda/store/items.ts';
import { LateRecordNotes } from '../../../lambda/store/late-records.ts';
import { MutesTable } from '../../../lambda/store/mutes.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { decodeShared } from '../../../lambda/store/shared-episodes.ts';
import { SimMarks } from '../../../lambda/store/sim-marks.ts';
import {
  alertOutboxTable,
  alertStateTable,
  alertsTable,
  eventsTable,
  simsTable,
} from '../../../lambda/store/tables.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { Timeline } from '../../lambda/alerts/delivery/timeline.ts';
import { ledgerTablesOf } from '../../lambda/store/running-tables.ts';
import { type AlertCommand, asClient, type Command } from '../memory-dynamodb.ts';
import {
  type Behaviour,
  cleanSweeps,
  type Fate,
  finalHour,
  hour,
  lateness,
  type Plan,
  type PlannedRun,
} from './plan.ts';
import { findingRule, slowRule } from './plan-rules.ts';
import { Process } from './process.ts';
import { listFacts, type PlannedSim, sourceName, start } from './records.ts';
import { describeRecord, makeRecords, type StreamRecord, shard, takeArrived } from './stream-records.ts';

/** What plays a plan: all of simledger between the carrier's stream and the receiver, on one timeline. */

/** A DynamoDB, empty at the beginning. */
export interface AlertEngine {
  answer(command: Command | AlertCommand): object | Promise<object>;
  items(table: string): Promise<readonly Item[]>;
}

/** A sweep that ran. */
export interface RanSweep {
  readonly run: PlannedRun;
  /** Its time, by its clock. */
  readonly now: number;
  readonly begin: number;
  end: number | undefined;
  report: SweepReport | undefined;
  /** SIMs that it could not judge, faults, and other sweeps and batches at work meanwhile. */
  disturbances: number;
  /** The episodes by rule and SIM as they stood when it had ended, if nothing disturbed it. */
  stored: readonly StoredEpisode[] | undefined;
  /** The same of episodes about many SIMs. */
  shared: readonly SharedEpisode[] | undefined;
}

/** A message that was passed on, and the first time that it was. */
export interface Told {
  readonly transition: AlertTransition;
  readonly at: number;
}

/** An attempt to deliver, an arrival, or an acknowledgement. */
export interface Sent {
  readonly what: 'sent' | 'received' | 'acknowledged';
  readonly id: string;
  readonly episode: string;
  readonly sequence: number;
}

/** The parts that a planted fault replaces. */
export interface Parts {
  readonly ports: (ports: SweepPorts) => SweepPorts;
  readonly command: (command: Command | AlertCommand) => Command | AlertCommand;
  /** What the sender makes of an answer. */
  readonly outcome: (outcome: Outcome) => Outcome;
  /** How late records of the source may be, as sweeps are told. */
  readonly lateness: number;
  /** More SIMs than this make a group, as sweeps are told, where the plan says so many. */
  readonly groupsAbove: (members: number) => number;
}

export const soundParts: Parts = {
  ports: (ports) => ports,
  command: (command) => command,
  outcome: (outcome) => outcome,
  lateness,
  groupsAbove: (members) => members,
};

const clean: Fate = { faults: [], delays: [0], skew: 0 };
const receiver = 'pager';
const retryAfter = 60_000;
const requestMilliseconds = 10_000;

const dayHours = 24;

/** What is known of a closed day: the findings of SIMs, by their numbers. */
export interface StandingDay {
  readonly isSealed: boolean;
  readonly findings: ReadonlyMap<number, number>;
}

export class World {
  readonly plan: Plan;
  readonly timeline = new Timeline(start - hour);
  readonly records: readonly StreamRecord[];
  readonly sims: readonly PlannedSim[];
  readonly sweeps: RanSweep[] = [];
  readonly told = new Map<string, Told>();
  readonly sent: Sent[] = [];
  /** Messages that were passed on with two contents, as `<episode>-<sequence>`. */
  readonly contradicted = new Set<string>();
  readonly mutes: (Mute & { readonly at: number })[] = [];
  readonly #engine: AlertEngine;
  readonly #parts: Parts;
  readonly #source: Source;
  readonly #behaviours: Behaviour[];
  readonly #consumers: Fate[];
  /** Sweeps and batches at work. */
  #working = 0;
  #runs = 0;
  #notes = 0;

  constructor(plan: Plan, engine: AlertEngine, parts: Parts) {
    this.plan = plan;
    this.#engine = engine;
    this.#parts = parts;
    this.sims = listFacts(plan);
    this.#behaviours = [...plan.behaviours];
    this.#consumers = [...plan.consumers];
    this.#source = {
      name: sourceName,
      carrier: plan.carrier,
      bytesPerMegabyte: 1_000_000,
      lateness,
      sessionRefresh: plan.sessionRefresh,
      granuleMilliseconds: findGranule(this.rules, sourceName, {
        min: minGranuleMilliseconds,
        max: maxGranuleMilliseconds,
      }),
    };
    this.records = makeRecords(plan, this.sims);
  }

  /** The rules in hours; the plan's stand in minutes, as the oracle has them. */
  get rules(): Rule[] {
    return [...this.plan.rules.map(slowRule), ...(this.plan.days === undefined ? [] : [findingRule])];
  }

  /** The days of the timeline as they stand at a time, in hours from its beginning. */
  listDays(hours: number): StandingDay[] {
    const standing: StandingDay[] = [];
    let closesAt = 0;
    for (const [day, { closesAfter, sealsAfter, found }] of (this.plan.days ?? []).entries()) {
      closesAt = Math.max(closesAt, dayHours * (day + 1) + closesAfter);
      const begun = closesAt;
      if (begun > hours) break;
      const findings = new Map<number, number>();
      const known = found.filter(({ after }) => begun + after <= hours).toSorted((a, b) => a.after - b.after);
      for (const one of known) findings.set(one.sim, one.findings);
      standing.push({ isSealed: sealsAfter !== undefined && begun + sealsAfter <= hours, findings });
    }
    return standing;
  }

  /** What the day pass has stored by now. */
  #makeFindings(): NonNullable<SweepPorts['closedFindings']> {
    const list = (): StandingDay[] => this.listDays((this.timeline.now - start) / hour);
    const startOfDay = (day: number): number => start + day * dayHours * hour;
    const keys = this.sims.map(({ key }) => key);
    return {
      findClosed: async () => {
        const standing = list();
        if (standing.length === 0) return undefined;
        const unsealed = standing.flatMap(({ isSealed }, day) => (isSealed ? [] : [startOfDay(day)]));
        return { closedUntil: startOfDay(standing.length), unsealed };
      },
      listSims: async function* (from, until) {
        for (const [day, { findings }] of list().entries()) {
          if (startOfDay(day + 1) <= from || startOfDay(day) >= until) continue;
          yield [...findings].flatMap(([sim, count]) => (count > 0 ? (keys[sim] ?? []) : []));
        }
      },
      readDays: async (sim, from, until) =>
        list().flatMap(({ findings }, day) => {
          const count = findings.get(keys.indexOf(sim)) ?? 0;
          if (count === 0 || startOfDay(day + 1) <= from || startOfDay(day) >= until) return [];
          const found = Array.from({ length: count }, (_, index) => ({
            ...{ findingId: `finding-${day}-${index}`, check: 'chain', bytes: undefined },
          }));
          return [{ from: startOfDay(day), findings: found }];
        }),
    };
  }

  /** Plays the plan, then lets a day pass and functions run that nothing disturbs. */
  async play(): Promise<void> {
    const { plan, timeline } = this;
    // The stack is there before the first record: what is older than a day at the first sweep is nobody's alert.
    await this.#runLater(-hour, 'sweep');
    timeline.now = start;
    for (let lane = 0; lane < plan.lanes; lane += 1) void this.#runLane(lane);
    for (const run of plan.sweeps) void this.#schedule(run, () => this.#sweep(run));
    for (const run of plan.deliveries) void this.#schedule(run, () => this.#deliver(run));
    for (const at of cleanSweeps) {
      const run = { ...clean, at: at * hour, startsLate: 0 };
      void this.#schedule(run, () => this.#sweep(run));
    }
    for (const mute of plan.mutes) void timeline.wait(mute.at).then(() => this.#mute(mute));
    for (const at of plan.expiries) void timeline.wait(at).then(() => this.#expire());
    await timeline.run();
    for (let index = 0; index < 3; index += 1)
      await this.#runLater(finalHour * hour + index * 300_000, 'sweep');
    this.#behaviours.length = 0;
    for (let index = 0; index < 40 && (await this.#isWaiting()); index += 1) {
      await this.#runLater(finalHour * hour + (3 + index) * 300_000, 'deliver');
    }
  }

  /** All episodes of a rule and a SIM as they are stored. */
  async listStored(): Promise<StoredEpisode[]> {
    const items = await this.#engine.items(alertsTable.name);
    return items
      .filter(({ alert }) => alert?.S?.startsWith('!') === false)
      .map((item) => decodeEpisode(item));
  }

  /** All episodes about many SIMs as they are stored. */
  async listShared(): Promise<SharedEpisode[]> {
    const items = await this.#engine.items(alertsTable.name);
    return items.filter(({ alert }) => alert?.S?.startsWith('!')).map((item) => decodeShared(item));
  }

  /** The messages that could not be delivered for days, as `<episode>-<sequence>`. */
  async listUndeliverable(): Promise<string[]> {
    const items = await this.#engine.items(alertOutboxTable.name);
    return items.flatMap(({ entry, undeliverable }) => {
      const [episode, sequence] = entry?.S?.split('#') ?? [];
      return undeliverable === undefined ? [] : [`${episode}-${Number(sequence)}`];
    });
  }

  async #runLater(at: number, what: 'sweep' | 'deliver'): Promise<void> {
    const { timeline } = this;
    timeline.now = Math.max(timeline.now, start + at);
    const run = { ...clean, at: timeline.now - start, startsLate: 0 };
    void (what === 'sweep' ? this.#sweep(run) : this.#deliver(run));
    await timeline.run();
  }

  async #isWaiting(): Promise<boolean> {
    const items = await this.#engine.items(alertOutboxTable.name);
    return items.some((item) => item['dueAt'] !== undefined);
  }

  async #schedule(run: PlannedRun, begin: () => Promise<void>): Promise<void> {
    await this.timeline.wait(run.at + run.startsLate);
    await begin();
  }

  #client(process: Process): DynamoDBClient {
    const { command: change } = this.#parts;
    return asClient({ send: (command) => process.call(() => this.#engine.answer(change(command))) });
  }

  // The stream, and the consumer of its records

  async #runLane(lane: number): Promise<void> {
    const { timeline, plan } = this;
    const waiting = this.records.filter((record) => record.lane === lane);
    const again: StreamRecord[][] = [];
    let container = this.#startConsumer();
    for (;;) {
      const [next] = waiting;
      if (again.length === 0 && next === undefined) return;
      if (again.length === 0 && next !== undefined && next.arrival > timeline.now)
        await timeline.wait(next.arrival - timeline.now);
      const batch = again.shift() ?? takeArrived(waiting, timeline.now, plan.batchSize);
      const process = new Process(timeline, this.#consumers.shift() ?? clean);
      container.process = process;
      this.#disturb(1);
      const ending = await process.run(() =>
        consume({ Records: batch.map(describeRecord) }, container.context, 60_000),
      );
      this.#working -= 1;
      if (ending.kind !== 'returned') {
        // Lambda halves a batch that failed as a whole.
        const half = Math.ceil(batch.length / 2);
        again.unshift(...[batch.slice(0, half), batch.slice(half)].filter(({ length }) => length > 0));
        if (ending.kind === 'died') container = this.#startConsumer();
      } else {
        const failed = new Set(ending.value.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        const firstFailed = batch.findIndex(({ sequence }) => failed.has(sequence));
        const done = firstFailed === -1 ? batch : batch.slice(0, firstFailed);
        for (const record of done) record.doneAt = timeline.now;
        if (firstFailed !== -1) again.unshift(batch.slice(firstFailed));
      }
      if (again.length > 0) await timeline.wait(retryAfter);
    }
  }

  /** A process of the consumer, which outlives its invocations until one of them dies. */
  #startConsumer(): { process: Process; readonly context: ConsumerContext } {
    const container = { process: new Process(this.timeline, clean) };
    const client = asClient({
      send: (command) => container.process.call(() => this.#engine.answer(command)),
    });
    const context: ConsumerContext = {
      sources: { findByStream: () => this.#source, findByBucket: () => this.#source },
      ports: {
        writer: new LedgerWriter(ledgerTablesOf(client)),
        fence: noDaysClosed,
        noteLate: (late) => this.#makeNotes(client).put(late, container.process.now()),
        quarantine: {
          keep: async (rejects) => {
            throw new Error(`A record of the plan is rejected: ${JSON.stringify(rejects)}`);
          },
        },
      },
      notes: { begin: async () => 0, end: async () => undefined },
      progress: new StreamNotes(client, alertStateTable.name, () => container.process.now(), this.plan.lanes),
      telemetry: silentTelemetry,
      deadline: { runWithin: (_, work) => work() },
    };
    return Object.assign(container, { context });
  }

  #makeNotes(client: DynamoDBClient): LateRecordNotes {
    const makeId = (): string => {
      this.#notes += 1;
      return String(this.#notes);
    };
    return new LateRecordNotes(client, alertStateTable.name, { makeId, partitions: 2 });
  }

  // Sweeps

  /** Notes that something begins while sweeps are at work. */
  #disturb(count: number): void {
    this.#working += count;
    for (const one of this.sweeps) if (one.end === undefined) one.disturbances += 1;
  }

  async #sweep(run: PlannedRun): Promise<void> {
    const process = new Process(this.timeline, run);
    const now = start + run.at + run.skew;
    const ran: RanSweep = {
      ...{ run, now, begin: this.timeline.now, end: undefined, report: undefined },
      ...{ stored: undefined, shared: undefined },
      // A write that fails, or is answered for another, is made by the next sweep.
      disturbances: this.#working + run.faults.length,
    };
    this.#disturb(1);
    this.sweeps.push(ran);
    const ports = this.#parts.ports(this.#makePorts(this.#client(process), ran));
    const source = { name: sourceName, lateness: this.#parts.lateness };
    const { groupWait } = this.plan;
    const groupsAbove = { members: this.#parts.groupsAbove(this.plan.groupsAbove), share: 0 };
    const settings = { rules: this.rules, groupWait, groupsAbove, retention };
    const ending = await process.run(() =>
      sweep({ ...settings, sources: [source], now, isWhole: false }, ports),
    );
    this.#working -= 1;
    ran.end = this.timeline.now;
    if (ending.kind === 'returned') ran.report = ending.value;
    if (ending.kind === 'returned' && ran.disturbances === 0) {
      [ran.stored, ran.shared] = await this.timeline.hold(
        Promise.all([this.listStored(), this.listShared()]),
      );
    }
  }

  #makePorts(client: DynamoDBClient, ran: RanSweep): SweepPorts {
    const reader = new LedgerReader({ ...ledgerTablesOf(client), files: 'Files', segments: 2 });
    const notes = new StreamNotes(client, alertStateTable.name, () => ran.now, this.plan.lanes);
    const source = { name: sourceName, streamName: 'stream', lateness };
    const positions = this.#askStream();
    return {
      reader,
      marks: new SimMarks(client, simsTable.name),
      episodes: new EpisodesTable(client, alertsTable.name),
      state: new AlertState(client, alertStateTable.name),
      mutes: new MutesTable(client, alertStateTable.name),
      late: this.#makeNotes(client),
      outbox: new AlertOutbox(client, alertOutboxTable.name),
      receivers: [{ name: receiver, minimumSeverity: 'info', rules: undefined }],
      closedFindings: this.plan.days === undefined ? undefined : this.#makeFindings(),
      readMark: (_, now) => findReadMark(source, { notes, reader, positions }, now),
      onMessage: (transition) => this.#noteTold(transition),
      onFailure: () => {
        ran.disturbances += 1;
      },
    };
  }

  #noteTold(transition: AlertTransition): void {
    const name = `${transition.episode}-${transition.sequence}`;
    const known = this.told.get(name);
    if (known === undefined) this.told.set(name, { transition, at: this.timeline.now });
    else if (!isDeepStrictEqual(known.transition, transition)) this.contradicted.add(name);
  }

  #askStream(): StreamPositions {
    return {
      listShards: async () => [shard],
      findBehind: async (_stream, _shard, after) => {
        const next = this.records.find(
          ({ sequence, arrival }) =>
            arrival <= this.timeline.now && (after === undefined || Number(sequence) > Number(after)),
        );
        return next === undefined ? 'nothing' : { arrival: next.arrival };
      },
    };
  }

  // Delivery

  async #deliver(run: PlannedRun): Promise<void> {
    const { timeline } = this;
    this.#runs += 1;
    const token = `run ${this.#runs}`;
    const process = new Process(timeline, run);
    const began = timeline.now;
    const outbox = new AlertOutbox(this.#client(process), alertOutboxTable.name);
    await process.run(() =>
      deliver(
        {
          name: receiver,
          takes: () => true,
          send: async ({ event, transition: { episode, sequence } }) => {
            const message = { id: event.id, episode, sequence };
            return this.#parts.outcome(await process.call(() => this.#receive(message)));
          },
        },
        outbox,
        {
          ...{ now: start + run.at, token },
          measureElapsed: () => timeline.now - began,
          context: { deployment: 'simledger', apiUrl: undefined },
          limits: runLimits,
          onError: () => undefined,
        },
      ),
    );
  }

  /** What the sender sees of an attempt; the receiver may have it all the same, or later. */
  async #receive(message: Omit<Sent, 'what'>): Promise<Outcome> {
    const { does, milliseconds } = this.#behaviours.shift() ?? { does: 'accepts', milliseconds: 0 };
    this.sent.push({ what: 'sent', ...message });
    const arrive = (): void => {
      this.sent.push({ what: 'received', ...message });
    };
    switch (does) {
      case 'accepts':
        arrive();
        return { kind: 'accepted' };
      case 'accepts, answers too late':
        void this.timeline.wait(requestMilliseconds + milliseconds * 10).then(arrive);
        return { kind: 'later', reason: 'no answer' };
      case 'hangs':
        return { kind: 'later', reason: 'no answer' };
      case 'fails':
        return { kind: 'later', reason: 'status 503' };
      case 'is busy':
        return { kind: 'later', reason: 'status 429', retryAfterMilliseconds: milliseconds * 10 };
    }
  }

  // What people do, and what time does

  async #mute({ at, until, scope, index }: Plan['mutes'][number]): Promise<void> {
    const about = {
      rule: scope === 'rule' ? `rule-${index % this.plan.rules.length}` : undefined,
      sim: scope === 'sim' ? this.sims[index % this.plan.sims.length]?.key : undefined,
      source: scope === 'source' ? sourceName : undefined,
    };
    const mute = {
      ...about,
      id: identifyMute(about),
      until: formatTime(start + until),
      reason: undefined,
      createdAt: formatTime(start + at),
    };
    this.mutes.push({ ...mute, at: this.timeline.now });
    const client = asClient({ send: async (command) => this.#engine.answer(command) });
    await this.timeline.hold(new MutesTable(client, alertStateTable.name).put(mute));
  }

  /** DynamoDB deletes what has expired: events that sweeps have long judged. */
  async #expire(): Promise<void> {
    await this.timeline.hold(
      (async () => {
        const before = formatTime(Math.max(start, this.timeline.now - hour - retention));
        for (const { sim, eventKey } of await this.#engine.items(eventsTable.name)) {
          if (sim?.S === undefined || eventKey?.S === undefined || eventKey.S >= before) continue;
          const Key = { sim: { S: sim.S }, eventKey: { S: eventKey.S } };
          await this.#engine.answer(new DeleteItemCommand({ TableName: eventsTable.name, Key }));
        }
      })(),
    );
  }
}

/** Longer than any rule looks back, and than any time without a sweep. */
const retention = 150 * hour;

const silentTelemetry = {
  logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  count: () => undefined,
} as unknown as ConsumerContext['telemetry'];
